"""VADER's rules with the extension: sequences of words, emoji apart from words, entries that count in some places only."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from udfs.language import UNKNOWN, decided
from udfs.sentiment.entries import SlangCache
from udfs.sentiment.extension import Entry
from udfs.sentiment.patterns import Pattern
from udfs.sentiment.plain import PlainScorer
from udfs.sentiment.slang_word import ASIDE, EMOJI, FOREIGN, HINGES, HOLDS, LEARNED, SPARE, STARTS, TELLS, Candidates, SlangWord
from udfs.sentiment.valence import altered_sum, compound, sum_of
from udfs.sentiment.words import ALTERS, MARKED

SHORT_WORDS = 5
# English words of VADER's that people say in any language.
_SHARED_WORDS = """
    awesome best bravo cool cringe cute fail fake fun haha hahaha hot lmao lmfao lol love nice omg perfect please rofl sexy sorry
    super top win wow wtf
    """
_SHARED = frozenset(_SHARED_WORDS.split())
_SILENT = SlangWord("")
_FOREIGN_WORDS = 2
# What sarcasm leaves of praise, with the sign turned.
TURNED = -0.5
_NOTHING: tuple[None, Candidates] = (None, ())


class SlangScorer:
    """Scores as VADER does, where the extension has nothing to say."""

    def __init__(
        self, lexicon: Mapping[str, float], emoji: Mapping[str, str], emotes: Mapping[str, str], entries: Sequence[Entry]
    ) -> None:
        """`lexicon`: token -> mean valence; `emoji`: character -> description; `emotes`: name in brackets -> emoji."""
        plain = PlainScorer(lexicon, emoji)
        described = {
            character: sum_of([plain.words[token] for token in description.split()]) for character, description in emoji.items()
        }
        known = {character: valence for character, valence in described.items() if valence}
        self.words = SlangCache(lexicon, known, emotes, entries)
        self._word = self.words.__getitem__

    def compound(self, text: str) -> float:
        """-1 to 1, four digits."""
        words = list(map(self._word, text.split()))
        flags = 0
        for word in words:
            flags |= word.flags
        if not flags:
            return 0.0
        if flags & FOREIGN:
            words, flags = understood(words, self.words.lexicon)
        first = len(words)
        if flags & (HINGES | HOLDS) or (flags & STARTS and may_start(words)):
            first = 0
        elif flags & TELLS:
            first = first_sequence(words)
        total = patient_total(words, flags, first) if first < len(words) else total_of(words, flags)
        return compound(total, text) if total else 0.0


def understood(words: Sequence[SlangWord], english: Collection[str]) -> tuple[list[SlangWord], int]:
    """The words of a text, and their flags together; where the lexicon does not know its language, without `english` words.

    Pictures, other entries of the extension, and words that are the same in many languages count in all of them.
    """
    known = [part for word in words for part in word.parts or (word,)]
    # One word may be a slip of the pen, or one that no list has: met is Dutch, too.
    foreign = {word.key for word in known if word.flags & FOREIGN}
    if len(foreign) >= _FOREIGN_WORDS and language_of(known) not in (*LEARNED, UNKNOWN):
        known = [
            _SILENT if word.lower in english and word.lower not in _SHARED and not word.flags & EMOJI else word for word in known
        ]
    flags = 0
    for word in known:
        flags |= word.flags
    return known, flags


def first_sequence(words: Sequence[SlangWord]) -> int:
    """Where the first words are that begin a sequence as its first two or three tokens do; beyond the last one if nowhere."""
    before = None
    end = len(words)
    for i, word in enumerate(words):
        if before is not None and word.key in before:
            thirds = before[word.key][0]
            if thirds is None or (i + 1 < end and words[i + 1].key in thirds):
                return i - 1
        before = word.follow
    return end


def may_start(words: Sequence[SlangWord]) -> bool:
    """Whether the first word that is said may begin an entry that counts there only."""
    return next((word.flags & STARTS for word in words if not word.leads or word.flags & STARTS), 0) > 0


def total_of(words: Sequence[SlangWord], flags: int) -> float:
    """Sum of the valences of words whose conditions are met. `flags`: theirs together."""
    if not flags & ALTERS:
        total = sum([word.worth for word in words]) if flags & MARKED else 0.0
    elif flags & EMOJI:
        spoken, total = [], 0.0
        for word in words:
            if word.flags & EMOJI:
                total += word.worth
            else:
                spoken.append(word)
        total += altered_sum(spoken, flags)
    else:
        total = altered_sum(words, flags)
    return total or (spare_total(words) if flags & SPARE else 0.0)


def spare_total(words: Sequence[SlangWord]) -> float:
    """What counts where nothing else does. Tears are of laughter or joy, but of grief where something is denied."""
    spare = sum([word.spare for word in words])
    tears = sum([word.tears for word in words])
    return spare - 2 * tears if tears and any(word.negates for word in words) else spare


def patient_total(tokens: Sequence[SlangWord], flags: int, first: int) -> float:
    """Sum of the valences, where sequences or conditions are among the tokens from `first` on. `flags`: of all together."""
    if flags & HOLDS:
        tokens = [part for token in tokens for part in token.parts or (token,)]
        for token in tokens:
            flags |= token.flags
    place = Place(tokens)
    words = list(tokens[:first])
    turns = asked = 0.0
    i, end = first, len(tokens)
    while i < end:
        word = tokens[i]
        i += 1
        whole = None
        if word.follow is not None and i < end:
            thirds, candidates = word.follow.get(tokens[i].key, _NOTHING)
            if candidates and (thirds is None or (i + 1 < end and tokens[i + 1].key in thirds)):
                whole = _sequence(candidates, place, i)
        if whole is not None:
            word, length = whole
            flags |= word.flags
            i += length - 1
        elif word.otherwise is not None and not place.counts(word, i - 1):
            word = word.otherwise
            flags |= word.flags
        if word.flags & ASIDE:
            if word.when == "asks":
                asked = word.spare
            else:
                turns += word.worth
            continue
        words.append(word)
    if asked and not turns:
        return answered(words, asked)
    # The flags of words that are no longer there make it look for what it does not find.
    total = total_of(words, flags)
    if turns:
        total = (total * TURNED if total > 0 else total) + turns
    return total


def answered(words: Sequence[SlangWord], limit: float) -> float:
    """Sum of the valences of a question: VADER's words alone must be beyond `limit`, and what is spare says nothing."""
    spoken = [word for word in words if not word.flags & EMOJI]
    total = sum_of(spoken)
    if abs(total) <= limit and not any(word.own for word in spoken):
        total = 0.0
    return total + sum([word.worth for word in words if word.flags & EMOJI])


