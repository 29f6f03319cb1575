"""What is found is followed: against the fake upstream's answers, in virtual time, into a writer that keeps what it committed."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from connectors.clock import DAY_MS, HOUR_MS, MINUTE_MS, SNAPSHOT_FRESH_MS
from connectors.upstream.catalog import UPSTREAMS
from connectors.upstream.model import Answer, Ask
from polling.clock import VirtualClock
from polling.credits.reservations import ReservationFile
from polling.following.store import SUFFIX, PlanFile
from polling.metrics import Metrics
from polling.personal.forgotten import Forgotten
from polling.personal.pseudonyms import Pseudonyms
from polling.poller import poller
from polling.reports import Observers
from polling.schedule.fetching import BalanceProbe, Source
from polling.schedule.options import Options
from polling.watchlist import WatchedFile
from polling.writing import cursors
from polling.writing.writer import KafkaPageWriter
from simulator.settings import SimulationSettings
from simulator.upstream.script import Script
from simulator.upstream.service import DEMO_KEY, Service
from simulator.upstream.watchlist import public_creators
from simulator.upstream.world import World
from tests.polling.polling_doubles import Attempt
from tests.polling.test_page_writer import NOW, TOPICS, Logged, Memory

START_MS = NOW // DAY_MS * DAY_MS - 2 * DAY_MS
SETTINGS = SimulationSettings(seed=7, start_ms=START_MS, hours=30, creators=6, posts=36, audience=150)
POSTS, USERS, COMMENTS = "tiktok.posts.events", "tiktok.users.snapshots", "tiktok.comments.events"
PROFILE = {"tikliveapi": "/userinfo-by-id/", "tikapi": "/public/check"}


@pytest.fixture(autouse=True)
def _quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credits are synced one by one, which a simulated day need not wait for."""
    monkeypatch.setattr("os.fsync", lambda descriptor: None)


class FromTopic(Logged):
    """A record with the topic that it is in."""

    def __init__(self, topic: str, key: str | None, value: bytes | None, headers: Mapping[str, bytes]) -> None:
        super().__init__(key, value, headers)
        self._topic = topic

    def topic(self) -> str:
        return self._topic


class Fixture:
    """Pollers of one fake upstream, one after the other, over what they left on disk and in the topics."""

    def __init__(self, folder: Path, watchlist: str, upstream: str = "tikliveapi", settings: SimulationSettings = SETTINGS) -> None:
        self.folder, self.dialect = folder, UPSTREAMS[upstream]
        self.clock = VirtualClock(settings.start_ms)
        self.world = World(settings, comments_per_post=40)
        self.service = Service(self.world, Script.model_validate({"spells": []}), self.clock.now_ms)
        self.memory, self.metrics = Memory(), Metrics()
        self.asked: list[tuple[int, str, Mapping[str, str]]] = []
        folder.mkdir(exist_ok=True)
        self.file = folder / "watchlist.yaml"
        self.file.write_text(watchlist)
        self.forgotten = Forgotten(folder / "forgotten.json")
        self.names: Pseudonyms | None = None
        self.meanwhile: Callable[[], None] = lambda: None
        self._lock = threading.Lock()
        self._until_ms = 0

    @property
    def plan(self) -> PlanFile:
        return PlanFile(self.folder / "polling" / f"fake-0-of-1{SUFFIX}")

    def run(self, milliseconds: int) -> None:
        """A poller that starts now and is stopped after so long."""
        self._until_ms = self.clock.now_ms() + milliseconds
        writer = KafkaPageWriter(
            self.memory,
            self._log,
            lambda schema_id: TOPICS[cursors.TOPIC].schema_text(),
            None,
            TOPICS,
            self.clock.now_ms,
            self.forgotten,
        )
        writer.start()
        names = self.names
        self.rounds = poller(
            Source(self.dialect, self._fetch, self._probe, *([names.page] if names else [])),
            writer,
            WatchedFile(self.file, self.forgotten),
            ReservationFile(self.folder / "polling", "fake-0-of-1"),
            Options(clock=self.clock, status_ms=MINUTE_MS, reread_ms=MINUTE_MS),
            Observers(self.metrics, on_status=lambda status: self._stop_when_over()),
        )
        self.rounds.run()

    def profiles(self) -> list[str]:
        """Who was asked for by a request for a profile, in order."""
        wanted = PROFILE[self.dialect.name]
        return [next(iter(params.values())) for _, endpoint, params in self.asked if endpoint == wanted]

    def _stop_when_over(self) -> None:
        self.meanwhile()
        if self.clock.now_ms() >= self._until_ms:
            self.rounds.stop()

    def _log(self, topic: str, since_ms: int | None) -> Any:
        return [
            FromTopic(name, key, value or None, headers) for name, key, value, headers in self.memory.committed if name == topic
        ]

    def _fetch(self, ask: Ask) -> Attempt:
        return self._answered(self.dialect, ask)

    def _probe(self, ask: Ask) -> Attempt:
        return self._answered(BalanceProbe(self.dialect), ask)

    def _answered(self, of: Any, ask: Ask) -> Attempt:
        call = of.call(ask)
        with self._lock:
            now = self.clock.now_ms()
            self.asked.append((now, call.endpoint, call.params))
            outcome = self.service.answer(call.path, call.params, DEMO_KEY)
        answer = Answer(outcome.status, {}, outcome.body, now)
        return Attempt(call, answer, of.read(ask, answer))


