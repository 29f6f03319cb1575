"""The one place that puts a poller together: for `tokpulse poll`, the demo, tests and measurements alike."""

from __future__ import annotations

from collections.abc import Callable

import httpx

from connectors.clock import wall_clock_ms
from connectors.upstream.model import Upstream
from connectors.upstream.transport import Transport
from polling.credits.budget import Budget
from polling.credits.purse import Purse
from polling.credits.reservations import ReservationFile
from polling.following.follow import Following
from polling.following.people import People
from polling.following.posts import Posts
from polling.following.store import SUFFIX, PlanFile
from polling.model import PageWriter
from polling.reports import Observers, Reports
from polling.schedule.asking import Asking
from polling.schedule.commits import Commits
from polling.schedule.feeds import Feeds
from polling.schedule.fetching import BalanceProbe, Source
from polling.schedule.handles import Handles
from polling.schedule.options import Options
from polling.schedule.rounds import Rounds
from polling.schedule.shards import is_first, owns
from polling.watching.handles import HandleFile
from polling.watchlist import WatchedFile


def http_source(
    upstream: Upstream, base_url: str | None, key: str, client: httpx.Client, clock_ms: Callable[[], int] = wall_clock_ms
) -> Source:
    """`upstream` at `base_url`, by default its own address. Raises UpstreamAddressError or UpstreamKeyRefusedError."""
    pages = Transport(upstream, base_url, key, client, clock_ms=clock_ms)
    balance = Transport(BalanceProbe(upstream), pages.base_url, key, client, clock_ms=clock_ms)
    return Source(upstream, pages.fetch, balance.fetch)


def poller(
    source: Source,
    writer: PageWriter,
    watched: WatchedFile,
    credits: ReservationFile,
    options: Options | None = None,
    observers: Observers | None = None,
    kept: HandleFile | None = None,
) -> Rounds:
    """A poller of what is watched, into `writer`, by the credits of a day that are reserved in the file `credits`.

    Whom handles lead to is in `kept`; without it they are looked up again after each start. What is followed is in a file beside
    `credits`.
    """
    options = options or Options()
    reports = Reports(observers or Observers(), source.upstream.name)
    shard, shards = options.shard, options.shards
    handles = Handles(source.upstream, kept, watched.forgotten, lambda handle: is_first(handle, shard, shards))
    feeds = Feeds(source.upstream, shards=shards, shard=shard, owns=lambda feed: owns(feed, shard, shards), handles=handles)
    per_day = feeds.share_of(watched.current.credits_per_day)
    paced = options.paced and not options.once
    purse = Purse(
        Budget(credits, per_day, paced=paced),
        Budget(credits.part("people"), watched.current.for_people(per_day), paced=paced),
        watched.current.credit_rules,
        reports,
    )
    commits = Commits(writer, reports, options.clock)
    is_forgotten = watched.forgotten.knows_creator if watched.forgotten is not None else lambda name: False
    people = People(source.upstream.name, feeds.queue, feeds.__contains__, is_forgotten)
    following = Following(PlanFile(credits.beside(SUFFIX)), feeds, Posts(is_forgotten), people, reports, commits.leave)
    return Rounds(Asking(source, feeds, purse, reports, options), commits, feeds, following, watched, reports, options)
