"""The loop against an upstream with a script, in virtual time."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from connectors.kafka.producer_errors import FencedProducerError, ProducerError
from connectors.upstream.model import Ask, Failure, Feed, Page, Refusal
from polling.model import FeedKey
from polling.schedule.asking import UpstreamRefusesError
from polling.schedule.backoff import Backoff
from polling.schedule.options import Options
from polling.schedule.rounds import UnfinishedError
from tests.polling.polling_doubles import FATAL, PAUSE, RETRY, SKIP, START_MS, Bench, fresh, page

HOUR = 3_600_000
MINUTE = 60_000
MINUTELY = "tiers: {hot: 1m, warm: 1m, cold: 1m}\n"
ONE = "credits_per_day: 100000\nfeeds: {creators: [posts]}\ncreators: ['1']\n"


def paged(pages: int) -> dict[str | None, Page]:
    """cursor -> page of a feed whose observations never change."""
    ends = [None, *(str(number) for number in range(1, pages))]
    return {
        cursor: page(f"{cursor}-a", f"{cursor}-b", cursor=ends[index + 1] if index + 1 < pages else None)
        for index, cursor in enumerate(ends)
    }


def test_a_round_reads_every_page_and_then_rests(tmp_path: Path) -> None:
    pages = paged(4)
    bench = Bench(tmp_path, ONE, lambda ask, now: pages[ask.cursor])
    bench.run(2)
    assert [ask.cursor for _, ask in bench.asked[:4]] == [None, "1", "2", "3"]
    assert len(bench.writer.committed) == 8
    gaps = [b - a for a, b in pairwise(bench.times(Feed.POSTS))]
    assert gaps[:3] == [200, 200, 200]
    assert gaps[3] > 5 * MINUTE


@pytest.mark.parametrize("crashing", ["1", "3", "5"])
def test_pages_that_came_before_and_after_a_defect_are_written(tmp_path: Path, crashing: str) -> None:
    text = "credits_per_day: 100000\nfeeds: {posts: [post]}\nposts: ['1', '2', '3', '4', '5']\n"

    def answer(ask: Ask, now: int) -> Page:
        if ask.subject == crashing:
            raise ZeroDivisionError("a defect")
        return page(f"of {ask.subject}")

    bench = Bench(tmp_path, text, answer)
    bench.start(Options(in_flight=5))
    with pytest.raises(ZeroDivisionError, match="a defect"):
        bench.run(1)
    assert sorted(bench.writer.committed) == [f"of {subject}" for subject in "12345" if subject != crashing]
    assert len(bench.asked) == 5


def test_what_moves_is_polled_more_than_what_sleeps(tmp_path: Path) -> None:
    text = "credits_per_day: 100000\nfeeds: {posts: [post]}\nposts: ['1', '2']\n"
    bench = Bench(tmp_path, text, lambda ask, now: page(fresh() if ask.subject == "1" else "same"))
    bench.run(24)
    assert len(bench.times(Feed.POST, "1")) > 5 * len(bench.times(Feed.POST, "2"))
    assert len(bench.times(Feed.POST, "2")) > 2


def test_at_the_floor_there_is_one_probe_in_15_minutes_and_nothing_else(tmp_path: Path) -> None:
    bench = Bench(tmp_path, ONE, lambda ask, now: page(fresh()), credits=100)
    bench.limit_ms = bench.clock.now_ms() + 24 * HOUR
    bench.poller.run()
    assert bench.asked == []
    assert len(bench.probes) > 80
    assert min(b - a for a, b in pairwise(bench.probes)) >= 15 * MINUTE


def test_a_balance_that_drains_slows_and_then_stops(tmp_path: Path) -> None:
    text = "credits_per_day: 24000\nfeeds: {posts: [post]}\ntiers: {hot: 1s, warm: 1s, cold: 1s}\nposts: ['1','2','3']\n"
    bench = Bench(tmp_path, text, lambda ask, now: page(fresh()), credits=1_000_000)
    balance = 3_000

    def answer(ask: Ask, now: int) -> Page | Refusal:
        nonlocal balance
        balance -= 1
        bench.credits = balance
        return page(fresh())

    bench.script = answer
    bench.credits = balance
    bench.run(24)
    assert 100 <= balance <= 500
    assert all(b - a >= 15 * MINUTE for a, b in pairwise(bench.probes))


def test_requests_per_hour_and_per_day_never_exceed_the_budget(tmp_path: Path) -> None:
    text = "credits_per_day: 480\nfeeds: {posts: [post]}\ntiers: {hot: 1m, warm: 1m, cold: 1m}\nposts: ['1','2','3','4','5']\n"
    bench = Bench(tmp_path, text, lambda ask, now: page(fresh()))
    for hours in (3, 5.5, 0.2, 14):  # restarts in between
        bench.start()
        bench.run(hours)
    moments = [at for at, _ in bench.asked] + bench.probes
    assert len([at for at in moments if at < bench.clock.now_ms() + HOUR]) <= 480
    assert max(Counter(at // HOUR for at in moments).values()) <= 20 + 1
    assert len(moments) > 400


def test_one_endpoint_is_broken_and_the_others_go_on(tmp_path: Path) -> None:
    creators = ", ".join(f"'{number}'" for number in range(20))
    text = f"credits_per_day: 1000000\ntiers: {{hot: 1m, warm: 1m, cold: 1m}}\ncreators: [{creators}]\n"
    bench = Bench(tmp_path, text, lambda ask, now: RETRY if ask.feed is Feed.POSTS else page(fresh()))
    bench.run(3)
    assert bench.metrics.value("tokpulse_poll_breaker_transitions_total", "plain", "/posts/", "open") >= 1
    assert bench.metrics.value("tokpulse_poll_breaker_state", "plain", "/profile/") == 0
    healthy, broken = bench.times(Feed.PROFILE), bench.times(Feed.POSTS)
    assert len(healthy) > 20 * 150
    assert len(broken) < 100
    bench.script = lambda ask, now: page(fresh())
    bench.start()
    bench.run(1)
    assert len(bench.times(Feed.POSTS)) > 500


def test_the_breaker_closes_after_a_good_trial(tmp_path: Path) -> None:
    creators = ", ".join(f"'{number}'" for number in range(20))
    text = (
        f"credits_per_day: 1000000\nfeeds: {{creators: [posts]}}\ntiers: {{hot: 1m, warm: 1m, cold: 1m}}\ncreators: [{creators}]\n"
    )
    bench = Bench(tmp_path, text, lambda ask, now: page(fresh()))
    begin = bench.clock.now_ms()
    bench.script = lambda ask, now: RETRY if now < begin + HOUR else page(fresh())
    bench.run(3)
    changes = [
        bench.metrics.value("tokpulse_poll_breaker_transitions_total", "plain", "/posts/", state)
        for state in ("open", "half_open", "closed")
    ]
    assert changes[2] == 1
    assert changes[0] == changes[1] > 1
    assert bench.metrics.value("tokpulse_poll_breaker_state", "plain", "/posts/") == 0
    assert len(bench.times(Feed.POSTS)) > 20 * 60


def test_retry_after_is_a_lower_bound_and_attempts_end(tmp_path: Path) -> None:
    later = Refusal(Failure.RETRY, "429", "rate", "slow down", retry_after_s=120)
    bench = Bench(tmp_path, ONE, lambda ask, now: later)
    bench.start(Options(backoff=Backoff(attempts=3)))
    bench.run(0.9)
    times = bench.times(Feed.POSTS)
    assert len(times) == 3
    assert all(b - a >= 120_000 for a, b in pairwise(times))
    assert bench.metrics.value("tokpulse_poll_given_up_total", "plain", "posts") == 1


def test_a_cursor_that_the_upstream_cannot_serve_is_left(tmp_path: Path) -> None:
    bench = Bench(tmp_path, ONE, lambda ask, now: page("a", cursor="bad") if ask.cursor is None else RETRY)
    bench.run(24)
    assert [ask.cursor for _, ask in bench.asked].count(None) > 1


def test_skip_rests_for_the_cold_cadence(tmp_path: Path) -> None:
    bench = Bench(tmp_path, ONE, lambda ask, now: SKIP)
    bench.run(49)
    assert 2 <= len(bench.asked) <= 4
    assert bench.metrics.value("tokpulse_poll_breaker_transitions_total", "plain", "/posts/", "open") == 0


def test_pause_stops_the_whole_upstream(tmp_path: Path) -> None:
    creators = ", ".join(f"'{number}'" for number in range(50))
    text = f"credits_per_day: 100000\ncreators: [{creators}]\n"
    bench = Bench(tmp_path, text, lambda ask, now: PAUSE, credits=Refusal(Failure.RETRY, "500", "server_error", "no"))
    bench.run(12)
    # At the start up to four are in flight; afterwards there is one trial in 15 minutes.
    assert len(bench.asked) <= 4 + 12 * 4
    assert len(bench.probes) <= 1 + 12 * 4
    bench.script = lambda ask, now: page(fresh())
    bench.start()
    bench.run(1)
    assert len({ask.subject for _, ask in bench.asked}) == 50


def test_probes_are_15_minutes_apart_over_restarts(tmp_path: Path) -> None:
    bench = Bench(tmp_path, ONE, lambda ask, now: page(fresh()), credits=100)
    for _ in range(12):
        bench.start()
        bench.run(0)  # each process ends with its first probe
    assert len(bench.probes) == 12
    assert min(b - a for a, b in pairwise(bench.probes)) >= 15 * MINUTE
    assert bench.asked == []
    # One that dies before it is answered has asked all the same.
    (bench.folder / "credits" / "plain-0.probe").write_text(f"{bench.clock.now_ms()} 0 -\n")
    bench.start()
    bench.run(0.3)
    assert bench.probes[12] - bench.probes[11] >= 15 * MINUTE


def test_what_was_spent_before_a_restart_is_taken_off_the_balance_that_was_told(tmp_path: Path) -> None:
    text = f"{ONE}credits: {{slow_below: 101, floor: 100}}\n{MINUTELY}page_pause: 1ms\n"
    bench = Bench(tmp_path, text, lambda ask, now: page(fresh(), cursor=fresh()), credits=150)
    begin = bench.clock.now_ms()
    bench.run(0)
    for _ in range(5):
        bench.start()
        bench.run(0)
    assert bench.probes[0] == begin
    assert len([at for at, _ in bench.asked if at < begin + 15 * MINUTE]) <= 50
    assert all(b - a >= 15 * MINUTE for a, b in pairwise(bench.probes))
    assert len(bench.probes) > 1


def test_a_request_that_nobody_understands_skips_its_subject(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    refused = Refusal(Failure.SKIP, "400", "bad_request", "Something is wrong")
    text = f"credits_per_day: 100000\nfeeds: {{posts: [post]}}\n{MINUTELY}posts: ['1', '2']\n"
    bench = Bench(tmp_path, text, lambda ask, now: refused if ask.subject == "1" else page(fresh()))
    bench.run(1)
    assert "post 1: skipped: bad_request (Something is wrong)" in caplog.text
    assert bench.metrics.value("tokpulse_poll_refusals_total", "plain", "/post/", "skip", "bad_request") >= 1
    assert bench.metrics.value("tokpulse_poll_breaker_transitions_total", "plain", "/post/", "open") == 0
    assert len(bench.times(Feed.POST, "2")) > 50


def test_an_endpoint_that_understands_nothing_is_left_alone(tmp_path: Path) -> None:
    posts = ", ".join(f"'{number}'" for number in range(200))
    text = f"credits_per_day: 100000\nfeeds: {{posts: [post]}}\nposts: [{posts}]\n"
    bench = Bench(tmp_path, text, lambda ask, now: Refusal(Failure.SKIP, "400", "bad_request", "Something is wrong"))
    bench.run(1)
    assert bench.metrics.value("tokpulse_poll_breaker_transitions_total", "plain", "/post/", "open") > 1
    assert len(bench.asked) < 30


def test_fatal_stops_with_the_reason_and_writes_what_was_in_flight(tmp_path: Path) -> None:
    text = "credits_per_day: 100000\nfeeds: {creators: [posts]}\ncreators: ['1', '2', '3', '4']\n"
    bench = Bench(tmp_path, text, lambda ask, now: FATAL if ask.subject == "1" else page(ask.subject))
    with pytest.raises(UpstreamRefusesError, match="key_refused"):
        bench.run(1)
    assert len(bench.asked) <= 4
    assert len(bench.writer.committed) == len(bench.asked) - 1


@pytest.mark.parametrize("fails_at", range(6))
def test_a_kill_at_any_write_loses_and_repeats_nothing(tmp_path: Path, fails_at: int) -> None:
    pages = paged(6)
    bench = Bench(tmp_path, ONE, lambda ask, now: pages[ask.cursor])

    class KilledError(Exception):
        pass

    def kill(key: FeedKey, page: Page) -> None:
        if bench.writer.writes == fails_at:
            raise KilledError

    bench.writer.fail = kill
    with pytest.raises(KilledError):
        bench.run(1)
    bench.writer.fail = lambda key, page: None
    before = len(bench.asked)
    bench.start()
    bench.run(0.05)
    bench.poller.stop()
    assert bench.asked[before][1].cursor == (None if fails_at == 0 else str(fails_at))
    assert sorted(bench.writer.committed) == sorted(str(o.record["v"]) for p in pages.values() for o in p.observations)


def test_kafka_away_for_an_hour_costs_no_page_and_no_credits(tmp_path: Path) -> None:
    text = "credits_per_day: 100000\nfeeds: {posts: [post]}\ntiers: {hot: 1m, warm: 1m, cold: 1m}\nposts: ['1','2','3']\n"
    served: list[str] = []

    def script(ask: Ask, now: int) -> Page:
        served.append(fresh())
        return page(served[-1])

    bench = Bench(tmp_path, text, script)
    begin = bench.clock.now_ms()

    def away(key: FeedKey, page: Page) -> None:
        if begin + HOUR <= bench.clock.now_ms() < begin + 2 * HOUR:
            raise ProducerError("no broker")

    bench.writer.fail = away
    bench.run(3)
    assert sorted(bench.writer.committed) == sorted(served)
    during = [at for at, _ in bench.asked if begin + HOUR + MINUTE < at < begin + 2 * HOUR]
    assert during == []
    assert bench.metrics.value("tokpulse_poll_batch_errors_total", "plain") > 10


def test_a_fenced_poller_stops_with_its_message(tmp_path: Path) -> None:
    bench = Bench(tmp_path, ONE, lambda ask, now: page(fresh()))

    def fenced(key: FeedKey, page: Page) -> None:
        raise FencedProducerError("another poller has shard 0", "stop one of them")

    bench.writer.fail = fenced
    with pytest.raises(FencedProducerError, match="another poller has shard 0"):
        bench.run(1)


def test_a_stop_with_kafka_away_says_what_was_not_written(tmp_path: Path) -> None:
    bench = Bench(tmp_path, ONE, lambda ask, now: page(fresh()))

    def away(key: FeedKey, page: Page) -> None:
        bench.poller.stop()
        raise ProducerError("no broker")

    bench.writer.fail = away
    with pytest.raises(UnfinishedError, match="1 page"):
        bench.run(1)


@pytest.mark.parametrize(
    ("cursor", "end"),
    [(lambda cursor: "same", "cursor_repeats"), (lambda cursor: str(int(cursor or 0) + 1), "page_limit")],
    ids=["the same cursor", "no end"],
)
def test_endless_paging_ends(tmp_path: Path, cursor: object, end: str) -> None:
    assert callable(cursor)
    bench = Bench(tmp_path, ONE, lambda ask, now: page(fresh(), cursor=cursor(ask.cursor)))
    bench.run(1)
    assert bench.metrics.value("tokpulse_poll_rounds_total", "plain", "posts", end) >= 1
    assert bench.writer.feeds[FeedKey("plain", Feed.POSTS, "1")].cursor is None or end == "page_limit"
    assert len(bench.asked) < 300


def test_stop_at_repeats(tmp_path: Path) -> None:
    pages = paged(5)
    bench = Bench(tmp_path, ONE + "stop_at_repeats: true\n", lambda ask, now: pages[ask.cursor])
    bench.run(12)
    assert [ask.cursor for _, ask in bench.asked[:7]] == [None, "1", "2", "3", "4", None, None]


def test_found_replies_become_feeds_and_survive_a_restart(tmp_path: Path) -> None:
    text = "credits_per_day: 100000\nfeeds: {posts: [comments, replies]}\nposts: ['7']\n"
    replies = Ask(Feed.REPLIES, "c1", None, "7")

    def script(ask: Ask, now: int) -> Page:
        return page("c1", found=(replies,)) if ask.feed is Feed.COMMENTS else page("r1")

    bench = Bench(tmp_path, text, script)
    bench.run(0.3)
    assert sorted(bench.writer.committed) == ["c1", "r1"]
    asked = len(bench.times(Feed.REPLIES))
    bench.start()
    bench.script = lambda ask, now: page("c1") if ask.feed is Feed.COMMENTS else page("r1")
    bench.run(6)
    assert len(bench.times(Feed.REPLIES)) > asked


def test_replies_that_nobody_wants_are_left(tmp_path: Path) -> None:
    text = "credits_per_day: 1000\nfeeds: {posts: [comments]}\nposts: ['7']\n"
    bench = Bench(tmp_path, text, lambda ask, now: page("c1", found=(Ask(Feed.REPLIES, "c1", None, "7"),)))
    bench.run(3)
    assert bench.times(Feed.REPLIES) == []


def test_an_edit_of_the_watchlist_counts_and_a_bad_one_does_not(tmp_path: Path) -> None:
    bench = Bench(tmp_path, ONE, lambda ask, now: page(fresh()))
    begin, step = bench.clock.now_ms(), [0]

    def script(ask: Ask, now: int) -> Page:
        if step[0] == 0 and now > begin + HOUR:
            bench.file.write_text(ONE.replace("'1'", "nonsense"))
            step[0] = 1
        elif step[0] == 1 and now > begin + 2 * HOUR:
            bench.file.write_text(ONE.replace("'1'", "'222'"))
            step[0] = 2
        return page(fresh())

    bench.script = script
    bench.run(4)
    assert bench.metrics.value("tokpulse_poll_watchlist_errors_total", "plain") == 1
    assert [at for at in bench.times(Feed.POSTS, "1") if at > begin + 1.5 * HOUR]
    assert [at for at in bench.times(Feed.POSTS, "222") if at > begin + 2 * HOUR]
    assert not [at for at in bench.times(Feed.POSTS, "1") if at > begin + 3 * HOUR]


def test_once_reads_every_feed_and_ends(tmp_path: Path) -> None:
    text = "credits_per_day: 1000\nfeeds: {creators: [posts]}\ncreators: ['1', '2', '3']\n"
    pages = paged(3)
    bench = Bench(tmp_path, text, lambda ask, now: pages[ask.cursor])
    bench.start(Options(once=True)).run()
    assert len(bench.asked) == 9


def test_once_with_too_few_credits_says_so(tmp_path: Path) -> None:
    text = "credits_per_day: 3\nfeeds: {creators: [posts]}\ncreators: ['1', '2', '3', '4', '5']\n"
    bench = Bench(tmp_path, text, lambda ask, now: page(fresh()))
    with pytest.raises(UnfinishedError, match="were not read"):
        bench.start(Options(once=True)).run()
    assert len(bench.asked) + len(bench.probes) <= 3


def test_once_says_which_feeds_it_gave_up(tmp_path: Path) -> None:
    text = "credits_per_day: 1000\nfeeds: {creators: [posts]}\ncreators: ['1', '2']\n"
    bench = Bench(tmp_path, text, lambda ask, now: RETRY if ask.subject == "1" else page(fresh()))
    with pytest.raises(UnfinishedError, match="1 feed"):
        bench.start(Options(once=True)).run()


def test_once_does_not_wait_for_a_dead_endpoint(tmp_path: Path) -> None:
    listed = ", ".join(f"'{name}'" for name in range(100, 200))
    bench = Bench(tmp_path, f"credits_per_day: 9000\nfeeds: {{creators: [posts]}}\ncreators: [{listed}]\n", lambda ask, now: RETRY)
    with pytest.raises(UnfinishedError, match="feed"):
        bench.start(Options(once=True)).run()
    assert bench.clock.now_ms() < START_MS + 3_600_000


def test_a_cursor_that_went_stale_costs_a_round_and_no_day(tmp_path: Path) -> None:
    text = "credits_per_day: 1000\nfeeds: {creators: [posts]}\ncreators: [{id: '1', tier: hot}]\n"
    bench = Bench(tmp_path, text, lambda ask, now: page(fresh(), cursor="2") if ask.cursor is None else SKIP)
    bench.run(2)
    firsts = [at for at, ask in bench.asked if ask.cursor is None]
    assert len(firsts) > 10


def test_short_credits_go_to_what_moves_and_nothing_starves(tmp_path: Path) -> None:
    movers, sleepers = [f"1{n}" for n in range(5)], [f"2{n}" for n in range(30)]
    listed = ", ".join(f"'{name}'" for name in movers + sleepers)
    text = f"credits_per_day: 480\nfeeds: {{posts: [post]}}\ntiers: {{hot: 1m, warm: 5m, cold: 10m}}\nposts: [{listed}]\n"

    def script(ask: Ask, now: int) -> Page:
        return page(*(fresh() for _ in range(10))) if ask.subject.startswith("1") else page("same")

    bench = Bench(tmp_path, text, script)
    bench.run(24)
    counts = Counter(ask.subject for _, ask in bench.asked)
    assert min(counts[name] for name in movers) > 2 * max(counts[name] for name in sleepers)
    assert min(counts[name] for name in sleepers) >= 2


def test_pages_that_came_together_share_a_commit_and_one_that_kafka_refuses_holds_back_no_other(tmp_path: Path) -> None:
    text = "credits_per_day: 1000\nfeeds: {posts: [post]}\nposts: ['1', '2', '3', '4']\n"
    bench = Bench(tmp_path, text, lambda ask, now: page(ask.subject))
    bench.start(Options(once=True)).run()
    assert sorted(bench.writer.committed) == ["1", "2", "3", "4"]
    assert bench.writer.commits == 1

    def refuses(key: FeedKey, page: Page) -> None:
        if key.subject == "2":
            bench.poller.stop()
            raise ProducerError("too large")

    bench.writer.fail = refuses
    bench.script = lambda ask, now: page(f"again {ask.subject}")
    with pytest.raises(UnfinishedError, match="1 page"):
        bench.start(Options(once=True)).run()
    assert sorted(bench.writer.committed)[4:] == ["again 1", "again 3", "again 4"]
    assert bench.metrics.value("tokpulse_poll_batch_errors_total", "plain") == 5
