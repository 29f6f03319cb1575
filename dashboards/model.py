"""Loads `pages/*.yaml` and `queries/*.sql`: what each page shows, as typed and frozen values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from connectors.errors import TokpulseError
from connectors.yaml_file import LOADER

PAGES_DIR = Path(__file__).with_name("pages")
QUERIES_DIR = Path(__file__).with_name("queries")

Kind = Literal["stat", "timeseries", "bars", "table"]
# A handle stands without its sign; MASKED in its place for people who were not opted in.
Unit = Literal[
    "count", "plays", "plays_per_hour", "plays_per_minute", "rate_percent", "seconds", "ratio", "score", "time", "text", "handle"
]  # fmt: skip
Subject = Literal["creator", "post", "hashtag"]
FilterName = Literal["creator", "post", "hashtag", "tier", "region"]
FILTERS: tuple[FilterName, ...] = ("creator", "post", "hashtag", "tier", "region")
# The page on which a value of a subject is looked up.
SUBJECT_PAGES: Mapping[Subject, str] = {"creator": "creator", "post": "post", "hashtag": "trending"}
Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Sentence = Annotated[str, Field(min_length=1)]

# What a query may ask for, and as which type. Times are UTC; time_to is exclusive; an empty text means all. `keys` are the
# first cells of the rows that a later range has shown: what is compared with them.
PARAMETERS: Mapping[str, str] = {
    "time_from": "DateTime64(3, 'UTC')",
    "time_to": "DateTime64(3, 'UTC')",
    "interval_s": "UInt32",
    "creator": "String",
    "post": "String",
    "hashtag": "String",
    "tier": "String",
    "region": "String",
    "limit": "UInt32",
    "keys": "Array(String)",
}
PARAMETER = re.compile(r"\{(?P<name>\w+):(?P<type>[^}]+)\}")
_RANGE = re.compile(r"(\d+)([hd])")
_HOURS = {"h": 1, "d": 24}


class PageFileError(TokpulseError):
    """A page or query file is not what it must be; the message names the file and the key."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Threshold(_Strict):
    """From the value `at` upwards, up to the next threshold, a value has this tone; below the first one it has none."""

    at: float
    tone: Literal["ok", "warn", "bad"]


class Filter(_Strict):
    """A page can show one creator, post, hashtag, tier or region alone; `required` when it shows nothing without."""

    name: FilterName
    required: bool = False


class Column(_Strict):
    """A column of the query's result, as it is shown. `name` is that of the SELECT."""

    name: Identifier
    title: Sentence
    unit: Unit = "text"
    # The value opens the page of that subject, with itself as the filter.
    link: Subject | None = None
    # Of an id: the column with its name, a post's title or a creator's handle, which is shown in its place with the id behind it.
    label: Identifier | None = None
    # Of a post's id: the column with its creator's handle, for the link to the post at TikTok.
    by: Identifier | None = None
    # The value is an array of numbers, oldest first: drawn as a line in the cell.
    spark: bool = False
    # delta: signed, gains and losses tell apart; sentiment: from -1 (negative) to 1 (positive); state: a word like good or stale.
    tone: Literal["delta", "sentiment", "state", "none"] = "none"
    # Of a percentage, NULL where it would say little: the column with what it is a percentage of. "new" is shown where that is 0,
    # so it is NULL where nothing grew.
    base: Identifier | None = None
    # Beside it stands the difference to an earlier time, where the reader compares: to the row with the same first column then.
    compare: bool = False


class Fold(_Strict):
    """Rows of a table in which `column` has this `value` show when asked for. `title` completes "Show 12 ...", `one` "Show 1 ...",
    `none` is said when there are no others."""

    column: Identifier
    value: Sentence
    title: Sentence
    one: Sentence
    none: Sentence


class Marks(_Strict):
    """The rows of a table are marked in the charts of its page at the time in `at`.

    What happened is in the column `what`, or is the same of all, `called`; `events` is a column with how many of them a row is,
    `told` one with more about it.
    """

    at: Identifier
    what: Identifier | None = None
    called: Sentence | None = None
    events: Identifier | None = None
    told: Identifier | None = None

    @model_validator(mode="after")
    def _has_a_kind(self) -> Self:
        if (self.what is None) == (self.called is None):
            raise ValueError("marks have a column `what`, or are all `called` the same")
        return self


