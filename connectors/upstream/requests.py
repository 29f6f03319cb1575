"""Parameters of requests as people wrote them down: several names for the same thing."""

from __future__ import annotations

from collections.abc import Mapping

# Numeric ids of creators.
CREATOR_NAMES = ("userid", "user_id", "userId", "uid", "author_id")
POST_NAMES = ("aweme_id", "media_id", "video_id", "item_id", "awemeId", "itemId")
HANDLE_NAMES = ("username", "unique_id", "uniqueId")
COMMENT_NAMES = ("comment_id", "commentId", "cid")
# How every secUid begins.
SEC_UID_START = "MS4w"


def subject_of(params: Mapping[str, str], names: tuple[str, ...]) -> str:
    """The value of the first of `names` that is there; "" where none is."""
    return next((params[name] for name in names if params.get(name)), "")


def numeric(subject: str) -> str | None:
    """`subject` where it can be the id of a creator; a handle or a secUid is none."""
    return subject if subject.isascii() and subject.isdigit() else None
