"""Where alerts go: webhook addresses from the environment or from files. An address is a secret and is never shown."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from connectors.errors import TokpulseError
from connectors.secret_files import read_secret

SLACK, TEAMS, WEBHOOK = "slack", "teams", "webhook"
VARIABLES: Mapping[str, str] = {SLACK: "TOKPULSE_SLACK_WEBHOOK", TEAMS: "TOKPULSE_TEAMS_WEBHOOK", WEBHOOK: "TOKPULSE_WEBHOOK"}


class TargetError(TokpulseError):
    """A webhook address that cannot be used, or none at all; the message names its variable, not its value."""


@dataclass(frozen=True)
class Target:
    """`name` is what is sent remembered by; `service` is SLACK, TEAMS or WEBHOOK and decides the format (as the name, if empty)."""

    name: str
    url: str = field(repr=False)
    service: str = ""

    @property
    def format(self) -> str:
        """SLACK, TEAMS or WEBHOOK."""
        return self.service or self.name

    @property
    def shown(self) -> str:
        """The address as far as logs may have it: the path and the query are what makes it a secret."""
        return masked(self.url)

    @property
    def loopback(self) -> bool:
        """Whether it is on this machine."""
        return _is_loopback(urlsplit(self.url).hostname or "")


def masked(url: str) -> str:
    """`https://hooks.slack.com/***`"""
    try:
        parts = urlsplit(url)
        host = parts.hostname or "?"
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "***"
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}/***"


def load_targets(environ: Mapping[str, str], channels: Mapping[str, tuple[str, str]] | None = None) -> list[Target]:
    """The configured targets: each variable, else the file that `<variable>_FILE` names. Raises TargetError.

    `channels` are further ones: name -> (service, variable).
    """
    known = {name: (name, variable) for name, variable in VARIABLES.items()}
    return list(_targets(environ, {**known, **(channels or {})}))


def _targets(environ: Mapping[str, str], known: Mapping[str, tuple[str, str]]) -> Iterator[Target]:
    for name, (service, variable) in known.items():
        value, path = environ.get(variable, "").strip(), environ.get(f"{variable}_FILE", "").strip()
        if value and path:
            raise TargetError(f"{variable} and {variable}_FILE are both set", "unset one of them")
        where = variable if value else f"{variable}_FILE"
        if path:
            value = _read(Path(path), where)
        if value:
            _check(value, where)
            yield Target(name, value, "" if service == name else service)


def _read(path: Path, variable: str) -> str:
    raw = read_secret(path, variable, "address", TargetError)
    text = raw.decode("utf-8", "replace").strip()
    if not text:
        raise TargetError(f"{variable}: {path} is empty", "write the webhook's address into it")
    return text


def _check(url: str, variable: str) -> None:
    try:
        parts = urlsplit(url)
        usable = bool(parts.hostname) and url.isprintable() and not any(map(str.isspace, url)) and (parts.port or 1) > 0
    except ValueError:
        usable, parts = False, SplitResult("", "", "", "", "")
    if not usable or parts.scheme not in ("https", "http"):
        raise TargetError(f"{variable} is not an address", "copy the whole https://... address of the webhook")
    if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
        raise TargetError(f"{variable} is not https", "an address is a secret; plain http is for 127.0.0.1 only")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
