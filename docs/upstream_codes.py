"""Writes the tables in docs/upstreams.md from the files that the pollers read: `python -m docs.upstream_codes`."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from connectors.upstream.catalog import UPSTREAMS
from connectors.upstream.codes import TIKTOK_CODES, Codes
from docs import upstream_fields

PAGE = Path(__file__).with_name("upstreams.md")
_MARK = re.compile(r"(<!-- (codes|fields): ([\w.]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def table(codes: Codes) -> str:
    """One row per class and reason, in the order of the file."""
    rows: dict[tuple[str, str], list[int]] = {}
    for code, (failure, reason) in codes.classes.items():
        rows.setdefault((failure.value, reason), []).append(code)
    lines = ["| class | reason | codes |", "|---|---|---|"]
    lines += [f"| {failure} | `{reason}` | {', '.join(map(str, numbers))} |" for (failure, reason), numbers in rows.items()]
    return "\n".join(lines) + "\n"


def rendered(page: str) -> str:
    """`page` with its tables as they must be. Raises KeyError for a mark of an unknown name."""
    files = {name: dialect.codes.http for name, dialect in UPSTREAMS.items()} | {"tiktok": TIKTOK_CODES}

    def filled(match: re.Match[str]) -> str:
        made = table(files[match[3]]) if match[2] == "codes" else upstream_fields.table(match[3])
        return match[1] + made + match[4]

    return _MARK.sub(filled, page)


if __name__ == "__main__":
    PAGE.write_text(rendered(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    sys.exit(0)
