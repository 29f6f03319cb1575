"""Handles are looked up, kept with their id, checked again, and named where they lead elsewhere; by the credits that there are."""

from __future__ import annotations

import logging
import stat
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from connectors.clock import DAY_MS, HOUR_MS
from connectors.upstream.catalog import UPSTREAMS
from connectors.upstream.model import Failure, Observation, Page, Refusal
from connectors.upstream.transport import new_client
from polling.clock import VirtualClock
from polling.personal.pseudonyms import Pseudonyms
from polling.schedule.cadence import Cadence
from polling.schedule.fetching import Source
from polling.schedule.handles import OTHERS_WAIT_MS, Handles
from polling.watching.handles import HandleFile, HandleFileError, HandleState, KeptHandle, troubles
from simulator.upstream.server import FakeUpstream
from tests.polling.handle_days import LOOK_UPS, SETTINGS, START_MS, HandleDays, PagesKept

pytestmark = pytest.mark.http
Days = Callable[..., HandleDays]
STEP_MS = 10 * 60_000
DAILY = "credits_per_day: 100000\ncredits: {probe_every: 7d}\nfeeds: {creators: [profile]}\ntiers: {hot: 1d, warm: 1d, cold: 1d}\n"


@pytest.fixture
def days(tmp_path: Path) -> Iterator[Days]:
    """Makes a universe with a poller's surroundings. Weeks pass in steps of 10 minutes."""
    clocks = [VirtualClock(START_MS)]

    def made(upstream: str = "tikliveapi", step_ms: int = 1) -> HandleDays:
        clocks.append(VirtualClock(START_MS, step_ms))
        return HandleDays(tmp_path, upstream, fake, clocks[-1], client)

    with FakeUpstream(SETTINGS, clock=lambda: clocks[-1].now_ms()) as fake, new_client() as client:
        yield made


@pytest.mark.parametrize("upstream", ["tikliveapi", "tikapi"])
def test_three_handles_are_enough(days: Days, upstream: str) -> None:
    day = days(upstream)
    three = day.creators[:3]
    day.watch(f"@{three[0].unique_id}", f"@{three[1].unique_id.upper()}", f"https://www.tiktok.com/@{three[2].unique_id}?lang=en")
    day.run(minutes=5)
    wanted = {user.userid if upstream == "tikliveapi" else user.sec_uid for user in three}
    for feed in ("profile", "posts"):
        assert {key.subject for key, _ in day.writer.pages if key.feed.value == feed} == wanted
    for user in three:
        kept = day.kept(f"@{user.unique_id}")
        assert kept is not None
        assert (kept.userid, kept.sec_uid, kept.state) == (user.userid, user.sec_uid, HandleState.KNOWN)
        assert len(day.looked_up(user.unique_id)) == 1
        # The look-up was a profile: no second credit is spent on the same.
        profiles = [
            key for key, _ in day.writer.pages if key.feed.value == "profile" and key.subject in (user.userid, user.sec_uid)
        ]
        assert len(profiles) == 1
    assert {record["userid"] for (topic, _), record in day.writer.seen.items() if topic == "tiktok.users.snapshots"} == {
        user.userid for user in three
    }
    assert day.states() == {"known": 3}
    assert stat.S_IMODE((day.folder / "handles.json").stat().st_mode) == 0o600
    assert not any("@" in key.subject for key in day.writer.feeds), "a handle is in a key of Kafka"


def test_a_poller_that_starts_again_knows_them(days: Days) -> None:
    day = days()
    handles = [f"@{user.unique_id}" for user in day.creators[:3]]
    day.watch(*handles)
    day.run(minutes=10)
    day.run(minutes=120)
    assert [len(day.looked_up(handle)) for handle in handles] == [1, 1, 1]
    assert len([key for key, _ in day.writer.pages if key.feed.value == "posts"]) > 10


def test_they_are_checked_again_every_week_or_as_the_watchlist_says(days: Days) -> None:
    day = days(step_ms=STEP_MS)
    weekly = f"@{day.creators[0].unique_id}"
    day.watch(weekly, more=DAILY)
    day.run(days=3)
    day.run(days=12.5)
    assert [round(hours / 24) for hours in day.looked_up(weekly)] == [0, 7, 14]
    day.watch(weekly, more=f"{DAILY}recheck_handles: 2d\n")
    day.run(days=3)
    assert [round(hours / 24, 1) for hours in day.looked_up(weekly)][3:] == [16.0, 18.0]


