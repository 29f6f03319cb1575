"""Messages: one table for many alerts, text from upstream stays text, sizes within what the services take."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from alerts.alert import Alert
from alerts.message import message
from alerts.slack import MAX_SECTION
from alerts.targets import SLACK, TEAMS, WEBHOOK
from alerts.teams import MAX_BYTES
from alerts.webhook import idempotency_key
from tests.alerts.receiver import alert, alerts, followers, trending

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


def body(target: str, of: list[Alert], dashboard_url: str = "") -> Any:
    return json.loads(message(target, of, dashboard_url).body)


def strings(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from strings(inner, f"{path}.{key}" if key != "inlines" else f"{path}.run")
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner, path)
    elif isinstance(value, str):
        yield path, value


def test_slack_shows_the_fastest_and_counts_the_rest() -> None:
    told = body(SLACK, alerts(142), URL)
    assert told["text"] == "142 trending posts, hour to 2026-01-05 14:00 UTC"
    header, table, notes = told["blocks"]
    assert header["text"] == {"type": "plain_text", "text": told["text"], "emoji": False}
    lines = table["text"]["text"].splitlines()
    assert lines[0] == lines[-1] == "```"
    assert lines[1].split() == ["Post", "Plays/h", "Limit", "Tier", "Author"]
    assert [line.split()[0] for line in lines[2:-1]] == [f"post-{number:05}" for number in range(141, 126, -1)]
    assert lines[2].split()[1:3] == ["1,141", "500"]
    text = notes["elements"][0]["text"]
    assert text.startswith("and 127 more · <https://dash.example/page?a=1&amp;dataset=trending_hourly&amp;from=")
    assert text.endswith("|Open the dashboard>")


def test_teams_gets_one_adaptive_card_with_a_table() -> None:
    told = body(TEAMS, alerts(142), URL)
    assert told["type"] == "message"
    (attachment,) = told["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    card = attachment["content"]
    assert (card["type"], card["version"]) == ("AdaptiveCard", "1.5")
    title, table, rest = card["body"]
    assert title["text"].startswith("142 trending posts")
    assert len(table["rows"]) == 16
    assert {len(row["cells"]) for row in table["rows"]} == {len(table["columns"])}
    assert rest["text"] == "and 127 more"
    assert card["actions"][0]["url"].startswith(URL)


def test_other_receivers_get_all_alerts_and_their_keys() -> None:
    some = alerts(20)
    sent = message(WEBHOOK, some)
    told = json.loads(sent.body)
    assert told["kind"] == "trending"
    assert told["keys"] == [one.key for one in reversed(some)]
    assert told["alerts"][0]["aweme_id"] == "post-00019"
    assert told["alerts"][0]["window_start"] == "2026-01-05T13:00:00.000Z"
    assert sent.headers["Idempotency-Key"] == told["idempotency_key"] == idempotency_key(list(reversed(some)))
    assert idempotency_key(some[1:]) != told["idempotency_key"]
    assert "dashboard_url" not in told


def test_follower_gains() -> None:
    told = body(SLACK, [alert(followers("1", gained=60_000)), alert(followers("2", gained=90_000))])
    lines = told["blocks"][1]["text"]["text"].splitlines()
    assert told["text"] == "2 follower gains, 2026-01-05 13:00 UTC"
    assert lines[2].split() == ["2", "+90,000", "2", "h", "50,000", "91,000"]
    assert len(told["blocks"]) == 2


@pytest.mark.parametrize("text", NASTY)
def test_text_from_upstream_stays_text_in_slack(text: str) -> None:
    told = body(SLACK, [alert(trending(text, author_id=text, tier=text))])
    table = told["blocks"][1]["text"]
    inside = table["text"].removeprefix("```\n").removesuffix("\n```")
    assert table["verbatim"] is True
    assert not set("<>`") & set(inside)
    assert inside.count("&") == inside.count("&amp;") + inside.count("&lt;") + inside.count("&gt;")
    assert len(inside.splitlines()) == 2
    assert all(character.isprintable() for character in inside.replace("\n", ""))


@pytest.mark.parametrize("text", NASTY)
def test_text_from_upstream_stays_text_in_teams(text: str) -> None:
    """A TextRun is not read as Markdown; a TextBlock would be, and has our own words only."""
    plain, nasty = body(TEAMS, [alert(trending("1"))]), body(TEAMS, [alert(trending(text, author_id=text, tier=text))])
    runs = ".attachments.content.body.rows.cells.items.run.text"
    found = {path for path, value in set(strings(nasty)) - set(strings(plain)) if value}
    assert found == {runs}
    assert all("{{" not in value and value.isprintable() for path, value in strings(nasty) if path == runs)


@pytest.mark.parametrize("text", ["&" * 250, "\N{GRINNING FACE}" * 250, '"\\' * 120, "<" * 250])
def test_messages_stay_within_the_limits(text: str) -> None:
    many = [alert(trending(f"{number}{text}", author_id=text, tier=text, rate=1e300)) for number in range(500)]
    sections = [block["text"]["text"] for block in body(SLACK, many, URL)["blocks"][:2]]
    assert len(sections[0]) <= 150
    assert len(sections[1]) <= MAX_SECTION
    teams = message(TEAMS, many, URL)
    assert len(teams.body) <= MAX_BYTES
    rows = len(json.loads(teams.body)["attachments"][0]["content"]["body"][1]["rows"]) - 1
    assert rows >= 1
    assert json.loads(teams.body)["attachments"][0]["content"]["body"][2]["text"] == f"and {500 - rows} more"
