"""What a poller does with bodies that are no pages, or pages of an unusual kind: how often it asks, and what it counts."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cli.dlq_view import new_fields, print_new_fields
from connectors.kafka.avro import header
from connectors.upstream.captured import read_captured
from connectors.upstream.catalog import UPSTREAMS
from connectors.upstream.model import Answer, Ask, Feed, Observation, Page, Refusal
from polling.credits.reservations import ReservationFile
from polling.metrics import Metrics
from polling.model import Progress, ReadPage, Written
from polling.poller import poller
from polling.reports import Observers, Reports
from polling.schedule.fetching import Source
from polling.schedule.options import Options
from polling.schedule.rounds import Rounds
from polling.watchlist import WatchedFile
from polling.writing import cursors
from polling.writing.writer import KafkaPageWriter
from tests.captures.corpus import RECEIVED_MS, captures
from tests.polling.polling_doubles import Attempt, Bench
from tests.polling.test_page_writer import CODECS, KEY, NOW, POSTS, TOPICS, Memory, post

SEC_UID = "MS4wLjABAAAAplaceholder-of-a-secUid"
WATCHLIST = f"creators: [{SEC_UID}]\nfeeds: {{creators: [FEED]}}\n"
Body = dict[str, Any]
BODIES = {one.name: one.body for one in captures()}


class TikApiBench(Bench):
    """A poller of TikAPI: `script` gives the body that answers an ask."""

    def __init__(self, folder: Path, feed: Feed, script: Callable[[Ask], Body]) -> None:
        self.bodies, self.kafka = script, Memory()
        super().__init__(folder, WATCHLIST.replace("FEED", feed.value), lambda ask, now: Page((), None))

    def start(self, options: Options | None = None) -> Rounds:
        self.poller = poller(
            Source(UPSTREAMS["tikapi"], self.fetch, self.probe),
            KafkaPageWriter(self.kafka, lambda topic, since: (), lambda schema_id: "", topics=TOPICS, clock=self.clock.now_ms),
            WatchedFile(self.file),
            ReservationFile(self.folder / "credits", "tikapi-0"),
            replace(options or Options(), status_ms=1_000, clock=self.clock),
            Observers(self.metrics),
        )
        return self.poller

    def fetch(self, ask: Ask) -> Attempt:
        now = self.clock.now_ms()
        self.asked.append((now, ask))
        if now >= self.limit_ms:
            self.poller.stop()
        dialect = UPSTREAMS["tikapi"]
        answer = Answer(200, {}, json.dumps(self.bodies(ask)).encode(), now)
        return Attempt(dialect.call(ask), answer, dialect.read(ask, answer))

    def rounds(self, feed: Feed, end: str) -> float:
        return self.metrics.value("tokpulse_poll_rounds_total", "tikapi", feed.value, end)

    def in_topic(self, topic: str) -> int:
        return sum(name == topic for name, _, _, _ in self.kafka.committed)


@pytest.mark.parametrize("end", ["end_2023_no_list", "end_2024_extra_only", "end_2021_null_list", "end_wrapped"])
def test_the_end_of_a_list_costs_one_request(end: str, tmp_path: Path) -> None:
    bench = TikApiBench(tmp_path, Feed.POSTS, lambda ask: BODIES[end])
    bench.start(Options(once=True))
    bench.poller.run()
    assert len(bench.asked) == 1
    assert bench.rounds(Feed.POSTS, "complete") == 1


@pytest.mark.parametrize("body", [{"statusCode": 10222}, {"code": 0, "data": {"statusCode": 10222, "userInfo": {}}}])
def test_a_private_account_rests(body: Body, tmp_path: Path) -> None:
    bench = TikApiBench(tmp_path, Feed.POSTS, lambda ask: body)
    bench.run(23)
    assert len(bench.asked) == 1
    assert bench.rounds(Feed.POSTS, "skipped") == 1


@pytest.mark.parametrize("name", ["profile_2023_private", "profile_2024_private_wrapped"])
def test_the_profile_of_a_private_account_is_taken(name: str, tmp_path: Path) -> None:
    bench = TikApiBench(tmp_path, Feed.PROFILE, lambda ask: BODIES[name])
    bench.start(Options(once=True))
    bench.poller.run()
    assert (len(bench.asked), bench.in_topic("tiktok.users.snapshots"), bench.in_topic("tiktok.users.snapshots.dlq")) == (1, 1, 0)


@pytest.mark.parametrize(("upstream", "name"), [("tikapi", "profile_2023_private"), ("tikliveapi", "flat_profile_private")])
def test_a_profile_that_came_with_status_403_is_taken(upstream: str, name: str) -> None:
    """As services hand TikTok's codes through; pollers and import agree."""
    capture = next(one for one in captures() if one.name == name)
    text = json.dumps(capture.body)
    read = UPSTREAMS[upstream].read(capture.ask, Answer(403, {}, text.encode(), RECEIVED_MS))
    assert isinstance(read, Page)
    assert [seen.record for seen in read.observations] == capture.expect["records"]
    landed = json.dumps({"http_status": 403, "upstream": upstream, "ingested_at": RECEIVED_MS, "payload": text})
    assert [seen.record for seen in read_captured(landed).observations] == capture.expect["records"]
    posts = UPSTREAMS[upstream].read(Ask(Feed.POSTS, capture.ask.subject), Answer(403, {}, text.encode(), RECEIVED_MS))
    assert isinstance(posts, Refusal)
    assert posts.reason == "private_account"


