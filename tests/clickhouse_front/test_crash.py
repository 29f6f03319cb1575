"""Starting, stopping, and being killed."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from functools import partial
from pathlib import Path

import httpx
import pytest

from tests.waiting import until

from .conftest import ROOT, FrontProcess

pytestmark = pytest.mark.clickhouse

TABLE = "CREATE TABLE IF NOT EXISTS t (batch UInt64, n UInt64, s String) ENGINE = MergeTree ORDER BY (batch, n)"
SIZE = 1000


def _at_least(batches: list[int], wanted: int) -> bool:
    return len(batches) >= wanted


def test_every_acknowledged_batch_survives_kill_9(own_front: FrontProcess) -> None:
    acknowledged: list[int] = []
    counter = iter(range(10**9))
    lock = threading.Lock()

    def write(stop: threading.Event) -> None:
        with own_front.http() as client:
            while not stop.is_set():
                with lock:
                    batch = next(counter)
                body = "".join(f"{batch}\t{n}\t{'x' * 20}\n" for n in range(SIZE))
                try:
                    answer = client.post("/", params={"query": "INSERT INTO t FORMAT TSV"}, content=body)
                except httpx.HTTPError:
                    return
                assert answer.status_code == 200, answer.text
                with lock:
                    acknowledged.append(batch)

    for round_ in range(3):
        assert own_front.post(TABLE).status_code == 200
        stop = threading.Event()
        writers = [threading.Thread(target=write, args=(stop,)) for _ in range(3)]
        for writer in writers:
            writer.start()
        wanted = len(acknowledged) + 20 + 7 * round_
        until(partial(_at_least, acknowledged, wanted), 20, "inserts are acknowledged")
        own_front.stop(signal.SIGKILL)
        stop.set()
        for writer in writers:
            writer.join()
        own_front.start()
        stored = own_front.post("SELECT batch, count() FROM t GROUP BY batch").text
        counts = {int(line.split("\t")[0]): int(line.split("\t")[1]) for line in stored.splitlines()}
        assert set(acknowledged) <= set(counts)
        assert set(counts.values()) <= {SIZE}
    assert len(acknowledged) >= 60


def test_a_cut_off_part_is_named_at_the_next_start(own_front: FrontProcess) -> None:
    own_front.post(TABLE)
    own_front.post("INSERT INTO t SELECT number, number, toString(number) FROM numbers(1000)")
    part = own_front.post("SELECT path FROM system.parts WHERE table = 't' AND active").text.strip()
    own_front.stop()
    victim = max(Path(part).glob("*.bin"), key=lambda path: path.stat().st_size)
    os.truncate(victim, victim.stat().st_size // 2)
    own_front.start()
    assert "WARNING" in own_front.log
    assert f"part broken-on-start_{Path(part).name}" in own_front.log
    assert "table default.t" in own_front.log


def test_the_default_database_is_an_ordinary_one(own_front: FrontProcess) -> None:
    own_front.post(TABLE)
    for _ in range(2):
        own_front.stop()
        own_front.start()
        assert own_front.post("SELECT name FROM system.tables WHERE database = 'default'").text == "t\n"
    own_front.post("DROP TABLE t SYNC")
    own_front.stop()
    own_front.start()
    assert own_front.post("SHOW TABLES FROM default").text == ""
    assert own_front.post(TABLE).status_code == 200


def test_a_second_process_is_told_so_in_one_line(own_front: FrontProcess, tmp_path: Path) -> None:
    command = [*own_front.command()]
    command[command.index("--port-file") + 1] = str(tmp_path / "other-port")
    done = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=30, text=True)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("error: another process serves")


def test_sigterm_lets_inserts_finish(own_front: FrontProcess) -> None:
    own_front.post(TABLE)
    answers: list[httpx.Response] = []

    def insert() -> None:
        answers.append(own_front.post("INSERT INTO t SELECT number, sleepEachRow(0.1), 'x' FROM numbers(10)"))

    writer = threading.Thread(target=insert)
    writer.start()
    deadline = time.monotonic() + 10
    while own_front.post("SELECT count() FROM system.processes WHERE query LIKE 'INSERT%'").text != "1\n":
        assert time.monotonic() < deadline
    assert own_front.stop() == 0
    writer.join()
    assert answers[0].status_code == 200
    assert "stopped" in own_front.log
    own_front.start()
    assert own_front.post("SELECT count() FROM t").text == "10\n"


def test_sigterm_does_not_wait_for_a_long_query(own_front: FrontProcess) -> None:
    endless = "SELECT count() FROM numbers(1000000000) WHERE sleepEachRow(0.01) = 0 SETTINGS max_block_size = 10"

    def read() -> None:
        with pytest.raises(httpx.HTTPError):
            own_front.post(endless).raise_for_status()

    reader = threading.Thread(target=read)
    reader.start()
    deadline = time.monotonic() + 10
    while own_front.post("SELECT count() FROM system.processes WHERE query LIKE '%1000000000%'").text != "2\n":
        assert time.monotonic() < deadline
    begun = time.monotonic()
    assert own_front.stop() == 0
    assert time.monotonic() - begun < 15
    reader.join()


@pytest.mark.parametrize("users", ["", "users: {a: {password: x, role: owner}}"])
def test_a_bad_users_file_is_one_line(tmp_path: Path, users: str) -> None:
    own = FrontProcess(tmp_path)
    path = tmp_path / "users.json"
    path.write_text(users)
    path.chmod(0o600)
    done = subprocess.run(own.command(), cwd=ROOT, capture_output=True, timeout=30, text=True)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "users.json" in done.stderr
