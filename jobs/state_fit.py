"""Whether the state of a job fits another plan of it: compared operator by operator, by id and by what Flink says of it.

Flink finds the state of an operator by its id. The id comes from the `uid` in the SQL, else from the place in the plan; an operator
that has taken another's place would get state that is not its own, or that it reads with another type.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass

# Before the line with what a job prints for `--compare`.
COMPARED_PREFIX = "tokpulse-operators: "
_NUMBER = re.compile(r"\[(\d+)\]")
_NUMBERED_LINE = re.compile(r"\[(\d+)\]:(.*)")


@dataclass(frozen=True)
class Operator:
    """An operator of a plan or of a checkpoint.

    `text` is Flink's description, "" when nobody knows it; `max_parallelism` is -1 for any.
    """

    id: str
    name: str
    text: str = ""
    max_parallelism: int = -1

    @property
    def number(self) -> int | None:
        """Its number in the plan, which its name and its description have."""
        found = _NUMBER.search(self.name)
        return int(found[1]) if found else None


@dataclass(frozen=True)
class Comparison:
    """`planned`: every operator of the new plan. `stored`: those that a checkpoint has state of."""

    planned: tuple[Operator, ...]
    stored: tuple[Operator, ...]

    def line(self) -> str:
        """One line to print."""
        return COMPARED_PREFIX + json.dumps(asdict(self))

    @classmethod
    def printed(cls, lines: Iterable[str]) -> Comparison | None:
        """What is in the output of a job; None when it is not there."""
        for text in lines:
            if text.startswith(COMPARED_PREFIX):
                raw = json.loads(text.removeprefix(COMPARED_PREFIX))
                return cls(*(tuple(Operator(**one) for one in raw[name]) for name in ("planned", "stored")))
        return None


def described(stored: Iterable[Operator], plan: str) -> tuple[Operator, ...]:
    """Operators of a checkpoint with the descriptions that the running job's `plan` has for their numbers."""
    texts = {int(match[1]): match[0] for line in plan.splitlines() if (match := _NUMBERED_LINE.search(line))}
    return tuple(Operator(one.id, one.name, texts.get(one.number or -1, ""), one.max_parallelism) for one in stored)


def misfits(stored: Iterable[Operator], planned: Iterable[Operator]) -> list[str]:
    """Why the state of `stored` cannot be taken over by `planned`, a line for each operator; none when it fits."""
    new = {one.id: one for one in planned}
    found = []
    for old in stored:
        here = new.get(old.id)
        if here is None:
            found.append(f"{_title(old)} has state, and the new plan has no place for it")
        elif _differ(old, here):
            found.append(f"{_title(old)} has state of another form than {_title(here)}, which has its place in the new plan")
        elif -1 not in (old.max_parallelism, here.max_parallelism) and old.max_parallelism != here.max_parallelism:
            found.append(f"{_title(old)} has a maximum parallelism of {old.max_parallelism}, not {here.max_parallelism}")
    return found


def _differ(old: Operator, new: Operator) -> bool:
    if old.number is None and new.number is None:
        # Operators that the planner does not number, sources among them, have their table in their name.
        return bool(old.name) and old.name != new.name
    return bool(old.text) and signature(old.text) != signature(new.text)


def signature(text: str) -> str:
    """What of an operator's description decides the form of its state, whatever its number and its neighbours' are."""
    # Before the number may stand the view that the operator computes.
    match = _NUMBERED_LINE.search(text)
    text = " ".join((match[2] if match else text).split())
    kind = text.partition("(")[0]
    if kind == "TableSourceScan":
        # Offsets of a topic: which columns are read, and by which watermark, is another matter.
        return _first(r"TableSourceScan\(table=\[\[([\w, ]+?)(?:, (?!\w+[,\]])|\])", text)
    if kind == "Sink":
        # What a writer and its committer hold is a matter of their table, not of the columns.
        return _first(r"Sink\(table=\[([^\]]+)\]", text)
    if text in ("Writer", "Committer"):
        # Halves of one sink: they have its number, and a running job's plan tells of the committer alone.
        return "Sink"
    if kind == "ProcessTableFunction":
        # Its `uid` names the form of its state: whoever changes that gives it another.
        return " ".join((kind, _first(r"invocation=.(\w+)", text), _first(r"uid=.(\w+)", text)))
    return text


def _first(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    return match[1] if match else text


def _title(operator: Operator) -> str:
    return signature(operator.text)[:160] or operator.name or operator.id
