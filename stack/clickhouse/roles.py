"""What the engine's grants leave open: definitions that borrow rights, and what `system` tells of other users."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from stack.clickhouse.lexer import Kind, Token
from stack.clickhouse.policy import BORROWING_ENGINES, DEFINING, DEPENDS_ON_RIGHTS, READER_SHOWS, READER_SYSTEM_TABLES

SYSTEM: Final = "system"
_END: Final = Token(Kind.SIGN, "", 0, 0)


def borrows_rights(verb: str, words: Sequence[Token]) -> bool:
    """True if a statement defines what would later run with more rights than those of whoever defines it.

    Materialized views and mutations run with all roles: what merge() and viewIfPermitted() leave out for the one who
    defines them would be in then. Merge, Buffer and Dictionary tables check the rights of who uses them, a view for instance.
    """
    if verb not in DEFINING:
        return False
    following = [*words[1:], _END, _END]
    for index, token in enumerate(words):
        after = following[index]
        if token.word("definer") or (token.word("sql") and after.word("security")):
            return True
        if token.is_name and token.text.lower() in DEPENDS_ON_RIGHTS and after.text == "(":
            return True
        engine = following[index + 1] if after.text == "=" else after
        if token.word("engine") and engine.text.lower() in BORROWING_ENGINES:
            return True
    return False


def hidden_from_readers(verb: str, words: Sequence[Token]) -> str | None:
    """Of what a reading statement asks for, what a read-only user may not see; None if all of it may be seen."""
    if verb == "show" and len(words) > 1 and words[1].text not in READER_SHOWS:
        return f"SHOW {words[1].text.upper()}"
    for index, token in enumerate(words):
        name = token.text.lower()
        if not token.is_name:
            continue
        if name == "merge" and index + 1 < len(words) and words[index + 1].text == "(":
            return "merge()"
        if name.startswith(f"{SYSTEM}."):
            return name
        if name == SYSTEM and index + 2 < len(words) and words[index + 1].text == ".":
            table = words[index + 2]
            if not table.is_name or table.text not in READER_SYSTEM_TABLES:
                return f"{SYSTEM}.{table.text}"
    return None


def names_system(text: str) -> bool:
    """True for a database or an identifier parameter that could lead into `system`."""
    return SYSTEM in text.lower()