def test_one_that_another_account_has_now_is_named_and_the_first_one_stays_polled(
    days: Days, caplog: pytest.LogCaptureFixture
) -> None:
    day = days(step_ms=STEP_MS)
    ada, bob = day.creators[:2]
    handle = f"@{ada.unique_id}"
    day.watch(handle, more=DAILY)
    day.run(days=1)
    day.fake.world.rename(bob.userid, ada.unique_id)
    with caplog.at_level(logging.WARNING, "polling"):
        day.run(days=8)
    kept = day.kept(handle)
    assert kept is not None
    assert (kept.state, kept.userid, kept.now_of) == (HandleState.MOVED, ada.userid, bob.userid)
    line = f"{handle}: another account has this handle now, {bob.userid}; {ada.userid}, which had it, is still polled"
    assert line in caplog.text
    assert troubles(day.file.read()) == [line]
    assert day.states() == {"moved": 1}
    assert day.subjects() == {ada.userid}
    assert {key for _, key in day.writer.seen} == {ada.userid}, "who was not asked for is not written"
    assert day.asked("/userinfo-by-id/", START_MS + 8 * DAY_MS)
    # Given back, it is as it was.
    day.fake.world.rename(bob.userid, "bob.again")
    day.fake.world.rename(ada.userid, ada.unique_id)
    day.run(days=7)
    assert day.states() == {"known": 1}
    assert troubles(day.file.read()) == []


def test_one_that_nobody_has_any_more_is_named_and_the_account_stays_polled(days: Days, caplog: pytest.LogCaptureFixture) -> None:
    day = days(step_ms=STEP_MS)
    ada = day.creators[0]
    handle = f"@{ada.unique_id}"
    day.watch(handle, more=DAILY)
    day.run(days=1)
    day.fake.world.rename(ada.userid, "quite.new")
    with caplog.at_level(logging.WARNING, "polling"):
        day.run(days=8)
    kept = day.kept(handle)
    assert kept is not None
    assert (kept.state, kept.userid) == (HandleState.VANISHED, ada.userid)
    assert kept.since_ms >= START_MS + 7 * DAY_MS
    assert f"{handle}: no account has this handle any more; {ada.userid}, which had it, is still polled" in caplog.text
    assert day.states() == {"vanished": 1}
    assert day.asked("/userinfo-by-id/", START_MS + 8 * DAY_MS)


@pytest.mark.parametrize("upstream", ["tikliveapi", "tikapi"])
def test_one_that_nobody_ever_had_is_named_and_asked_for_once_a_day(
    days: Days, caplog: pytest.LogCaptureFixture, upstream: str
) -> None:
    day = days(upstream, STEP_MS)
    day.watch("@nobody.at.all", more="credits_per_day: 100000\ncredits: {probe_every: 7d}\n")
    with caplog.at_level(logging.WARNING, "polling"):
        day.run(days=0.4)
        day.run(days=2.1)
    assert [round(hours / 24) for hours in day.looked_up("@nobody.at.all")] == [0, 1, 2]
    assert "@nobody.at.all: no account has this handle, so nothing is polled for it" in caplog.text
    assert day.states() == {"unknown": 1}
    assert day.writer.pages == []
    # Somebody takes it.
    day.fake.world.rename(day.creators[0].userid, "nobody.at.all")
    day.run(days=1)
    assert day.states() == {"known": 1}
    assert len({key.feed for key in day.writer.feeds}) == 2


