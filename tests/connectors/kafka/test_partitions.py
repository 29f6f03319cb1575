"""Kafka's hash, against the values of its own tests, and who owns which feed by it."""

from __future__ import annotations

import pytest

from connectors.kafka.partitions import murmur2
from connectors.upstream.model import Feed
from polling.model import FeedKey
from polling.schedule.shards import owns


@pytest.mark.parametrize(
    ("text", "signed"),
    [
        ("21", -973932308),
        ("foobar", -790332482),
        ("a-little-bit-long-string", -985981536),
        ("a-little-bit-longer-string", -1486304829),
        ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        ("abc", 479470107),
    ],
)
def test_known_values(text: str, signed: int) -> None:
    assert murmur2(text.encode()) == signed % 2**32


def test_every_subject_has_one_owner_for_all_its_feeds() -> None:
    shards = 3
    owned = [0] * shards
    for number in range(300):
        subject = str(6_800_000_000_000_000_000 + number)
        owners = {
            shard
            for shard in range(shards)
            for feed in (Feed.PROFILE, Feed.POSTS, Feed.COMMENTS)
            if owns(FeedKey("tikliveapi", feed, subject), shard, shards)
        }
        (owner,) = owners
        owned[owner] += 1
        # Replies are found by the poller of the post.
        assert owns(FeedKey("tikliveapi", Feed.REPLIES, "comment", subject), owner, shards)
    assert min(owned) > 60


def test_one_shard_owns_all_and_a_wrong_one_is_named() -> None:
    key = FeedKey("tikapi", Feed.HASHTAG, "été")
    assert owns(key, 0, 1)
    with pytest.raises(ValueError, match="shard 2 of 2"):
        owns(key, 2, 2)
