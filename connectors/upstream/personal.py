"""Which fields say who somebody is, and how: in upstreams' bodies, and in the records and rows that are made of them.

Each dialect has one list. What pseudonyms replace, whom pollers leave out, and what is left of a forgotten person follow from it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from enum import StrEnum
from typing import Any, Self


class Kind(StrEnum):
    """What a field says of a person."""

    ID = "id"  # the number that never changes hands
    HANDLE = "handle"
    NICKNAME = "nickname"
    SECUID = "secuid"
    ELSEWHERE = "elsewhere"  # an account or an address at another service
    PERSON = "person"  # an object that is the person whom the object around it belongs to
    CAPTION = "caption"  # written by them; its hashtags count for others, too
    WORDS = "words"  # written by them
    MEDIA = "media"  # where a picture, a sound or a video of them can be had
    SENTENCE = "sentence"  # written by the service; it may name somebody without any mark


# Of these one value stands for one person.
NAMES = frozenset({Kind.HANDLE, Kind.NICKNAME, Kind.SECUID, Kind.ELSEWHERE})


class PersonalFields:
    """Kind -> names of fields, parted by blanks. `music.title` is the field within an object, or a list of objects, `music` only.

    Names are compared without case and underscores: `uniqueId` is `unique_id`. The narrower name wins. Raises ValueError for a
    field of two kinds: of a record nobody can tell which upstream it came from.
    """

    def __init__(self, fields: Mapping[Kind, str]) -> None:
        # Field -> the object it is in, "" for any -> kind.
        self._kinds: dict[str, dict[str, Kind]] = {}
        for kind, names in fields.items():
            for name in names.split():
                self._add(name, kind)

    def __or__(self, other: PersonalFields) -> Self:
        """Both lists. Raises ValueError where they disagree."""
        both = type(self)({})
        for one in (self, other):
            for name, kind in one.items():
                both._add(name, kind)
        return both

    def items(self) -> Iterator[tuple[str, Kind]]:
        """Each field, in lower case and without underscores."""
        for name, places in self._kinds.items():
            yield from ((f"{within}.{name}" if within else name, kind) for within, kind in places.items())

    def kind(self, name: str, within: str = "") -> Kind | None:
        """What the field `name` of an object that is called `within` says of a person; None where it says nothing."""
        places = self._kinds.get(plain(name))
        return None if places is None else places.get(plain(within)) or places.get("")

    def of(self, *kinds: Kind) -> frozenset[str]:
        """The fields of these kinds that are so wherever they are, in lower case and without underscores."""
        return frozenset(name for name, places in self._kinds.items() if places.get("") in kinds)

    def values(self, tree: Any, kinds: Collection[Kind], name: str = "", within: str = "") -> set[str]:
        """Every value of a field of these kinds, at whatever depth of `tree`, which is called `name`."""
        if isinstance(tree, Mapping):
            return set().union(*(self.values(inner, kinds, str(key), name) for key, inner in tree.items()))
        if isinstance(tree, list | tuple):
            return set().union(*(self.values(inner, kinds, name, within) for inner in tree))
        said = isinstance(tree, str | int | float) and not isinstance(tree, bool) and tree != ""
        return {str(tree)} if said and self.kind(name, within) in kinds else set()

    def _add(self, name: str, kind: Kind) -> None:
        within, _, field = plain(name).rpartition(".")
        if self._kinds.setdefault(field, {}).setdefault(within, kind) is not kind:
            raise ValueError(f"{name} is both {self._kinds[field][within]} and {kind}")


def plain(name: str) -> str:
    """A name as names are compared."""
    return name.replace("_", "").lower()


# TikTok's own, whoever hands them through.
TIKTOK = PersonalFields(
    {
        Kind.PERSON: "user author",
        Kind.ID: "userid uid user.id author.id",
        Kind.HANDLE: "uniqueId username authorName userUniqueId",
        Kind.NICKNAME: "nickname",
        Kind.SECUID: "secUid",
        Kind.ELSEWHERE: "insId twitterId twitterName youtubeChannelId youtubeChannelTitle bioEmail email",
        Kind.CAPTION: "title desc description",
        Kind.WORDS: "text signature bio bioLink bioLink.link stickerText",
        Kind.MEDIA: "avatar avatarLarger avatarMedium avatarThumb cover originCover dynamicCover",
        # `original sound - Ada`, `Ada (@ada) on TikTok`, `Ada's video`.
        Kind.SENTENCE: "music.title shareMeta.title shareMeta.desc shareInfo.title shareInfo.desc",
    }
)
