"""Messages: what is known of each alert, text from upstream stays text, sizes within what the services take."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.alert import Alert, BadRecordError
from alerts.facts import Facts, Known
from alerts.message import Form, Message
from alerts.slack import MAX_CHARACTERS
from alerts.targets import SLACK, TEAMS, WEBHOOK
from alerts.teams import MAX_BYTES
from alerts.webhook import idempotency_key
from tests.alerts.receiver import AUTHOR, HOUR, POST, alert, alerts, followers, live, momentum, trending

URL = "https://dash.example/page?a=1"
NASTY = [
    "<!channel>",
    "&<https://evil|x>",
    "```*_~`",
    "[a](http://evil)",
    "**b**",
    "{{DATE(2017-02-14T06:00:00Z)}}",
    "a\nb\u202ec\x00",
]
KNOWN = Known("Pasta in 3 minutes", "cook.anna_1", ("pasta", "quick"), 6_100, 0.42, 38, 1_767_610_800_000)
# Which version of Adaptive Cards brought each type that a card may use: https://adaptivecards.io/explorer
SINCE = {
    **{"AdaptiveCard": 1.0, "TextBlock": 1.0, "Container": 1.0, "Action.OpenUrl": 1.0},
    **{"RichTextBlock": 1.2, "TextRun": 1.2, "Table": 1.5},
}


def told(target: str, of: list[Alert], known: Mapping[str, Known] | None = None, dashboard_url: str = "") -> Message:
    return Form(target, dashboard_url).message(of, known or {})


def body(target: str, of: list[Alert], known: Known | None = None, dashboard_url: str = "") -> Any:
    return json.loads(told(target, of, {one.key: known for one in of} if known else {}, dashboard_url).body)


def strings(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from strings(inner, f"{path}.{key}" if key != "inlines" else f"{path}.run")
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner, path)
    elif isinstance(value, str):
        yield path, value


def slack_lines(block: Any) -> list[str]:
    """What a reader of the rich text sees, a link as `text -> address`."""
    (section,) = block["elements"]
    shown = [f"{one['text']} -> {one['url']}" if one["type"] == "link" else one["text"] for one in section["elements"]]
    return "".join(shown).split("\n")


def card_of(message: Any) -> Any:
    (attachment,) = message["attachments"]
    return attachment["content"]


def card_lines(container: Any) -> list[str]:
    return [
        "".join(run["text"] for run in block["inlines"]) if "inlines" in block else block["text"] for block in container["items"]
    ]


def test_slack_says_who_what_how_fast_against_what_and_where_to_look() -> None:
    message = body(SLACK, [alert(trending(author_follower_count=12_345, tier="small"))], KNOWN, URL)
    header, item, notes = message["blocks"]
    assert header["text"] == {"type": "plain_text", "text": "1 trending post, hour to 2026-01-05 14:00 UTC", "emoji": False}
    page = f"https://dash.example/page/post?a=1&post={POST}&from=1767524400000&to=1767625200000"
    assert slack_lines(item) == [
        f"Pasta in 3 minutes -> https://www.tiktok.com/@cook.anna_1/video/{POST}",
        "@cook.anna_1 -> https://www.tiktok.com/@cook.anna_1 · 12,345 followers · tier small",
        "1,000 plays/h · 2.0 times the threshold of 500/h · +1,000 in 1 h · 6,100 plays now",
        f"moving since 2026-01-05 11:00 UTC · 38 comments, positive (+0.42) · Dashboard -> {page}",
    ]
    text = notes["elements"][0]["text"]
    assert text == "<https://dash.example/page/trending?a=1&amp;from=1767618000000&amp;to=1767625200000|Open the dashboard>"


def test_what_is_not_known_is_left_out() -> None:
    message = body(SLACK, [alert(trending())])
    (item,) = message["blocks"][1:]
    assert slack_lines(item) == [
        f"Post {POST} -> https://www.tiktok.com/@/video/{POST}",
        f"creator {AUTHOR} · tier unknown",
        "1,000 plays/h · 2.0 times the threshold of 500/h · +1,000 in 1 h · 5,000 plays",
        "moving since 2026-01-05 13:00 UTC",
    ]


def test_momentum_and_follower_gains_say_the_same_from_the_same_table() -> None:
    (fast,) = body(SLACK, [alert(momentum())], KNOWN)["blocks"][1:]
    assert slack_lines(fast)[2:] == [
        "3,000 plays/h · 1.5 times the threshold of 2,000/h · +2,000 in 40 min · 6,100 plays now",
        "moving since 2026-01-05 11:00 UTC · 38 comments, positive (+0.42)",
    ]
    (gain,) = body(SLACK, [alert(followers(gained=60_000))], Known(handle="cook.anna_1"))["blocks"][1:]
    assert slack_lines(gain) == [
        "@cook.anna_1 -> https://www.tiktok.com/@cook.anna_1 · 61,000 followers",
        "30,000 followers/h · 1.2 times the threshold of 50,000 in 2 h · +60,000 in 2 h",
        "moving since 2026-01-05 12:00 UTC",
    ]


@pytest.mark.parametrize("name", ["p" + "a2" * 10, "forgotten" + "0a" * 10])
def test_what_pollers_and_forget_put_for_a_name_is_no_handle(name: str) -> None:
    facts = Facts(alert(trending()), Known(handle=name))
    assert (facts.handle, facts.masked) == (None, True)


def test_a_masked_name_is_shown_as_masked_and_makes_no_address() -> None:
    assert (
        card_lines(card_of(body(TEAMS, [alert(trending())], Known("", "[masked]")))["body"][1])[1]
        == f"creator {AUTHOR} (name masked) · tier unknown"
    )
    pseudonym = "0123456789abcdef" * 4
    message = body(TEAMS, [alert(trending())], Known("with [name]", pseudonym))
    assert card_lines(card_of(message)["body"][1])[1] == f"creator {AUTHOR} (name masked: 0123456789…) · tier unknown"
    assert pseudonym not in json.dumps(message)
    assert f"https://www.tiktok.com/@/video/{POST}" in json.dumps(message)


def test_slack_shows_the_fastest_and_counts_the_rest() -> None:
    message = body(SLACK, alerts(142), dashboard_url=URL)
    assert message["text"] == "142 trending posts, hour to 2026-01-05 14:00 UTC"
    _, *items, notes = message["blocks"]
    # These ids are no numbers: there is no address to be made of them.
    assert [slack_lines(item)[0] for item in items] == [f"Post post-{number:05}" for number in range(141, 131, -1)]
    assert notes["elements"][0]["text"].startswith("and 132 more · <https://dash.example/page/trending?")


def test_teams_gets_one_adaptive_card_that_old_tenants_show() -> None:
    message = body(TEAMS, alerts(142), KNOWN, URL)
    assert message["type"] == "message"
    card = card_of(message)
    assert (card["type"], card["version"]) == ("AdaptiveCard", "1.4")
    types = {value for path, value in strings(card) if path.endswith(".type")}
    assert {kind for kind in types if SINCE[kind] > 1.4} == set()
    title, *items, rest = card["body"]
    assert title["text"].startswith("142 trending posts")
    assert rest["text"] == f"and {142 - len(items)} more"
    assert len(items) >= 5
    assert card["actions"][0]["url"].startswith("https://dash.example/page/trending?a=1&")


def test_teams_shows_the_same_lines_and_links_below_them() -> None:
    card = card_of(body(TEAMS, [alert(trending())], KNOWN, URL))
    title, who, figures, since, links = card_lines(card["body"][1])
    assert title == "Pasta in 3 minutes"
    assert who == "@cook.anna_1 · tier unknown"
    assert figures.startswith("1,000 plays/h · 2.0 times the threshold")
    assert since == "moving since 2026-01-05 11:00 UTC · 38 comments, positive (+0.42)"
    assert re.findall(r"\[([^]]*)\]\(https://[^)]*\)", links) == [
        "Open the post",
        "Open the creator's page",
        "Dashboard",
    ]


def test_where_no_card_is_shown_the_text_says_the_same() -> None:
    card = card_of(body(TEAMS, [alert(trending())], Known("*Bold* [x](y)", "anna")))
    title, text = card["fallbackText"].split("\n\n")
    assert title == "1 trending post, hour to 2026-01-05 14:00 UTC"
    assert text.startswith(r"\*Bold\* \[x\]\(y\) · @anna · tier unknown · 1,000 plays/h · 2\.0 times the threshold of 500/h · ")
    assert text.endswith(f" [Open the post](https://www.tiktok.com/@anna/video/{POST})")


def test_other_receivers_get_all_alerts_their_keys_and_what_is_known() -> None:
    some = alerts(20)
    sent = told(WEBHOOK, some, {some[19].key: KNOWN}, URL)
    message = json.loads(sent.body)
    assert message["kind"] == "trending"
    assert message["keys"] == [one.key for one in reversed(some)]
    first = message["alerts"][0]
    assert first["aweme_id"] == "post-00019"
    assert first["window_start"] == "2026-01-05T13:00:00.000Z"
    assert first["facts"] == {
        "post": "post-00019",
        "title": "Pasta in 3 minutes",
        "creator": AUTHOR,
        "handle": "cook.anna_1",
        "creator_url": "https://www.tiktok.com/@cook.anna_1",
        "tier": "unknown",
        "rate": 1019.0,
        "times_threshold": 2.038,
        "threshold": 500.0,
        "gained": 1019.0,
        "plays": 6100,
        "since": "2026-01-05T11:00:00.000Z",
        "mood": 0.42,
        "comments": 38,
        "hashtags": ["pasta", "quick"],
        "dashboard_url": "https://dash.example/page/post?a=1&post=post-00019&from=1767524400000&to=1767625200000",
    }
    assert "title" not in message["alerts"][1]["facts"]
    assert sent.headers["Idempotency-Key"] == message["idempotency_key"] == idempotency_key(list(reversed(some)))
    assert idempotency_key(some[1:]) != message["idempotency_key"]
    assert message["dashboard_url"].startswith("https://dash.example/page/trending")


def test_two_follower_gains() -> None:
    message = body(SLACK, [alert(followers("1", gained=60_000)), alert(followers("2", gained=90_000))])
    assert message["text"] == "2 follower gains, 2026-01-05 13:00 UTC"
    assert [slack_lines(block)[0] for block in message["blocks"][1:]] == [
        "creator 2 · 91,000 followers",
        "creator 1 · 61,000 followers",
    ]


@pytest.mark.parametrize("text", NASTY)
def test_text_from_upstream_stays_text_in_slack(text: str) -> None:
    """Elements of rich text are not read as markup; what is, has our own words only."""
    nasty = alert(trending(text, author_id=text, tier=text))
    message = body(SLACK, [nasty], Known(text, text, (text,)), URL)
    markup = [block for block in message["blocks"] if block["type"] != "rich_text"]
    (rich,) = [block for block in message["blocks"] if block["type"] == "rich_text"]
    assert all(text not in value for _, value in strings([*markup, message["text"]]))
    assert all(block["text"]["verbatim"] for block in markup if block["type"] == "section")
    elements = rich["elements"][0]["elements"]
    assert {element["type"] for element in elements} <= {"text", "link"}
    assert all(
        element["url"].startswith(("https://dash.example/", "https://www.tiktok.com/")) for element in elements if "url" in element
    )
    assert all(part.isprintable() for line in slack_lines(rich) for part in line.split("\n"))


@pytest.mark.parametrize("text", NASTY)
def test_text_from_upstream_stays_text_in_teams(text: str) -> None:
    """A TextRun is not read as Markdown; a TextBlock would be, and has our own words only."""
    plain, nasty = (body(TEAMS, [alert(trending(of, author_id=of, tier=of))], Known(of, of)) for of in ("x", text))
    runs = ".attachments.content.body.items.run.text"
    found = {path for path, value in set(strings(nasty)) - set(strings(plain)) if value}
    assert found <= {runs, ".attachments.content.fallbackText"}
    assert runs in found
    assert all("{{" not in value and value.isprintable() for path, value in strings(nasty) if path == runs)


@given(st.text(alphabet="\\`*_{}[]()#+-.!|~<>&@/:ab \n\u202e", min_size=1, max_size=40))
def test_no_title_makes_markup_of_the_text_that_stands_for_a_card(title: str) -> None:
    text = (
        card_of(body(TEAMS, [alert(trending())], Known(title)))["fallbackText"].split("\n\n")[1].rpartition(" [Open the post]")[0]
    )
    assert "{{" not in text
    # Without the escaped ones, no sign is left that means something.
    assert not set("`*_{}[]()#+!|~<>&") & set(re.sub(r"\\.", "", text))


@given(
    number=st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**63), 2**63 - 1),
    threshold=st.sampled_from([0.0, -1.0, 5e-324, 1.0, 1.7e308]),
    within=st.integers(1, 2**31 - 1),
    now=st.datetimes(timezones=st.just(UTC)),
    text=st.text(min_size=1, max_size=256),
)
def test_no_record_that_is_an_alert_keeps_others_from_being_told(
    number: float, threshold: float, within: int, now: datetime, text: str
) -> None:
    """What cannot be said would end the notifier, and again after each start."""
    records = (
        trending(
            text,
            number,
            hour=HOUR,
            prev_window_end=now,
            gap_hours=within,
            threshold=threshold,
            delta_plays=number,
            play_count=number,
        ),
        momentum(text, now=now, window_minutes=within, threshold=threshold, delta_plays=number, plays_per_hour=number),
        followers(text) | {"t_now": now, "t_from": now, "gained": number, "curr_count": number, "within_hours": within},
    )
    for record in records:
        try:
            one = alert(record)
        except BadRecordError:
            continue
        for service in (SLACK, TEAMS, WEBHOOK):
            assert told(service, [one], {one.key: Known(text, text, (text,), 1, 0.0, 1)}, URL).body


@pytest.mark.parametrize("text", ["&" * 250, "\N{GRINNING FACE}" * 250, '"\\' * 120, "<" * 250])
def test_messages_stay_within_the_limits(text: str) -> None:
    many = [alert(trending(f"{number}{text}", author_id=text, tier=text, rate=1e300)) for number in range(500)]
    known = Known(text, text)
    header, *rest = body(SLACK, many, known, URL)["blocks"]
    assert len(header["text"]["text"]) <= 150
    items = [block for block in rest if block["type"] == "rich_text"]
    assert 1 <= len(items) <= 10
    assert sum(len(value) for _, value in strings([item["elements"] for item in items])) <= 2 * MAX_CHARACTERS
    teams = told(TEAMS, many, {one.key: known for one in many}, URL)
    assert len(teams.body) <= MAX_BYTES
    _, *cards, more = card_of(json.loads(teams.body))["body"]
    assert len(cards) >= 1
    assert more["text"] == f"and {500 - len(cards)} more"


def test_a_live_room_is_told_by_what_it_reached() -> None:
    def lines(record: dict[str, Any]) -> str:
        return " | ".join(value for _, value in strings(body(SLACK, [alert(record)], dashboard_url="https://dash.example")))

    said = lines(live(reached=12_000))
    assert "1 LIVE room" in said
    assert "12,000 viewers" in said
    assert "12.0 times the threshold of 1,000" in said
    assert "https://dash.example/live?creator=" in said
    assert "followers/h" not in said
    assert "3,500 diamonds in 1 min" in lines(live("diamonds", 3_500))
    of_a_stranger = lines(live(author_id="room 7617", host_follower_count=None, tier="unknown"))
    assert "room 7617" in of_a_stranger
    assert "creator=" not in of_a_stranger
    facts = body(WEBHOOK, [alert(live())])["alerts"][0]["facts"]
    assert {"room": "7617400904630995734", "what": "viewers", "gained": 12_000, "tier": "small"}.items() <= facts.items()
    assert "rate" not in facts
