"""Eight ways in which a Kafka value of the posts topic can be bad, each built from a good record."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from connectors.kafka.avro import HEADER_BYTES, MAX_SCHEMA_ID, AvroCodec, header
from connectors.kafka.topics import Topics, load_topics
from simulator.settings import POSTS, USERS

# A year of lead over any clock this will meet: it must be in the future for the job's wall clock, not the universe's.
FUTURE_MS = 4_102_444_800_000  # 2100-01-01T00:00:00Z


class Malformed(StrEnum):
    """What is wrong. All but the negative counter and the future clock do not decode as a post."""

    TRUNCATED = "truncated"
    BAD_MAGIC = "bad_magic"
    UNKNOWN_SCHEMA_ID = "unknown_schema_id"
    OTHER_RECORD_TYPE = "other_record_type"
    NEGATIVE_COUNTER = "negative_counter"
    FUTURE_CLOCK = "future_clock"
    EMPTY = "empty"
    OVERSIZE = "oversize"


KINDS = tuple(Malformed)


class MalformedEncoder:
    """Values for given schema ids, so that they are bad only in the one way they claim to be.

    `other_record_type` is a well-formed user snapshot under the users' own id.
    """

    def __init__(self, posts_id: int, users_id: int, oversize_bytes: int, topics: Topics | None = None) -> None:
        topics = topics or load_topics()
        self._posts = AvroCodec(topics[POSTS].schema_text())
        self._users = AvroCodec(topics[USERS].schema_text())
        self._posts_header = header(posts_id)
        self._users_header = header(users_id)
        self._oversize_bytes = oversize_bytes

    def encode(self, kind: Malformed, post: dict[str, Any]) -> bytes:
        """The bad value made of the good observation `post`."""
        good = self._posts.encode(post, self._posts_header)
        match kind:
            case Malformed.TRUNCATED:
                return good[: HEADER_BYTES + (len(good) - HEADER_BYTES) // 2]
            case Malformed.BAD_MAGIC:
                return b"\x01" + good[1:]
            case Malformed.UNKNOWN_SCHEMA_ID:
                return header(MAX_SCHEMA_ID) + good[HEADER_BYTES:]
            case Malformed.OTHER_RECORD_TYPE:
                return self._users.encode(_snapshot(post), self._users_header)
            case Malformed.NEGATIVE_COUNTER:
                return self._posts.encode(post | {"play_count": -1 - post["play_count"]}, self._posts_header)
            case Malformed.FUTURE_CLOCK:
                return self._posts.encode(post | {"ingested_at": FUTURE_MS}, self._posts_header)
            case Malformed.EMPTY:
                return b""
            case Malformed.OVERSIZE:
                # A title that claims to be longer than the value: the text is there, every field after it is not.
                return self._oversize(post)

    def _oversize(self, post: dict[str, Any]) -> bytes:
        padded = self._posts.encode(post | {"title": "x" * self._oversize_bytes}, self._posts_header)
        return padded[: self._oversize_bytes]


def _snapshot(post: dict[str, Any]) -> dict[str, Any]:
    userid = post["author_id"]
    user = {"id": userid, "uniqueId": "stray", "nickname": "stray", "secUid": "MS4w", "verified": False, "privateAccount": False}
    stats = {"followerCount": 1, "followingCount": 1, "heartCount": 1, "videoCount": 1, "diggCount": 1}
    return {"userid": userid, "user": user | {"region": None}, "stats": stats, "ingested_at": post["ingested_at"]}
