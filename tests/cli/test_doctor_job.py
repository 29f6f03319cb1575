"""What the doctor makes of what Flink tells: jobs, failures, checkpoints, watermarks, load, memory."""

from __future__ import annotations

import pytest

from cli.doctor_checkpoints import cause_in, judged_checkpoints
from cli.doctor_exam import Limits
from cli.doctor_findings import Finding, Level
from cli.doctor_job import REMEDIES, ended, remedy, state, watermark
from cli.doctor_load import judged_heap, judged_lag, judged_parallelism, judged_pressure, judged_silence
from connectors.flink.health import CheckpointHealth, Failures, Load
from connectors.flink.rest import Job
from connectors.kafka.lag import PartitionLag

NOW_S = 1_800_000_000.0
NOW_MS = int(NOW_S * 1000)
RUNNING = Job("a1", "pipeline", "RUNNING", NOW_MS - 3_600_000, -1)
SOME_SLOTS = (4, 8)


def job(state: str, ended_ms: int = -1) -> Job:
    return Job("a1", "pipeline", state, NOW_MS - 3_600_000, ended_ms)


@pytest.mark.parametrize(
    ("last", "cause", "text"),
    [
        (None, "job_missing", "no job has been submitted"),
        (job("CANCELED", NOW_MS - 90_000), "job_ended", "no job runs; the last one, pipeline, is CANCELED since 90 s"),
        (job("FAILED", NOW_MS - 60_000), "job_failed", "pipeline a1 failed 60 s ago: No space left on device"),
    ],
)
def test_no_job(last: Job | None, cause: str, text: str) -> None:
    found = ended(last, NOW_S, lambda _: "No space left on device")
    assert (found.cause, found.text) == (cause, text)
    assert ("line disk" in found.todo) == (cause == "job_failed")


def failed(*ages_s: float) -> Failures:
    return Failures("the broker is away", tuple(int((NOW_S - age) * 1000) for age in ages_s))


@pytest.mark.parametrize(
    ("found", "cause"),
    [
        (state(RUNNING, Failures(), SOME_SLOTS, NOW_S), ""),
        (state(RUNNING, failed(10), SOME_SLOTS, NOW_S), "job_has_failed"),
        (state(RUNNING, failed(899, 900), SOME_SLOTS, NOW_S), "job_has_failed"),
        (state(RUNNING, failed(901, 950), SOME_SLOTS, NOW_S), ""),
        (state(RUNNING, failed(10, 100), SOME_SLOTS, NOW_S), "job_has_failed"),
        (state(RUNNING, failed(10, 100, 599), SOME_SLOTS, NOW_S), "job_restarts"),
        (state(job("RESTARTING"), failed(1, 5, 9), SOME_SLOTS, NOW_S), "job_restarts"),
        (state(job("RESTARTING"), failed(1), SOME_SLOTS, NOW_S), "job_not_running"),
        (state(job("CREATED"), Failures(), (0, 8), NOW_S), "job_not_running"),
    ],
)
def test_states(found: Finding, cause: str) -> None:
    assert found.cause == cause


def test_a_loop_names_how_often_and_why() -> None:
    found = state(RUNNING, failed(10, 100, 590), SOME_SLOTS, NOW_S)
    assert found.text == "pipeline a1 failed 3 times within 10 min, the last time 10 s ago: the broker is away"


def test_a_job_without_slots_says_so() -> None:
    found = state(job("CREATED"), Failures(), (0, 8), NOW_S)
    assert found.text == "pipeline a1 is CREATED; 0 of 8 slots are free"
    assert "numberOfTaskSlots" in found.todo


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("Java heap space", "heap is too small"),
        ("Could not allocate 24 bytes of managed memory for operator PythonCalc", "taskmanager.memory.managed.size"),
        ("Exceeded checkpoint tolerable failure threshold.", "line checkpoints"),
        ("io.tokpulse.flink.clickhouse.ClickHouseSink", "clickhouse"),
        ("no version of the thresholds is in force at 5: `tokpulse init` publishes the first", "tokpulse init"),
        ("Could not acquire the minimum required resources.", "numberOfTaskSlots"),
        ("what nobody has foreseen", "TaskManager's log"),
    ],
)
def test_remedies(reason: str, words: str) -> None:
    assert words in remedy(reason)


