"""How texts name a person who is forgotten, and what becomes of it. Pure: no services, no clock."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import unquote

from connectors.hashtags import written_hashtags
from connectors.mentions import replace_called, replace_in_sentence, replace_mentions
from connectors.spelling import revealed, spelled_out
from connectors.upstream.catalog import PERSONAL
from connectors.upstream.personal import Kind, plain
from privacy.person import Person, token

_NUMBER: Final = re.compile(r"[0-9]+")
_DIGITS: Final = re.compile(rb"[0-9]+")
_SIGN: Final = re.compile(r"[\W_]")
# What a message quotes; the end may have been cut off.
_QUOTED: Final = re.compile(r"""'(?:[^'\\]|\\.)*(?:'|$)|"(?:[^"\\]|\\.)*(?:"|$)""", re.DOTALL)
_FEEDS_OF_USERS: Final = frozenset({"posts", "profile", "followers", "following"})
# A short number may be a part of another one, and a short name of another word.
_LONG_ID: Final = 12
_LONG_NAME: Final = 5
_NEVER: Final = "(?!)"
_HANDLES: Final = PERSONAL.of(Kind.HANDLE)


class Naming:
    """Takes one person out of texts. `secret` makes the tokens; the same call gives the same answer, an answer stays.

    Names are found as they are written, and as they are read: escaped, percent-encoded, with invisible characters in them.
    """

    def __init__(self, person: Person, secret: bytes) -> None:
        self._person = person
        self._secret = secret
        self._ids = person.ids
        self._exact = person.ids | person.secuids
        self._folded = {name.lower() for name in person.handles}
        self._nicknames = {form.strip().lower() for name in person.nicknames for form in (name, spelled_out(name))}
        self._written = self._nicknames | {form.lower() for name in person.handles for form in (name, spelled_out(name))}
        self._squashed = {_squashed(name) for name in self._written} - {""}
        self._unmarked = re.compile(_alone(person.secuids), re.IGNORECASE | re.ASCII)
        self._spoken = re.compile(self._words(), re.IGNORECASE | re.ASCII)
        self._called = re.compile(_alone(person.distinct_nicknames), re.IGNORECASE)
        self._long_ids = frozenset(one.encode() for one in person.ids if len(one) >= _LONG_ID)
        self._lengths = sorted({len(one) for one in self._long_ids})
        self._bytes = re.compile(self._in_bytes().encode(), re.IGNORECASE)

    def token(self, value: str) -> str:
        """What stands for an identifier."""
        return token(self._secret, value)

    def text(self, value: str) -> str:
        """A text without the person's ids and secUids, and without their handles where an `@` says that they are handles."""
        return revealed(value, self._marked)

    def words(self, value: str, *, nicknames: bool = False) -> str:
        """What somebody wrote without the person's names and ids; a handle that may be an ordinary word stays where it is bare.

        With `nicknames` without those that are no ordinary words: for what names the person in another way, too.
        """

        def clean(written: str) -> str:
            named = self._marked(self._spoken.sub(self._named, written))
            if not nicknames:
                return named
            # Where they are named in another way the @ before a nickname means them, whatever the word.
            named = replace_mentions(named, lambda name: self.token(name) if self.is_name(name) else None)
            return self._called.sub(lambda match: self.token(match[0]), named)

        return revealed(value, clean)

    def sentence(self, value: str, *, nicknames: bool = False) -> str:
        """What the service wrote without the person's names, which may be ordinary words where they stand."""
        named = revealed(
            value, lambda said: replace_in_sentence(said, lambda name: self.token(name) if self.is_name(name) else None)
        )
        return self.words(named, nicknames=nicknames)

    def hashtags(self, title: str) -> str:
        """What is left of a title of theirs: its hashtags, which count for others too, unless they name the person."""
        return " ".join(tag for tag in written_hashtags(title) if not self.tag_names_them(tag[1:]))

    def tag_names_them(self, tag: str) -> bool:
        """Whether a hashtag of theirs is made of a name of theirs."""
        squashed = _squashed(spelled_out(tag))
        if squashed in self._squashed or any(len(name) >= _LONG_NAME and name in squashed for name in self._squashed):
            return True
        return self.words(f" {tag}") != f" {tag}"

    def unquoted(self, message: str) -> str:
        """A message of this software about an item of theirs, without what it quotes."""
        return self.words(_QUOTED.sub("''", message))

    def key(self, value: str) -> str:
        """The key of a record: an id, or what a poller reads, as `upstream/feed/subject`."""
        parts = value.split("/")
        if len(parts) > 2:
            subject = unquote(parts[2])
            if subject in self._exact or (parts[1] in _FEEDS_OF_USERS and self.is_handle(subject)):
                parts[2] = self.token(subject.removeprefix("@"))
        return self.text("/".join(parts))

    def question(self, asked: str) -> str:
        """The parameters of a request as they are kept, `name=value` joined by `&`."""
        pairs = (part.partition("=") for part in self.text(asked).split("&"))
        return "&".join(
            f"{name}={self.token(value)}" if plain(name) in _HANDLES and self.is_handle(unquote(value)) else name + sign + value
            for name, sign, value in pairs
        )

    def mentions(self, value: bytes) -> bool:
        """Whether bytes of any kind name the person: a handle counts where it is marked, or cannot be an ordinary word."""
        if self._bytes.search(value) is not None or self._holds_id(value):
            return True
        text = value.decode("utf-8", "surrogateescape")
        spelled = spelled_out(text)
        if spelled == text:
            return False
        read = spelled.encode("utf-8", "surrogatepass")
        return self._bytes.search(read) is not None or self._holds_id(read)

    def is_left_in(self, written: str) -> bool:
        """Whether what was rewritten still names the person; a number may be a counter that is as high as a short id."""

        def gone(plain: str) -> str:
            return _NUMBER.sub(
                lambda match: self.token(match[0]) if match[0].encode() in self._long_ids else match[0], self._unmark(plain)
            )

        return revealed(written, gone) != written

    def is_handle(self, value: str) -> bool:
        """Whether a text is a handle of theirs, and nothing else."""
        return value.removeprefix("@").lower() in self._folded

    def is_name(self, value: str) -> bool:
        """Whether a text is a handle or a nickname of theirs, and nothing else."""
        return value.strip().removeprefix("@").lower() in self._written or spelled_out(value).strip().lower() in self._written

    def _marked(self, value: str) -> str:
        return _NUMBER.sub(lambda match: self.token(match[0]) if match[0] in self._ids else match[0], self._unmark(value))

    def _unmark(self, value: str) -> str:
        called = replace_called(value, lambda name: self.token(name) if name.lower() in self._nicknames else None)
        named = replace_mentions(called, lambda name: self.token(name) if self.is_handle(name) else None)
        return self._unmarked.sub(lambda match: self.token(match[0]), named)

    def _named(self, match: re.Match[str]) -> str:
        groups = match.groupdict()
        if groups.get("site"):
            return str(groups["site"]) + self.token(groups["page"])
        return self.token(match[0])

    def _words(self) -> str:
        """Of what names the person where people write, though no `@` says so: in an address, or no ordinary word."""
        site = r"(?P<site>(?<![\w.-])[\w-]+(?:\.[\w-]+)+/)"
        in_address = rf"{site}(?P<page>{_any_of(self._person.handles)})(?!\w)(?!\.\w)"
        distinct = self._person.distinct_handles
        # What has a point in it is no hashtag.
        pointed = _alone((name for name in distinct if "." in name), but="")
        return rf"{in_address}|{pointed}|{_alone(name for name in distinct if '.' not in name)}"

    def _in_bytes(self) -> str:
        """Of what names the person in bytes of any kind, in which the end of a word cannot be told."""
        handles = _any_of(self._person.handles)
        spelled = "|".join("_?".join(name) for name in sorted(_HANDLES))
        field = rf'"(?:{spelled})"\s*:\s*"(?:{handles})"'
        return "|".join([_any_of(self._person.secuids), f"@(?:{handles})", field, _any_of(self._person.distinct_handles)])

    def _holds_id(self, value: bytes) -> bool:
        for digits in set(_DIGITS.findall(value)):
            if digits.decode() in self._ids:
                return True
            # Beside a long one in bytes, the length of what follows may look like a digit.
            for length in self._lengths:
                if any(digits[at : at + length] in self._long_ids for at in range(len(digits) - length + 1)):
                    return True
        return False


def _squashed(name: str) -> str:
    """Letters and digits alone, as hashtags are made of names."""
    return _SIGN.sub("", name.lower())


def _any_of(names: Iterable[str]) -> str:
    """A pattern of one of `names`, the longest first; of nothing where there is none."""
    return "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True)) or _NEVER


def _alone(names: Iterable[str], but: str = "#") -> str:
    """A pattern of one of `names` as a word of its own: `b_b`, not in `b_bc` nor in `b_b.smith`. A hashtag is nobody's name."""
    return rf"(?<![\w{but}])(?<!\w\.)(?:{_any_of(names)})(?!\w)(?!\.\w)"
