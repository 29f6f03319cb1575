"""Secrets that stand in files of their own: small, and nobody else's to read."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

from connectors.errors import TokpulseError

_MAX_BYTES = 8_192
# Others may not read it, nor may anybody but the owner write it. The group may read: secrets mounted by Kubernetes are so.
_TOO_OPEN = stat.S_IRWXO | stat.S_IWGRP


def read_secret(path: Path, variable: str, what: str, error: Callable[[str, str], TokpulseError]) -> bytes:
    """The content of the file that `variable` names, which is to hold one `what` (address, key).

    Raises `error(message, hint)` for a file that cannot be read, that others may read or change, or that is longer than 8 KB; none
    of the content is in the message.
    """
    path = path.expanduser()
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(path.stat().st_mode)
            raw = file.read(_MAX_BYTES + 1)
    except OSError as failure:
        raise error(f"{variable}: cannot read {path}: {failure.strerror}", "check its path and owner") from None
    if mode & _TOO_OPEN:
        raise error(f"{variable}: {path} has mode {mode:04o}: others can read or change it", f"chmod 600 {path}")
    if len(raw) > _MAX_BYTES:
        raise error(f"{variable}: {path} is not a file with one {what} in it", "it has more than 8 KB")
    return raw
