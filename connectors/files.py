"""Small files that are replaced as a whole: a reader sees the old one or the new one, whenever the writer is killed."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def replace_file(path: Path, text: str, mode: int | None = None, durable: bool = False) -> None:
    """Makes `text` what is in `path`, whose folder is made where it is missing. Without a `mode` the umask decides.

    With `durable` it is on disk on return. Raises OSError, and leaves `path` as it was then.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # Two processes may write the same file: each has a new one of its own.
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666 if mode is None else 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            if mode is not None:
                os.fchmod(descriptor, mode)
            file.write(text)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    if durable:
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Puts on disk which files `folder` has. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