@pytest.mark.parametrize("code", [10207, 10243, 10999])
def test_an_unknown_code_of_a_subject_is_tried_once_more_and_rests(code: int, tmp_path: Path) -> None:
    bench = TikApiBench(tmp_path, Feed.POSTS, lambda ask: {"statusCode": code, "statusMsg": "?"})
    bench.run(23)
    assert len(bench.asked) == 2
    assert bench.rounds(Feed.POSTS, "skipped") == 1
    assert bench.metrics.value("tokpulse_poll_refusals_total", "tikapi", "/public/posts", "retry", f"unknown_{code}") == 2


def test_other_unknown_codes_are_tried_as_often_as_any_failure(tmp_path: Path) -> None:
    bench = TikApiBench(tmp_path, Feed.POSTS, lambda ask: {"statusCode": 777})
    bench.run(0.9)
    assert len(bench.asked) == Options().backoff.attempts


def test_fields_are_counted_by_name(tmp_path: Path) -> None:
    bench = TikApiBench(tmp_path, Feed.POSTS, lambda ask: BODIES["web_2025_no_caption"] | {"hasMore": False})
    bench.start(Options(once=True))
    bench.poller.run()
    for what, name in (("left_out", "title"), ("new", "brand_new_name")):
        assert bench.metrics.value("tokpulse_poll_fields_total", "tikapi", POSTS, what, name) == 1


def test_new_fields_are_told_by_the_progress_of_their_feed(capsys: pytest.CaptureFixture[str]) -> None:
    kafka = Memory()
    writer = KafkaPageWriter(kafka, lambda topic, since: (), lambda schema_id: "", topics=TOPICS, clock=lambda: NOW)
    noted = replace(post("1"), notes=(("new", "author.badge"), ("left_out", "title")))
    progress: Progress | None = None
    for number, cursor in enumerate(["a", "b", None]):
        page = Page((replace(noted, record={**noted.record, "aweme_id": str(number)}),), cursor)
        ((_, progress),) = writer.write_many([ReadPage(KEY, page, NOW, progress)])
    assert progress is not None
    assert progress.new_fields == {"author.badge": 3}, "of the round"
    assert [topic for topic, *_ in kafka.committed if topic.endswith(".dlq")] == [], "the items are good"
    ((_, after),) = writer.write_many([ReadPage(KEY, Page((post("9"),), None), NOW + 1, progress)])
    assert after.new_fields == {}, "of the next round"
    told = {KEY: progress, replace(KEY, subject="1"): progress, replace(KEY, subject="2"): replace(progress, polled_ms=NOW - 1)}
    assert new_fields(told, NOW) == [{"upstream": "tikliveapi", "feed": "posts", "field": "author.badge", "items": 6}]
    print_new_fields([{"upstream": "x", "feed": "posts", "field": "author.\x1b[31m", "items": 1}])
    out = capsys.readouterr().out
    assert "author." in out
    assert "\x1b[31m" not in out


def test_made_up_fields_do_not_fill_the_progress() -> None:
    many = {f"f{number}": number + 1 for number in range(1_000)}
    progress = cursors.advance(None, "a", NOW, 1, many)
    assert len(progress.new_fields) == 50
    assert progress.new_fields["f999"] == 1_000
    record = CODECS[cursors.TOPIC].encode(cursors.to_record(KEY, progress), header(1))
    assert len(record) < 2_000


def test_made_up_fields_do_not_fill_the_metrics() -> None:
    metrics = Metrics()
    reports = Reports(Observers(metrics), "tikapi")
    seen = tuple(Observation(POSTS, {}, notes=(("new", f"f{number}"),)) for number in range(1_000))
    reports.committed(Page(seen, None), Written(0, 0, 0))
    assert metrics.value("tokpulse_poll_fields_total", "tikapi", POSTS, "new", "f0") == 1
    assert metrics.value("tokpulse_poll_fields_total", "tikapi", POSTS, "new", "(more)") == 800
