"""User, password and trust of the schema registry: where they come from, and where they do not go."""

from __future__ import annotations

import base64
from pathlib import Path

import httpx
import pytest

from connectors.kafka.registry import RegistryError, RegistryUnavailableError, SchemaRegistry
from connectors.kafka.registry_access import RegistryAccessError, registry_access, without_credentials

USER, PASSWORD = "TOKPULSE_REGISTRY_USERNAME", "TOKPULSE_REGISTRY_PASSWORD"
SECRET = "s3cret"


@pytest.mark.parametrize(
    ("url", "environ", "basic", "bare"),
    [
        ("http://r:1/apis/", {}, None, "http://r:1/apis"),
        ("https://ann:p%40ss%2Fw+rd@r:1/a", {}, ("ann", "p@ss/w+rd"), "https://r:1/a"),
        ("http://ann:p@ss@r/x@y", {USER: "bob", PASSWORD: "other"}, ("ann", "p@ss"), "http://r/x@y"),
        ("http://r:1", {USER: "bob", PASSWORD: "se:cret"}, ("bob", "se:cret"), "http://r:1"),
        ("http://ann@r:1", {}, ("ann", ""), "http://r:1"),
    ],
)
def test_where_user_and_password_come_from(url: str, environ: dict[str, str], basic: tuple[str, str] | None, bare: str) -> None:
    access = registry_access(url, environ)
    assert (access.basic, access.url) == (basic, bare)
    assert without_credentials(url).rstrip("/") == bare
    assert basic is None or not basic[1] or basic[1] not in repr(access)


def test_a_password_may_stand_in_a_file_that_others_cannot_read(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text(f"{SECRET}\n")
    file.chmod(0o600)
    environ = {USER: "bob", f"{PASSWORD}_FILE": str(file)}
    assert registry_access("http://r:1", environ).basic == ("bob", SECRET)
    file.chmod(0o644)
    with pytest.raises(RegistryAccessError, match=f"{PASSWORD}_FILE: .* has mode 0644") as raised:
        registry_access("http://r:1", environ)
    assert SECRET not in str(raised.value)
    with pytest.raises(RegistryAccessError, match="both set"):
        registry_access("http://r:1", environ | {PASSWORD: "x"})


def test_trust_is_for_tls_only_and_a_bad_file_is_named(tmp_path: Path) -> None:
    environ = {"TOKPULSE_REGISTRY_SSL_CA_LOCATION": str(tmp_path / "none.pem")}
    assert registry_access("http://r:1", environ).verify() is True
    with pytest.raises(RegistryAccessError, match=r"TOKPULSE_REGISTRY_SSL_CA_LOCATION: cannot read .*none\.pem"):
        registry_access("https://r:1", environ).verify()


def test_every_request_carries_them_and_no_message_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(USER, "bob")
    monkeypatch.setenv(PASSWORD, SECRET)
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        if len(seen) == 3:
            raise httpx.ConnectError("refused")
        return httpx.Response(200, json=[]) if len(seen) == 1 else httpx.Response(401, json={"message": "Unauthorized"})

    with SchemaRegistry("http://r:1/apis", transport=httpx.MockTransport(handler)) as registry:
        assert registry.subjects() == []
        with pytest.raises(RegistryError, match="HTTP 401: Unauthorized") as refused:
            registry.subjects()
        assert "TOKPULSE_REGISTRY_" in refused.value.hint
        with pytest.raises(RegistryUnavailableError, match="schema registry http://r:1/apis does not answer") as away:
            registry.subjects()
    sent = {request.headers["Authorization"] for request in seen}
    assert sent == {f"Basic {base64.b64encode(f'bob:{SECRET}'.encode()).decode()}"}
    assert SECRET not in f"{refused.value}{away.value}"
