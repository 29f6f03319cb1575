"""Writes docs/adr/README.md, the index of the decision records, from their titles: `python -m docs.decisions`."""

from __future__ import annotations

import re
import sys
from pathlib import Path

FOLDER = Path(__file__).with_name("adr")
PAGE = FOLDER / "README.md"
_HEAD = """# Decisions

One record for each decision that closes a door: what was decided, why, what follows, and what would change our mind. A record
keeps the text of its time; a line below its title names a later record that replaced or changed it. `make docs` writes this list.

| record | decision | status |
|---|---|---|
"""
_TITLE = re.compile(r"# (\d+)\. (.+)")
_STATUS = re.compile(r"^\*?(Superseded|Amended) by ([^:]*):", re.MULTILINE)


def page() -> str:
    """The whole page."""
    return _HEAD + "".join(_row(path) for path in records())


def records() -> list[Path]:
    """The files of all records, in the order of their numbers."""
    return sorted(FOLDER.glob("[0-9]*.md"))


def _row(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    title = _TITLE.match(text)
    if title is None:
        raise ValueError(f"{path}: the first line is not `# NUMBER. TITLE`")
    status = _STATUS.search(text.split("\n## ", 1)[0])
    state = f"{status[1].lower()} by {' and '.join(re.findall(r'record [0-9]+', status[2]))}" if status else "in force"
    return f"| [{title[1]}]({path.name}) | {title[2]} | {state} |\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    sys.exit(0)
