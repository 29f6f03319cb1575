"""Entries that stand for many: lists of alternatives in brackets, as sequences of the tokens that may stand at each place."""

from __future__ import annotations

import re
from itertools import product
from math import prod
from typing import TypeAlias

from udfs.sentiment.slang_word import keys_of

# What may stand at each place of a sequence, as the keys of tokens.
Pattern: TypeAlias = tuple[frozenset[str], ...]

MAX_WORDS = 12
# Patterns of one line: lists of single words are one pattern, several words and empty alternatives are one each.
MAX_PATTERNS = 1_000
# Brackets without a bar are faces of signs.
_LIST = re.compile(r"\[([^\[\]]*\|[^\[\]]*)\]")
_GLUED = re.compile(r"\S\[[^\[\]]*\|[^\[\]]*\]|\[[^\[\]]*\|[^\[\]]*\]\S")


def has_list(text: str) -> bool:
    """Whether an entry stands for many."""
    return _LIST.search(text) is not None


def patterns_of(text: str) -> list[Pattern]:
    """The sequences for which an entry stands. Raises ValueError where it is not clear which."""
    if _GLUED.search(text):
        raise ValueError(f"a list of alternatives in `{text}` needs blanks around it")
    # Text, list, text, list, ..., text.
    parts = [_choices(part) if i % 2 else [_places(part)] for i, part in enumerate(_LIST.split(text))]
    if prod(map(len, parts)) > MAX_PATTERNS:
        raise ValueError(f"`{text}` has more than {MAX_PATTERNS} choices of several words or none")
    found = [tuple(place for places in chosen for place in places) for chosen in product(*parts)]
    if not all(found):
        raise ValueError(f"nothing of `{text}` can be seen" if len(found) == 1 else f"all of `{text}` can be left out")
    if max(map(len, found)) > MAX_WORDS:
        raise ValueError(f"`{text}` has more than {MAX_WORDS} words")
    return found


def _places(text: str) -> Pattern:
    return tuple(frozenset((key,)) for key in keys_of(text))


def _choices(alternatives: str) -> list[Pattern]:
    """Each alternative of several words or none by itself, and all single words as one."""
    places = list(dict.fromkeys(_places(alternative) for alternative in alternatives.split("|")))
    single = frozenset().union(*(place[0] for place in places if len(place) == 1))
    return [place for place in places if len(place) != 1] + ([(single,)] if single else [])
