"""What the schema registry wants to know of us: user and password, from its address or the environment, and whom we trust.

The address without user and password is all that goes into SQL, messages and logs.
"""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from connectors.errors import TokpulseError
from connectors.secret_files import read_secret

PREFIX = "TOKPULSE_REGISTRY_"
# A password may itself hold an @.
_ADDRESS = re.compile(r"(https?://)(?:([^/?#]*)@)?([^/?#@]*)(.*)", re.DOTALL)


class RegistryAccessError(TokpulseError):
    """Settings that cannot be used; the message names the variable, never its value."""


@dataclass(frozen=True)
class RegistryAccess:
    """`url` without user and password; `trusted` is a file of certificates, PEM, None for those that this machine trusts."""

    url: str
    user: str = ""
    password: str = field(default="", repr=False)
    trusted: Path | None = None

    @property
    def basic(self) -> tuple[str, str] | None:
        """User and password, when there are any."""
        return (self.user, self.password) if self.user else None

    def verify(self) -> ssl.SSLContext | bool:
        """What httpx checks the registry's certificate with. Raises RegistryAccessError."""
        if self.trusted is None or not self.url.startswith("https:"):
            return True
        try:
            return ssl.create_default_context(cafile=self.trusted)
        except OSError as error:
            reason = error.strerror or "it holds no certificate"
            raise RegistryAccessError(
                f"{PREFIX}SSL_CA_LOCATION: cannot read {self.trusted}: {reason}", "give a file in PEM"
            ) from None


def without_credentials(url: str) -> str:
    """`url` without `user:password@`."""
    match = _ADDRESS.fullmatch(url)
    return url if match is None else f"{match[1]}{match[3]}{match[4]}"


def registry_access(url: str, environ: Mapping[str, str] | None = None) -> RegistryAccess:
    """How to reach the registry at `url`, whose user and password go before the environment's. Raises RegistryAccessError."""
    environ = os.environ if environ is None else environ
    match = _ADDRESS.fullmatch(url)
    given = (match[2] or "") if match else ""
    user, _, password = (unquote(part) for part in given.partition(":"))
    trusted = environ.get(f"{PREFIX}SSL_CA_LOCATION", "")
    return RegistryAccess(
        without_credentials(url).rstrip("/"),
        user or _value(environ, f"{PREFIX}USERNAME"),
        password if user else _value(environ, f"{PREFIX}PASSWORD"),
        Path(trusted).expanduser() if trusted else None,
    )


def _value(environ: Mapping[str, str], variable: str) -> str:
    value, file = environ.get(variable, ""), environ.get(f"{variable}_FILE", "")
    if value and file:
        raise RegistryAccessError(f"{variable} and {variable}_FILE are both set", "unset one of them")
    if not file:
        return value
    return read_secret(Path(file), f"{variable}_FILE", "user or password", RegistryAccessError).decode("utf-8", "replace").strip()
