"""Runs the query of a panel on ClickHouse, with what the reader of the page has chosen bound as parameters."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from connectors.clickhouse.client import NOT_LET_IN_CODES, TRANSIENT_CODES, unavailable
from connectors.endpoints import mask_password
from connectors.errors import TokpulseError
from dashboards.model import FILTERS, QUERIES_DIR, Page, Panel, load_query, parameters

SEARCH_DIR = Path(__file__).with_name("search")
# Widths of a chart's bucket: each divides the next ones' unit, so that buckets begin on full minutes, hours and days.
STEPS_S = (10, 30, 60, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 604800)
BUCKETS = 120
MAX_RANGE_MS = 400 * 86_400_000
MAX_LIMIT = 1000
# How long after its end a window closes: what the job waits for late records.
CLOSES_AFTER_MS = 120_000
_MAX_TEXT = 200
# The last millisecond of 9999, as far as times are shown with four digits of a year.
_LAST_MS = 253_402_300_799_999
# Codes of the limits on one query -> what there is too much of.
_LIMITS = {158: "rows to read", 159: "time", 160: "time", 241: "memory", 307: "bytes to read", 396: "bytes to answer"}


class FilterError(TokpulseError):
    """A filter that no page can answer: a range that ends before it begins, a creator that is asked for and missing, ..."""


class UnknownPanelError(TokpulseError):
    """No page or panel of that name."""


class QueryLimitError(TokpulseError):
    """ClickHouse answers, but will not spend that much on one query."""


class QueryFailedError(TokpulseError):
    """ClickHouse answers, and cannot run the query: asking again will not help."""


@dataclass(frozen=True)
class Filters:
    """What the reader has chosen. Times in Unix milliseconds, `time_to_ms` exclusive; an empty text means all.

    `keys` are those of rows that are compared with this range: they are in the answer, where they were judged.

    Raises FilterError for values that are out of bounds.
    """

    time_from_ms: int
    time_to_ms: int
    creator: str = ""
    post: str = ""
    hashtag: str = ""
    tier: str = ""
    region: str = ""
    limit: int = 50
    keys: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.time_from_ms < self.time_to_ms <= _LAST_MS:
            raise FilterError("the time range ends before it begins, or is outside 1970 to 9999", "give `from` before `to`")
        if self.time_to_ms - self.time_from_ms > MAX_RANGE_MS:
            raise FilterError(f"the time range is longer than {MAX_RANGE_MS // 86_400_000} days", "choose a shorter one")
        if not 1 <= self.limit <= MAX_LIMIT:
            raise FilterError(f"limit is {self.limit}", f"from 1 to {MAX_LIMIT}")
        for name in FILTERS:
            if len(getattr(self, name)) > _MAX_TEXT:
                raise FilterError(f"{name} is longer than {_MAX_TEXT} characters", "ids, handles and hashtags are short")

    def before(self, window_s: int | None = None, now_ms: int | None = None, by_ms: tuple[int, int] | None = None) -> Filters:
        """The same choice for a time as long right before the range; or for one that began and ended `by_ms` milliseconds earlier,
        which differ where clocks have changed in between.

        With `window_s`, for what is known by windows of that length once they close: as many of them as begin in the range and have
        closed by `now_ms`, so that an hour that is still open is not missing on one side only. Raises FilterError when none has, or
        where that is before 1970.
        """
        begin_ms, end_ms = self.time_from_ms, self.time_to_ms
        if window_s:
            window_ms = window_s * 1000
            begin_ms, end_ms = _next(begin_ms, window_ms), _next(end_ms, window_ms)
            if now_ms is not None:
                end_ms = min(end_ms, (now_ms - CLOSES_AFTER_MS) // window_ms * window_ms)
        begin_by_ms, end_by_ms = by_ms or (end_ms - begin_ms, end_ms - begin_ms)
        return replace(self, time_from_ms=begin_ms - begin_by_ms, time_to_ms=end_ms - end_by_ms)

    @property
    def interval_s(self) -> int:
        """Width of a chart's bucket: the smallest step that gives no more than about BUCKETS of them."""
        wanted = (self.time_to_ms - self.time_from_ms) / 1000 / BUCKETS
        # A day in steps of 10 minutes is 144 buckets: a fifth more is still a readable chart, and rounder.
        return next((step for step in STEPS_S if step * 1.25 >= wanted), STEPS_S[-1])


