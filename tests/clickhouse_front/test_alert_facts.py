"""What the notifier reads of ClickHouse as the least of its users, and the mutes that notifier and dashboard share."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import clickhouse_connect
import pytest

from alerts.facts import Facts, Known, lines_of
from alerts.lookup import ClickHouse, Lookup
from alerts.mutes import Mute, MuteError, Subject, add, in_force, remove, subject_of
from cli import notify_mute
from connectors.clock import HOUR_MS, wall_clock_ms
from tests.alerts.knowing import Kept
from tests.alerts.receiver import alert, followers, momentum, trending

from .conftest import READER, WRITER, FrontProcess

pytestmark = pytest.mark.clickhouse

DATABASE = "tokpulse"
POST, OTHER, CREATOR, HANDLE = "7600000000000000001", "7600000000000000002", "6800000000000000001", "Planted.Handle7"
TABLES = (
    "post_observations_log",
    "posts_newest",
    "user_observations_log",
    "comments_log",
    "trending_hourly_log",
    "alert_mutes_log",
)
COMMENTS = (
    *("comment_id", "video_id", "user_id", "text", "create_time", "ingested_at", "digg_count", "reply_total"),
    *("sentiment_compound", "sentiment_label", "sentiment_model", "language"),
)
GROWTH = (
    *("aweme_id", "author_id", "window_start", "window_end", "play_count", "prev_play_count", "prev_window_end", "gap_hours"),
    *("delta_plays", "delta_plays_per_hour", "author_follower_count", "snapshot_status", "tier", "threshold"),
    *("threshold_version", "is_trending"),
)


@pytest.fixture
def writer(front: FrontProcess) -> Iterator[Any]:
    front.migrated(DATABASE)
    made = clickhouse_connect.get_client(dsn=front.url(database=DATABASE), autogenerate_session_id=False)
    _empty(made)
    yield made
    # The database is that of all tests that ask as a reader may.
    _empty(made)
    made.close()


def _empty(client: Any) -> None:
    for table in TABLES:
        client.command(f"TRUNCATE TABLE {table}")


@pytest.fixture(params=[READER, WRITER], ids=["reader", "nulls"])
def lookup(front: FrontProcess, writer: Any, request: pytest.FixtureRequest) -> Iterator[Lookup]:
    """As the notifier has it: the reader, in the masked views. And with a setting that a reader on a server may have."""
    url = front.url(request.param, f"{DATABASE}_shared")
    reader = clickhouse_connect.get_client(dsn=url, autogenerate_session_id=False)
    if request.param == WRITER:
        reader.set_client_setting("join_use_nulls", 1)
    yield Lookup(ClickHouse(lambda: (reader, url), wall_clock_ms), Kept(), wait_s=30)
    reader.close()


def fill(writer: Any, now: datetime) -> datetime:
    """One post with everything; the beginning of the hours in which it has trended without a break."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    writer.insert(
        "post_observations_log",
        [
            [POST, CREATOR, "Pasta with @somebody #Pasta", now, 5_000 + number, now - timedelta(hours=2 - number)]
            for number in range(3)
        ],
        column_names=("aweme_id", "author_id", "title", "create_time", "play_count", "ingested_at"),
    )
    writer.insert(
        "user_observations_log",
        [[CREATOR, name, 10, now - timedelta(days=days)] for name, days in ((HANDLE, 1), ("former.handle", 9))],
        column_names=("userid", "unique_id", "follower_count", "observed_at"),
    )
    scores = (0.6, 0.2, 0.0)
    writer.insert(
        "comments_log",
        [[f"c{n}", POST, "69", "words", now, now, 1, 0, score, "neutral", "lexicon", "en"] for n, score in enumerate(scores)],
        column_names=COMMENTS,
    )
    verdicts = (1, 0, 1, 1, 1)
    writer.insert(
        "trending_hourly_log",
        [
            [
                *(POST, CREATOR, hour - timedelta(hours=5 - number), hour - timedelta(hours=4 - number), 2, 1, hour, 1, 1, 1.0),
                *(10, "fresh", "small", 1.0, "v1-00000000", verdict),
            ]
            for number, verdict in enumerate(verdicts)
        ],
        column_names=GROWTH,
    )
    return hour - timedelta(hours=3)


