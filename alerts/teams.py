"""Messages as the Workflows webhooks of Microsoft Teams take them: one Adaptive Card, of a version that old tenants show."""

from __future__ import annotations

import json
import re
from typing import Any

from alerts.digest import Digest, Item
from alerts.facts import Said

# A message may have 28 KB, in which Teams counts more than the body, and at times two bytes a character: half of it is safe.
MAX_BYTES = 14_000
VERSION = "1.4"
# Signs that Markdown or HTML may read as something.
_MARKUP = re.compile(r"([\\`*_{}\[\]()#+.!|~<>&-])")


def payload(digest: Digest) -> dict[str, Any]:
    """The JSON body; items are dropped, and counted as more, until it is small enough."""
    while len(json.dumps(body := _message(digest))) > MAX_BYTES and len(digest.items) > 1:
        digest = digest.shorter()
    return body


def _message(digest: Digest) -> dict[str, Any]:
    card: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": VERSION,
        # What is shown instead where not even this version is known.
        "fallbackText": _fallback(digest),
        "msteams": {"width": "Full"},
        "body": [
            {"type": "TextBlock", "text": digest.title, "weight": "Bolder", "size": "Medium", "wrap": True},
            *({"type": "Container", "separator": True, "items": _blocks(item)} for item in digest.items),
        ],
    }
    if digest.rest:
        card["body"].append({"type": "TextBlock", "text": digest.rest, "isSubtle": True})
    if digest.link:
        card["actions"] = [{"type": "Action.OpenUrl", "title": "Open the dashboard", "url": digest.link}]
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def escape(text: str) -> str:
    """Text that Markdown shows as it is; `{{DATE(...)}}` would become a date."""
    return _MARKUP.sub(r"\\\1", text.replace("{{", "{ {"))


def _blocks(item: Item) -> list[dict[str, Any]]:
    """The item's lines as text that is not read as Markdown, and its links in words of ours."""
    lines = [said for line in item for said in line]
    shown = [[said for said in line if said.text] for line in item]
    blocks: list[dict[str, Any]] = [{"type": "RichTextBlock", "inlines": _runs(line)} for line in shown if line]
    if links := _links(lines):
        blocks.append({"type": "TextBlock", "text": links, "spacing": "Small", "wrap": True})
    return blocks


def _runs(line: list[Said]) -> list[dict[str, Any]]:
    """One run for what stands together in one weight.

    Both TextRun and TextBlock turn `{{DATE(...)}}` into a date, which a space between the braces prevents.
    """
    runs: list[dict[str, Any]] = []
    for place, said in enumerate(line):
        text = (" · " if place else "") + said.text.replace("{{", "{ {")
        if runs and not said.strong and "weight" not in runs[-1]:
            runs[-1]["text"] += text
        else:
            runs.append({"type": "TextRun", "text": text, **({"weight": "Bolder"} if said.strong else {})})
    return runs


def _links(pieces: list[Said]) -> str:
    return " · ".join(f"[{said.opens}]({_address(said.url)})" for said in pieces if said.url)


def _address(url: str) -> str:
    """An address that does not end the link in which it stands."""
    return url.replace("(", "%28").replace(")", "%29")


def _fallback(digest: Digest) -> str:
    """The title, and of each alert what is known and what opens it."""
    texts = [digest.title]
    for item in digest.items:
        pieces = [said for line in item for said in line]
        links = _links([said for said in pieces if said.url][:1])
        texts.append(" ".join(filter(None, (" · ".join(escape(said.text) for said in pieces if said.text), links))))
    return "\n\n".join(filter(None, (*texts, digest.rest)))
