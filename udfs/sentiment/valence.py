"""VADER's rules over words: what neighbours, capitals, idioms and "but" do to valences. Sums keep its order, to the last digit."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from heapq import heappop, heappush
from math import sqrt

from udfs.sentiment.rules import (
    AFTER_BUT,
    ALPHA,
    BEFORE_BUT,
    BOOSTER_PAIRS,
    CAPITALS,
    EXCLAMATION,
    IDIOMS,
    MANY_QUESTIONS,
    MAX_EXCLAMATIONS,
    MAX_QUESTIONS,
    NEGATION,
    NEVER_SO,
    QUESTION,
    SECOND_WORD,
    THIRD_WORD,
)
from udfs.sentiment.words import ALTERS, EDGE, END, MARKED, UPPER, Word

_EDGES, _ENDS = [EDGE] * 3, [END] * 2


def sum_of(words: Sequence[Word]) -> float:
    """Sum of the valences of a text's words."""
    flags = 0
    for word in words:
        flags |= word.flags
    if not flags & MARKED:
        return 0.0
    if not flags & ALTERS:
        return sum([word.worth for word in words])
    return altered_sum(words, flags)


def altered_sum(words: Sequence[Word], flags: int) -> float:
    """Sum of the valences of a text's words, with what words do to each other. `flags`: theirs together."""
    capitals = bool(flags & UPPER) and 0 < sum([word.upper for word in words]) < len(words)
    padded = [*_EDGES, *words, *_ENDS]
    places: list[int] = []
    valences: list[float] = []
    but = -1
    for i, word in enumerate(words, 3):
        if word.flags & MARKED:
            valence = valence_at(padded, i, word.worth, capitals)
            # VADER keeps zeros too; they weigh nothing in its sum.
            if valence:
                places.append(i)
                valences.append(valence)
        elif but < 0 and word.lower == "but":
            but = i
    if but >= 0:
        weigh_around_but(places, valences, but)
    return float(sum(valences))


def weigh_around_but(places: Sequence[int], valences: list[float], but: int) -> None:
    """What comes before the first "but" counts half, what comes after it one and a half times.

    VADER looks places up by value, so that equal valences are mistaken for each other. That is part of its scores.
    """
    # Value -> its places in `valences`, the smallest first: looking each one up anew would take the square of the text's length.
    held: dict[float, list[int]] = {}
    for k, valence in enumerate(valences):
        held.setdefault(valence, []).append(k)
    for k in range(len(valences)):
        valence = valences[k]
        same = held[valence]
        while valences[same[0]] != valence:
            heappop(same)
        first = same[0]
        if places[first] != but:
            weighed = valence * (BEFORE_BUT if places[first] < but else AFTER_BUT)
            valences[first] = weighed
            heappush(held.setdefault(weighed, []), first)


def valence_at(words: Sequence[Word], i: int, base: float, capitals: bool) -> float:
    """Valence of word `i`, which the lexicon says is `base`. `capitals`: some words, not all, are in capitals.

    `words` begin with three EDGEs and end with two ENDs.
    """
    word, one, two, three = words[i], words[i - 1], words[i - 2], words[i - 3]
    lower = word.lower
    if lower == "kind" and words[i + 1].lower == "of":
        return 0.0
    valence = base
    if lower == "no" and words[i + 1].valence is not None:
        valence = 0.0
    if one.lower == "no" or two.lower == "no" or (three.lower == "no" and one.lower in ("or", "nor")):
        valence = base * NEGATION
    if capitals and word.upper:
        valence = valence + CAPITALS if valence > 0 else valence - CAPITALS

    if one.valence is None:
        if one.boost:
            valence += boosted(one, valence, capitals)
        if one.negates:
            valence *= NEGATION
    if two.valence is None:
        if two.boost:
            valence += boosted(two, valence, capitals) * SECOND_WORD
        if two.negates:
            if two.lower == "never" and one.so_or_this:
                valence *= NEVER_SO
            elif not (two.lower == "without" and one.lower == "doubt"):
                valence *= NEGATION
    if three.valence is None:
        if three.boost:
            valence += boosted(three, valence, capitals) * THIRD_WORD
        if one.so_or_this or (three.lower == "never" and two.so_or_this):
            valence *= NEVER_SO
        elif three.negates and not (three.lower == "without" and (two.lower == "doubt" or one.lower == "doubt")):
            valence *= NEGATION
        if word.idiom or one.idiom or two.idiom:
            valence = idiomatic(words, i, valence)
    if one.lower == "least" and one.valence is None and two.lower not in ("at", "very"):
        valence *= NEGATION
    return valence


def boosted(booster: Word, valence: float, capitals: bool) -> float:
    """What a booster adds to `valence`."""
    added = -booster.boost if valence < 0 else booster.boost
    if capitals and booster.upper:
        added = added + CAPITALS if valence > 0 else added - CAPITALS
    return added


def idiomatic(words: Sequence[Word], i: int, valence: float) -> float:
    """`valence`, or that of an idiom around word `i`, less what "kind of" before it takes."""
    three, two, one, zero, after, second = (word.lower for word in words[i - 3 : i + 3])
    before = (f"{three} {two} {one}", f"{three} {two}", f"{two} {one}")
    for phrase in (f"{one} {zero}", f"{two} {one} {zero}", before[2], before[0], before[1]):
        if phrase in IDIOMS:
            valence = IDIOMS[phrase]
            break
    valence = IDIOMS.get(f"{zero} {after}", valence)
    valence = IDIOMS.get(f"{zero} {after} {second}", valence)
    for phrase in before:
        valence += BOOSTER_PAIRS.get(phrase, 0.0)
    return valence


def compound(total: float, text: str) -> float:
    """The score in -1..1, four digits, of a sum of valences; exclamation and question marks of `text` make it stronger."""
    if total == 0:
        return 0.0
    marks = 0.0
    if "!" in text:
        exclamations = text.count("!")
        marks = (exclamations if exclamations < MAX_EXCLAMATIONS else MAX_EXCLAMATIONS) * EXCLAMATION
    if "?" in text:
        questions = text.count("?")
        if questions > 1:
            marks += questions * QUESTION if questions <= MAX_QUESTIONS else MANY_QUESTIONS
    if marks:
        total = total + marks if total > 0 else total - marks
    return normalised(total)


@lru_cache(maxsize=65_536)
def normalised(total: float) -> float:
    """A sum of valences as a score of four digits. Sums recur, and rounding takes longer than all else about a short text."""
    # Below 1 by itself: the root is always the larger.
    return round(total / sqrt(total * total + ALPHA), 4)
