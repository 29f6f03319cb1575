"""The embedded ClickHouse engine behind its HTTP protocol, with a writer, an admin and a dashboard user who reads masked views."""

from __future__ import annotations

import json
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from connectors.errors import TokpulseError
from connectors.files import replace_file
from connectors.paths import REPOSITORY
from stack.service import Service, base_environment, http_probe
from stack.settings import HOST, StackSettings

DATABASE = "tokpulse"
SHARED_DATABASE = f"{DATABASE}_shared"
WRITER, READER, ADMIN = "tokpulse", "dashboard", "admin"
_ROLES = {WRITER: "writer", READER: "reader", ADMIN: "admin"}


class UsersFileError(TokpulseError):
    """The file with the generated passwords cannot be read."""


@dataclass(frozen=True)
class Credentials:
    """Passwords of the users; never shown."""

    writer: str = field(repr=False)
    reader: str = field(repr=False)
    admin: str = field(repr=False)


def users_file(settings: StackSettings) -> Path:
    """Where the generated passwords are kept."""
    return settings.data / "clickhouse" / "users.json"


def credentials(settings: StackSettings) -> Credentials:
    """The passwords of this stack: generated at the first call, kept in a file that only its owner can read.

    A user that the file lacks, because an earlier version knew no such user, is added; the others keep their passwords.
    """
    path = users_file(settings)
    known = _read_users(path) if path.exists() else {}
    missing = [name for name in _ROLES if name not in known]
    if missing:
        known |= {name: {"password": secrets.token_urlsafe(24), "role": _ROLES[name]} for name in missing}
        _write_users(path, known)
    try:
        writer, reader, admin = (str(known[name]["password"]) for name in (WRITER, READER, ADMIN))
    except (KeyError, TypeError) as error:
        raise _unreadable(path) from error
    return Credentials(writer, reader, admin)


def _read_users(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8"))["users"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _unreadable(path) from error


def _unreadable(path: Path) -> UsersFileError:
    return UsersFileError(f"cannot read the ClickHouse users in {path}", "remove it to get new passwords")


def _write_users(path: Path, users: Mapping[str, Any]) -> None:
    replace_file(path, json.dumps({"users": users}, indent=2), 0o600)


def dsn(settings: StackSettings, user: str, password: str, database: str = DATABASE) -> str:
    """clickhouse-connect DSN of `user`, password included: for the env file only."""
    return f"http://{user}:{password}@{HOST}:{settings.ports['clickhouse']}/{database}"


def service(settings: StackSettings) -> Service:
    """The front as a process of the stack; passwords reach it through a file, not through its command line."""
    folder = settings.data / "clickhouse"
    return Service(
        name="clickhouse",
        argv=(
            sys.executable,
            *("-m", "stack.clickhouse"),
            *("--host", HOST),
            *("--port", str(settings.ports["clickhouse"])),
            *("--path", str(folder / "store")),
            *("--users-file", str(users_file(settings))),
            *("--port-file", str(settings.run / "clickhouse.port")),
        ),
        cwd=REPOSITORY,
        log=settings.logs / "clickhouse.log",
        pid_file=settings.run / "clickhouse.pid",
        probe=lambda: http_probe(f"{settings.clickhouse_http}/ping"),
        ports=("clickhouse",),
        url=settings.clickhouse_http,
        env=base_environment({}),
    )


def prepare(settings: StackSettings) -> None:
    """Makes the folders, and the passwords at the first start."""
    (settings.data / "clickhouse").mkdir(parents=True, exist_ok=True)
    settings.run.mkdir(parents=True, exist_ok=True)
    credentials(settings)
