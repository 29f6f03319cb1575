"""kill -9 of a writer at every byte of its file, and before the rename: a reader sees the old content or the new, never a part.

The kernel does the killing: a file of the child may have so many bytes and no more (RLIMIT_FSIZE), and the signal for one more ends
it, with nothing of Python's run afterwards.
"""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cli.demo_stream import DemoState, load_state, save_state
from connectors.clock import HOUR_MS, wall_clock_ms
from connectors.endpoints import read_env_file
from connectors.files import replace_file
from polling.credits.reservations import ReservationFile
from polling.personal.forgotten import Forgotten
from polling.schedule.probes import LastProbe, ProbeFile
from polling.watching.handles import HandleFile, KeptHandle
from privacy.journal import Journal
from privacy.person import Person
from stack import clickhouse_server, services
from stack.process import ProcessId, read_pid_file, write_pid_file
from stack.settings import StackSettings
from stack.supervisor import ServiceState, Supervisor, read_states
from thresholds.file import SHIPPED_FILE, file_text, load_thresholds, save_text

NOW_MS = wall_clock_ms()
START_MS = (NOW_MS // HOUR_MS - 28) * HOUR_MS
# A file of this many bytes is cut at each of them; a longer one at as many places.
MOST_CUTS = 50


@dataclass(frozen=True)
class Kept:
    """Something that the product keeps in a file: `write` it as the first or the second value, and `read` what is there."""

    name: str
    write: Callable[[Path, int], object]
    read: Callable[[Path], Any]


def settings(folder: Path, which: int = 0) -> StackSettings:
    ports = ("kafka", "kafka_controller", "registry", "clickhouse", "flink", "flink_rpc")
    return StackSettings.load({}, folder, {name: 20_000 + 100 * which + number for number, name in enumerate(ports)})


def write_states(folder: Path, which: int) -> None:
    """As the supervisor does when a service changes."""

    class Fixed:
        service = type("Named", (), {"name": "kafka"})
        state = ServiceState("running", 100 + which, which)

    supervisor = Supervisor([], folder)
    supervisor.keepers = [Fixed()]  # type: ignore[list-item]
    supervisor._publish()


def journal(folder: Path, which: int) -> None:
    Journal(folder / "journal.json", Person(f"person {which}"), bytes([which]) * 32, f"run {which}").save()


def read_journal(folder: Path) -> str:
    text = (folder / "journal.json").read_text(encoding="utf-8")
    assert text.endswith("}")
    return text


def forgotten(folder: Path) -> tuple[bool, ...]:
    known = Forgotten(folder / "forgotten.json")
    return tuple(known.knows("id", f"7{number:018d}") for number in range(2))


def reserve(folder: Path, which: int) -> None:
    ReservationFile(folder, "u-0").reserve(NOW_MS, 7, lambda hours: 1_000)


KEPT = (
    Kept("pid file", lambda at, n: write_pid_file(at / "a.pid", ProcessId(40 + n, 1.5)), lambda at: read_pid_file(at / "a.pid")),
    Kept("ports", lambda at, n: settings(at, n).remember_ports(), lambda at: StackSettings.load({}, at).ports),
    Kept("supervisor's state", write_states, lambda at: read_states(StackSettings.load({}, at))),
    Kept("env file", lambda at, n: services.write_env_file(settings(at, n)), lambda at: read_env_file(at / "env")),
    Kept(
        "ClickHouse users",
        lambda at, n: clickhouse_server._write_users(at / "users.json", {"a": {"password": f"p{n}", "role": "reader"}}),
        lambda at: clickhouse_server._read_users(at / "users.json"),
    ),
    Kept(
        "last probe",
        lambda at, n: ProbeFile(at / "p").write(LastProbe(1_700_000_000_000 + n, 1_600_000_000_000, 8)),
        lambda at: ProbeFile(at / "p").read(),
    ),
    Kept(
        "handles",
        lambda at, n: HandleFile(at / "handles.json").keep("@one", KeptHandle(f"7{n:018d}"), lambda *_: False),
        lambda at: HandleFile(at / "handles.json").read(),
    ),
    Kept("people to forget", lambda at, n: Forgotten(at / "forgotten.json").add(f"7{n:018d}", [], []), forgotten),
    Kept("journal of forgetting", journal, read_journal),
    Kept("state of the demo", lambda at, n: save_state(at, DemoState(START_MS, n)), lambda at: load_state(at, NOW_MS)),
    Kept(
        "thresholds",
        lambda at, n: save_text(at / "thresholds.yaml", f"{SHIPPED_FILE.read_text(encoding='utf-8')}# edit {n}\n"),
        lambda at: (load_thresholds(at / "thresholds.yaml"), file_text(at / "thresholds.yaml")),
    ),
    Kept("credits of a day", reserve, lambda at: sum(ReservationFile(at, "u-0").hours(NOW_MS))),
)


def fate(write: Callable[[], object], most_bytes: int | None) -> str:
    """Runs `write` in a child whose files may have `most_bytes`, or which is killed before a rename: killed, refused or done."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
            if most_bytes is None:
                Path.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[assignment, method-assign]
            else:
                resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, resource.RLIM_INFINITY))
                resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            write()
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    return "killed" if os.WIFSIGNALED(status) else "refused" if os.WEXITSTATUS(status) else "done"


def sizes(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_size for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("kept", KEPT, ids=lambda kept: kept.name)
def test_old_or_new_at_every_byte(tmp_path: Path, kept: Kept) -> None:
    kept.write(tmp_path, 0)
    old, before = kept.read(tmp_path), sizes(tmp_path)
    whole = max(before.values()) + 200
    cuts = range(0, whole, max(1, whole // MOST_CUTS))
    fates = []
    for most_bytes in cuts:
        fates.append(fate(lambda: kept.write(tmp_path, 1), most_bytes))
        if fates[-1] == "done":
            break
        assert kept.read(tmp_path) == old, f"torn at byte {most_bytes}"
    assert kept.read(tmp_path) != old, f"no write was done: {fates}"
    assert fates.count("killed") >= 5, "hardly a byte was tried"
    # Who appends is told of a part of a line, and does not go on as if it were written.
    assert "refused" not in fates or kept.name == "credits of a day"


@pytest.mark.parametrize("kept", KEPT[:-1], ids=lambda kept: kept.name)
def test_old_between_write_and_rename(tmp_path: Path, kept: Kept) -> None:
    kept.write(tmp_path, 0)
    old = kept.read(tmp_path)
    assert fate(lambda: kept.write(tmp_path, 1), None) == "killed"
    assert kept.read(tmp_path) == old
    # What the dead one has left is in nobody's way.
    kept.write(tmp_path, 1)
    assert kept.read(tmp_path) != old


def test_a_file_that_is_written_in_place_would_be_caught(tmp_path: Path) -> None:
    """The killing has power: this is how a file gets torn."""
    path = tmp_path / "a"
    path.write_text("old content", encoding="utf-8")
    assert fate(lambda: path.write_text("new content", encoding="utf-8"), 4) == "killed"
    assert path.read_text(encoding="utf-8") == "new "
    assert fate(lambda: replace_file(path, "new content"), 4) == "killed"
    assert path.read_text(encoding="utf-8") == "new "