def _sequence(candidates: Candidates, place: Place, i: int) -> tuple[SlangWord, int] | None:
    """The longest entry that begins with the tokens before and at `i` and counts there, and how many tokens it takes."""
    tokens = place.tokens
    third = tokens[i + 1].key if i + 1 < len(tokens) else None
    for pattern, word in candidates:
        length = len(pattern)
        # Most candidates end here, so that this is not left to `_continues`.
        if length > 2 and (third not in pattern[2] or (length > 3 and not _continues(pattern, tokens, i + 2))):
            continue
        if word.otherwise is None or place.counts(word, i + length - 2, length):
            return word, length
    return None


def _continues(pattern: Pattern, tokens: Sequence[SlangWord], i: int) -> bool:
    """Whether the tokens from `i` on are what `pattern` has from its fourth place on."""
    if len(pattern) - 3 > len(tokens) - i:
        return False
    for k in range(3, len(pattern)):
        if tokens[i].key not in pattern[k]:
            return False
        i += 1
    return True


def language_of(words: Sequence[SlangWord]) -> str:
    """The language for which the words speak, as `guess_language` has it."""
    counted: dict[str, int] = {}
    for word in words:
        for language, share in word.votes:
            counted[language] = counted.get(language, 0) + share
    return decided(counted)


class Place:
    """Where in a text a word is, found out once per text and only if asked."""

    _english: bool | None = None
    _said = _last = _start = -1

    def __init__(self, tokens: Sequence[SlangWord]) -> None:
        self.tokens = tokens

    def counts(self, word: SlangWord, last: int, length: int = 1) -> bool:
        """Whether an entry of `length` tokens counts whose last token is at `last`."""
        if word.when == "end":
            return self.tokens[last].ends or self._nothing_after(last)
        if word.when == "short":
            return self._words_said() <= SHORT_WORDS
        if word.when == "alone":
            return self._words_said() <= length
        if word.when == "english":
            if self._english is None:
                self._english = language_of(self.tokens) in ("en", UNKNOWN)
            return self._english
        return self._nothing_before(last - length + 1)

    def _nothing_after(self, last: int) -> bool:
        if self._last < 0:
            self._last = next((i for i in range(len(self.tokens) - 1, -1, -1) if not self.tokens[i].apart), 0)
        return last >= self._last

    def _nothing_before(self, first: int) -> bool:
        if self._start < 0:
            self._start = next((i for i, token in enumerate(self.tokens) if not token.leads), 0)
        return first <= self._start

    def _words_said(self) -> int:
        if self._said < 0:
            self._said = sum([not token.apart for token in self.tokens])
        return self._said
