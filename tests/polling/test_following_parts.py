"""The parts of following: who comes first, what is left at the bounds, when what is unchanged passes, credits for any seed."""

from __future__ import annotations

import random
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.clock import DAY_MS, HOUR_MS, MINUTE_MS, SNAPSHOT_FRESH_MS
from connectors.kafka.producer_errors import ProducerError
from connectors.upstream.model import Ask, Feed, Observation, Page, Sighting, Subject
from connectors.upstream.records import COMMENTS, POSTS, USERS
from polling.following.follow import Following
from polling.following.people import People
from polling.following.plan import Person, Post
from polling.following.posts import Posts
from polling.following.store import SUFFIX, PlanFile, PlanFileError
from polling.model import FeedKey, Progress, ReadPage
from polling.reports import Observers, Reports
from polling.schedule.cadence import REFRESH_MS, Cadence
from polling.schedule.due import Lanes
from polling.schedule.feed_state import FeedRules, FeedState
from polling.schedule.feeds import Feeds
from polling.schedule.options import Options
from polling.schedule.shards import owns
from polling.watchlist import Watchlist, WatchlistError, parse_watchlist
from polling.writing import cursors
from polling.writing.repeats import PROFILE_WINDOW_MS
from polling.writing.snapshots import Snapshots
from polling.writing.writer import KafkaPageWriter, WriterSettings
from tests.polling.polling_doubles import RETRY, START_MS, Bench, PlainUpstream, fresh
from tests.polling.test_following import FromTopic
from tests.polling.test_page_writer import KEY, NOW, TOPICS, Memory, write, writer


