"""What a reader who searches may mean: a handle, a link as copied from a browser, words of a title, or an id."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from dashboards.run import FilterError

LEAST_LETTERS = 2
MOST_LETTERS = 300
_WORDS = 3
_SITE = re.compile(r"(?:https?://)?(?:[a-z]+\.)?tiktok\.com/(?P<path>[^?#\s]*)\S*", re.IGNORECASE)
_POST = re.compile(r"(?:@[^/]*/)?(?:video|photo|v)/(?P<id>[0-9]{5,20})(?:\.html)?/?")
_PROFILE = re.compile(r"@(?P<handle>[^/]+)(?:/.*)?")
_ID = re.compile(r"[0-9]{5,20}")


@dataclass(frozen=True)
class Wanted:
    """What is looked for; empty texts are not. `handle` is in lower case, without the @; `exact` where it is a whole one."""

    post: str = ""
    creator: str = ""
    handle: str = ""
    exact: bool = False
    words: tuple[str, ...] = ()

    def parameters(self, limit: int) -> dict[str, Any]:
        """Values for all parameters of the queries of the search, by name."""
        words = [f"%{_escaped(word)}%" for word in self.words]
        part = f"%{_escaped(self.handle)}%" if self.handle else ""
        return {
            "post": self.post,
            "creator": self.creator,
            "handle": self.handle,
            "like_handle": _escaped(self.handle) if self.exact else part,
            "like_name": "" if self.exact else f"%{_escaped(' '.join(self.words))}%" if self.words else part,
            "first": words[0] if words else "",
            "second": words[1] if len(words) > 1 else "%",
            "third": words[2] if len(words) > 2 else "%",
            "limit": limit,
        }


def wanted(text: str) -> Wanted:
    """What `text` may mean. Raises FilterError for what is too short, too long or a link that only TikTok can follow."""
    text = " ".join(text.split())
    if not LEAST_LETTERS <= len(text.lstrip("@#")) <= MOST_LETTERS:
        raise FilterError(f"give {LEAST_LETTERS} to {MOST_LETTERS} characters", "a handle, a link, words of a title, or an id")
    if link := _SITE.fullmatch(text):
        return _linked(unquote(link["path"]))
    if _ID.fullmatch(text):
        return Wanted(post=text, creator=text)
    if text.startswith("@"):
        return Wanted(handle=text[1:].lower())
    # The longest words tell most.
    words = sorted({word.lower() for word in text.split()}, key=lambda word: (-len(word), word))[:_WORDS]
    return Wanted(handle=words[0].lstrip("#") if len(words) == 1 and not text.startswith("#") else "", words=tuple(words))


def _linked(path: str) -> Wanted:
    if match := _POST.fullmatch(path):
        return Wanted(post=match["id"])
    if match := _PROFILE.fullmatch(path):
        return Wanted(handle=match["handle"].lower(), exact=True)
    raise FilterError(
        "this link does not say which post or creator it leads to", "open it, and copy the address that the browser shows then"
    )


def _escaped(text: str) -> str:
    """`text` as LIKE finds it, whatever signs are in it."""
    return re.sub(r"([\\%_])", r"\\\1", text)
