"""Pages on their way into Kafka: those that came together go together, and what Kafka did not take goes again."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from connectors.backoff import KAFKA_WRITE_MS
from connectors.kafka.producer_errors import FencedProducerError, OutcomeUnknownError, ProducerError
from connectors.upstream.model import Page
from polling.clock import Clock
from polling.model import FeedKey, PageWriter, Progress, ReadPage, Written
from polling.reports import Reports
from polling.schedule.feed_state import EMPTY_PAGES, FeedState
from polling.schedule.handles import Account

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class ReceivedPage:
    """A page of the feed `state`, to be written. `end` says how the round ends with it; empty when the round goes on.

    That of a look-up is read as the profile of the `account` that it led to.
    """

    state: FeedState
    read: ReadPage
    end: str
    account: Account | None = None


@dataclass(frozen=True)
class CommittedPage:
    """A page that is in Kafka, and what was committed with it."""

    received: ReceivedPage
    written: Written
    progress: Progress


def received_page(state: FeedState, page: Page, received_ms: int) -> ReceivedPage:
    """Decides before the write whether the round ends with this page, for the cursor is committed with it.

    A cursor is an offset into a list that moves: items may come twice, which the writer drops, and one that slipped past is on a
    page of the next round, which begins at the head again. A cursor that comes again, or pages without end, end the round.
    """
    pages = state.progress.pages + 1 if state.progress and state.cursor is not None else 1
    state.empty_pages = 0 if page.observations or page.found else state.empty_pages + 1
    end = ""
    if page.cursor is None:
        end = "complete"
    elif page.cursor in state.cursors or page.cursor == state.cursor:
        end = "cursor_repeats"
        _LOG.warning("%s: the cursor comes again: the round ends", state.key)
    elif pages >= state.rules.max_pages:
        end = "page_limit"
    elif state.empty_pages >= EMPTY_PAGES:
        end = "empty_pages"
    return ReceivedPage(state, ReadPage(state.key, replace(page, cursor=None) if end else page, received_ms, state.progress), end)


class Commits:
    """Writes pages, and keeps those that Kafka did not take. While it keeps any, nothing new should be asked for.

    A commit takes as long as hundreds of records, so the pages that are there share one. After a failure each has one of its own,
    until all are in: a page that Kafka does not take holds back no other.
    """

    def __init__(self, writer: PageWriter, reports: Reports, clock: Clock) -> None:
        self._writer, self._reports, self._clock = writer, reports, clock
        self._waiting: list[ReceivedPage] = []
        self._failures = 0  # in a row
        self.again_ms = 0  # when what waits is written again; 0 when nothing does
        self.last_error = ""

    @property
    def waiting(self) -> int:
        """Pages that are to be written again."""
        return len(self._waiting)

    def progress(self, also: Callable[[FeedKey], bool]) -> Mapping[FeedKey, Progress]:
        """What earlier pollers of this shard committed; of feeds of other shards what `also` says."""
        return self._writer.progress(also)

    def leave(self, feeds: Iterable[FeedKey]) -> None:
        """Their progress goes with the next commit."""
        self._writer.leave(feeds)

    def write(self, pages: Iterable[ReceivedPage], *, at_last: bool = False) -> list[CommittedPage]:
        """Writes `pages` and what waits, when its time has come; what is committed now. `at_last` tries all once more, at any time.

        Raises FencedProducerError, and OutcomeUnknownError when only a new start can tell what is committed.
        """
        pages, again = [*self._waiting, *pages], bool(self._waiting)
        if not pages or (again and not at_last and self._clock.now_ms() < self.again_ms):
            self._waiting = pages
            return []
        self._waiting, committed = [], list[CommittedPage]()
        groups = deque([page] for page in pages) if again else deque([pages])
        while groups:
            group = groups.popleft()
            try:
                done = self._writer.write_many([page.read for page in group])
            except (FencedProducerError, OutcomeUnknownError):
                raise
            except ProducerError as error:
                self._note_failure(group, error)
                # The others first when it is tried again. At the end there is no again.
                self._waiting = [*self._waiting, *group] if at_last else [*(page for other in groups for page in other), *group]
                if not at_last:
                    break
            else:
                self._failures, self.last_error = 0, ""
                committed += [CommittedPage(page, *result) for page, result in zip(group, done, strict=True)]
        if not self._waiting:
            self.again_ms = 0
        return committed

    def _note_failure(self, group: Sequence[ReceivedPage], error: ProducerError) -> None:
        self._reports.count("tokpulse_poll_batch_errors_total", by=len(group))
        self.last_error = str(error)
        _LOG.warning("%d page(s), the first of %s, are not written yet: %s", len(group), group[0].state.key, error)
        self._failures += 1
        self.again_ms = self._clock.now_ms() + round(KAFKA_WRITE_MS.after(self._failures))
