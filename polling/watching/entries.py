"""What may stand on a watchlist: ids, handles, hashtags, and links of TikTok as they are copied from a browser."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from connectors.hashtags import SIGNS
from connectors.upstream.model import Subject
from connectors.upstream.trees import is_sec_uid

HANDLE_SIGN: Final = "@"
_ID: Final = re.compile(r"[0-9]{1,20}")
_HANDLE: Final = re.compile(r"[\w.]{0,63}\w")
_HASHTAG: Final = re.compile(r"[^\s#@/?&]{1,150}")
_LINK: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://|(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}(?::[0-9]+)?/")
# Of the site, of its apps' share pages, and of exports of one's own data.
_HOSTS: Final = re.compile(r"(?:[a-z0-9-]+\.)*tiktokv?\.com")
_SHORT_HOSTS: Final = ("vm.tiktok.com", "vt.tiktok.com")
_POST_PATH: Final = re.compile(r"/(?:video|photo|v|embed(?:/v[0-9])?|player/v[0-9])/([0-9]{5,20})(?:\.html)?(?=/|$)")
_USER_PATH: Final = re.compile(r"/share/(?:user|usr)/([0-9]{5,20})(?:\.html)?(?=/|$)")
_BY: Final = re.compile(r"/(@[\w.]+)/")
_TAG_PATH: Final = re.compile(r"^/tag/([^/]+)/?$")
_PROFILE_PATH: Final = re.compile(r"^/@([^/]+)(?:/live)?/?$")
# Parameters in which share pages have the id of the post.
_POST_PARAMETERS: Final = ("share_item_id", "item_id", "aweme_id")
_LONGEST_SHOWN: Final = 80


@dataclass(frozen=True)
class Named:
    """A subject as an entry of a watchlist has it: a creator's `id` is a number, a secUid, or a handle with its sign.

    `author` is whom the link of a post names, empty where it names nobody.
    """

    subject: Subject
    id: str
    author: str = field(default="", compare=False)


def is_handle(name: str) -> bool:
    """Whether the id of an entry is a handle: it has to be looked up."""
    return name.startswith(HANDLE_SIGN)


def creator(text: str) -> str:
    """A number, a secUid, or `@handle` in lower case, as handles are compared. Raises ValueError, as the others do."""
    text = text.strip()
    if _LINK.match(text):
        return _of(Subject.CREATOR, text)
    if is_handle(text):
        return _handle(text[1:], text)
    if is_sec_uid(text) or _ID.fullmatch(text):
        return text
    raise ValueError(f'{_shown(text)} is not a handle like "@ada", an id, or a link of a profile')


def post(text: str) -> str:
    """The number of a post."""
    text = text.strip()
    if _LINK.match(text):
        return _of(Subject.POST, text)
    if _ID.fullmatch(text):
        return text
    raise ValueError(f"{_shown(text)} is not a numeric id, or a link of a post")


def hashtag(text: str) -> str:
    """The name of a hashtag, without the sign."""
    text = text.strip()
    if _LINK.match(text):
        return _of(Subject.HASHTAG, text)
    name = text[1:] if text.startswith(tuple(SIGNS)) else text
    if not _HASHTAG.fullmatch(name):
        raise ValueError(f"{_shown(text)} is not the name of a hashtag, or a link of one")
    return name


READERS: Final = {Subject.CREATOR: creator, Subject.POST: post, Subject.HASHTAG: hashtag}


def named(text: str) -> Named:
    """What `text` says by itself. Raises ValueError, also for a number or a word, which may be of several kinds."""
    text = text.strip()
    if _LINK.match(text):
        return read_link(text)
    if is_handle(text) or is_sec_uid(text):
        return Named(Subject.CREATOR, creator(text))
    if text.startswith(tuple(SIGNS)):
        return Named(Subject.HASHTAG, hashtag(text))
    if _ID.fullmatch(text):
        raise ValueError(f"{_shown(text)} may be the id of a creator or of a post: say which, with `--as creator` or `--as post`")
    raise ValueError(f"{_shown(text)} is no link: write a creator as @name, a hashtag as #name")


def read_link(text: str) -> Named:
    """What a link leads to, by the link alone. Raises ValueError for one that does not say so."""
    parts = urlsplit(text if "://" in text else f"https://{text}")
    host = (parts.hostname or "").lower()
    if not _HOSTS.fullmatch(host) or parts.scheme.lower() not in ("http", "https"):
        raise ValueError(f"{_shown(text)} is not a link of tiktok.com")
    # An older page had what it showed behind the #.
    for path in (unquote(parts.path), unquote(parts.fragment)):
        if (found := _in_path(path)) is not None:
            return found
    given = dict(parse_qsl(parts.query))
    for name in _POST_PARAMETERS:
        if _ID.fullmatch(given.get(name, "")):
            return Named(Subject.POST, given[name])
    if host in _SHORT_HOSTS or parts.path.startswith("/t/"):
        raise ValueError(
            f"{_shown(text)} is a short link, in which there is no id: open it in a browser, and copy the address that it leads to"
        )
    raise ValueError(f"{_shown(text)} leads to no creator, post or hashtag")


def _in_path(path: str) -> Named | None:
    if (match := _POST_PATH.search(path)) is not None:
        by = _BY.match(path)
        return Named(Subject.POST, match[1], by[1].lower() if by else "")
    if (match := _USER_PATH.search(path)) is not None:
        return Named(Subject.CREATOR, match[1])
    if (match := _TAG_PATH.match(path)) is not None:
        return Named(Subject.HASHTAG, hashtag(match[1]))
    if (match := _PROFILE_PATH.match(path)) is not None:
        # The site shows an account by its secUid, too.
        return Named(Subject.CREATOR, match[1] if is_sec_uid(match[1]) else _handle(match[1], path))
    return None


def _of(subject: Subject, link: str) -> str:
    found = read_link(link)
    if found.subject is not subject:
        raise ValueError(f"{_shown(link)} is the link of a {found.subject.value}: it belongs to `{found.subject.value}s`")
    return found.id


def _handle(name: str, text: str) -> str:
    # A number cannot be a handle: it would be taken for an id.
    if not _HANDLE.fullmatch(name) or name.isdecimal():
        raise ValueError(f"{_shown(text)} is not a handle: it has letters, digits, points and underscores, and ends with no point")
    return f"{HANDLE_SIGN}{name.lower()}"


def _shown(text: str) -> str:
    if not text:
        return 'an empty entry (quote what begins with # or @, like "#books")'
    return repr(text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}...")
