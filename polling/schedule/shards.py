"""Which poller polls what, when several share a watchlist."""

from __future__ import annotations

from connectors.kafka.partitions import partition_of
from polling.model import FeedKey


def owns(key: FeedKey, shard: int, shards: int) -> bool:
    """Whether the poller `shard` (0 .. shards - 1) polls this feed.

    Decided by murmur2 of the subject, as Kafka's partitioner decides, so that all feeds of a subject belong to one poller. The
    replies to a comment belong to the poller of their post, which is the one that finds them. Raises ValueError for a shard that
    is not among `shards`.
    """
    return is_first(key.subject if key.parent is None else key.parent, shard, shards)


def is_first(name: str, shard: int, shards: int) -> bool:
    """Whether `name` belongs to the poller `shard`; of a handle that is the one which looks it up for all."""
    if not 0 <= shard < shards:
        raise ValueError(f"shard {shard} of {shards}: shards are numbered 0 to {shards - 1}")
    return partition_of(name, shards) == shard
