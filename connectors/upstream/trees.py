"""Where bodies hide people: under keys, in JSON within strings, in addresses. Pure helpers of all that takes them out."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, TypeVar

from connectors.spelling import spelled_out
from connectors.upstream.json_text import parsed
from connectors.upstream.personal import plain
from connectors.upstream.requests import SEC_UID_START

_Owner = TypeVar("_Owner")
SEC_UID: Final = re.compile(rf"{SEC_UID_START}[\w.=-]+", re.ASCII)
_SEC_UID_LENGTHS: Final = range(16, 209)
# A handle that nobody takes for an ordinary word: it has a point or an underscore in it.
DISTINCT: Final = re.compile(r"(?=.*[A-Za-z])(?=.*[A-Za-z0-9][._][A-Za-z0-9]).{5,}")
# A nickname that nobody takes for an ordinary word: two words, or with a sign in it, and long enough to be nobody else's.
CALLED: Final = re.compile(r"(?=(?:.*\w){5}).*\w\W+\w.*|(?=(?:.*[^\W\d_]){3}).*\d{2}.*|.*[^\W\d]_[^\W\d].*", re.DOTALL)

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


def is_sec_uid(text: str) -> bool:
    """Whether a text is a secUid, TikTok's own key of an account, and nothing else."""
    return SEC_UID.fullmatch(text) is not None and len(text) in _SEC_UID_LENGTHS


def inner_json(text: str) -> Any:
    """The object or list that a string spells, without what is nested too deeply in it; None for any other string."""
    return _read(text, parsed)


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

    tree = _read(text, lambda spelled: json.loads(spelled, object_pairs_hook=members))
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


def _read(text: str, read: Callable[[str], Any]) -> Any:
    if not text.lstrip().startswith(("{", "[")):
        return None
    try:
        tree = read(text)
    except (ValueError, RecursionError):
        return None
    return tree if isinstance(tree, dict | list) else None


def outermost(tree: Any, whose: Callable[[Mapping[str, Any], str], _Owner | None], name: str = "") -> Iterator[tuple[_Owner, bool]]:
    """What `whose(object, name)` says of the outermost objects of which it says something, and whether they stand in a list."""
    tree = inner_json(tree) if isinstance(tree, str) else tree
    if isinstance(tree, Mapping):
        owner = whose(tree, name)
        if owner is not None:
            yield owner, False
            return
        for key, inner in tree.items():
            yield from outermost(inner, whose, str(key))
    elif isinstance(tree, list | tuple):
        for inner in tree:
            yield from ((owner, True) for owner, _ in outermost(inner, whose, name))


def called_in(tree: Mapping[str, Any]) -> Iterator[str]:
    """What stands after an @ in texts of an object, by its list of spans: `{"text": "@Ada Lovelace", "text_extra": [...]}`.

    Upstream counts in units of UTF-16; who hands its answers through may count in characters.
    """
    spans = [
        (span["start"], span["end"])
        for name, listed in tree.items()
        if plain(str(name)) == "textextra" and isinstance(listed, list)
        for span in listed
        if isinstance(span, Mapping) and isinstance(span.get("start"), int) and isinstance(span.get("end"), int)
    ]
    texts = [value for value in tree.values() if isinstance(value, str) and "@" in value] if spans else []
    for text in texts:
        units = text.encode("utf-16-le", "surrogatepass")
        for start, end in spans:
            for part in (text[start:end], units[2 * start : 2 * end].decode("utf-16-le", "replace")):
                if part.startswith("@"):
                    yield part[1:].strip()


def emptied(value: Any) -> Any:
    """The same without a word in it, and without a fraction, which may be a place."""
    if isinstance(value, Mapping):
        return {key: emptied(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [emptied(inner) for inner in value]
    return "" if isinstance(value, str) else 0.0 if isinstance(value, float) else value


def pattern_of(names: Iterable[str]) -> re.Pattern[str] | None:
    """Finds `names` where they are words of their own, None for no names. Other scripts need no blank around them."""
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
