"""Who is to be forgotten: everything that names the person, and the tokens that stand for it afterwards."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field

from connectors import no_names
from connectors.upstream.personal import Kind
from connectors.upstream.trees import CALLED, DISTINCT

# As `@bob`, as a part of an address, as a value of JSON or of a query; as they are, and percent-encoded or as an entity of HTML.
_MARKS = ("@", "/", '"', "=", "%40", "%2F", "%3D", "&#64;", "&#x40;", "&commat;", "&quot;")


@dataclass
class Person:
    """Identifiers found so far; sets only grow. `userid` is upstream's numeric id, which never changes hands."""

    userid: str
    handles: set[str] = field(default_factory=set)
    nicknames: set[str] = field(default_factory=set)
    secuids: set[str] = field(default_factory=set)
    posts: set[str] = field(default_factory=set)
    comments: set[str] = field(default_factory=set)

    @property
    def ids(self) -> frozenset[str]:
        """What stands in columns of ids: the user, their posts, their comments."""
        return frozenset({self.userid, *self.posts, *self.comments})

    @property
    def distinct_handles(self) -> frozenset[str]:
        """Handles that nobody takes for an ordinary word, unlike `dance` or `us`: those with a point or an underscore in them."""
        return frozenset(handle for handle in self.handles if DISTINCT.fullmatch(handle))

    @property
    def distinct_nicknames(self) -> frozenset[str]:
        """Nicknames that are no ordinary words, unlike `Anna` or `love`: two words, or letters and digits."""
        return frozenset(name for name in self.nicknames if CALLED.fullmatch(name))

    @property
    def needles(self) -> frozenset[str]:
        """Parts of every text that has to be looked at for the person's sake. A plain handle names nobody unless it is marked."""
        marked = {f"{mark}{handle}" for handle in self.handles - self.distinct_handles for mark in _MARKS}
        return frozenset({self.userid, *self.secuids, *self.distinct_handles, *self.distinct_nicknames, *marked})

    def add_profile(self, handle: object, nickname: object, secuid: object = "") -> None:
        """Names of one observation; what is no text, empty, or a token already says nothing."""
        for kind, value in ((Kind.HANDLE, handle), (Kind.NICKNAME, nickname), (Kind.SECUID, secuid)):
            self.add_name(kind, value)

    def add_name(self, kind: Kind | None, value: object) -> None:
        """A name of a kind that names this person alone, or their nickname; other kinds say nothing."""
        known = {Kind.HANDLE: self.handles, Kind.NICKNAME: self.nicknames, Kind.SECUID: self.secuids}
        if kind in known:
            known[kind].update(_names([value]))

    def add_posts(self, ids: Iterable[object]) -> None:
        """Ids of posts of theirs."""
        self.posts.update(_names(ids))

    def add_comments(self, ids: Iterable[object]) -> None:
        """Ids of comments of theirs."""
        self.comments.update(_names(ids))

    def to_json(self) -> dict[str, object]:
        """For the journal."""
        return {"userid": self.userid, **{name: sorted(getattr(self, name)) for name in _SETS}}

    @classmethod
    def from_json(cls, found: dict[str, object]) -> Person:
        """The opposite of `to_json`."""
        person = cls(str(found["userid"]))
        for name in _SETS:
            values = found[name]
            assert isinstance(values, list)
            getattr(person, name).update(str(value) for value in values)
        return person


_SETS = ("handles", "nicknames", "secuids", "posts", "comments")


def token(secret: bytes, value: str) -> str:
    """What stands for `value`: the same everywhere as long as `secret` is kept, tied to nothing once it is thrown away."""
    return no_names.token(hmac.digest(secret, value.encode("utf-8", "surrogatepass"), "sha256"))


def _names(values: Iterable[object]) -> set[str]:
    return {value for value in values if isinstance(value, str) and value and not value.startswith(no_names.FORGOTTEN_PREFIX)}