def test_no_remedy_is_hidden_by_another() -> None:
    assert len({pattern for pattern, _ in REMEDIES}) == len(REMEDIES)


LAST_MS = NOW_MS - 9_000


@pytest.mark.parametrize(
    ("found", "young", "cause"),
    [
        (CheckpointHealth(5, 1, LAST_MS), False, ""),
        # A clock that is ahead.
        (CheckpointHealth(5, 0, NOW_MS + 1_400), False, ""),
        (CheckpointHealth(0, 0, 0), True, ""),
        (CheckpointHealth(0, 0, 0), False, "checkpoints_stuck"),
        (CheckpointHealth(5, 0, NOW_MS - 181_000), False, "checkpoints_stuck"),
        (CheckpointHealth(5, 0, LAST_MS, running_since_ms=NOW_MS - 61_000), False, "checkpoints_stuck"),
        (CheckpointHealth(5, 0, LAST_MS, running_since_ms=NOW_MS - 59_000), False, ""),
        (CheckpointHealth(5, 2, LAST_MS, failed_since=2, reason="x"), False, "checkpoints_failing"),
        (CheckpointHealth(0, 2, 0, failed_since=2, reason="x"), True, "checkpoints_failing"),
    ],
)
def test_checkpoints(found: CheckpointHealth, young: bool, cause: str) -> None:
    assert judged_checkpoints("pipeline", found, NOW_S, young).cause == cause


def test_failing_checkpoints_say_why_and_where() -> None:
    reason = "Checkpoint expired before completing."
    found = judged_checkpoints("pipeline", CheckpointHealth(5, 2, LAST_MS, 2, reason, ("writer of comments_log",)), NOW_S, False)
    assert found.text == (
        "pipeline: the last 2 checkpoint(s) failed, the last one completed 9 s ago: Checkpoint expired before completing."
        " (waited for writer of comments_log)"
    )
    assert "line pressure" in found.todo
    folder = judged_checkpoints("pipeline", CheckpointHealth(0, 1, 0, 1, "Trigger checkpoint failure."), NOW_S, False)
    assert "execution.checkpointing.dir" in folder.todo


LOG = """\
2026-01-05 10:00:00,000 WARN  o.a.f.CheckpointFailureManager [] - Failed to trigger or complete checkpoint 4 for job a1.
a.CheckpointException: Trigger checkpoint failure.
\tat x
Caused by: java.io.IOException: of before
2026-01-05 10:00:02,000 WARN  o.a.f.CheckpointFailureManager [] - Failed to trigger or complete checkpoint 5 for job a1.
a.CheckpointException: Trigger checkpoint failure.
\tat x
Caused by: b.CompletionException: outer
\tat y
Caused by: java.io.IOException: Mkdirs failed to create file:/data/chk-5
\tat z
2026-01-05 10:00:03,000 INFO  o.a.f.CheckpointCoordinator [] - Triggering checkpoint 6
2026-01-05 10:00:04,000 WARN  o.a.f.Other [] - something else
Caused by: c.D: not about it
"""


def test_the_log_tells_the_exception_behind_a_failed_checkpoint() -> None:
    assert cause_in(LOG, "a1") == "Mkdirs failed to create file:/data/chk-5"
    assert cause_in(LOG.partition("2026-01-05 10:00:02")[0], "a1") == "of before"
    assert cause_in(LOG, "b2") == cause_in("", "a1") == ""
    assert cause_in("2026-01-05 10:00:03,000 INFO - Triggering checkpoint 6 of job a1\n", "a1") == ""


