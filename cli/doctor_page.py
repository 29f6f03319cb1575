"""Writes the table of causes into docs/operations.md: `python -m cli.doctor_page`."""

from __future__ import annotations

import re
import sys

from cli.doctor import causes
from cli.doctor_findings import Cause
from connectors.paths import REPOSITORY

PAGE = REPOSITORY / "docs" / "operations.md"
_MARK = re.compile(r"(<!-- causes -->\n).*?(<!-- end -->)", re.DOTALL)
_NAME = re.compile(r"\{(\w+)[^{}]*\}")


def table(found: list[Cause]) -> str:
    """A row per cause. What a finding fills in is in italics, by its name."""
    lines = ["| cause | `doctor` says | what to do |", "|---|---|---|"]
    lines += [f"| {cause.means} (`{cause.name}`) | {cause.level}: {_shown(cause.says)} | {_shown(cause.fix)} |" for cause in found]
    return "\n".join(lines) + "\n"


def _shown(text: str) -> str:
    return _NAME.sub(lambda match: f"*{match[1]}*", text).replace("|", "\\|")


def rendered(page: str) -> str:
    """`page` with the table as it must be."""
    return _MARK.sub(lambda match: match[1] + table(causes()) + match[2], page)


if __name__ == "__main__":
    PAGE.write_text(rendered(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    sys.exit(0)
