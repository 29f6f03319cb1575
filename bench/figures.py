"""Statistics of few runs and many latencies, and plain text tables of them."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Spread:
    """Minimum, median and maximum of some runs, in the unit of the runs."""

    minimum: float
    median: float
    maximum: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Raises ValueError when there are none."""
        if not values:
            raise ValueError("no values")
        return cls(min(values), statistics.median(values), max(values))

    def cells(self, form: str) -> tuple[str, str, str]:
        """The three for a row of a table, each by the format specification `form`."""
        return format(self.minimum, form), format(self.median, form), format(self.maximum, form)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest of `values` that at least `share` (above 0, up to 1) of them do not exceed: nearest rank."""
    if not values or not 0 < share <= 1:
        raise ValueError("a share of (0, 1] of at least one value")
    return sorted(values)[math.ceil(share * len(values)) - 1]


def ratios(numerators: Sequence[float], denominators: Sequence[float]) -> list[float]:
    """Round by round, so that what slows the whole machine for a while weighs on both sides."""
    return [above / below for above, below in zip(numerators, denominators, strict=True)]


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Lines with aligned columns: the first to the left, all others to the right."""
    widths = [max(len(row[column]) for row in (header, *rows)) for column in range(len(header))]

    def line(row: Sequence[str]) -> str:
        first, *others = (
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        return "  ".join((first, *others)).rstrip()

    return "\n".join((line(header), "  ".join("-" * width for width in widths), *(line(row) for row in rows)))