@pytest.mark.parametrize(
    ("values", "young", "cause", "word"),
    [
        ([], False, "watermark_missing", "no watermark yet"),
        ([NOW_MS, None], False, "watermark_missing", "no watermark yet"),
        ([NOW_MS, None], True, "", "just started"),
        ([NOW_MS - 121_000, NOW_MS], False, "", "2 min behind"),
        ([NOW_MS - 7_200_000, NOW_MS], False, "watermark_behind", "2.0 h behind"),
        ([2**62, 2**62], False, "", "end of the input"),
    ],
)
def test_watermark(values: list[int | None], young: bool, cause: str, word: str) -> None:
    found = watermark("posts_events", values, NOW_S, young=young)
    assert (found.cause, word in found.text, "posts_events" in found.text) == (cause, True, True)


def unread(*waiting: tuple[int | None, int]) -> list[PartitionLag]:
    """(seconds since the oldest unread arrived, unread) of each partition."""
    return [
        PartitionLag("posts", number, None if age is None else NOW_MS - age * 1000, count)
        for number, (age, count) in enumerate(waiting)
    ]


@pytest.mark.parametrize(
    ("partitions", "cause", "text"),
    [
        (unread((None, 0), (None, 0)), "", "pipeline had 0 records of posts unread at its last checkpoint"),
        (unread((None, 0), (9, 5)), "", "pipeline had 5 records of posts unread at its last checkpoint, the oldest for 9 s"),
        (unread((300, 2), (9, 5_000_000)), "", "the oldest for 5 min"),
        (unread((301, 2), (9, 700)), "lag", "has 702 records of posts unread, the oldest for 5 min (most in partitions 0, 1)"),
    ],
)
def test_lag(partitions: list[PartitionLag], cause: str, text: str) -> None:
    found = judged_lag("pipeline", "posts", partitions, NOW_MS, Limits())
    assert (found.cause, text in found.text) == (cause, True), found.text


def load(name: str, busy: float, pressed: float, *inputs: str) -> Load:
    return Load(name, f"title of {name}", 2, inputs, busy, pressed)


@pytest.mark.parametrize(
    ("loads", "cause", "words"),
    [
        ([load("s", 0.2, 0.0), load("f", 0.9, 0.0, "s")], "", "busiest is title of f (90%)"),
        ([load("s", 0.0, 1.0), load("f", 1.0, 0.0, "s"), load("w", 0.2, 0.0, "f")], "back_pressure", "title of f is busy 100%"),
        # What is held up itself is no cause, however busy it is.
        ([load("s", 0.1, 0.9), load("f", 0.3, 0.7, "s"), load("w", 0.8, 0.1, "f")], "back_pressure", "title of w is busy 80%"),
        # Nothing behind the one that waits works: it waits for a service.
        ([load("s", 0.1, 0.9), load("w", 0.0, 1.0, "s")], "back_pressure_outside", "title of w waits"),
        ([load("s", 0.0, 1.0), load("w", 0.0, 0.0, "s")], "back_pressure_outside", "title of s waits"),
    ],
)
def test_pressure(loads: list[Load], cause: str, words: str) -> None:
    found = judged_pressure("pipeline", loads)
    assert (found.cause, words in found.text) == (cause, True), found.text


@pytest.mark.parametrize(("tasks", "causes"), [(24, []), (25, ["parallelism_above_partitions"])])
def test_parallelism(tasks: int, causes: list[str]) -> None:
    assert [each.cause for each in judged_parallelism("pipeline", "posts", tasks, 24)] == causes


@pytest.mark.parametrize(("share", "cause"), [(0.79, ""), (0.8, "heap_nearly_full"), (None, "")])
def test_heap(share: float | None, cause: str) -> None:
    assert judged_heap("pipeline", share).cause == cause


@pytest.mark.parametrize(
    ("count", "young", "causes"),
    [(None, False, []), (0.0, False, []), (3.0, True, []), (3.0, False, ["partition_holds_watermark"])],
)
def test_silent_partitions(count: float | None, young: bool, causes: list[str]) -> None:
    assert [each.cause for each in judged_silence("posts_events", count, young=young)] == causes


def test_levels_are_those_of_what_is_to_be_done() -> None:
    assert state(RUNNING, failed(1, 2, 3), SOME_SLOTS, NOW_S).level is Level.FAIL
    assert state(RUNNING, failed(1), SOME_SLOTS, NOW_S).level is Level.WARN