class Panel(_Strict):
    """One figure of a page: one query, and how its rows are drawn.

    A stat is one row and one value column, with `state_column` also a word like good or stale, and why in `note_column`. With
    `compare` it is shown beside the answer for an earlier time (`Filters.before`), which is the time as long before the range
    unless the reader chooses another one. timeseries and bars have a point per row and value column; with `series_column`, a series
    per value of it. They are compared if the reader asks for it, and so is a table by those of its columns that compare. `closes_s`
    is for a stat or table whose rows appear as windows of that length close: it is compared by whole windows.
    """

    id: Identifier
    title: Sentence
    help: Sentence
    kind: Kind
    query: Identifier
    width: Annotated[int, Field(ge=1, le=12)]
    height: Annotated[int, Field(ge=1, le=12)]
    unit: Unit = "count"
    time_column: Identifier | None = None
    value_columns: tuple[Identifier, ...] = ()
    series_column: Identifier | None = None
    compare: bool = False
    closes_s: Annotated[int, Field(ge=60, le=86_400)] | None = None
    stacked: bool = False
    state_column: Identifier | None = None
    note_column: Identifier | None = None
    marks: Marks | None = None
    columns: tuple[Column, ...] = ()
    thresholds: tuple[Threshold, ...] = ()
    fold: Fold | None = None
    # What "no rows" means; `why` is a query of one row, whose `reason` says it of this time where that differs.
    empty: Sentence
    why: Identifier | None = None
    # The filters that its query has, as load_pages finds them; the page says where a chosen one is not among them.
    takes: tuple[FilterName, ...] = ()

    @property
    def drawn(self) -> tuple[str, ...]:
        """Names of the result's columns that a stat or a chart shows, in order."""
        names = (self.time_column, self.series_column, *self.value_columns, self.state_column, self.note_column)
        return tuple(name for name in names if name)

    @property
    def charted(self) -> bool:
        """Whether it is drawn over time."""
        return self.kind in ("timeseries", "bars")

    @property
    def compares(self) -> bool:
        """Whether an earlier time is shown beside it when the reader asks for that."""
        return self.compare or any(column.compare for column in self.columns) or self.charted

    @model_validator(mode="after")
    def _has_what_its_kind_needs(self) -> Self:
        if self.kind == "table" and not self.columns:
            raise ValueError("a table lists its columns")
        if self.charted and not (self.time_column and self.value_columns):
            raise ValueError(f"{self.kind} needs time_column and value_columns")
        if self.kind == "stat" and len(self.value_columns) != 1:
            raise ValueError("a stat has one value column")
        if self.kind == "table" and (self.time_column or self.value_columns or self.series_column):
            raise ValueError("a table has columns only, no time_column, value_columns or series_column")
        if self.compare and self.kind != "stat":
            raise ValueError("only a stat compares")
        if (self.state_column or self.note_column) and not (self.kind == "stat" and self.state_column):
            raise ValueError("only a stat has a state_column, and a note_column beside it")
        if self.closes_s and (self.charted or not self.compares):
            raise ValueError("closes_s is for a stat or table that compares")
        if self.series_column and len(self.value_columns) != 1:
            raise ValueError("with a series_column there is one value column")
        at = [threshold.at for threshold in self.thresholds]
        if at != sorted(set(at)):
            raise ValueError("thresholds ascend")
        names = [column.name for column in self.columns]
        if len(names) != len(set(names)):
            raise ValueError("a column is listed once")
        if self.fold and self.fold.column not in names:
            raise ValueError(f"folds by {self.fold.column}: list that column")
        if self.marks:
            marked = filter(None, (self.marks.at, self.marks.what, self.marks.events, self.marks.told))
            if missing := [name for name in marked if name not in names]:
                raise ValueError(f"marks charts by {missing[0]}: list that column")
        if self.kind != "table" and any(column.compare for column in self.columns):
            raise ValueError("columns compare in a table only")
        for column in self.columns:
            for other in filter(None, (column.label, column.by)):
                if other not in names or not column.link:
                    raise ValueError(f"{column.name} takes a name from {other}: list that column, and give {column.name} a link")
        if missing := [column.base for column in self.columns if column.base and column.base not in names]:
            raise ValueError(f"list the column {missing[0]}")
        return self


