"""Names for the operators of a plan: the view that an operator computes, where Flink says `Calc[7]`.

The planner merges views, and repeats or shares what they have in common, so that no operator carries the name of one. Some can be
told by themselves, the landmarks: sources and sinks by their table, functions and windows by the view that calls them. Each other
operator lies between landmarks: it is the last view that needs what it reads, and that all its readers need.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from jobs.definition import JobDefinition
from jobs.graph import graph, masked, tables_read

# What Flink names an operator of its planner: the kind of it, or the table of a source or sink, and the number of its node.
PLANNED = re.compile(r"(\w+)\[(\d+)\]")
_UID = re.compile(r"\buid\s*=>\s*'([^']+)'")
_WINDOW = re.compile(r"\b(TUMBLE|HOP|CUMULATE)\(")


@dataclass(frozen=True)
class Operator:
    """One operator as Flink plans it. Its `name` matches PLANNED; `inputs` are the ids of the operators that it reads."""

    id: int
    name: str
    description: str
    inputs: tuple[int, ...] = ()

    @property
    def kind(self) -> str:
        """`Calc`, or the table."""
        return self.name.partition("[")[0]


def operator_names(job: JobDefinition, operators: Iterable[Operator]) -> dict[int, str]:
    """`post_verdicts: ProcessTableFunction[12]` for each operator of `job` that computes a view, by its id: the view, and what
    the planner calls it.

    Sources and sinks keep their names, which are those of their tables. What only prepares what another operator needs is named
    after what it reads.
    """
    plan = {operator.id: operator for operator in operators}
    readers: dict[int, list[Operator]] = {number: [] for number in plan}
    for operator in plan.values():
        for number in operator.inputs:
            readers[number].append(operator)
    views = _Views(job)
    marks = {number: view for number in plan if (view := views.landmark(plan[number], _sources(number, plan, views)))}
    views.stops |= set(marks.values())
    found = dict(marks)
    for number in reversed(_inputs_first(plan)):
        if number not in found and plan[number].kind not in views.tables:
            above = frozenset(name for each in plan[number].inputs for name in _nearest(each, plan, marks))
            if view := views.between(above, readers[number], found):
                found[number] = view
    return {number: f"{view}: {plan[number].name}" for number, view in found.items() if plan[number].kind not in views.tables}


class _Views:
    """What the job's SQL says. `stops` are the sources and the views of landmarks: what is computed beyond them is another's."""

    def __init__(self, job: JobDefinition) -> None:
        self._texts = {file.name: file.text for file in job.statements}
        self._order = {name: place for place, name in enumerate(self._texts)}
        self._callers = _callers(job)
        self.sources = frozenset(file.name for file in job.sources)
        # View with a window -> its kind.
        self._windows = {file.name: match[1] for file in job.views if (match := _WINDOW.search(masked(file.text)))}
        # Table of a sink -> the views whose rows it takes.
        self._taken = {sink.flink_table: {sink.view} for sink in job.clickhouse}
        self._taken |= {file.name: tables_read(graph().inserts[file.name].text) for file in job.sinks}
        self.tables = self.sources | self._taken.keys()
        self.stops = set(self.sources)

    def landmark(self, operator: Operator, sources: set[str]) -> str:
        """The source or view that `operator` is by its kind and description, "" for none; `sources` are all that it needs."""
        if operator.kind in self.sources:
            return operator.kind
        if operator.kind.endswith("WindowAggregate"):
            alike = (view for view, window in self._windows.items() if f"{window}(" in operator.description)
            return next((view for view in alike if self._up(view, self.sources) & self.sources == sources), "")
        if operator.kind == "ProcessTableFunction" or operator.kind.startswith("Python"):
            return next((view for sign, view in self._callers.items() if re.search(sign, operator.description)), "")
        return ""

    def between(self, above: frozenset[str], readers: Sequence[Operator], found: Mapping[int, str]) -> str:
        """The last view that needs all of `above` and that all `readers` need; if there is none, `above` where that is one view."""
        needed = [self._needed(reader, found.get(reader.id, "")) for reader in readers]
        fitting = {view for view in set.intersection(*needed) if above <= self._up(view, self.stops)} if needed else set()
        # Where a reader is an operator of its own, it is the later one of two views.
        earlier = fitting - {found.get(reader.id, "") for reader in readers}
        if fitting:
            return max(earlier or fitting, key=self._order.__getitem__)
        return next(iter(above)) if len(above) == 1 else ""

    def _needed(self, reader: Operator, view: str) -> set[str]:
        """The views that `reader` may leave to its inputs."""
        if reader.kind in self._taken:
            starts = self._taken[reader.kind]
        elif view in self.stops:
            starts = tables_read(self._texts[view])
        else:
            starts = {view} if view else set()
        return {name for start in starts - self.stops for name in (start, *self._up(start, self.stops))} - self.stops

    def _up(self, view: str, stops: Iterable[str]) -> set[str]:
        """What `view` reads, directly or not, up to the nearest of `stops`, these included."""
        reads = tables_read(self._texts[view])
        return reads.union(*(self._up(name, stops) for name in reads - set(stops)))


def _callers(job: JobDefinition) -> dict[str, str]:
    """A pattern for descriptions -> the one view that calls the function, or the function with the uid, which it matches."""
    functions = {file.name for file in job.functions}
    callers: dict[str, list[str]] = {}
    for file in job.views:
        for name in functions.intersection(graph().reads(file)):
            uid = _UID.search(file.text)
            callers.setdefault(rf"\b{uid[1]}\b" if uid else rf"\b{name}\(", []).append(file.name)
    return {sign: views[0] for sign, views in callers.items() if len(views) == 1}


def _sources(number: int, plan: Mapping[int, Operator], views: _Views) -> set[str]:
    """The sources that the operator needs, directly or not."""
    operator = plan[number]
    own = {operator.kind} & views.sources
    return own.union(*(_sources(each, plan, views) for each in operator.inputs))


def _nearest(number: int, plan: Mapping[int, Operator], marks: Mapping[int, str]) -> set[str]:
    """The landmark that the operator is, else the nearest ones above it."""
    if number in marks:
        return {marks[number]}
    return set().union(*(_nearest(each, plan, marks) for each in plan[number].inputs))


def _inputs_first(plan: Mapping[int, Operator]) -> list[int]:
    order: dict[int, None] = {}

    def visit(number: int) -> None:
        if number not in order:
            for each in plan[number].inputs:
                visit(each)
            order[number] = None

    for number in plan:
        visit(number)
    return list(order)