def shown(aweme_id: str, plays: int, at_ms: int, published_ms: int = START_MS) -> Observation:
    counted = {"aweme_id": aweme_id, "play_count": plays, "ingested_at": at_ms, "create_time": published_ms // 1000}
    return Observation(POSTS, {"v": f"{aweme_id} {plays}", **counted})


def read(*observations: Observation, feed: Feed = Feed.POSTS, subject: str = "c") -> ReadPage:
    return ReadPage(FeedKey("plain", feed, subject), Page(observations, None), START_MS, None)


def test_a_look_within_a_minute_is_none() -> None:
    posts = Posts()
    posts.see(read(shown("1", 100, START_MS)))
    posts.see(read(shown("1", 700, START_MS + 59_000), feed=Feed.POST, subject="1"))
    posts.see(read(shown("1", 700, START_MS + HOUR_MS), shown("2", 9, START_MS), feed=Feed.POST, subject="1"))
    (post,) = posts.on(read(shown("1", 0, 0), shown("2", 0, 0)))
    assert (post.gain, post.plays, post.moved_ms) == (600, 700, START_MS + HOUR_MS)


def test_an_old_post_is_asleep_until_it_moves_and_again_after_it_slept() -> None:
    old_ms, after_ms = START_MS - 9 * DAY_MS, 3 * DAY_MS
    post = Post("1", "c", 100, START_MS, old_ms)
    assert post.sleeps(START_MS, after_ms)
    post.look(101, START_MS + HOUR_MS)
    assert not post.sleeps(START_MS + HOUR_MS, after_ms)
    post.look(101, START_MS + DAY_MS)
    assert post.sleeps(START_MS + HOUR_MS + after_ms + 1, after_ms)


def test_at_the_bound_the_post_that_slept_longest_is_left() -> None:
    posts = Posts(most=20)
    posts.see(read(*(shown(str(number), 1, START_MS, START_MS - number * DAY_MS) for number in range(21))))
    assert len(posts) == 19
    assert {"19", "20"} == posts.left


def test_a_post_takes_the_place_of_one_that_gains_less_than_half() -> None:
    posts = Posts()
    gains = {"slow": 10.0, "faster": 20.0, "fast": 21.0}
    slow, faster, fast = (Post(name, "c", 0, START_MS, START_MS, gain) for name, gain in gains.items())
    posts.load([slow, faster, fast])
    assert posts.begin(slow, 1)
    assert not posts.begin(faster, 1)
    assert posts.begin(fast, 1)
    assert list(posts.followed) == ["fast"]


def people(most: int = 100, watched: frozenset[str] = frozenset()) -> tuple[People, Lanes]:
    lanes = Lanes()
    return People("plain", lanes, lambda key: key.subject in watched, most=most), lanes


def named(state: FeedState | None) -> str | None:
    return None if state is None else state.key.subject


def test_authors_come_first_then_who_was_seen_most() -> None:
    crowd, lanes = people()
    crowd.see([Sighting("once", "once"), *[Sighting("often", "often")] * 3, Sighting("author", "author", is_author=True)], START_MS)
    order = [named(lanes.pop(START_MS, people=True)) for _ in range(4)]
    assert order == ["author", "often", "once", None]
    assert lanes.pop(START_MS, people=False) is None


def test_a_profile_is_read_again_before_it_turns_stale_if_its_person_was_seen() -> None:
    crowd, lanes = people()
    crowd.see([Sighting("seen", "seen"), Sighting("gone", "gone")], START_MS)
    for _ in range(2):
        state = lanes.pop(START_MS, people=True)
        assert state is not None
        assert state.person is not None
        crowd.read(state.person, START_MS + REFRESH_MS)
        lanes.put(state, START_MS + REFRESH_MS)
    crowd.see([Sighting("seen", "seen")], START_MS + HOUR_MS)
    assert lanes.pop(START_MS + REFRESH_MS - 1, people=True) is None
    assert named(lanes.pop(START_MS + REFRESH_MS, people=True)) == "seen"
    assert lanes.pop(START_MS + REFRESH_MS, people=True) is None
    # Who comes back later is read at once.
    crowd.see([Sighting("gone", "gone")], START_MS + 2 * DAY_MS)
    assert named(lanes.pop(START_MS + 2 * DAY_MS, people=True)) == "gone"
    assert REFRESH_MS + PROFILE_WINDOW_MS < SNAPSHOT_FRESH_MS


def test_only_the_request_has_the_name_that_somebody_is_asked_by() -> None:
    crowd, lanes = people()
    crowd.see([Sighting("1", "some.body")], START_MS)
    state = lanes.pop(START_MS, people=True)
    assert state is not None
    assert state.ask() == Ask(Feed.PROFILE, "some.body")
    assert state.shown_ask() == Ask(Feed.PROFILE, "1")
    assert "some.body" not in f"{state} {state.person} {Page((), None, people=(Sighting('1', 'some.body'),))}"


def test_at_the_bound_who_was_seen_least_is_left() -> None:
    crowd, lanes = people(most=20)
    crowd.see([Sighting(str(number), "x") for number in range(20) for _ in range(number + 1)], START_MS)
    crowd.see([Sighting("20", "x")] * 5, START_MS)
    assert len(crowd) == 19
    assert crowd.left == {"0", "1"}
    assert named(lanes.pop(START_MS, people=True)) == "19"


def test_who_is_watched_is_nobody_who_was_found() -> None:
    crowd, lanes = people(watched=frozenset({"1", "MS4w"}))
    crowd.see([Sighting("1", "one"), Sighting("2", "MS4w"), Sighting("3", "three")], START_MS)
    assert named(lanes.pop(START_MS, people=True)) == "3"
    assert len(crowd) == 1


def test_the_plan_is_what_the_last_transaction_left(tmp_path: Path) -> None:
    path = tmp_path / "polling" / f"x{SUFFIX}"
    plan = PlanFile(path)
    post = Post("1", "c", 5, 6, 7, 8.5, followed=True)
    person = Person("2", "two", True, 3, 4, 5, wanted=False)
    plan.write([post], [person, replace(person, userid="3")])
    # Another process that was killed in the middle of a transaction.
    other = PlanFile(path)
    with other._database() as database:
        database.execute("BEGIN IMMEDIATE")
        database.execute("UPDATE posts SET plays = 9")
        database.close()
    plan.write([replace(post, plays=6)], left_people=["3"])
    plan.close()
    assert PlanFile(path).posts() == [replace(post, plays=6)]
    assert PlanFile(path).people() == [person]


def test_a_file_that_is_none_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / f"x{SUFFIX}"
    path.write_bytes(b"no database, but long enough to be looked at as one" * 40)
    with pytest.raises(PlanFileError, match="cannot use") as caught:
        PlanFile(path).posts()
    assert "found again" in caught.value.hint


@given(st.lists(st.integers(0, 5 * DAY_MS), max_size=12), st.integers(0, 6 * DAY_MS))
def test_a_snapshot_is_fresh_for_a_day_and_not_before_it_was_taken(moments: list[int], at_ms: int) -> None:
    known = Snapshots()
    for moment in sorted(moments):
        known.note("1", moment)
    if known.fresh_at("1", at_ms):
        assert any(at_ms - SNAPSHOT_FRESH_MS < moment <= at_ms for moment in moments)
    if moments and at_ms >= max(moments):
        assert known.fresh_at("1", at_ms) == (at_ms - max(moments) < SNAPSHOT_FRESH_MS)


def test_snapshots_are_bounded() -> None:
    known = Snapshots(capacity=100)
    for number in range(1_000):
        known.note(str(number), START_MS)
    assert 90 <= len(known) <= 100
    assert known.fresh_at("999", START_MS)


def comment(at_ms: int, likes: int = 1) -> Page:
    user = {"id": "77", "uniqueId": "a", "nickname": "b", "region": None}
    numbers = {"create_time": 1_767_557_521, "digg_count": likes, "reply_total": 0, "ingested_at": at_ms}
    return Page(
        (Observation(COMMENTS, {"id": "5", "video_id": "9", "text": "", "parent_id": None, "user": user, **numbers}),), None
    )


def profile(at_ms: int) -> Page:
    user = {"id": "77", "uniqueId": "a", "nickname": "b", "secUid": "c", "verified": False, "privateAccount": False, "region": None}
    stats = dict.fromkeys(("followerCount", "followingCount", "heartCount", "videoCount", "diggCount"), 3)
    return Page((Observation(USERS, {"userid": "77", "user": user, "stats": stats, "ingested_at": at_ms}),), None)


def test_an_unchanged_comment_passes_once_when_its_writer_becomes_known_also_after_a_restart() -> None:
    memory, at_ms, key = Memory(), NOW - DAY_MS, FeedKey("tikliveapi", Feed.COMMENTS, "9")
    pages = KafkaPageWriter(memory, lambda *_: [], lambda schema_id: "", None, TOPICS, lambda: at_ms)
    pages.start()
    found = []
    for minutes, page in enumerate((comment, comment, profile, comment, comment)):
        (counts, progress) = write(pages, key, page(at_ms + minutes * MINUTE_MS), at_ms + minutes * MINUTE_MS, None)
        found.append((counts.fresh, progress.moved, counts.subjects, counts.known))
    assert found == [(1, 1, 1, 0), (0, 0, 0, 0), (1, 1, 0, 0), (1, 0, 0, 1), (0, 0, 0, 0)]

    def log(topic: str, since_ms: int | None) -> list[FromTopic]:
        return [FromTopic(name, key, value, headers) for name, key, value, headers in memory.committed if name == topic]

    again = KafkaPageWriter(memory, log, lambda schema_id: "", None, TOPICS, lambda: NOW)  # type: ignore[arg-type]
    again.start()
    assert write(again, key, comment(at_ms + HOUR_MS), at_ms, None)[0].repeats == 1
    # When nobody has known the writer for a while, the next snapshot is news again.
    assert write(again, key, comment(NOW + 1, likes=2), NOW, None)[0].fresh == 1
    assert write(again, key, profile(NOW + 2 * MINUTE_MS), NOW, None)[0].fresh == 1
    assert write(again, key, comment(NOW + 3 * MINUTE_MS, likes=2), NOW, None)[0].fresh == 1


def test_an_unchanged_profile_passes_before_its_snapshot_turns_stale() -> None:
    pages, key, at_ms = writer(Memory()), FeedKey("tikliveapi", Feed.PROFILE, "77"), NOW - DAY_MS
    moments = (0, PROFILE_WINDOW_MS - 1, PROFILE_WINDOW_MS, 2 * PROFILE_WINDOW_MS)
    assert [write(pages, key, profile(at_ms + one), NOW, None)[0].fresh for one in moments] == [1, 0, 1, 1]
    state = FeedState(key, FeedRules(Subject.CREATOR, DAY_MS, 1, False), START_MS, Progress(None, 1, 1, 1, 1, 0))
    assert state.interval_ms(Cadence()) == REFRESH_MS


def test_progress_of_what_was_left_goes_with_the_next_commit() -> None:
    memory = Memory()
    pages, other = writer(memory), FeedKey("tikliveapi", Feed.POST, "9")
    write(pages, other, Page((), None), NOW, None)
    pages.leave([other])
    memory.fail_with = ProducerError("broker away")
    with pytest.raises(ProducerError):
        write(pages, KEY, Page((), None), NOW, None)
    memory.fail_with = None
    for _ in range(2):
        write(pages, KEY, Page((), None), NOW, None)
    written = [(key, bool(value)) for topic, key, value, _ in memory.committed if topic == cursors.TOPIC]
    mine, its = cursors.to_text(KEY), cursors.to_text(other)
    assert written == [(its, True), (its, False), (mine, True), (mine, True)]


def test_a_followed_post_belongs_to_the_shard_of_its_creator_also_after_a_restart(tmp_path: Path) -> None:
    memory = Memory()

    def log(topic: str, since_ms: int | None) -> list[FromTopic]:
        return [FromTopic(name, key, value, headers) for name, key, value, headers in memory.committed if name == topic]

    def pages() -> KafkaPageWriter:
        schema = TOPICS[cursors.TOPIC].schema_text()
        return KafkaPageWriter(memory, log, lambda _: schema, WriterSettings(0, 2), TOPICS, lambda: NOW)  # type: ignore[arg-type]

    mine, theirs = (next(str(n) for n in range(100) if owns(FeedKey("plain", Feed.POST, str(n)), shard, 2)) for shard in (0, 1))
    feeds = [FeedKey("plain", Feed.POST, one) for one in (mine, theirs)]
    replies = FeedKey("plain", Feed.REPLIES, "c", theirs)
    for key in (*feeds, replies):
        write(pages(), key, Page((), None), NOW, None)
    assert set(pages().progress()) == {feeds[0]}
    plan, found = PlanFile(tmp_path / f"x{SUFFIX}"), Feeds(PlainUpstream())
    plan.write([Post(theirs, "c", 1, NOW, NOW, followed=True)])
    lanes = Lanes()
    crowd = People("plain", lanes, found.__contains__)
    following = Following(plan, found, Posts(), crowd, Reports(Observers(), "plain"), lambda keys: None)
    following.open(NOW)
    assert set(pages().progress(following.owns)) == {*feeds, replies}


def test_shares_may_be_percentages(tmp_path: Path) -> None:
    def share(text: str) -> float:
        return parse_watchlist(f"follow: {{profiles: {text}}}\n", tmp_path).follow.profiles

    assert (share("12.5%"), share("10 %"), share("0.25"), share("0"), Watchlist().follow.profiles) == (0.125, 0.1, 0.25, 0, 0.1)
    with pytest.raises(WatchlistError, match="profiles"):
        share("120%")


def crowd_script(dice: random.Random, broken: float = 0.0) -> object:
    """Creators with posts that move, comments by a crowd, and profiles; any request may fail."""

    def script(ask: Ask, now: int) -> object:
        if dice.random() < broken:
            return RETRY
        match ask.feed:
            case Feed.POSTS:
                posts = (shown(f"{ask.subject}{number}", now // MINUTE_MS * number, now, now) for number in range(8))
                return Page(tuple(posts), None)
            case Feed.COMMENTS:
                crowd = tuple(Sighting(str(dice.randrange(300)), "") for _ in range(10))
                return Page((Observation("t", {"v": fresh()}),), None, people=crowd)
        return Page((Observation("t", {"v": fresh()}),), None)

    return script


@settings(max_examples=10)
@given(st.integers(0, 2**32), st.integers(30, 300), st.sampled_from([0.0, 0.05, 0.1, 0.5, 1.0]), st.sampled_from([0.0, 0.2]))
def test_credits_and_the_share_of_profiles_are_never_exceeded(seed: int, credits: int, share: float, broken: float) -> None:
    dice = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr("os.fsync", lambda descriptor: None)
        rules = f"credits_per_day: {credits}\nfollow: {{profiles: {share}}}\n"
        text = f"{rules}feeds: {{creators: [posts]}}\ncreators: ['90', '91', '92']\n"
        bench = Bench(Path(folder), text, crowd_script(dice, broken))  # type: ignore[arg-type]
        while bench.clock.now_ms() < START_MS + DAY_MS - HOUR_MS:
            bench.start(Options(in_flight=dice.choice([1, 4]), reread_ms=HOUR_MS))
            # Some are killed: what they had reserved is spent.
            if dice.random() < 0.3:
                monkeypatch.setattr(bench.poller._asking.purse, "close", lambda: None)
            bench.run(min(dice.uniform(0.1, 8), (START_MS + DAY_MS - MINUTE_MS - bench.clock.now_ms()) / HOUR_MS))
        day = [at for at, _ in bench.asked if at < START_MS + DAY_MS]
        assert len(day) + len([at for at in bench.probes if at < START_MS + DAY_MS]) <= credits
        profiles = [at for at, ask in bench.asked if ask.feed is Feed.PROFILE and at < START_MS + DAY_MS]
        assert len(profiles) <= int(credits * share)


@pytest.mark.parametrize("fails_at", range(0, 24, 3))
def test_a_kill_at_any_commit_leaves_the_plan_as_if_it_had_not_been(tmp_path: Path, fails_at: int) -> None:
    text = "credits_per_day: 100000\nfeeds: {creators: [posts], posts: [post, comments]}\ncreators: ['90', '91']\n"

    class KilledError(Exception):
        pass

    def ended(folder: Path, kill: bool) -> tuple[set[str], set[str], Counter[Ask]]:
        folder.mkdir()
        bench = Bench(folder, text, crowd_script(random.Random(1)))  # type: ignore[arg-type]
        bench.start(Options(in_flight=1))

        def fail(key: FeedKey, page: Page) -> None:
            if bench.writer.writes == fails_at and kill:
                bench.writer.fail = lambda key, page: None
                raise KilledError

        bench.writer.fail = fail
        if kill:
            with pytest.raises(KilledError):
                bench.run(0.05)
            bench.start(Options(in_flight=1))
        bench.run(0.05)
        plan = PlanFile(folder / "credits" / f"plain-0{SUFFIX}")
        asked = Counter(ask for _, ask in bench.asked if ask.feed in (Feed.POST, Feed.COMMENTS))
        return {post.aweme_id for post in plan.posts() if post.followed}, {ask.subject for ask in asked}, asked

    whole, killed = ended(tmp_path / "whole", False), ended(tmp_path / "killed", True)
    assert killed[0] == whole[0] == {f"{creator}{number}" for creator in ("90", "91") for number in range(8)}
    assert killed[1] == whole[1] == killed[0]
    # The page that was not committed is asked for again, and no other.
    assert (killed[2] - whole[2]).total() <= 1


def test_what_moves_first_is_looked_at_first(tmp_path: Path) -> None:
    text = "credits_per_day: 480\nfollow: {profiles: 0}\nfeeds: {creators: [posts], posts: [post]}\ncreators: ['90']\n"

    def script(ask: Ask, now: int) -> Page:
        if ask.feed is Feed.POSTS:
            # Post 900 gains nothing, 901 one play a minute, 902 four, and so on.
            return Page(tuple(shown(f"90{n}", now // MINUTE_MS * n**4, now, now - DAY_MS) for n in range(10)), None)
        return Page((Observation("t", {"v": fresh()}),), None)

    bench = Bench(tmp_path, text, script)
    bench.start(Options(reread_ms=HOUR_MS))
    bench.run(12)
    often = Counter(ask.subject for _, ask in bench.asked if ask.feed is Feed.POST)
    assert often["909"] > 1.5 * often["900"] > 0


def test_a_post_that_slept_is_forgotten_and_woken_up(tmp_path: Path) -> None:
    text = "credits_per_day: 100000\nfollow: {forget_after: 6h}\nfeeds: {creators: [posts], posts: [post]}\ncreators: ['90']\n"
    begin = START_MS

    def script(ask: Ask, now: int) -> Page:
        plays = 5 if now < begin + 12 * HOUR_MS else now
        found = shown("7", plays, now, begin - HOUR_MS)
        return Page((replace(found, record={**found.record, "v": "same" if plays == 5 else fresh()}),), None)

    bench = Bench(tmp_path, text, script)
    bench.run(18)
    asked = [(at - begin) / HOUR_MS for at in bench.times(Feed.POST, "7")]
    assert asked[0] < 0.01
    assert [at for at in asked if 5.5 < at < 12] == []
    assert [at for at in asked if at > 12]
    assert FeedKey("plain", Feed.POST, "7") in bench.writer.feeds
