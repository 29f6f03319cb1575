"""What a request of the page asks for, checked: time range and filters from its query string."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, get_args

from connectors.clock import DAY_MS, HOUR_MS
from connectors.errors import TokpulseError
from dashboards.finding import wanted
from dashboards.model import FILTERS, Page, Panel, Subject
from dashboards.run import FilterError, Filters

_KNOWN = frozenset({"from", "to", *FILTERS, "compare", "earlier_from", "earlier_to", "limit", "format"})
DEFAULT_LIMIT = 50
# The time as long right before the range, or the same range a day or a week earlier.
Compared = Literal["previous", "yesterday", "week"]
_EARLIER_MS: Final[Mapping[Compared, int]] = {"yesterday": DAY_MS, "week": 7 * DAY_MS}
# The most by which a zone's clocks are changed.
_CHANGE_MS: Final = 2 * HOUR_MS


# So many colors and lines can be told apart; each is a query.
MOST_BESIDE: Final = 4


@dataclass(frozen=True)
class Choice:
    """What a page shows: by these filters, or several side by side, which differ in the filter `beside` alone."""

    each: tuple[Filters, ...]
    beside: Subject | None = None

    def of(self, panel: Panel) -> Choice:
        """What `panel` can tell apart: one that does not take the filter has the same rows for each."""
        return self if self.beside is None or self.beside in panel.takes else Choice(self.each[:1])


@dataclass(frozen=True)
class Comparison:
    """With what a page is compared. `by_ms`: by how much the range's beginning and end were earlier then; None right before it."""

    name: Compared
    by_ms: tuple[int, int] | None = None


class BadRequestError(TokpulseError):
    """A parameter that does not exist, or has a value that it cannot have."""


def choice_of(page: Page, query: Mapping[str, str]) -> Choice:
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
    listed: dict[Subject, list[str]] = {
        "creator": _listed(query.get("creator", ""), _named),
        "post": _listed(query.get("post", ""), _named),
        "hashtag": _listed(query.get("hashtag", ""), lambda text: text.strip().removeprefix("#").lower()),
    }
    one = Filters(
        _integer(query, "from"),
        _integer(query, "to"),
        creator=next(iter(listed["creator"]), ""),
        post=next(iter(listed["post"]), ""),
        hashtag=next(iter(listed["hashtag"]), ""),
        tier=query.get("tier", "").strip(),
        region=query.get("region", "").strip().upper(),
        limit=_integer(query, "limit", DEFAULT_LIMIT),
    )
    several = [name for name, values in listed.items() if len(values) > 1]
    if not several:
        return Choice((one,))
    if len(several) > 1:
        raise BadRequestError(f"several values of {' and of '.join(several)}", "one filter may hold several")
    values = listed[several[0]]
    if len(values) > MOST_BESIDE:
        raise BadRequestError(f"{len(values)} values of {several[0]}", f"up to {MOST_BESIDE} are shown side by side")
    changes: list[dict[str, Any]] = [{several[0]: value} for value in values]
    return Choice(tuple(replace(one, **change) for change in changes), several[0])


def _listed(text: str, plain: Callable[[str], str]) -> list[str]:
    """The values of a filter, each once."""
    return list(dict.fromkeys(filter(None, map(plain, text.split(",")))))


def _named(text: str) -> str:
    """An id or a handle; of a link what it leads to."""
    if "tiktok.com/" not in text.lower():
        return text.strip()
    found = wanted(text)
    return found.post or f"@{found.handle}"


def comparison_of(query: Mapping[str, str]) -> Comparison | None:
    """The earlier time that `query` asks for. Raises BadRequestError for one that does not exist."""
    text = query.get("compare", "")
    known: tuple[Compared, ...] = get_args(Compared)
    found = next((name for name in known if name == text), None)
    if text and not found:
        raise BadRequestError(f"compare: {text[:40]!r} is not known", ", ".join(known))
    is_told = "earlier_from" in query or "earlier_to" in query
    if is_told and found not in _EARLIER_MS:
        raise BadRequestError("earlier_from and earlier_to say when a day or a week earlier was", "compare=yesterday or week")
    if found is None or found not in _EARLIER_MS:
        return found and Comparison(found)
    usual_ms = _EARLIER_MS[found]
    if not is_told:
        return Comparison(found, (usual_ms, usual_ms))
    by_ms = (_integer(query, "from") - _integer(query, "earlier_from"), _integer(query, "to") - _integer(query, "earlier_to"))
    if any(abs(by - usual_ms) > _CHANGE_MS for by in by_ms):
        raise BadRequestError(f"earlier_from or earlier_to is not about {text} of the range", "clocks change by up to 2 h")
    return Comparison(found, by_ms)


def earlier(panel: Panel, filters: Filters, now_ms: int, compare: Comparison | None) -> Filters | None:
    """What `panel` is compared with: a stat always, others when `compare` asks for it.

    None where it does not compare, no window has closed, or that would be before 1970.
    """
    if not (panel.compares if compare else panel.compare):
        return None
    try:
        return filters.before(panel.closes_s, now_ms, compare.by_ms if compare else None)
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