@pytest.mark.parametrize("upstream", ["tikliveapi", "tikapi"])
def test_the_budget_is_never_exceeded(days: Days, upstream: str) -> None:
    day = days(upstream)
    wrong = [f"@no.such.{number}" for number in range(12)]
    handles = [f"@{user.unique_id}" for user in day.creators]
    day.watch(*wrong, *handles, more="credits_per_day: 48\ncredits: {probe_every: 6h}\ntiers: {hot: 1h, warm: 1h, cold: 1d}\n")
    for hours in (5, 0.3, 20, 22.6):  # with restarts
        day.run(days=hours / 24)
    per_day = Counter((entry.at_ms - START_MS) // DAY_MS for entry in day.fake.ledger.entries)
    per_hour = Counter((entry.at_ms - START_MS) // HOUR_MS for entry in day.fake.ledger.entries)
    assert sum(per_day[number] for number in range(2)) >= 0.9 * 2 * 48, "it was a budget that bound"
    assert all(number <= 48 for number in per_day.values())
    assert max(per_hour.values()) <= 48 // 24 + 1
    assert day.metrics.value("tokpulse_poll_credits_spent_total", upstream) == len(day.fake.ledger.entries)
    # However many lead nowhere: those that lead somewhere have their turn.
    assert {kept.userid for kept in day.file.read().values() if kept.userid} == {user.userid for user in day.creators}


def test_once_reads_what_they_lead_to(days: Days) -> None:
    day = days()
    day.watch(*(f"@{user.unique_id}" for user in day.creators[:2]), "@nobody.at.all")
    for _ in range(2):
        day.writer = PagesKept()
        day.start(once=True).run()
        assert {(key.feed.value, key.subject) for key, _ in day.writer.pages} == {
            (feed, user.userid) for feed in ("profile", "posts") for user in day.creators[:2]
        }
    assert len(day.asked(LOOK_UPS["tikliveapi"])) == 3, "what is known is not asked for again"


def test_one_of_a_forgotten_person_is_not_polled_and_not_kept(days: Days, caplog: pytest.LogCaptureFixture) -> None:
    day = days()
    ada, bob = day.creators[:2]
    day.forgotten.add(ada.userid, ["another.name"], [])
    day.watch(f"@{ada.unique_id}", f"@{bob.unique_id}")
    with caplog.at_level(logging.WARNING, "polling"):
        day.run(minutes=90)
    assert day.subjects() == {bob.userid}
    assert list(day.file.read()) == [f"@{bob.unique_id}"]
    assert f"@{ada.unique_id}: leads to a person who was forgotten" in caplog.text
    assert day.states() == {"known": 1, "forgotten": 1}
    assert len(day.looked_up(ada.unique_id)) == 1


def test_who_is_forgotten_while_a_poller_runs_is_left_alone(days: Days) -> None:
    day = days()
    ada, bob = day.creators[:2]
    day.watch(f"@{ada.unique_id}", f"@{bob.unique_id}")
    end_ms = START_MS + 6 * HOUR_MS
    poller = day.start(end_ms=end_ms)
    begun = day.writer.write_many

    def forgets(pages: object) -> object:
        if day.clock.now_ms() >= START_MS + 2 * HOUR_MS and not len(day.forgotten):
            day.forgotten.add(ada.userid, [ada.unique_id], [ada.sec_uid])
            assert day.file.remove(lambda name, kept: kept.userid == ada.userid) == 1
        return begun(pages)  # type: ignore[arg-type]

    day.writer.write_many = forgets  # type: ignore[method-assign,assignment]
    poller.run()
    last = START_MS + 2 * HOUR_MS + 20 * 60_000
    assert [entry for entry in day.fake.ledger.entries if entry.at_ms > last and entry.params.get("userid") == ada.userid] == []
    assert [entry for entry in day.fake.ledger.entries if entry.at_ms > last and entry.params.get("userid") == bob.userid]
    assert len(day.looked_up(ada.unique_id)) == 1
    assert list(day.file.read()) == [f"@{bob.unique_id}"]


@pytest.mark.parametrize("upstream", ["tikliveapi", "tikapi"])
def test_under_pseudonyms_no_handle_is_written(days: Days, upstream: str) -> None:
    day = days(upstream)
    names = Pseudonyms(b"0123456789abcdef0123456789abcdef")
    three = day.creators[:3]
    day.watch(*(f"@{user.unique_id}" for user in three))

    def hidden(source: Source) -> Source:
        return replace(source, transform=names.page)

    day.run(minutes=30, transform=hidden)
    assert day.states() == {"known": 3}
    written = repr([(page.observations, page.origin) for _, page in day.writer.pages]).lower()
    for user in three:
        assert user.userid in written
        assert user.unique_id.lower() not in written
        assert user.nickname.lower() not in written
        assert not any(user.unique_id in key.subject for key in day.writer.feeds)


def test_shards_of_one_machine_look_each_up_once(days: Days) -> None:
    day = days()
    users = day.creators[:8]
    day.watch(*(f"@{user.unique_id}" for user in users))
    writers = [PagesKept(), PagesKept()]
    for turn in range(6):
        for shard in (0, 1):
            # In turns, as one clock cannot be had by two; the file is what they share.
            end_ms = START_MS + (2 * turn + shard + 1) * 4 * 60_000
            day.start(shard=shard, shards=2, writer=writers[shard], end_ms=end_ms).run()
    assert Counter(len(day.looked_up(user.unique_id)) for user in users) == {1: 8}
    halves = [{key.subject for key, _ in writer.pages if key.feed.value == "posts"} for writer in writers]
    assert halves[0] | halves[1] == {user.userid for user in users}
    assert halves[0] & halves[1] == set()
    assert all(halves)


def test_a_shard_elsewhere_looks_up_itself_what_nobody_told_it(days: Days) -> None:
    day = days()
    users = day.creators[:8]
    day.watch(*(f"@{user.unique_id}" for user in users))
    day.run(minutes=9, shard=0, shards=2)
    mine = [user for user in users if day.looked_up(user.unique_id)]
    assert 0 < len(mine) < len(users)
    day.run(minutes=15, shard=0, shards=2)
    assert Counter(len(day.looked_up(user.unique_id)) for user in users) == {1: 8}
    others = [user for user in users if user not in mine]
    assert min(day.looked_up(user.unique_id)[0] for user in others) * HOUR_MS >= OTHERS_WAIT_MS


def profile(userid: str = "7", name: str = "ada", problem: str | None = None) -> Page:
    record = {"userid": userid, "user": {"id": userid, "uniqueId": name, "secUid": "", "nickname": ""}, "stats": {}}
    return Page((Observation("tiktok.users.snapshots", record, problem),), None)


@pytest.mark.parametrize(
    ("page", "failure"),
    [
        (profile(name="bob"), Failure.SKIP),
        (profile(problem="user.id: is missing"), Failure.RETRY),
        (Page((), None), Failure.RETRY),
    ],
)
def test_an_answer_that_does_not_say_whose_it_is_leads_nowhere(page: Page, failure: Failure) -> None:
    handles = Handles(UPSTREAMS["tikliveapi"])
    found = handles.read("@ada", page, START_MS)
    assert isinstance(found, Refusal)
    assert found.failure is failure
    assert handles.subject("@ada") is None


@pytest.mark.parametrize("reason", ["private_account", "login_required", "bad_request", "unknown_10999"])
def test_one_that_cannot_be_seen_now_has_not_vanished(reason: str, caplog: pytest.LogCaptureFixture) -> None:
    handles = Handles(UPSTREAMS["tikliveapi"])
    handles.watch(["@ada"], 7 * DAY_MS, Cadence(), START_MS)
    assert handles.not_found("@ada", Refusal(Failure.SKIP, "1", reason, "not now"), START_MS) == START_MS + DAY_MS
    assert handles.states() == dict.fromkeys(map(str, HandleState), 0) | {"waiting": 1}
    assert f"@ada: cannot be looked up now: {reason} (not now)" in caplog.text


def test_an_answer_in_other_letters_is_theirs() -> None:
    assert not isinstance(Handles(UPSTREAMS["tikliveapi"]).read("@ada", profile(name="Ada"), START_MS), Refusal)


def test_what_nobody_watches_any_more_is_dropped_after_weeks(tmp_path: Path) -> None:
    file = HandleFile(tmp_path / "handles.json")
    old = KeptHandle("1", "", START_MS - 29 * DAY_MS, START_MS)
    for name in ("@watched", "@gone"):
        file.keep(name, old, lambda name, kept: False)
    handles = Handles(UPSTREAMS["tikliveapi"], file)
    account = handles.read("@ada", profile(), START_MS)
    assert not isinstance(account, Refusal)
    watchlist = ["@watched", "@ada"]
    handles.watch(watchlist, 7 * DAY_MS, Cadence(), START_MS)
    handles.found("@ada", account, START_MS)
    assert sorted(file.read()) == ["@ada", "@watched"]


def test_a_file_that_is_none_is_named(tmp_path: Path) -> None:
    path = tmp_path / "handles.json"
    path.write_text('{"@ada": {"userid": 5, "more": 1}}')
    with pytest.raises(HandleFileError, match="not a file of handles"):
        HandleFile(path).read()
    path.unlink()
    assert HandleFile(path).read() == {}
    assert HandleFile(tmp_path / "none" / "handles.json").remove(lambda name, kept: True) == 0
    assert not (tmp_path / "none").exists()