def creators(fixture_settings: SimulationSettings = SETTINGS, number: int = 3) -> list[str]:
    return public_creators(World(fixture_settings))[:number]


def watching(credits: int, more: str = "") -> str:
    named = ", ".join(f"'{one}'" for one in creators())
    return f"credits_per_day: {credits}\n{more}creators: [{named}]\n"


@pytest.mark.parametrize("by", ["userid", "handle"])
def test_within_five_minutes_posts_details_comments_and_profiles_of_writers_are_polled(tmp_path: Path, by: str) -> None:
    users = [user for user in World(SETTINGS).universe.creators if not user.private][:3]
    named = ", ".join(f"'{user.userid if by == 'userid' else '@' + user.unique_id}'" for user in users)
    fixture = Fixture(tmp_path, f"credits_per_day: 20000\ncreators: [{named}]\n")
    fixture.run(5 * MINUTE_MS)
    endpoints = Counter(endpoint for _, endpoint, _ in fixture.asked)
    assert {"/user-posts/", "/post-detail/", "/post-comments/", "/post-comment-replies/"} <= endpoints.keys()
    writers = {record["user"]["id"] for record in fixture.memory.of(COMMENTS)}
    assert len(writers & {record["userid"] for record in fixture.memory.of(USERS)} - set(creators())) > 5
    assert fixture.metrics.value("tokpulse_poll_followed", "tikliveapi", "posts") > 2


