"""The key of an upstream: from the environment or a file, and shown nowhere."""

from __future__ import annotations

import stat
from collections.abc import Mapping
from pathlib import Path

from connectors.errors import TokpulseError

_MAX_BYTES = 8_192


class UpstreamKeyError(TokpulseError):
    """No key, or one that cannot be used; the message names its variable, never its value."""


def variable_of(upstream: str) -> str:
    """`TOKPULSE_TIKLIVEAPI_KEY`"""
    return f"TOKPULSE_{upstream.upper()}_KEY"


def read_key(upstream: str, environ: Mapping[str, str]) -> str:
    """The key in `TOKPULSE_<UPSTREAM>_KEY`, or in the file that `..._KEY_FILE` names. Raises UpstreamKeyError."""
    variable = variable_of(upstream)
    value, name = environ.get(variable, "").strip(), environ.get(f"{variable}_FILE", "").strip()
    if value and name:
        raise UpstreamKeyError(f"{variable} and {variable}_FILE are both set", "unset one of them")
    if not value and not name:
        raise UpstreamKeyError(
            f"no key for {upstream}: {variable} is not set", f"set it, or {variable}_FILE to a file that holds it"
        )
    where = f"{variable}_FILE" if name else variable
    if name:
        value = _content(Path(name).expanduser(), where)
    if not value or not value.isascii() or not value.isprintable() or " " in value:
        raise UpstreamKeyError(f"{where} holds no key: one printable word is wanted", "copy the key from your account's page")
    return value


def _content(path: Path, where: str) -> str:
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(path.stat().st_mode)
            raw = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise UpstreamKeyError(f"{where}: cannot read {path}: {error.strerror}", "check its path and owner") from None
    if mode & (stat.S_IRWXO | stat.S_IWGRP):
        raise UpstreamKeyError(f"{where}: {path} has mode {mode:04o}: others can read or change it", f"chmod 600 {path}")
    if len(raw) > _MAX_BYTES:
        raise UpstreamKeyError(f"{where}: {path} is no file with one key in it", "it has more than 8 KB")
    return raw.decode("utf-8", "replace").strip()