def test_all_that_is_known_comes_with_one_look(writer: Any, lookup: Lookup) -> None:
    since = fill(writer, datetime.now(UTC))
    known = alert(trending(POST, author_id=CREATOR))
    unknown = alert(momentum(OTHER, author_id="69"))
    gain = alert(followers(CREATOR))
    found = lookup.look([known, unknown, gain])
    handle = found[known.key].handle
    assert found[known.key] == Known("Pasta with [name] #Pasta", handle, ("pasta",), 5_002, 0.4, 2, int(since.timestamp() * 1000))
    assert found[unknown.key] == Known()
    assert found[gain.key] == Known(handle=handle)
    # The masked views give a pseudonym, which is said to be one.
    assert Facts(known, found[known.key]).masked
    said = str([line for one in (known, gain) for line in lines_of(Facts(one, found[one.key]))])
    assert HANDLE.lower() not in said.lower()
    assert "somebody" not in said
    assert f"name masked: {handle[:10]}…" in said


def test_mutes_are_shared_and_end_by_themselves(front: FrontProcess, writer: Any, lookup: Lookup) -> None:
    url, now_ms = front.url(database=DATABASE), wall_clock_ms()
    fill(writer, datetime.now(UTC))
    tag, one = Subject("hashtag", "pasta"), alert(trending(POST, author_id=CREATOR))
    add(writer, url, tag, HOUR_MS, "me@work", "asked for by @somebody", now_ms)
    found = lookup.look([one])
    mute = lookup.muted_by(one, found[one.key], now_ms)
    assert mute is not None
    # Another user of the machine need not know who asked for it.
    assert (mute.subject, mute.until_ms, mute.author, mute.comment) == (tag, now_ms + HOUR_MS, "[redacted]", "asked for by [name]")
    assert lookup.muted_by(one, found[one.key], now_ms + HOUR_MS) is None
    assert in_force(writer, url, now_ms) == [Mute(tag, now_ms + HOUR_MS, now_ms, "me@work", "asked for by @somebody")]
    assert in_force(writer, url, now_ms + HOUR_MS) == []


def test_the_newest_word_about_a_subject_counts(front: FrontProcess, writer: Any) -> None:
    url, now_ms = front.url(database=DATABASE), wall_clock_ms()
    post, creator = Subject("post", POST), Subject("creator", CREATOR)
    add(writer, url, post, 5 * HOUR_MS, "me", "", now_ms)
    add(writer, url, creator, HOUR_MS, "me", "", now_ms)
    assert [mute.subject for mute in in_force(writer, url, now_ms)] == [post, creator]
    add(writer, url, post, HOUR_MS, "me", "shorter", now_ms + 1)
    assert {mute.until_ms for mute in in_force(writer, url, now_ms + 2)} == {now_ms + HOUR_MS, now_ms + 1 + HOUR_MS}
    remove(writer, url, post, "me", now_ms + 3)
    assert [mute.subject for mute in in_force(writer, url, now_ms + 3)] == [creator]
    with pytest.raises(MuteError, match=f"post:{POST} is not muted"):
        remove(writer, url, post, "me", now_ms + 4)
    writer.command("OPTIMIZE TABLE alert_mutes_log FINAL")
    assert [mute.subject for mute in in_force(writer, url, now_ms + 3)] == [creator]


def test_handles_and_ids_are_found(front: FrontProcess, writer: Any) -> None:
    url = front.url(database=DATABASE)
    fill(writer, datetime.now(UTC))
    assert subject_of(writer, url, f"@{HANDLE.lower()}") == Subject("creator", CREATOR)
    assert subject_of(writer, url, "https://www.tiktok.com/@former.handle") == Subject("creator", CREATOR)
    assert subject_of(writer, url, POST) == Subject("post", POST)
    assert subject_of(writer, url, CREATOR) == Subject("creator", CREATOR)
    with pytest.raises(MuteError, match="neither"):
        subject_of(writer, url, OTHER)


def test_the_commands_say_what_they_did(
    front: FrontProcess, writer: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(writer, datetime.now(UTC))
    monkeypatch.setenv("CLICKHOUSE_URL", front.url(database=DATABASE))
    notify_mute.list_command()
    notify_mute.add_command("#Pasta", "2h", "known \x1b[31m")
    notify_mute.add_command(f"@{HANDLE}")
    notify_mute.list_command()
    notify_mute.remove_command("#pasta")
    said = capsys.readouterr().out
    assert said.startswith("nothing is muted\nmuted #pasta until ")
    assert f"\nmuted creator:{CREATOR} until " in said
    # The one that lasts longest first; what somebody wrote is escaped.
    assert said.index(f"\ncreator:{CREATOR} ") < said.index("\n#pasta ")
    assert "\x1b" not in said
    assert said.endswith("#pasta is not muted any more\n")
    with pytest.raises(MuteError, match="--for: 'soon'"):
        notify_mute.add_command("#pasta", "soon")
