"""What a text, a record or a response becomes when a person is forgotten. Pure: no services, no clock."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from privacy.person import PREFIX, Person, token

# As in udfs/text.py: what hashtags are, so that those of a forgotten title stay countable.
_HASHTAG: Final = re.compile(r"#\w+")
_NUMBER: Final = re.compile(r"[0-9]+")
_TOKEN: Final = re.compile(rf"{PREFIX}[0-9a-f]+")
# Field names in lower case and without underscores.
_OWNERS: Final = frozenset({"userid", "authorid", "uid"})
_PROFILES: Final = frozenset({"user", "author"})
_HANDLES: Final = frozenset({"uniqueid", "username", "authorname"})
_SECUIDS: Final = frozenset({"secuid", "secid", "authorsecid"})
_TITLES: Final = frozenset({"title", "desc", "description"})
# Of theirs, all of it goes: what they wrote, and where it, or a picture of them, can be had.
_WORDS: Final = frozenset({"text", "signature", "biolink", "bio", "avatarurl", "avatar", "play", "wmplay", "hdplay", "cover"})
_COMMENT: Final = frozenset({"text", "cid"})
# Bytes as they were received.
_BODIES: Final = frozenset({"payload", "raw"})


class Rewriter:
    """Rewrites for one person. `secret` makes the tokens; the same call gives the same answer, and an answer is left as it is."""

    def __init__(self, person: Person, secret: bytes) -> None:
        self._person = person
        self._secret = secret
        self._ids = person.ids
        self._exact = person.ids | person.names
        self._folded = {name.lower() for name in person.handles}
        self._names = re.compile(self.pattern(), re.IGNORECASE | re.ASCII)
        self._bytes = tuple(sorted(value.encode() for value in person.ids | person.names))

    def pattern(self) -> str:
        """Of every name of the person as a word of its own: `bob`, not in `bobsled` nor in `bob.smith`."""
        words = "|".join(re.escape(name) for name in sorted(self._person.names, key=len, reverse=True))
        return rf"(?<!\w)(?<!\w\.)(?:{words})(?!\w)(?!\.\w)"

    def token(self, value: str) -> str:
        """What stands for an identifier."""
        return token(self._secret, value)

    def text(self, value: str) -> str:
        """Somebody's words without the person's names and ids."""
        value = self._names.sub(lambda match: self.token(match[0]), value)
        return _NUMBER.sub(lambda match: self.token(match[0]) if match[0] in self._ids else match[0], value)

    def hashtags(self, title: str) -> str:
        """What is left of a title of theirs: its hashtags, which count for others too, unless they name the person."""
        return " ".join(tag for tag in _HASHTAG.findall(title) if self.text(tag) == tag)

    def mentions(self, value: bytes) -> bool:
        """Whether bytes of any kind hold a name or an id."""
        lowered = value.lower()
        return any(one in value or one.lower() in lowered for one in self._bytes)

    def record(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """A record of a topic, or an object of a response, with all that is in it."""
        return {name: self._field(_plain(name), value, self._is_theirs(record)) for name, value in record.items()}

    def body(self, body: bytes) -> bytes:
        """Bytes of a response or a dead letter; what is not JSON is emptied, for what is whose in it cannot be told."""
        if not self.mentions(body):
            return body
        try:
            tree = json.loads(body)
            rewritten = self._any("", tree, False)
            kept = json.dumps(rewritten, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
        except (ValueError, RecursionError):
            return b""
        return b"" if self.mentions(kept) else kept

    def _is_theirs(self, record: Mapping[str, Any]) -> bool:
        fields = {_plain(name): _newest(value) for name, value in record.items()}
        if any(str(fields.get(name, "")) == self._person.userid for name in _OWNERS):
            return True
        if str(fields.get("id", "")) == self._person.userid or self._names_them(fields):
            return True
        # A response to a question about them; an item of a list of theirs, which does not say whose it is.
        if self._names.search(str(fields.get("requestparam", ""))) or str(fields.get("id", "")) in self._person.comments:
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

    def _any(self, name: str, value: Any, theirs: bool) -> Any:
        if isinstance(value, Mapping):
            # A comment on their post is not theirs; a profile inside their record is.
            own = self._is_theirs(value) or (theirs and name in _PROFILES)
            # Tables keep some columns as (moment, value).
            names = {key: name if key == "value" and name in _TITLES | _OWNERS else _plain(str(key)) for key in value}
            return {
                self.text(str(key)): self._field(names[key], inner, own or (theirs and name in _TITLES))
                for key, inner in value.items()
            }
        if isinstance(value, list | tuple):
            return [self._any(name, inner, theirs) for inner in value]
        return self._field(name, value, theirs)

    def _field(self, name: str, value: Any, theirs: bool) -> Any:
        if isinstance(value, Mapping | list | tuple):
            return self._any(name, value, theirs)
        if isinstance(value, int) and not isinstance(value, bool) and str(value) in self._ids:
            return self.token(str(value))
        if not isinstance(value, str) or _TOKEN.fullmatch(value):
            return value
        if value in self._exact:
            return self.token(value)
        if name in _BODIES and theirs:
            return ""
        if name in _BODIES and self.mentions(value.encode("utf-8", "surrogateescape")):
            return self.body(value.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")
        if theirs:
            if name in _HANDLES | _SECUIDS | {"nickname"}:
                return self.token(value)
            if name in _WORDS:
                return ""
            if name in _TITLES:
                return self.hashtags(value)
        return self.text(value)


def _newest(value: Any) -> Any:
    """The value of a column that is kept as (moment, value)."""
    return value["value"] if isinstance(value, Mapping) and "value" in value else value


def _plain(name: str) -> str:
    return name.replace("_", "").lower()
