"""What a text, a record or a response becomes when a person is forgotten. Pure: no services, no clock."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, unquote

from connectors.hashtags import written_hashtags
from connectors.mentions import replace_in_sentence, replace_mentions
from connectors.upstream.catalog import PERSONAL
from connectors.upstream.personal import NAMES, Kind, plain
from privacy.person import PREFIX, Person, token

_WORD: Final = re.compile(r"\w+")
_NUMBER: Final = re.compile(r"[0-9]+")
_DIGITS: Final = re.compile(rb"[0-9]+")
_TOKEN: Final = re.compile(rf"{PREFIX}[0-9a-f]+")
# Bytes as they were received.
_BODIES: Final = frozenset({"payload", "raw"})
# Of theirs, all of it goes: what they wrote, and where it, or a picture of them, can be had.
_EMPTIED: Final = frozenset({Kind.WORDS, Kind.MEDIA})
# What people write: a handle may stand there without any mark.
_SPEECH: Final = frozenset({Kind.CAPTION, Kind.WORDS})
_COMMENT: Final = frozenset({"text", "cid"})
_HASHTAGS: Final = frozenset({"hashtag", "hashtags", "hashtagname", "chaname"})
# Values of a set that is closed. A handle may be one of them: `us`, `en`, `comments`, `small`.
_CLOSED: Final = frozenset(
    {
        *("tier", "language", "region", "snapshotstatus", "sentimentlabel", "sentimentmodel", "job", "topic", "path", "status"),
        *("thresholdversion", "upstream", "endpoint", "dataset", "test", "column", "severity"),
    }
)
_COMPOSED: Final = frozenset({"requestparam", "feedkey"})
_FEEDS_OF_USERS: Final = frozenset({"posts", "profile", "followers", "following"})
# A short number may be a part of another one.
_LONG_ID: Final = 12
_NEVER: Final = "(?!)"
# Fields that these kinds are of wherever they are, as `plain` spells them.
_OWNERS: Final = PERSONAL.of(Kind.ID)
_HANDLES: Final = PERSONAL.of(Kind.HANDLE)
_CAPTIONS: Final = PERSONAL.of(Kind.CAPTION)
_PROFILES: Final = PERSONAL.of(Kind.PERSON)
# Columns that tables keep as (moment, value).
_MOMENTS: Final = PERSONAL.of(Kind.CAPTION, Kind.ID) | _HASHTAGS


class Rewriter:
    """Rewrites for one person. `secret` makes the tokens; the same call gives the same answer, and an answer is left as it is."""

    def __init__(self, person: Person, secret: bytes) -> None:
        self._person = person
        self._secret = secret
        self._ids = person.ids
        self._exact = person.ids | person.secuids
        self._folded = {name.lower() for name in person.handles}
        self._unmarked = re.compile(_alone(person.secuids), re.IGNORECASE | re.ASCII)
        self._spoken = re.compile(self._words(), re.IGNORECASE | re.ASCII)
        self._written = self._folded | {name.lower() for name in person.nicknames}
        self._parts = tuple(sorted(name.lower().encode() for name in person.names))
        self._long_ids = frozenset(one.encode() for one in person.ids if len(one) >= _LONG_ID)
        self._lengths = sorted({len(one) for one in self._long_ids})
        self._bytes = re.compile(self._in_bytes().encode(), re.IGNORECASE)

    def _words(self) -> str:
        """Of what names the person where people write, though no `@` says so: in an address, or no ordinary word."""
        site = r"(?P<site>(?<![\w.-])[\w-]+(?:\.[\w-]+)+/)"
        in_address = rf"{site}(?P<page>{_any_of(self._person.handles)})(?!\w)(?!\.\w)"
        return rf"{in_address}|{_alone(self._person.distinct_handles)}"

    def _in_bytes(self) -> str:
        """Of what names the person in bytes of any kind, in which the end of a word cannot be told."""
        handles = _any_of(self._person.handles)
        spelled = "|".join("_?".join(name) for name in sorted(_HANDLES))
        field = rf'"(?:{spelled})"\s*:\s*"(?:{handles})"'
        return "|".join([_any_of(self._person.secuids), f"@(?:{handles})", field, _any_of(self._person.distinct_handles)])

    def token(self, value: str) -> str:
        """What stands for an identifier."""
        return token(self._secret, value)

    def text(self, value: str) -> str:
        """A text without the person's ids and secUids, and without their handles where an `@` says that they are handles."""
        return self._numbers(self._unmark(value))

    def words(self, value: str) -> str:
        """What somebody wrote without the person's names and ids; a handle that may be an ordinary word stays where it is bare."""
        return self._numbers(self._spoken.sub(self._named, self._unmark(value)))

    def sentence(self, value: str) -> str:
        """What the service wrote without the person's names, which may be ordinary words where they stand."""
        return self.words(replace_in_sentence(value, lambda name: self.token(name) if name.lower() in self._written else None))

    def _unmark(self, value: str) -> str:
        named = replace_mentions(value, lambda name: self.token(name) if self._is_handle(name) else None)
        return self._unmarked.sub(lambda match: self.token(match[0]), named)

    def key(self, value: str) -> str:
        """The key of a record: an id, or what a poller reads, as `upstream/feed/subject`."""
        parts = value.split("/")
        if len(parts) > 2 and parts[1] in _FEEDS_OF_USERS and self._is_handle(unquote(parts[2])):
            parts[2] = self.token(unquote(parts[2]).removeprefix("@"))
        return self.text("/".join(parts))

    def _named(self, match: re.Match[str]) -> str:
        groups = match.groupdict()
        if groups.get("site"):
            return str(groups["site"]) + self.token(groups["page"])
        return self.token(match[0])

    def _numbers(self, value: str) -> str:
        return _NUMBER.sub(lambda match: self.token(match[0]) if match[0] in self._ids else match[0], value)

    def hashtags(self, title: str) -> str:
        """What is left of a title of theirs: its hashtags, which count for others too, unless they name the person."""
        return " ".join(tag for tag in written_hashtags(title) if not self._tags_them(tag) and self.words(tag) == tag)

    def mentions(self, value: bytes) -> bool:
        """Whether bytes of any kind name the person: a handle counts where it is marked, or cannot be an ordinary word."""
        return self._bytes.search(value) is not None or self._holds_id(value)

    def _holds_id(self, value: bytes) -> bool:
        for digits in set(_DIGITS.findall(value)):
            if digits.decode() in self._ids:
                return True
            # Beside a long one in bytes, the length of what follows may look like a digit.
            for length in self._lengths:
                if any(digits[at : at + length] in self._long_ids for at in range(len(digits) - length + 1)):
                    return True
        return False

    def _tags_them(self, tag: str) -> bool:
        """Whether a hashtag is a handle of theirs, also one with an emoji or other signs around it."""
        return self._is_handle(tag.removeprefix("#")) or any(map(self._is_handle, _WORD.findall(tag)))

    def _is_handle(self, value: str) -> bool:
        return value.removeprefix("@").lower() in self._folded

    def record(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """A record of a topic, or an object of a response, with all that is in it."""
        theirs = self._is_theirs(record)
        return {name: self._field(plain(name), value, theirs) for name, value in record.items()}

    def body(self, body: bytes) -> bytes:
        """Bytes of a response or a dead letter; what names the person and is not JSON is emptied: whose it is cannot be told."""
        lowered = body.lower()
        if not any(part in lowered for part in self._parts) and not self._holds_id(body):
            return body
        try:
            tree = json.loads(body)
            rewritten = self._any("", tree, False)
            kept = json.dumps(rewritten, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
        except (ValueError, RecursionError):
            return b"" if self.mentions(body) else body
        # A name that is given twice is read once: what is left of the other would stay in the bytes.
        if rewritten == tree and not self.mentions(body):
            return body
        return b"" if self._still_names_them(kept.decode("utf-8", "surrogatepass")) else kept

    def _still_names_them(self, text: str) -> bool:
        return self.text(text) != text

    def _is_theirs(self, record: Mapping[str, Any]) -> bool:
        fields = {plain(name): _newest(value) for name, value in record.items()}
        if any(str(fields.get(name, "")) == self._person.userid for name in _OWNERS):
            return True
        if str(fields.get("id", "")) == self._person.userid or self._names_them(fields):
            return True
        # A response to a question about them; an item of a list of theirs, which does not say whose it is.
        if self._asks_about_them(str(fields.get("requestparam", ""))):
            return True
        if str(fields.get("id", "")) in self._person.comments | self._person.posts:
            return True
        if str(fields.get("awemeid", "")) in self._person.posts and not _COMMENT & fields.keys():
            return True
        profiles = (fields.get(name) for name in _PROFILES)
        return any(isinstance(profile, Mapping) and self._is_theirs(profile) for profile in profiles)

    def _names_them(self, fields: Mapping[str, Any]) -> bool:
        # Not by the handle alone where there is an id: a handle changes hands, an id does not.
        if "id" in fields or "userid" in fields:
            return False
        return any(str(fields.get(name, "")).lower() in self._folded for name in _HANDLES if fields.get(name))

    def _asks_about_them(self, asked: str) -> bool:
        return any(
            value in self._person.secuids or value == self._person.userid or (plain(name) in _HANDLES and self._is_handle(value))
            for name, value in parse_qsl(asked)
        )

    def _question(self, asked: str) -> str:
        """The parameters of a request as they are kept, `name=value` joined by `&`."""
        pairs = (part.partition("=") for part in self.text(asked).split("&"))
        return "&".join(
            f"{name}={self.token(value)}" if plain(name) in _HANDLES and self._is_handle(unquote(value)) else name + sign + value
            for name, sign, value in pairs
        )

    def _any(self, name: str, value: Any, theirs: bool, within: str = "") -> Any:
        if isinstance(value, Mapping):
            # A comment on their post is not theirs; a profile inside their record is.
            own = self._is_theirs(value) or (theirs and name in _PROFILES)
            # Tables keep some columns as (moment, value).
            names = {key: name if key == "value" and name in _MOMENTS else plain(str(key)) for key in value}
            return {
                self.text(str(key)): self._field(names[key], inner, own or (theirs and name in _CAPTIONS | _HASHTAGS), name)
                for key, inner in value.items()
            }
        if isinstance(value, list | tuple):
            return [self._any(name, inner, theirs, within) for inner in value]
        return self._field(name, value, theirs, within)

    def _field(self, name: str, value: Any, theirs: bool, within: str = "") -> Any:
        """A field of an object that is called `within`; both as `plain` spells them."""
        kind = PERSONAL.kind(name, within)
        if isinstance(value, Mapping | list | tuple):
            return _emptied(value) if theirs and kind in _EMPTIED else self._any(name, value, theirs, within)
        if isinstance(value, int) and not isinstance(value, bool) and str(value) in self._ids:
            return self.token(str(value))
        if not isinstance(value, str) or _TOKEN.fullmatch(value) or name in _CLOSED:
            return value
        if value in self._exact or (kind is Kind.HANDLE and self._is_handle(value)):
            return self.token(value)
        if name in _BODIES:
            return "" if theirs else self.body(value.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")
        if name in _COMPOSED:
            return self._question(value) if name == "requestparam" else self.key(value)
        return self._own(kind, name, value) if theirs else self._foreign(kind, value)

    def _own(self, kind: Kind | None, name: str, value: str) -> str:
        if kind in _EMPTIED:
            return ""
        if kind is Kind.CAPTION:
            return self.hashtags(value)
        named = kind in NAMES or (name in _HASHTAGS and self._tags_them(value))
        return self.token(value) if named and value else self.sentence(value) if kind is Kind.SENTENCE else self.words(value)

    def _foreign(self, kind: Kind | None, value: str) -> str:
        if kind is Kind.SENTENCE:
            return self.sentence(value)
        return self.words(value) if kind in _SPEECH else self.text(value)


def _any_of(names: Iterable[str]) -> str:
    """A pattern of one of `names`, the longest first; of nothing where there is none."""
    return "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True)) or _NEVER


def _alone(names: Iterable[str]) -> str:
    """A pattern of one of `names` as a word of its own: `b_b`, not in `b_bc` nor in `b_b.smith`. A hashtag is nobody's name."""
    return rf"(?<![\w#])(?<!\w\.)(?:{_any_of(names)})(?!\w)(?!\.\w)"


def _emptied(value: Any) -> Any:
    """The same without a word in it."""
    if isinstance(value, Mapping):
        return {key: _emptied(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_emptied(inner) for inner in value]
    return "" if isinstance(value, str) else value


def _newest(value: Any) -> Any:
    """The value of a column that is kept as (moment, value)."""
    return value["value"] if isinstance(value, Mapping) and "value" in value else value
