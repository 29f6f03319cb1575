"""Where bodies hide people: under keys, in JSON within strings, in addresses. Pure helpers of all that takes them out."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from connectors.spelling import spelled_out

# How every secUid begins.
SEC_UID: Final = re.compile(r"MS4w[\w.=-]+", re.ASCII)
# A handle that nobody takes for an ordinary word: it has a point or an underscore in it.
DISTINCT: Final = re.compile(r"(?=.*[A-Za-z])(?=.*[A-Za-z0-9][._][A-Za-z0-9]).{5,}")

_LONG_ID: Final = 12
_ID_ENDS: Final = ("id", "ids", "user", "users", "author", "owner", "creator", "mentioned")
# Such a key is the name of a field, whatever somebody calls themselves.
_FIELD: Final = re.compile(
    r"\w+_(?:at|code|count|id|ids|info|list|meta|more|ms|msg|status|time|total|type|uid|uri|url|v2)", re.ASCII
)
# A letter of ASCII, or a digit, on both sides of an edge makes one word of both: `ada`, not in `adam` nor in `ada.b`.
_EDGE_BEFORE: Final = r"(?<![A-Za-z0-9_])(?<![A-Za-z0-9_]\.)"
_EDGE_AFTER: Final = r"(?![A-Za-z0-9_])(?!\.[A-Za-z0-9_])"


def may_be_id(name: str, digits: str) -> bool:
    """Whether a number in a field may say who somebody is: an id of the first years is as short as a counter."""
    return len(digits) >= _LONG_ID or name.lower().endswith(_ID_ENDS)


def inner_json(text: str) -> Any:
    """The object or list that a string spells; None for any other string, and for one that is nested too deeply to be read."""
    return _read(text, dict)


def without(text: str, clean: Callable[[Any], Any]) -> str | None:
    """`text` with `clean(tree)` in place of the object or list that it spells, and as it came where nothing is cleaned.

    None for what is a text like any other: it spells neither, or is nested too deeply to be read or walked through.
    """
    twice = False

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal twice
        found = dict(pairs)
        # Of a member that is given twice only the last one is looked at.
        twice = twice or len(found) < len(pairs)
        return found

    tree = _read(text, members)
    if tree is None:
        return None
    try:
        kept = clean(tree)
        return text if kept == tree and not twice else dumped(kept)
    except RecursionError:
        return None


def dumped(tree: Any) -> str:
    """The JSON of what was cleaned."""
    return json.dumps(tree, ensure_ascii=False, separators=(",", ":"))


def _read(text: str, members: Callable[[list[tuple[str, Any]]], dict[str, Any]]) -> Any:
    if not text.lstrip().startswith(("{", "[")):
        return None
    try:
        tree = json.loads(text, object_pairs_hook=members)
    except (ValueError, RecursionError):
        return None
    return tree if isinstance(tree, dict | list) else None


def emptied(value: Any) -> Any:
    """The same without a word in it, and without a fraction, which may be a place."""
    if isinstance(value, Mapping):
        return {key: emptied(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [emptied(inner) for inner in value]
    return "" if isinstance(value, str) else 0.0 if isinstance(value, float) else value


def pattern_of(names: Iterable[str]) -> re.Pattern[str] | None:
    """What is found where a text has one of `names` as a word of its own; None of none. Other scripts need no blank around them."""
    spelled = {form for name in names for form in (name, spelled_out(name)) if form.strip()}
    one = "|".join(re.escape(name) for name in sorted(spelled, key=len, reverse=True))
    return re.compile(f"{_EDGE_BEFORE}(?:{one}){_EDGE_AFTER}", re.IGNORECASE) if one else None


def people_as_keys(tree: Any, handles: Iterable[str], theirs: Callable[[str, Any], bool]) -> frozenset[str]:
    """Of `handles` (in lower case) those that are keys: no ordinary word, or of an object that is `theirs(key, object)`."""
    known = {handle for handle in handles if DISTINCT.fullmatch(handle) and not _FIELD.fullmatch(handle)}
    return frozenset(known | {key.lower() for key, inner in _members(tree) if isinstance(inner, Mapping) and theirs(key, inner)})


def _members(tree: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(tree, Mapping):
        for key, inner in tree.items():
            yield str(key), inner
            yield from _members(inner)
    elif isinstance(tree, list | tuple):
        for inner in tree:
            yield from _members(inner)
