"""Messages as Slack's incoming webhooks take them: Block Kit, where each alert is rich text, which is not read as markup."""

from __future__ import annotations

from typing import Any

from alerts.digest import Digest, Item
from alerts.facts import Said

# Slack answers 400 beyond these.
MAX_HEADER = 150
# Of all items together; Slack says no limit, and refuses some above 12,000.
MAX_CHARACTERS = 9_000


def payload(digest: Digest) -> dict[str, Any]:
    """The JSON body; items are dropped, and counted as more, until it is small enough."""
    while len(digest.items) > 1 and sum(map(_length, digest.items)) > MAX_CHARACTERS:
        digest = digest.shorter()
    notes = [digest.rest] if digest.rest else []
    if digest.link:
        notes.append(f"<{escape(digest.link).replace('|', '%7C')}|Open the dashboard>")
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": digest.title[:MAX_HEADER], "emoji": False}},
        *({"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": _elements(item)}]} for item in digest.items),
    ]
    if notes:
        # verbatim: Slack itself must not make links or mentions of what stands there.
        blocks.append({"type": "context", "elements": [{"type": "mrkdwn", "text": " · ".join(notes), "verbatim": True}]})
    # `text` is what notifications show: words of ours only.
    return {"text": escape(digest.title), "blocks": blocks, "unfurl_links": False, "unfurl_media": False}


def escape(text: str) -> str:
    """Slack's three control characters as entities: without them there is no mention, channel or link."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _elements(item: Item) -> list[dict[str, Any]]:
    """The item's lines as one section: elements of text and links, in which nothing is markup."""
    elements: list[dict[str, Any]] = []
    for number, line in enumerate(item):
        for place, said in enumerate(line):
            between = ("\n" if number else "") if place == 0 else " · "
            if between:
                elements.append({"type": "text", "text": between})
            elements.append(_element(said))
    return elements


def _length(item: Item) -> int:
    return sum(len(said.text or said.opens) + len(said.url) for line in item for said in line)


def _element(said: Said) -> dict[str, Any]:
    element = (
        {"type": "link", "url": said.url, "text": said.text or said.opens} if said.url else {"type": "text", "text": said.text}
    )
    return {**element, "style": {"bold": True}} if said.strong else element
