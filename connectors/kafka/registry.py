"""A small client of the schema registry's Confluent API."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx

from connectors.errors import TokpulseError
from connectors.kafka.registry_access import registry_access

_CONTENT_TYPE = "application/vnd.schemaregistry.v1+json"


class RegistryError(TokpulseError):
    """The registry refused a request. `subject` is "" where the request was not about one; `status` is the HTTP status."""

    def __init__(self, message: str, hint: str = "", *, subject: str = "", status: int = 0) -> None:
        super().__init__(message, hint)
        self.subject = subject
        self.status = status


class RegistryUnavailableError(RegistryError):
    """The registry does not answer, or answers with a server error: worth a retry."""


class SchemaNotFoundError(RegistryError):
    """No such subject, version or schema id."""


class IncompatibleSchemaError(RegistryError):
    """The schema breaks the subject's compatibility rule; the message carries the registry's reasons."""


class InvalidSchemaError(RegistryError):
    """The registry cannot parse the schema."""


@dataclass(frozen=True)
class RegisteredSchema:
    """A schema as the registry holds it; `id` is what records carry after the magic byte."""

    subject: str
    id: int
    version: int
    schema: str


class SchemaRegistry:
    """`url` is the base of the Confluent API, e.g. `http://127.0.0.1:8085/apis/ccompat/v7`; with user and password in
    it or in the environment, see `registry_access`.

    Every method may raise RegistryUnavailableError. Close it, or use it as a context manager. Thread-safe.
    """

    def __init__(self, url: str, timeout: float = 10.0, transport: httpx.BaseTransport | None = None) -> None:
        access = registry_access(url)
        self.url = access.url
        # trust_env is off so that a proxy variable of the machine cannot divert a loopback address.
        self._http = httpx.Client(timeout=timeout, transport=transport, trust_env=False, auth=access.basic, verify=access.verify())

    def register(self, subject: str, schema: str | Mapping[str, Any]) -> int:
        """The id of `schema` under `subject`; registers it when it is new. Registering again gives the same id.

        Raises IncompatibleSchemaError or InvalidSchemaError.
        """
        body = self._call("POST", f"/subjects/{quote(subject, safe='')}/versions", subject, _body(schema))
        return int(body["id"])

    def check_compatibility(self, subject: str, schema: str | Mapping[str, Any]) -> None:
        """Returns when `schema` may follow the subject's latest version (or is its first one).

        Raises IncompatibleSchemaError with the registry's reasons, or InvalidSchemaError.
        """
        path = f"/compatibility/subjects/{quote(subject, safe='')}/versions/latest?verbose=true"
        try:
            body = self._call("POST", path, subject, _body(schema))
        except SchemaNotFoundError:
            return
        if not body.get("is_compatible", False):
            raise _incompatible(subject, "; ".join(body.get("messages") or []))

    def set_compatibility(self, subject: str, level: str = "BACKWARD") -> None:
        """Makes the registry refuse versions of `subject` that break `level`. The subject must exist."""
        self._call("PUT", f"/config/{quote(subject, safe='')}", subject, {"compatibility": level})

    def compatibility(self, subject: str) -> str:
        """The rule of `subject`, "NONE" when it has none of its own and the registry has no default."""
        body = self._call("GET", f"/config/{quote(subject, safe='')}?defaultToGlobal=true", subject)
        return str(body.get("compatibilityLevel", "NONE"))

    def by_id(self, schema_id: int) -> str:
        """The schema (JSON text) that records with `schema_id` were written with. Raises SchemaNotFoundError."""
        return str(self._call("GET", f"/schemas/ids/{schema_id}")["schema"])

    def latest(self, subject: str) -> RegisteredSchema:
        """The newest version of `subject`. Raises SchemaNotFoundError."""
        body = self._call("GET", f"/subjects/{quote(subject, safe='')}/versions/latest", subject)
        return RegisteredSchema(subject, int(body["id"]), int(body["version"]), str(body["schema"]))

    def subjects(self) -> list[str]:
        """The names of all subjects, sorted."""
        return sorted(self._call("GET", "/subjects"))

    def close(self) -> None:
        """Closes the connections; the client cannot be used after it."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _call(self, method: str, path: str, subject: str = "", body: dict[str, Any] | None = None) -> Any:
        try:
            response = self._http.request(method, self.url + path, json=body, headers={"Content-Type": _CONTENT_TYPE})
        except httpx.HTTPError as error:
            raise RegistryUnavailableError(
                f"schema registry {self.url} does not answer: {error or type(error).__name__}",
                "check SCHEMA_REGISTRY_URL; `tokpulse status` shows the local stack",
                subject=subject,
            ) from error
        if response.is_success:
            return response.json()
        raise _refusal(response, subject, path)


def _body(schema: str | Mapping[str, Any]) -> dict[str, Any]:
    return {"schema": schema if isinstance(schema, str) else json.dumps(schema), "schemaType": "AVRO"}


def _incompatible(subject: str, reasons: str) -> IncompatibleSchemaError:
    return IncompatibleSchemaError(
        f"schema of {subject} is not compatible: {reasons or 'no reason given'}",
        "a BACKWARD compatible change adds fields with a default or removes fields",
        subject=subject,
        status=409,
    )


def _refusal(response: httpx.Response, subject: str, path: str) -> RegistryError:
    """The error that fits the registry's answer; its own message is kept."""
    try:
        message = str(response.json().get("message") or "")
    except (ValueError, AttributeError):
        message = response.text[:200]
    message = " ".join(message.split()) or response.reason_phrase
    status = response.status_code
    where = subject or path
    if status == 409:
        return _incompatible(subject, message)
    if status == 404:
        return SchemaNotFoundError(f"schema registry: {where}: {message}", subject=subject, status=status)
    if status == 422:
        return InvalidSchemaError(f"schema registry refuses the schema of {where}: {message}", subject=subject, status=status)
    kind = RegistryUnavailableError if status >= 500 else RegistryError
    hint = "check user and password: SCHEMA_REGISTRY_URL or TOKPULSE_REGISTRY_..." if status in (401, 403) else ""
    return kind(f"schema registry: {where}: HTTP {status}: {message}", hint, subject=subject, status=status)
