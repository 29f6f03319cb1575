"""Evidence that is wrong on purpose: what a product that loses, doubles or alters something would leave behind."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from simulator.settings import POSTS

from .audit import FINAL, Evidence, Letter, Question, judge
from .report import AUDIT_INPUT

Mutation = Callable[[Evidence, Question, random.Random], str]
MUTATIONS: dict[str, Mutation] = {}


def mutation(name: str) -> Callable[[Mutation], Mutation]:
    """Registers a change of evidence, which is a copy. It returns what it did."""

    def register(change: Mutation) -> Mutation:
        MUTATIONS[name] = change
        return change

    return register


def _compared(found: Evidence, asked: Question, dice: random.Random) -> tuple[str, int]:
    """A table and one of its rows that are compared."""
    places = [
        (name, index)
        for name, rows in found.tables.items()
        for index, row in enumerate(rows)
        if name not in FINAL or row[FINAL[name]] < asked.final_ms
    ]
    return dice.choice(places)


@mutation("a row is missing")
def drop_row(found: Evidence, asked: Question, dice: random.Random) -> str:
    name, index = _compared(found, asked, dice)
    if name in ("tiktok.trending.alerts", "tiktok.followers.alerts"):
        # They may repeat a record: all of a key go.
        found.tables[name] = []
    else:
        del found.tables[name][index]
    return name


@mutation("a row is there twice")
def double_row(found: Evidence, asked: Question, dice: random.Random) -> str:
    exact = {name: rows for name, rows in found.tables.items() if not name.endswith((".trending.alerts", ".followers.alerts"))}
    name, index = _compared(replace(found, tables=exact), asked, dice)
    found.tables[name].append(dict(found.tables[name][index]))
    return name


@mutation("a number is one off")
def alter_number(found: Evidence, asked: Question, dice: random.Random) -> str:
    name, index = _compared(found, asked, dice)
    row = found.tables[name][index]
    numbers = [key for key, value in row.items() if isinstance(value, int) and not key.startswith(("window", "t_", "create"))]
    if not numbers or name in ("tiktok.trending.alerts", "tiktok.followers.alerts"):
        name, index = "engagement_hourly", 0
        row, numbers = found.tables[name][index], ["play_count"]
    row[dice.choice(numbers)] += 1
    return name


@mutation("a verdict is another one")
def alter_verdict(found: Evidence, asked: Question, dice: random.Random) -> str:
    rows = [row for row in found.tables["trending_hourly"] if row["window_start"] < asked.final_ms]
    row = dice.choice(rows)
    row["is_trending"] = 1 - row["is_trending"]
    return "trending_hourly"


@mutation("a page of the upstream is withheld")
def withhold_page(found: Evidence, asked: Question, dice: random.Random) -> str:
    pages = [entry for entry in asked.served[asked.since :] if entry.observations]
    page = dice.choice(pages)
    gone = {(one.topic, one.id) for one in page.observations}
    for topic, pairs in found.inputs.items():
        found.inputs[topic] = [pair for pair in pairs if (topic, pair[0]) not in gone]
    return page.endpoint


@mutation("a record of the producer never came")
def lose_record(found: Evidence, asked: Question, dice: random.Random) -> str:
    topic, key, value = dice.choice(sorted(asked.given.sent))
    del found.digests[topic, key, value]
    return topic


@mutation("a record of the producer came twice")
def double_record(found: Evidence, asked: Question, dice: random.Random) -> str:
    topic, key, value = dice.choice(sorted(asked.given.sent))
    found.digests[topic, key, value] += 1
    return topic


@mutation("a good record is a dead letter")
def extra_letter(found: Evidence, asked: Question, dice: random.Random) -> str:
    found.letters.append(Letter(POSTS, 0, dice.randrange(1, 1 << 40)))
    return "dead_letters"


@mutation("the ledger is one short")
def unbalanced(found: Evidence, asked: Question, dice: random.Random) -> str:
    found.ledger[POSTS] = found.ledger[POSTS] | {"unaccounted": 1}
    return "pipeline_ledger"


def caught(found: Evidence, asked: Question, dice: random.Random) -> list[Mapping[str, Any]]:
    """Each mutation once: whether the audit, which is content with `found`, is not any more; where, and its first words."""
    assert judge(found, asked) == [], "evidence that is wrong already shows nothing"
    result: list[Mapping[str, Any]] = []
    for name, change in MUTATIONS.items():
        copied = copy.deepcopy(found)
        where = change(copied, asked, dice)
        said = judge(copied, asked)
        result.append({"name": name, "how": AUDIT_INPUT, "caught": bool(said), "by": f"in {where}: {said[0] if said else ''}"})
    return result
