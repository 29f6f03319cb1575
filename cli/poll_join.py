"""The parts of `tokpulse poll` that reach out: the transport to an upstream, and the writer of pages."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import httpx

from connectors.kafka.registry import SchemaRegistry
from connectors.upstream.catalog import UPSTREAMS
from connectors.upstream.model import Upstream
from connectors.upstream.transport import Transport
from polling.model import FeedKey, PageWriter
from polling.personal.forgotten import Forgotten
from polling.schedule.fetching import BalanceProbe, Fetch
from polling.schedule.shards import owns
from polling.writing.writer import DEFAULT_PREFIX, WriterSettings, page_writer


def transports(upstream: Upstream, base_url: str, key: str, client: httpx.Client) -> tuple[Fetch, Fetch]:
    """What fetches a page, and what asks for the balance. An empty `base_url` is the upstream's own."""
    address = base_url or UPSTREAMS[upstream.name].base_url
    return Transport(upstream, address, key, client).fetch, Transport(BalanceProbe(upstream), address, key, client).fetch


def shard_writer(
    servers: str, registry: SchemaRegistry, upstream: str, shard: int, shards: int, forgotten: Forgotten
) -> AbstractContextManager[PageWriter]:
    """The writer of this shard of this upstream; the shards of two upstreams do not fence each other."""
    settings = WriterSettings(shard=shard, shards=shards, prefix=f"{DEFAULT_PREFIX}-{upstream}")
    return page_writer(servers, registry, settings, forgotten=forgotten)


def owner(shard: int, shards: int) -> Callable[[FeedKey], bool]:
    """Whether a feed is this shard's."""
    return lambda key: owns(key, shard, shards)
