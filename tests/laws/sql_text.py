"""What the laws read of SELECTs. Quoted strings never mislead it."""

from __future__ import annotations

import re

from jobs.render import code
from stack.columns import masked, split_list

FOLDERS = ("05_functions", "10_sources", "20_staging", "30_marts", "40_sinks", "50_inserts", "60_accounts")


def select_lists(statement: str) -> list[list[str]]:
    """The column names that each branch of a (UNION ALL of) SELECT gives, in order."""
    found = []
    shape, text = masked(statement), code(statement)
    depths, depth = [], 0
    for char in shape:
        depth += (char == "(") - (char == ")")
        depths.append(depth)
    for match in re.finditer(r"\bSELECT\b(?:\s+DISTINCT\b)?", shape, re.IGNORECASE):
        if depths[match.start()]:
            continue
        ends = (end.start() for end in re.finditer(r"\bFROM\b", shape[match.end() :], re.IGNORECASE))
        end = next(match.end() + offset for offset in ends if depths[match.end() + offset] == 0)
        found.append([output_name(item) for item in split_list(text[match.end() : end])])
    return found


def output_name(item: str) -> str:
    """`b` of `a AS b`, of `t.b` and of `b`; "" for an expression without a name."""
    alias = re.search(r"\bAS\s+`?(\w+)`?\s*$", item, re.IGNORECASE)
    plain = re.match(r"^(?:\w+\.)?`?(\w+)`?$", item)
    return alias[1] if alias else plain[1] if plain else ("*" if item.endswith("*") else "")
