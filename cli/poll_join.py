"""The parts of `tokpulse poll` that reach out: upstreams, their transport, and the writer of pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

import httpx

from connectors.polling import writer as writing
from connectors.polling.fetching import BalanceProbe, Fetch
from connectors.polling.model import FeedKey, PageWriter
from connectors.polling.shards import owns
from connectors.registry import SchemaRegistry
from connectors.upstream.catalog import UPSTREAMS
from connectors.upstream.model import Upstream
from connectors.upstream.transport import Transport


def upstreams() -> Mapping[str, Upstream]:
    """Every upstream by its name."""
    found: Mapping[str, Upstream] = import_module("connectors.upstream.catalog").UPSTREAMS
    return found


def transports(upstream: Upstream, base_url: str, key: str, client: httpx.Client) -> tuple[Fetch, Fetch]:
    """What fetches a page, and what asks for the balance. An empty `base_url` is the upstream's own."""
    transport: Any = import_module("connectors.upstream.transport").Transport
    pages = transport(upstream, base_url or None, key, client)
    balance = transport(BalanceProbe(upstream), base_url or None, key, client)
    return pages.fetch, balance.fetch


def page_writer(
    servers: str, registry: SchemaRegistry, upstream: str, shard: int, shards: int
) -> AbstractContextManager[PageWriter]:
    """The writer of this shard of this upstream; the shards of two upstreams do not fence each other."""
    module: Any = import_module("connectors.polling.writer")
    settings = module.WriterSettings(shard=shard, shards=shards, prefix=f"{module.DEFAULT_PREFIX}-{upstream}")
    writer: AbstractContextManager[PageWriter] = module.page_writer(servers, registry, settings)
    return writer


def owner(shard: int, shards: int) -> Callable[[FeedKey], bool]:
    """Whether a feed is this shard's."""
    owns: Any = import_module("connectors.polling.shards").owns
    return lambda key: bool(owns(key, shard, shards))
