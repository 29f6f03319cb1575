"""Which fields say who somebody is, and how: in upstreams' bodies, and in the records and rows that are made of them.

Each dialect has one list. What pseudonyms replace, whom pollers leave out, and what is left of a forgotten person follow from it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final, Self


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
    TAG = "tag"  # a hashtag, which counts for others, too


# By these a field says whose the object is that it stands in.
OWNING = frozenset({Kind.ID, Kind.HANDLE, Kind.SECUID})
# Of these one value stands for one person.
NAMES = frozenset({Kind.HANDLE, Kind.NICKNAME, Kind.SECUID, Kind.ELSEWHERE})
# A field that no list has, but whose name ends so, is of this kind: `ownerHandle`, `reply_to_nickname`, `coverUrlList`. Whose the
# object is it does not say: who is replied to did not write the reply.
_OF_PASSPORTS: Final = ("realname", "firstname", "lastname", "middlename", "legalname")
_SERVICES: Final = (
    "phone",
    "mobile",
    "whatsapp",
    "telegram",
    "instagram",
    "twitter",
    "youtube",
    "facebook",
    "snapchat",
    "linkedin",
)
_ENDINGS: Final = (
    (Kind.SECUID, ("secuid", "secuserid", "secid")),
    (Kind.HANDLE, ("uniqueid", "username", "handle", "screenname", "loginname")),
    (Kind.NICKNAME, ("nickname", "displayname", "remarkname", "nick", "fullname", "authorname", "ownername", *_OF_PASSPORTS)),
    (Kind.ELSEWHERE, ("email", "website", "homepage", "contact", "biolink", "biolinks", "sociallink", "sociallinks")),
    (Kind.ELSEWHERE, tuple(service + field for service in _SERVICES for field in ("", "number", "id", "account", "page", "link"))),
    (Kind.MEDIA, ("url", "urls", "urllist", "uri", "addr", "urlprefix", "avatar", "cover", "thumb", "thumbnail", "addrs")),
)
# An address, whatever field it stands in, but of a page that names somebody by a handle.
_ADDRESS: Final = re.compile(r"\s*(?:https?:)?//(?!(?:\w+\.)*tiktok\.com/)[^\s@]*\s*", re.IGNORECASE)
_MOST_PLACES: Final = 20_000
# What stands in a field that nobody has filled in.
_UNFILLED: Final = (None, "", 0, "0", False)
# What a number within a name is that nobody is called by: `risk`, `followers`.
_COUNTER: Final = re.compile(r"-?[0-9]{1,4}(?:\.[0-9]+)?")
_ITEM_IDS: Final = frozenset({"cid", "awemeid", "authorid", "authoruserid", "userid", "uid", "uniqueid", "secuid"})
_ITEM_WORDS: Final = frozenset({"desc", "text", "title", "nickname"})
# What a post has and no comment. The words of both may be called `text`.
_OF_POSTS: Final = frozenset({"desc", "stats", "statsv2", "statistics", "playcount"})
_POSTS: Final = frozenset({"iteminfo", "iteminfos", "itemstruct", "awemedetail"})


class PersonalFields:
    """Kind -> names of fields, parted by blanks. `music.title` is the field within an object, or a list of objects, `music` only.

    Names are compared without case and underscores: `uniqueId` is `unique_id`. The narrower name wins. Raises ValueError for a
    field of two kinds: of a record nobody can tell which upstream it came from.
    """

    def __init__(self, fields: Mapping[Kind, str]) -> None:
        # Field -> the object it is in, "" for any -> kind.
        self._kinds: dict[str, dict[str, Kind]] = {}
        self._found: dict[tuple[str, str], Kind | None] = {}
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
        place = (name, within)
        try:
            return self._found[place]
        except KeyError:
            listed, spelled = self.listed(name, within), plain(name)
            found = listed or next((kind for kind, endings in _ENDINGS if spelled.endswith(endings)), None)
        # Keys of bodies are of any number.
        if len(self._found) >= _MOST_PLACES:
            self._found.clear()
        self._found[place] = found
        return found

    def listed(self, name: str, within: str = "") -> Kind | None:
        """As `kind`, by the lists alone: what a name ends with does not say that the object around is about that person."""
        places = self._kinds.get(plain(name))
        return None if places is None else (places.get(plain(within)) if within else None) or places.get("")

    def said(self, name: str, value: object, within: str = "", around: Kind | None = None) -> Kind | None:
        """What a field with this value says: a person who is a text is named by it, and an address shows itself.

        `around` is the one of `NAMES` that the object around it is: all within it names the person, too, but for counters.
        """
        kind = self.kind(name, within)
        if around is not None and kind not in NAMES | {Kind.MEDIA}:
            kind = around
        if (
            (around is not None or kind is Kind.ELSEWHERE)
            and isinstance(value, str | int | float)
            and _COUNTER.fullmatch(str(value))
        ):
            return None
        if kind is Kind.PERSON and isinstance(value, str):
            return Kind.HANDLE
        return Kind.MEDIA if kind is None and isinstance(value, str) and _ADDRESS.fullmatch(value) else kind

    def inside(self, name: str, value: object, within: str = "", around: Kind | None = None) -> Kind | None:
        """Which of `NAMES` an object is that the field `name` has: `{"nickname": {"text": ...}}`."""
        kind = self.said(name, value, within, around)
        return kind if kind in NAMES else None

    def owner(self, name: str, value: object, within: str = "") -> Kind | None:
        """By which of `OWNING` a field says whose the object around it is; None where it says nothing of that."""
        kind = self.listed(name, within)
        if kind is Kind.PERSON and isinstance(value, str | int) and not isinstance(value, bool):
            return Kind.ID if str(value).isdigit() else Kind.HANDLE
        return kind if kind in OWNING and value not in _UNFILLED else None

    def is_item(self, tree: Mapping[str, Any], within: str = "") -> bool:
        """Whether an object is what somebody made, with all that is in it: it says by whom, or has an id and words."""
        names = {plain(str(name)) for name in tree}
        if any(kind is Kind.PERSON for kind in (self.listed(name, within) for name in names)):
            return True
        return bool(names & _ITEM_IDS or ("id" in names and names & _ITEM_WORDS))

    def of(self, *kinds: Kind) -> frozenset[str]:
        """The fields of these kinds that are so wherever they are, in lower case and without underscores."""
        return frozenset(name for name, places in self._kinds.items() if places.get("") in kinds)

    def values(self, tree: Any, kinds: Collection[Kind], name: str = "", within: str = "", around: Kind | None = None) -> set[str]:
        """Every value of a field of these kinds, at whatever depth of `tree`, which is called `name`."""
        if isinstance(tree, Mapping):
            inside = self.inside(name, tree, within, around)
            return set().union(*(self.values(inner, kinds, str(key), name, inside) for key, inner in tree.items()))
        if isinstance(tree, list | tuple):
            return set().union(*(self.values(inner, kinds, name, within, around) for inner in tree))
        said = isinstance(tree, str | int | float) and not isinstance(tree, bool) and tree != ""
        return {str(tree)} if said and self.said(name, tree, within, around) in kinds else set()

    def _add(self, name: str, kind: Kind) -> None:
        within, _, field = plain(name).rpartition(".")
        if self._kinds.setdefault(field, {}).setdefault(within, kind) is not kind:
            raise ValueError(f"{name} is both {self._kinds[field][within]} and {kind}")


def is_comment(tree: Mapping[str, Any], within: str = "") -> bool:
    """Whether an object called `within`, which somebody wrote, is a comment."""
    names = {plain(str(name)) for name in tree}
    return "cid" in names or ("text" in names and plain(within) not in _POSTS and not names & _OF_POSTS)


def is_post(tree: Mapping[str, Any], within: str = "") -> bool:
    """Whether the `id` of an object called `within`, which somebody wrote, is that of a post."""
    return not is_comment(tree, within) and (plain(within) in _POSTS or any(plain(str(name)) in _OF_POSTS for name in tree))


@lru_cache(maxsize=_MOST_PLACES)
def plain(name: str) -> str:
    """A name as names are compared."""
    return name.replace("_", "").lower()


# TikTok's own, whoever hands them through.
TIKTOK = PersonalFields(
    {
        Kind.PERSON: "user author userInfo userData authorInfo authorInfos itemInfo itemInfos itemStruct awemeDetail",
        Kind.ID: "userid uid user.id author.id music.ownerId",
        Kind.HANDLE: "uniqueId username authorName userUniqueId music.ownerHandle",
        Kind.NICKNAME: "nickname music.author musicInfos.author addedSoundMusicInfo.author",
        Kind.SECUID: "secUid",
        Kind.ELSEWHERE: "insId twitterId twitterName youtubeChannelId youtubeChannelTitle bioLink bioLink.link",
        Kind.CAPTION: "title desc description",
        # What the service guesses of them, and where they are, are words about them.
        Kind.WORDS: "text signature bio stickerText searchUserDesc predictedAgeGroup ageGroup birthday gender poi poiInfo",
        Kind.MEDIA: "avatar avatarLarger avatarMedium avatarThumb cover originCover dynamicCover",
        # `original sound - Ada`, `Ada (@ada) on TikTok`, `Ada's video`.
        Kind.SENTENCE: "music.title musicInfos.title addedSoundMusicInfo.title musicName shareMeta.title shareMeta.desc "
        "shareInfo.title shareInfo.desc shareTitle shareTitleMyself shareTitleOther shareDesc shareLinkDesc shareSignatureDesc",
        Kind.TAG: "hashtag hashtags hashtagName chaName challenge.title challenges.title",
    }
)
