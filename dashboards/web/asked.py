"""What a request of the page asks for, checked: time range and filters from its query string."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.errors import TokpulseError
from dashboards.finding import wanted
from dashboards.model import FILTERS, Page, Panel
from dashboards.run import FilterError, Filters

_KNOWN = frozenset({"from", "to", *FILTERS, "limit", "format"})
DEFAULT_LIMIT = 50


class BadRequestError(TokpulseError):
    """A parameter that does not exist, or has a value that it cannot have."""


def filters_of(page: Page, query: Mapping[str, str]) -> Filters:
    """The filters in `query`. Raises BadRequestError and FilterError; nothing unknown is passed over in silence."""
    unknown = sorted(set(query) - _KNOWN)
    if unknown:
        raise BadRequestError(f"unknown parameter {unknown[0][:40]!r}", "known: " + ", ".join(sorted(_KNOWN)))
    offered = {item.name for item in page.filters}
    for name in FILTERS:
        if query.get(name) and name not in offered:
            raise BadRequestError(f"page {page.slug} has no filter {name}", "it has: " + (", ".join(sorted(offered)) or "none"))
        if any(ord(sign) < 32 for sign in query.get(name, "")):
            raise BadRequestError(f"{name} holds a control character", "ids, handles and hashtags are plain text")
    return Filters(
        _integer(query, "from"),
        _integer(query, "to"),
        creator=_named(query.get("creator", "")),
        post=_named(query.get("post", "")),
        hashtag=query.get("hashtag", "").strip().removeprefix("#").lower(),
        tier=query.get("tier", "").strip(),
        region=query.get("region", "").strip().upper(),
        limit=_integer(query, "limit", DEFAULT_LIMIT),
    )


def _named(text: str) -> str:
    """An id or a handle; of a link what it leads to."""
    if "tiktok.com/" not in text.lower():
        return text.strip()
    found = wanted(text)
    return found.post or f"@{found.handle}"


def earlier(panel: Panel, filters: Filters, now_ms: int) -> Filters | None:
    """What `panel` is compared with. None where it does not compare, no window has closed, or that would be before 1970."""
    try:
        return filters.before(panel.closes_s, now_ms) if panel.compare else None
    except FilterError:
        return None


def _integer(query: Mapping[str, str], name: str, default: int | None = None) -> int:
    text = query.get(name, "")
    if not text and default is not None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        what = "Unix milliseconds" if name in ("from", "to") else "a whole number"
        raise BadRequestError(f"{name}: {text[:40]!r} is not {what}" if text else f"{name} is missing", f"give {what}")
    return int(text)