@dataclass(frozen=True)
class Result:
    """Rows of a panel, ready for JSON: times are Unix milliseconds, dates ISO texts, what is no number is None.

    `columns` are the names of the SELECT, in its order, and empty when there are no rows; `read_rows` is what the engine read from
    tables; `elapsed_s` is wall time.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    read_rows: int
    elapsed_s: float


class Boards:
    """The pages over one ClickHouse. Threads may share it, as they may share the client."""

    def __init__(self, client: Client, url: str, pages: Mapping[str, Page], queries: Path = QUERIES_DIR) -> None:
        """`url` is only named in errors. Raises PageFileError for a query that cannot be read."""
        self.pages = pages
        self._client = client
        self._url = url
        panels = [panel for page in pages.values() for panel in page.panels]
        self._texts = {name: load_query(name, queries) for panel in panels for name in (panel.query, panel.why) if name}

    def panel(self, page: str, panel_id: str) -> Panel:
        """Raises UnknownPanelError."""
        if page not in self.pages:
            raise UnknownPanelError(f"no page {page!r}", "known: " + ", ".join(self.pages))
        definition = self.pages[page].panel(panel_id)
        if definition is None:
            raise UnknownPanelError(
                f"page {page} has no panel {panel_id!r}", "known: " + ", ".join(panel.id for panel in self.pages[page].panels)
            )
        return definition

    def run(self, page: str, panel_id: str, filters: Filters) -> Result:
        """The rows of one panel. Raises UnknownPanelError, FilterError, QueryLimitError, QueryFailedError, and
        ClickHouseUnavailableError where the server is away, or too busy just now.
        """
        panel = self.panel(page, panel_id)
        return self._run(f"panel {panel_id}", self._texts[panel.query], bound(narrowed(filters, self.pages[page])))

    def why(self, page: str, panel_id: str, filters: Filters) -> str:
        """Why a panel has no rows, in a sentence: `empty`, or what its query `why` finds. Raises as `run` does."""
        panel = self.panel(page, panel_id)
        if panel.why is None:
            return panel.empty
        found = self._run(f"panel {panel_id}", self._texts[panel.why], bound(narrowed(filters, self.pages[page])))
        return str(found.rows[0][found.columns.index("reason")]) if found.rows else panel.empty

    def find(self, query: str, values: Mapping[str, Any]) -> Result:
        """The rows of `<query>.sql` of the search, with `values` bound. Raises as `run` does, but for pages."""
        return self._run("the search", (SEARCH_DIR / f"{query}.sql").read_text(encoding="utf-8"), values)

    def _run(self, what: str, text: str, values: Mapping[str, Any]) -> Result:
        begun = time.monotonic()
        try:
            answer = self._client.query(text, parameters={name: values[name] for name in parameters(text)})
        except ClickHouseError as error:
            raise _described(what, self._url, error) from None
        elapsed = time.monotonic() - begun
        rows = tuple(tuple(plain(value) for value in row) for row in answer.result_rows)
        return Result(tuple(answer.column_names), rows, int(answer.summary.get("read_rows", 0)), elapsed)


def _next(moment_ms: int, window_ms: int) -> int:
    """When the first window begins, at `moment_ms` or later."""
    return -(-moment_ms // window_ms) * window_ms


def _described(what: str, url: str, error: ClickHouseError) -> TokpulseError:
    """What the reader of the page can do about `error` of the query of `what`: wait, ask for less, or repair the installation."""
    code = getattr(error, "code", None)
    if code in _LIMITS:
        return QueryLimitError(
            f"{what} needs more {_LIMITS[code]} than ClickHouse allows for one query", "choose a shorter time range"
        )
    # A restarted stack has new passwords, which the next connection reads.
    if code is None or code in NOT_LET_IN_CODES or code in TRANSIENT_CODES:
        return unavailable(url, error)
    first = mask_password(str(error).strip().partition("\n")[0])[:300]
    return QueryFailedError(f"{what}: ClickHouse cannot run its query: {first}", "`tokpulse up` brings the tables up to date")


def narrowed(filters: Filters, page: Page) -> Filters:
    """`filters` with only what `page` has a filter for. Raises FilterError when one is missing that it is about."""
    for item in page.filters:
        if item.required and not getattr(filters, item.name):
            raise FilterError(f"page {page.slug} shows one {item.name}", f"choose a {item.name}")
    known = {item.name for item in page.filters}
    none: dict[str, Any] = {name: "" for name in FILTERS if name not in known}
    return replace(filters, **none)


def bound(filters: Filters) -> dict[str, Any]:
    """A value for each of the parameters that a query may have."""
    return {
        # As texts: the client would send a datetime without its milliseconds.
        "time_from": moment(filters.time_from_ms),
        "time_to": moment(filters.time_to_ms),
        "interval_s": filters.interval_s,
        "creator": filters.creator,
        "post": filters.post,
        # As tables hold it, however it was typed.
        "hashtag": filters.hashtag.removeprefix("#").lower(),
        "tier": filters.tier,
        "region": filters.region.upper(),
        "limit": filters.limit,
        "keys": list(filters.keys),
    }


def moment(milliseconds: int) -> str:
    """Unix milliseconds as ClickHouse reads a DateTime64(3, 'UTC')."""
    return datetime.fromtimestamp(milliseconds // 1000, UTC).strftime("%Y-%m-%d %H:%M:%S") + f".{milliseconds % 1000:03d}"


def plain(value: Any) -> Any:
    """A value of the client as JSON has it."""
    if isinstance(value, datetime):
        # The client leaves UTC unsaid.
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        return round(aware.timestamp() * 1000)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, str | bytes):
        return value if isinstance(value, str) else value.decode("utf-8", "replace")
    if isinstance(value, Sequence):
        return [plain(item) for item in value]
    return value
