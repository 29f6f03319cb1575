"""Messages as the Workflows webhooks of Microsoft Teams take them: one Adaptive Card with a Table (cards of version 1.5)."""

from __future__ import annotations

import json
from typing import Any

from alerts.digest import Digest

# A message may have 28 KB, in which Teams counts more than the body, and at times two bytes a character: half of it is safe.
MAX_BYTES = 14_000


def payload(digest: Digest) -> dict[str, Any]:
    """The JSON body; rows are dropped, and counted as more, until it is small enough."""
    while len(json.dumps(body := _message(digest))) > MAX_BYTES and digest.rows:
        digest = digest.shorter()
    return body


def _message(digest: Digest) -> dict[str, Any]:
    card: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.5",
        "fallbackText": digest.title,
        "msteams": {"width": "Full"},
        "body": [
            {"type": "TextBlock", "text": digest.title, "weight": "Bolder", "size": "Medium", "wrap": True},
            {
                "type": "Table",
                "firstRowAsHeaders": True,
                "columns": [{"width": 1 if column in digest.numbers else 2} for column in range(len(digest.columns))],
                "rows": [_row(line) for line in (digest.columns, *digest.rows)],
            },
        ],
    }
    if digest.rest:
        card["body"].append({"type": "TextBlock", "text": digest.rest, "isSubtle": True})
    if digest.link:
        card["actions"] = [{"type": "Action.OpenUrl", "title": "Open the dashboard", "url": digest.link}]
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _row(cells: tuple[str, ...]) -> dict[str, Any]:
    return {"type": "TableRow", "cells": [{"type": "TableCell", "items": [_plain(cell)]} for cell in cells]}


def _plain(text: str) -> dict[str, Any]:
    """Text that stays text: a TextBlock would read it as Markdown, a TextRun does not.

    Both turn `{{DATE(...)}}` into a date, which a space between the braces prevents.
    """
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text.replace("{{", "{ {")}]}
