"""Payloads as pages: the parts of Block Kit and of Adaptive Cards that messages use, drawn as the services do.

A card of a version that the tenant does not show is drawn as the service would: by its fallback.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from typing import Any

_STYLE = """
body { margin: 24px; background: #fff; color: #1d1c1d; font: 15px/1.46 Lato, "Helvetica Neue", Arial, sans-serif; width: 720px }
a { color: #1264a3; text-decoration: none }
.bar { border-left: 4px solid #ddd; padding: 2px 0 2px 14px }
h2 { font-size: 18px; margin: 0 0 8px }
.item { margin: 0 0 12px; white-space: pre-wrap }
.context { color: #616061; font-size: 13px }
.card { border: 1px solid #d1d1d1; border-radius: 6px; padding: 14px 16px; font: 14px/1.4 "Segoe UI", Arial, sans-serif }
.card .bolder { font-weight: 600 }
.card .medium { font-size: 17px }
.card .subtle { color: #616161 }
.card .container { border-top: 1px solid #e0e0e0; margin-top: 10px; padding-top: 10px }
.card button { margin-top: 12px; border: 1px solid #d1d1d1; border-radius: 4px; background: #fff; padding: 6px 12px; font: inherit }
.who { font-weight: 700 }
.fallback { color: #424242; white-space: pre-wrap }
"""
_LINK = re.compile(r"(?<!\\)\[((?:\\.|[^\]\\])*)\]\(([^)]*)\)")


def slack_page(payload: Mapping[str, Any]) -> str:
    """The message as Slack shows it."""
    return _page("Slack", "".join(_block(block) for block in payload["blocks"]), "bar")


def teams_page(payload: Mapping[str, Any], shows: float = 1.5) -> str:
    """The message as a tenant of Teams shows it whose cards are of version `shows` at most."""
    (attachment,) = payload["attachments"]
    card = attachment["content"]
    if float(card["version"]) > shows:
        return _page("Teams", f'<div class="fallback">{_markdown(card["fallbackText"])}</div>', "card")
    buttons = "".join(
        f'<button data-url="{escape(action["url"])}">{escape(action["title"])}</button> ' for action in card.get("actions", ())
    )
    return _page("Teams", "".join(_element(element) for element in card["body"]) + buttons, "card")


def _page(service: str, body: str, kind: str) -> str:
    head = f'<!doctype html><meta charset="utf-8"><style>{_STYLE}</style><p class="who">tokpulse · {service}</p>'
    return f'{head}<div class="{kind}">{body}</div>'


def _block(block: Mapping[str, Any]) -> str:
    if block["type"] == "header":
        return f"<h2>{escape(block['text']['text'])}</h2>"
    if block["type"] == "rich_text":
        (section,) = block["elements"]
        return f'<div class="item">{"".join(_rich(element) for element in section["elements"])}</div>'
    assert block["type"] == "context"
    return f'<div class="context">{" ".join(_mrkdwn(element["text"]) for element in block["elements"])}</div>'


def _rich(element: Mapping[str, Any]) -> str:
    text = escape(element["text"])
    if element["type"] == "link":
        text = f'<a href="{escape(element["url"])}">{text}</a>'
    return f"<b>{text}</b>" if element.get("style", {}).get("bold") else text


def _mrkdwn(text: str) -> str:
    """Entities are Slack's own, as HTML has them; `<address|text>` is a link."""
    return re.sub(r"<([^|>]*)\|([^>]*)>", lambda match: f'<a href="{match[1]}">{match[2]}</a>', text)


def _element(element: Mapping[str, Any]) -> str:
    if element["type"] == "Container":
        return f'<div class="container">{"".join(_element(item) for item in element["items"])}</div>'
    if element["type"] == "RichTextBlock":
        runs = [f'<span class="{_classes(run)}">{escape(run["text"])}</span>' for run in element["inlines"]]
        return f"<div>{''.join(runs)}</div>"
    assert element["type"] == "TextBlock"
    return f'<div class="{_classes(element)}">{_markdown(element["text"])}</div>'


def _classes(element: Mapping[str, Any]) -> str:
    return " ".join(
        filter(
            None, (element.get("weight", "").lower(), element.get("size", "").lower(), "subtle" if element.get("isSubtle") else "")
        )
    )


def _markdown(text: str) -> str:
    """Links, bold and escaped signs: enough to see whether a text would be read as something else."""
    shown, at = [], 0
    for match in _LINK.finditer(text):
        shown += [_plain(text[at : match.start()]), f'<a href="{escape(match[2])}">{_plain(match[1])}</a>']
        at = match.end()
    return "".join([*shown, _plain(text[at:])])


def _plain(text: str) -> str:
    html = re.sub(r"(?<!\\)\*\*(.+?)(?<!\\)\*\*", r"<b>\1</b>", escape(text, quote=False))
    return re.sub(r"\\(&amp;|&lt;|&gt;|.)", r"\1", html)
