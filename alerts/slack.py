"""Messages as Slack's incoming webhooks take them: Block Kit, with a table in a code block, which every client shows."""

from __future__ import annotations

from typing import Any

from alerts.digest import Digest

# Slack answers 400 beyond these.
MAX_HEADER = 150
MAX_SECTION = 3_000


def payload(digest: Digest) -> dict[str, Any]:
    """The JSON body; rows are dropped, and counted as more, until the table fits."""
    while len(table := _table(digest)) > MAX_SECTION:
        digest = digest.shorter()
    notes = [digest.rest] if digest.rest else []
    if digest.link:
        notes.append(f"<{escape(digest.link).replace('|', '%7C')}|Open the dashboard>")
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": digest.title[:MAX_HEADER], "emoji": False}},
        # verbatim: Slack itself must not make links or mentions of what stands there.
        {"type": "section", "text": {"type": "mrkdwn", "text": table, "verbatim": True}},
    ]
    if notes:
        blocks.append({"type": "context", "elements": [{"type": "mrkdwn", "text": " · ".join(notes), "verbatim": True}]})
    # `text` is what notifications show.
    return {"text": escape(digest.title), "blocks": blocks, "unfurl_links": False, "unfurl_media": False}


def escape(text: str) -> str:
    """Slack's three control characters as entities: without them there is no mention, channel or link."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _table(digest: Digest) -> str:
    lines = [digest.columns, *digest.rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(digest.columns))]
    texts = [
        "  ".join(
            cell.rjust(width) if column in digest.numbers else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]
    # A back-tick would end the code block.
    return "```\n" + escape("\n".join(texts)).replace("`", "'") + "\n```"
