"""The embedded ClickHouse engine behind its HTTP protocol, with a writer and a read-only dashboard user."""

from __future__ import annotations

import json
import os
import secrets
import sys
from dataclasses import dataclass, field
from pathlib import Path

from connectors.endpoints import REPOSITORY
from connectors.errors import TokpulseError
from stack.service import Service, base_environment, http_probe
from stack.settings import HOST, StackSettings

DATABASE = "tokpulse"
WRITER, READER = "tokpulse", "dashboard"


class UsersFileError(TokpulseError):
    """The file with the generated passwords cannot be read."""


@dataclass(frozen=True)
class Credentials:
    """Passwords of the two users; never shown."""

    writer: str = field(repr=False)
    reader: str = field(repr=False)


def users_file(settings: StackSettings) -> Path:
    """Where the generated passwords are kept."""
    return settings.data / "clickhouse" / "users.json"


def credentials(settings: StackSettings) -> Credentials:
    """The passwords of this stack: generated at the first call, kept in a file that only its owner can read."""
    path = users_file(settings)
    if not path.exists():
        _write_users(path, Credentials(secrets.token_urlsafe(24), secrets.token_urlsafe(24)))
    try:
        users = json.loads(path.read_text(encoding="utf-8"))["users"]
        return Credentials(str(users[WRITER]["password"]), str(users[READER]["password"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsersFileError(f"cannot read the ClickHouse users in {path}", "remove it to get new passwords") from error


def _write_users(path: Path, made: Credentials) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    users = {
        WRITER: {"password": made.writer, "role": "writer"},
        READER: {"password": made.reader, "role": "reader"},
    }
    partial = path.with_suffix(".tmp")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump({"users": users}, file, indent=2)
    partial.replace(path)


def dsn(settings: StackSettings, user: str, password: str) -> str:
    """clickhouse-connect DSN of `user`, password included: for the env file only."""
    return f"http://{user}:{password}@{HOST}:{settings.ports['clickhouse']}/{DATABASE}"


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
