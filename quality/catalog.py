"""Reads `sql/clickhouse/catalog/<dataset>.yaml`: what every table and read view of ClickHouse holds, and how it is tested.

A read view's file also describes what the view is made of, below `storage`, as far as that differs from the view.
The one description of the tables: the comments in ClickHouse, docs/data-dictionary.md and `tokpulse quality` all come from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from connectors.durations import parse_ms
from connectors.errors import TokpulseError
from connectors.paths import REPOSITORY
from connectors.yaml_file import load

CATALOG_DIR = REPOSITORY / "sql" / "clickhouse" / "catalog"

Sensitivity = Literal["personal", "pseudonymous", "none"]
Severity = Literal["error", "warn"]
Unit = Literal[
    "id", "text", "category", "flag", "JSON", "bytes", "list", "number", "count", "ratio", "score", "plays per hour",
    "plays per minute", "hours", "minutes", "seconds", "milliseconds", "UTC time", "UTC date",
]  # fmt: skip


class CatalogError(TokpulseError):
    """A catalog file is refused: the message is `path:line: key: reason`."""


class UnknownDatasetError(TokpulseError):
    """A dataset that no catalog file describes."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


Duration = Annotated[int, BeforeValidator(parse_ms), Field(ge=60_000)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Sentence = Annotated[str, Field(min_length=3, max_length=400)]


class Freshness(_Strict):
    """How old the newest row may be, in milliseconds. Without rows a dataset that is not `required` only warns."""

    warn: Duration
    error: Duration
    required: bool = True

    @model_validator(mode="after")
    def _ordered(self) -> Freshness:
        if self.warn > self.error:
            raise ValueError("warn must not be longer than error")
        return self


class Range(_Strict):
    """Least and greatest value; NULL is no value."""

    min: float | None = None
    max: float | None = None

    @model_validator(mode="after")
    def _bounded(self) -> Range:
        if self.min is None and self.max is None:
            raise ValueError("give min, max or both")
        return self


class Reference(_Strict):
    """A value stands in a column of another dataset; `bounded`: there, too, in rows of the time that is tested."""

    dataset: Name
    column: Name
    bounded: bool = False


class ColumnTests(_Strict):
    """What must hold for each value of a column."""

    not_null: bool = False
    range: Range | None = None
    values: Annotated[list[str], Field(min_length=1)] | None = None
    references: Reference | None = None


class NeverFalls(_Strict):
    """A counter of one thing does not fall from row to row by more than a share of it."""

    column: Name
    of: Name
    tolerance: Annotated[float, Field(ge=0, lt=1)] = 0.0


class History(_Strict):
    """Versions of one thing, from `valid_from` until the next one's: no gap, no overlap, one of them current."""

    of: Name


class Volume(_Strict):
    """How many rows the time that is tested may have."""

    at_most: Annotated[int, Field(ge=0)]


class LateShare(_Strict):
    """Which share of what a run has read may come late. Beyond the late bound nothing may."""

    warn: Annotated[float, Field(ge=0, lt=1)]
    error: Annotated[float, Field(ge=0, lt=1)]

    @model_validator(mode="after")
    def _ordered(self) -> LateShare:
        if self.warn > self.error:
            raise ValueError("warn must not be more than error")
        return self


class FreshSnapshots(_Strict):
    """Which share of the rows must have a fresh snapshot of whose they are; `column` says `fresh`, `stale` or `missing`."""

    column: Name
    at_least: Annotated[float, Field(gt=0, le=1)]


class Reconcile(_Strict):
    """Every record of a topic is in the dataset.

    `key` is the column, and `field` the record's field where it has another name. `per` says what `time` is: the `moment` of
    observation, the `hour` in which it was, or the moment of the `newest` observation of the key.
    """

    topic: str
    key: Name
    field: Name | None = None
    time: Name
    per: Literal["moment", "hour", "newest"]


class DatasetTests(_Strict):
    """What must hold for a dataset as a whole."""

    unique_grain: bool = False
    never_falls: NeverFalls | None = None
    history: History | None = None
    ledger_balance: bool = False
    late_share: LateShare | None = None
    fresh_snapshots: FreshSnapshots | None = None
    dead_letter_volume: Volume | None = None
    schema_drift: bool = False
    reconcile: Reconcile | None = None


class Column(_Strict):
    """A column; its type stands in the DDL."""

    unit: Unit
    meaning: Sentence
    sensitivity: Sensitivity = "none"
    tests: ColumnTests = ColumnTests()

    def comment_in(self, *, masked: bool) -> str:
        """What ClickHouse shows beside the column, of a table or of a masked view of it."""
        hidden = "; masked here" if masked and self.sensitivity == "personal" else ""
        return f"{self.meaning}{hidden} [{self.unit}]"


class Storage(_Strict):
    """A table or view that a read view is made of; what it does not say is as for the read view.

    One that `fills` a table of the same read view is a materialized view, and has its grain, key and columns.
    """

    kind: Literal["view", "table"] = "table"
    fills: Name | None = None
    description: Sentence | None = None
    grain: Sentence | None = None
    key: Annotated[list[Name], Field(min_length=1, max_length=6)] | None = None
    written_by: Sentence
    columns: dict[Name, Column] = {}

    @model_validator(mode="after")
    def _complete(self) -> Storage:
        if self.fills is None and self.grain is None:
            raise ValueError("give its grain, or the table that it fills")
        return self


class Description(_Strict):
    """The content of one file."""

    kind: Literal["view", "table", "materialized view"]
    description: Sentence
    grain: Sentence
    key: Annotated[list[Name], Field(min_length=1, max_length=6)]
    owner: Literal["data-engineering", "analytics", "operations"]
    written_by: Sentence
    time_column: Name | None = None
    retention: Sentence
    freshness: Freshness | None = None
    columns: Annotated[dict[Name, Column], Field(min_length=1)]
    tests: DatasetTests = DatasetTests()
    storage: dict[Name, Storage] = {}

    @model_validator(mode="after")
    def _columns_are_there(self) -> Description:
        named = [*self.key, self.time_column, *self._of_tests()]
        for name in named:
            if name is not None and name not in self.columns:
                raise ValueError(f"names the column {name}, which is not among its columns")
        if self.time_column is None and (self.freshness or self.tests.unique_grain or any(self._tested_columns())):
            raise ValueError("its tests need a time_column to be bounded by")
        if len(self.key) > 4 and self.tests.unique_grain:
            raise ValueError("unique_grain knows keys of up to 4 columns")
        for name in self._quoted():
            if self.columns[name].sensitivity == "personal":
                raise ValueError(f"results of its tests would quote {name}, which is personal: they are shared")
        return self

    def _quoted(self) -> Iterator[str]:
        """The columns whose values are examples in results: those of the key, and what these tests print beside it."""
        yield from self.key
        yield from self._of_tests()
        yield from (name for name, column in self.columns.items() if column.tests.values or column.tests.references)

    def _tested_columns(self) -> Iterator[str]:
        return (name for name, column in self.columns.items() if column.tests != ColumnTests())

    def _of_tests(self) -> Iterator[str]:
        if self.tests.never_falls:
            yield from (self.tests.never_falls.column, self.tests.never_falls.of)
        if self.tests.history:
            yield from (self.tests.history.of, "valid_from", "valid_to", "is_current")
        if self.tests.fresh_snapshots:
            yield self.tests.fresh_snapshots.column
        if self.tests.reconcile:
            yield from (self.tests.reconcile.key, self.tests.reconcile.time)


@dataclass(frozen=True)
class Dataset:
    """A table or view of ClickHouse by its name; of storage, `read` is the view to read instead.

    Storage may lack columns that `about` has, for it has those of its read view as well.
    """

    name: str
    about: Description
    read: str | None = None

    @property
    def is_read_view(self) -> bool:
        """Whether readers are meant to select from it."""
        return self.about.kind == "view" and self.read is None

    @property
    def comment(self) -> str:
        """What ClickHouse shows beside the table."""
        about = self.about
        instead = f" Read {self.read}, not this {about.kind}." if self.read else ""
        grain = about.grain[0].upper() + about.grain[1:]
        return f"{about.description} {grain}.{instead} Key: {', '.join(about.key)}."

    def sensitivity(self, columns: Iterable[str]) -> Sensitivity:
        """That of the most sensitive one of `columns`."""
        held = {self.about.columns[name].sensitivity for name in columns}
        return next(level for level in ("personal", "pseudonymous", "none") if level in held or level == "none")


Catalog = Mapping[str, Dataset]


def load_catalog(folder: Path = CATALOG_DIR) -> Catalog:
    """Every dataset by name, sorted. Raises CatalogError."""
    datasets: dict[str, Dataset] = {}
    for path in sorted(folder.glob("*.yaml")):
        for dataset in (view := load_dataset(path), *_storage(path, view)):
            if dataset.name in datasets:
                raise CatalogError(f"{path}: describes {dataset.name}, as another file does")
            datasets[dataset.name] = dataset
    if not datasets:
        raise CatalogError(f"{folder}: holds no catalog file")
    for dataset in datasets.values():
        _check_references(folder, dataset, datasets)
    return dict(sorted(datasets.items()))


def load_dataset(path: Path) -> Dataset:
    """The dataset that `path` describes; its name is that of the file. Raises CatalogError."""
    return Dataset(path.stem, load(path, Description, CatalogError))


def _storage(path: Path, view: Dataset) -> Iterator[Dataset]:
    """What the read view `view` is made of, as its file `path` says."""
    about = view.about
    # A value is tested where it is read.
    shared = {name: column.model_copy(update={"tests": ColumnTests()}) for name, column in about.columns.items()}
    for name, own in about.storage.items():
        table = about.storage.get(own.fills, own) if own.fills else own
        if own.fills and table is own:
            raise CatalogError(f"{path}: storage.{name}: fills {own.fills}, which is not described beside it")
        try:
            described = Description(
                kind="materialized view" if own.fills else own.kind,
                description=own.description or (f"Keeps {own.fills} up to date." if own.fills else f"Storage of {view.name}."),
                grain=own.grain or f"as {own.fills}",
                key=own.key or table.key or about.key,
                owner="data-engineering",
                written_by=own.written_by,
                retention=about.retention,
                columns=shared | table.columns | own.columns,
            )
        except ValidationError as error:
            reason = error.errors()[0]["msg"].removeprefix("Value error, ")
            raise CatalogError(f"{path}: storage.{name}: {reason}") from None
        yield Dataset(name, described, read=view.name)


def select(catalog: Catalog, names: list[str]) -> list[Dataset]:
    """The named datasets, all when none is named. Raises UnknownDatasetError."""
    for name in names:
        if name not in catalog:
            views = ", ".join(known for known, dataset in catalog.items() if dataset.about.kind == "view")
            raise UnknownDatasetError(f"no dataset {name!r} in the catalog", f"known views: {views}")
    return [catalog[name] for name in names] if names else list(catalog.values())


def _check_references(folder: Path, dataset: Dataset, catalog: Catalog) -> None:
    path = folder / f"{dataset.name}.yaml"
    for name, column in dataset.about.columns.items():
        reference = column.tests.references
        if reference is None:
            continue
        target = catalog.get(reference.dataset)
        place = f"{path}: columns.{name}.tests.references"
        if target is None or reference.column not in target.about.columns:
            raise CatalogError(f"{place}: no column {reference.dataset}.{reference.column}")
        if reference.bounded and target.about.time_column is None:
            raise CatalogError(f"{place}: {reference.dataset} has no time_column to be bounded by")
