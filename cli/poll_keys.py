"""The key of an upstream: from the environment or a file, and shown nowhere."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from connectors.errors import TokpulseError
from connectors.secret_files import read_secret


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
        value = read_secret(Path(name), where, "key", UpstreamKeyError).decode("utf-8", "replace").strip()
    if not value or not value.isascii() or not value.isprintable() or " " in value:
        raise UpstreamKeyError(f"{where} holds no key: it must be one printable word", "copy the key from your account's page")
    return value
