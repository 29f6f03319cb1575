"""Thresholds that are edited while a job runs: judged at once by the new ones, what was judged stays, a replay says the same."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from connectors.clock import HOUR_MS, MINUTE_MS
from connectors.kafka.producer import AvroProducer
from connectors.paths import REPOSITORY
from simulator.settings import POSTS, USERS
from tests.waiting import until
from thresholds.backtest import backtest
from thresholds.file import load_thresholds
from thresholds.publish import publish_first, stored

from .marts import KEYS, Row, expected, held
from .records import differences, ledger, now_ms, observation, producing, user_snapshot
from .stack_process import VERSIONS, Stack, error_lines

pytestmark = [pytest.mark.e2e, pytest.mark.flink, pytest.mark.timeout(600)]

SHIPPED = REPOSITORY / "thresholds.yaml"
NUMBER = 80
FOLLOWERS = 5_000
# What a user is promised between `apply` and the first row that is judged anew.
SECONDS = 10.0
IDLE_S = 2


def edited(path: Path, small: float) -> Path:
    """The shipped file with another value for small creators."""
    content = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    content["trending"]["tiers"][0]["plays_per_hour"] = small
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return path


def plays_by(hour: int) -> int:
    """Plays of each post in that hour."""
    return 20_000 + hour * 1_000


class Hours:
    """Eighty posts, of one prefix, that gain 1,000 plays an hour each; an hour closes when the next is seen to have begun."""

    def __init__(self, stack: Stack, producer: AvroProducer, start_ms: int, step_ms: int = 0, prefix: str = "p") -> None:
        self.stack, self.producer, self.start_ms, self.step_ms, self.prefix = stack, producer, start_ms, step_ms, prefix
        for number in range(NUMBER):
            producer.produce(USERS, user_snapshot(f"author-{prefix}{number}", start_ms, FOLLOWERS))
        producer.flush()

    def send(self, hour: int) -> None:
        """Observations in the middle of that hour, and, when the job has seen them all, first ones of the next.

        Partitions are read one after the other, and those that were silent hold no watermark back: sent at once, the end of the
        hour in one partition would make its middle late in another.
        """
        self.middle(hour)
        self.close(hour)

    def middle(self, hour: int) -> None:
        """Observations in the middle of that hour; the job has seen them all."""
        self._observe(hour * HOUR_MS + 30 * MINUTE_MS, hour)
        until(lambda: self._seen(hour), 90, f"hour {hour} is visible")

    def send_after_silence(self, hour: int) -> None:
        """The same, and between the two all partitions are silent for longer than the idle timeout."""
        self.middle(hour)
        awake_at = time.monotonic() + IDLE_S + 1
        until(lambda: time.monotonic() > awake_at, IDLE_S + 10, "all partitions are idle")
        self.close(hour)

    def close(self, hour: int) -> None:
        """First observations of the next hour."""
        self._observe((hour + 1) * HOUR_MS + 3 * MINUTE_MS, hour)

    def _observe(self, after_ms: int, hour: int) -> None:
        for number in range(NUMBER):
            at_ms = self.start_ms + after_ms + number * self.step_ms
            self.producer.produce(POSTS, observation(f"{self.prefix}{number}", at_ms, plays_by(hour)))
        self.producer.flush()

    def _seen(self, hour: int) -> bool:
        start_ms = self.start_ms + hour * HOUR_MS
        sql = f"SELECT countIf(play_count = {plays_by(hour)}) FROM engagement_hourly"
        found = self.stack.query(f"{sql} WHERE toUnixTimestamp64Milli(window_start) = {start_ms}")
        return bool(found[0][0] == NUMBER)

    def judged(self, hour: int) -> list[Row]:
        """The rows of that hour, once they are all there; [] before."""
        rows = [row for row in held(self.stack, "trending_hourly") if row["window_start"] == self.start_ms + hour * HOUR_MS]
        return rows if len(rows) == NUMBER else []


def verdicts(rows: list[Row]) -> set[tuple[str, float, int]]:
    return {(row["threshold_version"], row["threshold"], row["is_trending"]) for row in rows}


@dataclass(frozen=True)
class Live:
    """The pipeline on a live stream whose hours begin at `start_ms`, for the tests that begin this module, in file order."""

    stack: Stack
    job: str
    start_ms: int


@pytest.fixture(scope="module")
def live(running_stack: Stack) -> Live:
    running_stack.clear()
    job = running_stack.submit("pipeline", "--detached", "--run-id", "live", TOKPULSE_IDLE_TIMEOUT=f"{IDLE_S} s")
    return Live(running_stack, job, now_ms() // HOUR_MS * HOUR_MS - 14 * HOUR_MS)


def test_late_data_changes_rows_and_alerts_once(live: Live) -> None:
    stack, start_ms = live.stack, live.start_ms
    with producing(stack.endpoints) as producer:
        hours = Hours(stack, producer, start_ms)
        for hour in range(4):
            hours.send(hour)
        until(lambda: hours.judged(3), 90, "the hours are judged")
        before = by_key(held(stack, "trending_hourly"))
        # The view has an hour once it is final in engagement_hourly, which another sink writes.
        until(lambda: not differing(stack), 30, "the corrected view says the same")
        for _ in range(2):
            # The second time nothing changes any more.
            for post in ("p3", "p7"):
                producer.produce(POSTS, observation(post, start_ms + HOUR_MS + 40 * MINUTE_MS, plays_by(1) + 9_000))
            producer.flush()
        # The ledger tells of late records when the watermark moves on.
        hours.middle(4)
    touched = {(post, start_ms + hour * HOUR_MS) for post in ("p3", "p7") for hour in (1, 2)}
    until(lambda: revisions(stack).keys() >= touched, 60, "late data has changed its hours and the next ones")
    until(lambda: ledger(stack, "live")["late"] == 4, 60, "the ledger knows of late records")
    after = by_key(held(stack, "trending_hourly"))
    assert {key for key in after if before.get(key) != after[key]} == touched
    assert revisions(stack) == dict.fromkeys(touched, 1)
    until(lambda: not differing(stack), 30, "the corrected view says the same")
    closed = [row for row in expected(stack).rows["trending_hourly"] if row["window_start"] <= start_ms + 3 * HOUR_MS]
    assert differences(list(after.values()), closed, KEYS["trending_hourly"]) == []
    alerted = [(row["aweme_id"], row["window_start"]) for row in held(stack, "tiktok.trending.alerts")]
    assert sorted(alerted) == [("p3", start_ms + HOUR_MS), ("p7", start_ms + HOUR_MS)]


def test_an_edit_while_the_job_runs(live: Live, tmp_path: Path) -> None:
    # Behind all that the test before has sent.
    stack, job, start_ms = live.stack, live.job, live.start_ms + 6 * HOUR_MS
    (first,) = stored(stack.endpoints)
    shipped = first.thresholds.judge(FOLLOWERS)[1]
    assert shipped > 1_000
    with producing(stack.endpoints) as producer:
        hours = Hours(stack, producer, start_ms, prefix="q")
        hours.send(0)
        hours.send(1)
        rows = until(lambda: hours.judged(1), 90, "the first hour with an earlier one is judged")
        assert verdicts(rows) == {(first.version, shipped, 0)}

        # Between the hour that was judged and the next one.
        effective = start_ms + 2 * HOUR_MS + 30 * MINUTE_MS
        done = stack.run("thresholds", "apply", str(edited(tmp_path / "new.yaml", 999.5)), "--effective-from", str(effective))
        assert done.returncode == 0, done.stderr
        applied = time.monotonic()
        second = stored(stack.endpoints)[-1]
        assert second.version in done.stdout
        hours.send(2)
        rows = until(lambda: hours.judged(2), 60, "the next hour is judged")
        assert verdicts(rows) == {(second.version, 999.5, 1)}, "judged by the version in force at the end of the hour"
        # The whole way, from the edit to the row, takes no longer on an idle machine; a loaded one gets more time above.
        assert time.monotonic() - applied < 60 + SECONDS
        until(lambda: alerted_posts(stack) >= {f"q{number}" for number in range(NUMBER)}, 30, "the alerts are on their topic")

        # Refused edits change nothing.
        for name, text in (("syntax", "trending: ["), ("tag", "!!python/object/apply:os.system [echo]"), ("empty", "")):
            bad = tmp_path / f"{name}.yaml"
            bad.write_text(text, encoding="utf-8")
            (line,) = error_lines(stack.run("thresholds", "apply", str(bad)))
            assert f"{bad}:" in line
        assert [version.version for version in stored(stack.endpoints)] == [first.version, second.version]
        hours.send(3)
        rows = until(lambda: hours.judged(3), 60, "the hour after refused edits is judged")
        assert verdicts(rows) == {(second.version, 999.5, 1)}

        # Back to the first version for what ends from now on.
        back = stack.run("thresholds", "rollback", "previous", "--effective-from", str(start_ms + 4 * HOUR_MS + MINUTE_MS))
        assert back.returncode == 0, back.stderr
        third = stored(stack.endpoints)[-1]
        assert third.thresholds == first.thresholds
        hours.send(4)
        rows = until(lambda: hours.judged(4), 60, "the hour after the rollback is judged")
        assert verdicts(rows) == {(third.version, shipped, 0)}

    assert stack.state(job) == "RUNNING"
    assert stack.attempts(job) == {0}, stack.failure(job)
    stack.cancel_all()
    seen = by_key(held(stack, "trending_hourly"))
    stack.clear_tables(VERSIONS)
    stack.submit("pipeline", "--bounded", "--run-id", "replayed")
    replayed = by_key(held(stack, "trending_hourly"))
    # The replay also closes the last hour, which was still open.
    assert json.dumps([seen[key] for key in sorted(seen)]) == json.dumps([replayed[key] for key in sorted(seen)])


def alerted_posts(stack: Stack) -> set[str]:
    return {row["aweme_id"] for row in held(stack, "tiktok.trending.alerts")}


def by_key(rows: list[Row]) -> dict[tuple[Any, ...], Row]:
    return {tuple(row[name] for name in KEYS["trending_hourly"]): row for row in rows}


def revisions(stack: Stack) -> dict[tuple[str, int], int]:
    """Revision of each row that has been changed since it was first written."""
    rows = stack.query("SELECT aweme_id, toUnixTimestamp64Milli(window_start), revision FROM trending_hourly WHERE revision > 0")
    return {(post, start_ms): revision for post, start_ms, revision in rows}


def differing(stack: Stack) -> list[tuple[Any, ...]]:
    """Keys of the rows in which trending_hourly and its corrected view differ."""
    judged, corrected = by_key(held(stack, "trending_hourly")), by_key(held(stack, "trending_hourly_corrected"))
    return sorted(key for key in judged.keys() | corrected.keys() if judged.get(key) != corrected.get(key))


def test_a_backtest_says_what_a_replay_with_the_file_gives(stack: Stack, tmp_path: Path) -> None:
    start_ms = now_ms() // HOUR_MS * HOUR_MS - 30 * HOUR_MS
    with producing(stack.endpoints) as producer:
        for number in range(60):
            for hour in range(24):
                at_ms = start_ms + hour * HOUR_MS + number * MINUTE_MS // 2
                producer.produce(POSTS, observation(f"p{number}", at_ms, number * 180 * hour * (hour % 5)))
                if number % 3:
                    producer.produce(USERS, user_snapshot(f"author-p{number}", at_ms, number * 700 + hour * hour * 150))
        producer.flush()
    stack.submit("pipeline", "--bounded", "--run-id", "before")
    before = alerts(stack)
    file = edited(tmp_path / "other.yaml", 1_500.0)
    content = file.read_text(encoding="utf-8").replace("gained: 50000", "gained: 300")
    file.write_text(content, encoding="utf-8")
    predicted = backtest(stack.endpoints.clickhouse_url, load_thresholds(file), listed=100_000)
    assert predicted.gained > 0
    # Published from the beginning in an empty world, and everything replayed.
    stack.clear_topics("tokpulse.thresholds", "tiktok.trending.alerts", "tiktok.followers.alerts")
    stack.clear_tables(VERSIONS)
    publish_first(stack.endpoints, file)
    stack.submit("pipeline", "--bounded", "--run-id", "after")
    after = alerts(stack)
    named = {(change.gained, "post", change.aweme_id, change.window_end_ms) for change in predicted.trending_changes}
    named |= {(change.gained, "user", change.userid, change.t_now_ms) for change in predicted.follower_changes}
    assert named == {(True, *key) for key in after - before} | {(False, *key) for key in before - after}
    assert (predicted.gained, predicted.lost) == (len(after - before), len(before - after))


def alerts(stack: Stack) -> set[tuple[str, str, int]]:
    """What is on the alert topics: ("post", aweme_id, window_end) and ("user", userid, t_now)."""
    posts = {("post", row["aweme_id"], row["window_end"]) for row in held(stack, "tiktok.trending.alerts")}
    return posts | {("user", row["userid"], row["t_now"]) for row in held(stack, "tiktok.followers.alerts")}


@pytest.mark.soak
def test_snapshots_out_of_order_after_a_pause(stack: Stack) -> None:
    """The topic of snapshots has been silent for longer than the idle timeout; then a later one arrives before an earlier one."""
    start_ms = now_ms() // HOUR_MS * HOUR_MS - 12 * HOUR_MS
    stack.submit("pipeline", "--detached", "--run-id", "paused", TOKPULSE_IDLE_TIMEOUT=f"{IDLE_S} s")
    with producing(stack.endpoints) as producer:
        hours = Hours(stack, producer, start_ms)
        hours.send_after_silence(0)
        # By now the snapshots of the first moment have been alone for twice the idle timeout.
        hours.send_after_silence(1)
        until(lambda: hours.judged(1), 90, "the first hour with an earlier one is judged")
        hour_ms = start_ms + 2 * HOUR_MS
        # Within the watermark's bound; the one that comes first is of the next hour: this hour must know nothing of it.
        for seconds, followers in ((3_610, 2_000_000), (3_590, 20_000), (3_580, 7)):
            for number in range(NUMBER):
                producer.produce(USERS, user_snapshot(f"author-p{number}", hour_ms + seconds * 1000, followers))
            producer.flush()
        hours.send_after_silence(2)
        rows = until(lambda: hours.judged(2), 90, "the hour after the pause is judged")
    assert {(row["author_follower_count"], row["snapshot_status"], row["tier"]) for row in rows} == {(20_000, "fresh", "mid")}
    until(lambda: not differing(stack), 30, "the corrected view says the same")


@pytest.mark.soak
def test_hours_that_end_after_a_silence(stack: Stack) -> None:
    """Records close an hour while all partitions are idle: tasks wake one by one, and none may run ahead of the others' rows."""
    start_ms = now_ms() // HOUR_MS * HOUR_MS - 12 * HOUR_MS
    job = stack.submit("pipeline", "--detached", "--run-id", "silent", TOKPULSE_IDLE_TIMEOUT=f"{IDLE_S} s")
    with producing(stack.endpoints) as producer:
        # Each task comes as far as its own posts.
        hours = Hours(stack, producer, start_ms, step_ms=1_000)
        for hour in (0, 1, 2, 3):
            hours.send_after_silence(hour)
            if hour > 0:
                until(partial(hours.judged, hour), 60, f"hour {hour} is judged")
    until(lambda: not differing(stack), 30, "the corrected view says the same")
    assert len(held(stack, "trending_hourly")) == 3 * NUMBER
    assert stack.attempts(job) == {0}, stack.failure(job)