class Page(_Strict):
    """One page: its filters and panels, in the order in which they are shown."""

    slug: Identifier
    title: Sentence
    description: Sentence
    # Hours or days, e.g. 24h or 7d.
    default_range: Annotated[str, Field(pattern=r"^[1-9]\d{0,2}[hd]$")]
    refresh_s: Annotated[int, Field(ge=5, le=3600)]
    filters: tuple[Filter, ...] = ()
    panels: Annotated[tuple[Panel, ...], Field(min_length=1)]

    @property
    def default_range_s(self) -> int:
        """`default_range` in seconds."""
        match = _RANGE.fullmatch(self.default_range)
        assert match
        return int(match[1]) * _HOURS[match[2]] * 3600

    def panel(self, panel_id: str) -> Panel | None:
        """The panel of that id."""
        return next((panel for panel in self.panels if panel.id == panel_id), None)

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        for what, names in (("panel", [panel.id for panel in self.panels]), ("filter", [str(item.name) for item in self.filters])):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise ValueError(f"{what} {twice[0]} occurs twice")
        return self


def load_pages(folder: Path = PAGES_DIR, queries: Path = QUERIES_DIR) -> dict[str, Page]:
    """The pages of `folder` by slug, in the order in which they are listed to people. Raises PageFileError."""
    pages = {}
    for path in sorted(folder.glob("*.yaml")):
        page = load_page(path)
        panels = []
        for number, panel in enumerate(page.panels):
            texts = {key: load_query(name, queries) for key, name in (("query", panel.query), ("why", panel.why)) if name}
            for key, text in texts.items():
                _check_query(path, f"panels.{number}.{key}", text)
            takes = tuple(name for name in FILTERS if name in parameters(texts["query"]))
            panels.append(panel.model_copy(update={"takes": takes}))
        pages[page.slug] = page.model_copy(update={"panels": tuple(panels)})
    if not pages:
        raise PageFileError(f"no page files in {folder}", "a page is a .yaml file; see docs/dashboards.md")
    places = {slug: place for place, slug in enumerate(ORDER)}
    return dict(sorted(pages.items(), key=lambda item: (places.get(item[0], len(places)), item[0])))


# From the whole to the part; what is not named comes after, by name.
ORDER = ("overview", "trending", "live", "creator", "post", "comments", "health")


def load_page(path: Path) -> Page:
    """The page in `path`, whose name is its slug. Raises PageFileError naming file and key."""
    try:
        content: Any = yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER)  # noqa: S506 - safe, and quick
    except OSError as error:
        raise PageFileError(f"cannot read {path}: {error.strerror}") from error
    except yaml.MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        raise PageFileError(f"{path}{line}: not YAML: {error.problem}") from error
    if not isinstance(content, dict):
        raise PageFileError(f"{path}: not a mapping of keys", "see docs/dashboards.md for the keys of a page")
    try:
        page = Page.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "page"
        raise PageFileError(f"{path}: {key}: {first['msg'].removeprefix('Value error, ')}") from None
    if page.slug != path.stem:
        raise PageFileError(f"{path}: slug: {page.slug} is not the file's name, {path.stem}")
    return page


def load_query(name: str, folder: Path = QUERIES_DIR) -> str:
    """The text of `<name>.sql`. Raises PageFileError for a file that is not there, or asks for an unknown parameter."""
    path = folder / f"{name}.sql"
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise PageFileError(f"cannot read {path}: {error.strerror}", "a panel's query is a file of that name") from error
    for match in PARAMETER.finditer(text):
        wanted = PARAMETERS.get(match["name"])
        if wanted != match["type"]:
            allowed = f"it is {{{match['name']}:{wanted}}}" if wanted else "known: " + ", ".join(PARAMETERS)
            raise PageFileError(f"{path}: parameter {match.group()} is not known", allowed)
    return text


def parameters(text: str) -> frozenset[str]:
    """Names of the parameters of a query."""
    return frozenset(match["name"] for match in PARAMETER.finditer(text))


def _check_query(path: Path, key: str, text: str) -> None:
    if not {"time_from", "time_to"} <= parameters(text):
        raise PageFileError(f"{path}: {key}: the query has no time filter", "every query reads from time_from to time_to only")
