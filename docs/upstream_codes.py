"""Writes the tables of codes in docs/upstreams.md from the files that the pollers read: `python -m docs.upstream_codes`."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from connectors.upstream.catalog import UPSTREAMS
from connectors.upstream.codes import TIKTOK_CODES, Codes

PAGE = Path(__file__).with_name("upstreams.md")
_MARK = re.compile(r"(<!-- codes: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


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
    return _MARK.sub(lambda match: match[1] + table(files[match[2]]) + match[3], page)


if __name__ == "__main__":
    PAGE.write_text(rendered(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    sys.exit(0)
