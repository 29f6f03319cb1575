"""A real front on a free port, started once, and one per test where a test kills it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import clickhouse_connect
import httpx
import pytest
from clickhouse_connect.driver import Client

from stack.migrations import apply_migrations
from tests.waiting import until

ROOT = Path(__file__).resolve().parents[2]
WRITER = ("writer", "w-secret")
READER = ("reader", "r-secret")
ADMIN = ("admin", "a-secret")
START_S = 30.0


@dataclass
class FrontProcess:
    """A front as a subprocess. `home` holds its data, users file, port file and log."""

    home: Path
    port: int = 0
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    _migrated: set[str] = field(default_factory=set, repr=False)

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def log(self) -> str:
        return (self.home / "log").read_text()

    def command(self) -> list[str]:
        return [
            *(sys.executable, "-m", "stack.clickhouse", "--port", "0", "--port-file", str(self.home / "port")),
            *("--path", str(self.data), "--users-file", str(self.home / "users.json")),
        ]

    def start(self) -> None:
        users = self.home / "users.json"
        users.write_text(
            json.dumps(
                {
                    "users": {
                        WRITER[0]: {"password": WRITER[1], "role": "writer"},
                        READER[0]: {"password": READER[1], "role": "reader"},
                        ADMIN[0]: {"password": ADMIN[1], "role": "admin"},
                    }
                }
            )
        )
        users.chmod(0o600)
        port_file = self.home / "port"
        port_file.unlink(missing_ok=True)
        with (self.home / "log").open("ab") as log:
            self.process = subprocess.Popen(self.command(), cwd=ROOT, stdout=log, stderr=log)
        process = self.process
        try:
            until(lambda: port_file.exists() or process.poll() is not None, START_S, "the front has written its port, or has ended")
        finally:
            if not port_file.exists():
                self.stop()
                pytest.fail(f"the front did not start:\n{self.log}")
        self.port = int(port_file.read_text())

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Signal the process and return its exit code; it never outlives this call."""
        assert self.process is not None
        if self.process.poll() is None:
            os.kill(self.process.pid, number)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        return self.process.returncode

    def url(self, user: tuple[str, str] = WRITER, database: str = "tokpulse") -> str:
        return f"http://{user[0]}:{user[1]}@127.0.0.1:{self.port}/{database}"

    def migrated(self, database: str) -> str:
        """The admin's address of a database that has all tables and views, made once."""
        url = self.url(ADMIN, database)
        if database not in self._migrated:
            apply_migrations(url)
            self._migrated.add(database)
        return url

    def http(self, user: tuple[str, str] = WRITER) -> httpx.Client:
        return httpx.Client(base_url=f"http://127.0.0.1:{self.port}", auth=user, timeout=30)

    def post(self, sql: str | bytes, user: tuple[str, str] = WRITER, **params: str) -> httpx.Response:
        with self.http(user) as client:
            return client.post("/", params=params, content=sql)


@pytest.fixture(scope="session")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FrontProcess]:
    """One front for all tests that leave it running, with an empty database tokpulse."""
    running = FrontProcess(tmp_path_factory.mktemp("front"))
    running.start()
    try:
        assert running.post("CREATE DATABASE IF NOT EXISTS tokpulse").status_code == 200
        yield running
    finally:
        running.stop()


@pytest.fixture
def own_front(tmp_path: Path) -> Iterator[FrontProcess]:
    """A front of the test's own, to kill and restart."""
    running = FrontProcess(tmp_path)
    running.start()
    try:
        yield running
    finally:
        running.stop()


@contextmanager
def own_database(front: FrontProcess, name: str) -> Iterator[Client]:
    """An admin's client of a database that has all tables and views, and is gone afterwards."""
    url = front.url(ADMIN, name)
    apply_migrations(url)
    client = clickhouse_connect.get_client(dsn=url, autogenerate_session_id=False)
    yield client
    client.close()
    for database in (name, f"{name}_shared", f"{name}_private"):
        assert front.post(f"DROP DATABASE {database} SYNC", user=ADMIN).status_code == 200