def shares(memory: Memory) -> tuple[float, float]:
    """Of post-hours and comments with a fresh snapshot, from the topics alone, as the marts have them."""
    snapshots: dict[str, list[int]] = defaultdict(list)
    for record in memory.of(USERS):
        snapshots[record["userid"]].append(record["ingested_at"])

    def fresh(userid: str, as_of_ms: int) -> bool:
        return any(as_of_ms - SNAPSHOT_FRESH_MS < at_ms <= as_of_ms for at_ms in snapshots[userid])

    hours = {(one["aweme_id"], one["author_id"], one["ingested_at"] // HOUR_MS) for one in memory.of(POSTS)}
    newest = {one["id"]: one for one in memory.of(COMMENTS)}
    comments = [fresh(one["user"]["id"], one["ingested_at"]) for one in newest.values()]
    post_hours = [fresh(author, (hour + 1) * HOUR_MS - 1) for _, author, hour in hours]
    return sum(post_hours) / len(post_hours), sum(comments) / len(comments)


def test_after_a_day_nearly_everybody_is_known_within_the_share_of_credits(tmp_path: Path) -> None:
    fixture = Fixture(tmp_path, watching(2_400))
    fixture.run(DAY_MS - MINUTE_MS)
    post_hours, comments = shares(fixture.memory)
    assert post_hours >= 0.9
    assert comments >= 0.8
    assert len(fixture.memory.of(COMMENTS)) > 300
    assert len(fixture.asked) <= 2_400
    found = [one for one in fixture.profiles() if one not in creators()]
    assert 100 < len(found) <= 240
    # The poller's own figures say the same, but for comments and hours that a later snapshot has made known.
    assert fixture.metrics.value("tokpulse_poll_fresh_snapshots", "tikliveapi", "comments") == pytest.approx(comments, abs=0.02)
    assert fixture.metrics.value("tokpulse_poll_fresh_snapshots", "tikliveapi", "post_hours") >= 0.9


def test_the_share_of_profiles_may_be_nothing(tmp_path: Path) -> None:
    fixture = Fixture(tmp_path, watching(4_000, "follow: {profiles: 0, posts: false}\n"))
    fixture.run(HOUR_MS)
    assert {endpoint for _, endpoint, _ in fixture.asked} == {"/profile/", "/user-posts/", "/userinfo-by-id/"}
    assert set(fixture.profiles()) == set(creators())
    assert fixture.plan.posts(), "they are looked at, so that they are known when somebody changes this"
    assert not fixture.plan.people()


def test_a_restart_at_any_minute_neither_loses_nor_doubles_the_plan(tmp_path: Path) -> None:
    whole, parts = Fixture(tmp_path / "whole", watching(8_000)), Fixture(tmp_path / "parts", watching(8_000))
    whole.run(40 * MINUTE_MS)
    for _ in range(20):
        parts.run(2 * MINUTE_MS)
    assert {post.aweme_id for post in parts.plan.posts() if post.followed} == {
        post.aweme_id for post in whole.plan.posts() if post.followed
    }
    assert {one.userid for one in parts.plan.people()} == {one.userid for one in whole.plan.people()}
    # Nobody is read twice: a snapshot is not old enough for that.
    assert max(Counter(one for one in parts.profiles() if one not in creators()).values()) == 1
    asked = [Counter(endpoint for _, endpoint, _ in one.asked) for one in (whole, parts)]
    assert asked[1]["/post-detail/"] == pytest.approx(asked[0]["/post-detail/"], rel=0.25)


def test_under_pseudonyms_nothing_but_the_request_and_the_plan_has_a_handle(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    fixture = Fixture(tmp_path, watching(20_000, "max_pages: {comments: 2}\n"), "tikapi")
    fixture.names = Pseudonyms(b"k" * 32)
    fixture.run(10 * MINUTE_MS)
    handles = {user.unique_id for user in (*fixture.world.universe.audience, *fixture.world.universe.creators)}
    asked = handles & set(fixture.profiles())
    assert len(asked) > 5
    assert asked <= {one.name for one in fixture.plan.people()}
    assert oct(fixture.plan.path.stat().st_mode)[-3:] == "600"
    kept = b"".join(
        (key or "").encode() + (value or b"") + b"".join(headers.values()) for _, key, value, headers in fixture.memory.committed
    )
    assert [one for one in handles if one.encode() in kept] == []
    assert [one for one in handles if one in caplog.text] == []
    known = {record["userid"] for record in fixture.memory.of(USERS)}
    assert known >= {user.userid for user in fixture.world.universe.audience if user.unique_id in asked}


def test_authors_under_a_hashtag_are_read_before_those_who_comment(tmp_path: Path) -> None:
    tag = World(SETTINGS).hashtags()[0]
    text = f"credits_per_day: 20000\nfeeds: {{posts: [post]}}\nhashtags: ['{tag}']\n"
    fixture = Fixture(tmp_path, text, "tikapi")
    fixture.run(5 * MINUTE_MS)
    authors = {record["author_id"] for record in fixture.memory.of(POSTS)}
    assert authors
    assert {record["userid"] for record in fixture.memory.of(USERS)} == authors
    assert not fixture.plan.posts(), "posts under a hashtag are seen there, and not followed"


def test_who_is_forgotten_is_followed_no_longer_and_leaves_the_plan(tmp_path: Path) -> None:
    fixture = Fixture(tmp_path, watching(20_000))
    fixture.run(10 * MINUTE_MS)
    person, other = fixture.plan.people()[:2]
    creator = creators()[0]
    posts = [post for post in fixture.plan.posts() if post.creator == creator]
    assert posts
    assert fixture.plan.forget(person.userid, [], []) == 1
    assert fixture.plan.forget(creator, [], []) == len(posts)
    assert not [post for post in fixture.plan.posts() if post.creator == creator]
    for secret in (person.userid, creator):
        assert secret.encode() not in fixture.plan.path.read_bytes()
    fixture.forgotten.add(person.userid, [], [])
    fixture.asked.clear()
    fixture.run(HOUR_MS)
    assert person.userid not in {one.userid for one in fixture.plan.people()}
    assert person.userid not in fixture.profiles()
    assert other.userid in {one.userid for one in fixture.plan.people()}


def test_who_is_forgotten_while_the_poller_runs_does_not_come_back(tmp_path: Path) -> None:
    fixture = Fixture(tmp_path, watching(20_000))
    fixture.run(3 * MINUTE_MS)
    person = fixture.plan.people()[0]
    seen: list[int] = []

    def forget_meanwhile() -> None:
        if not seen and fixture.clock.now_ms() > fixture._until_ms - HOUR_MS:
            seen.append(len(fixture.asked))
            fixture.forgotten.add(person.userid, [], [])
            fixture.plan.forget(person.userid, [], [])

    fixture.meanwhile = forget_meanwhile
    fixture.run(2 * HOUR_MS)
    assert seen
    assert person.userid not in {one.userid for one in fixture.plan.people()}
