"""Pages on their way into Kafka: one at a time, again when Kafka did not take one, and nothing in between forgotten."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace

from connectors.backoff import KAFKA_WRITE_MS
from connectors.kafka.producer import FencedProducerError, OutcomeUnknownError, ProducerError
from connectors.upstream.model import Page
from polling.metrics import Metrics
from polling.model import PageWriter, Progress, Written
from polling.schedule.feed_state import EMPTY_PAGES, FeedState

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Job:
    """A page to be written. `end` says how the round ends with it; empty when the round goes on."""

    state: FeedState
    page: Page
    received_ms: int
    end: str


def job_of(state: FeedState, page: Page, received_ms: int) -> Job:
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
        _LOG.warning("%s %s: the cursor comes again: the round ends", state.key.feed.value, state.key.subject)
    elif pages >= state.rules.max_pages:
        end = "page_limit"
    elif state.empty_pages >= EMPTY_PAGES:
        end = "empty_pages"
    return Job(state, replace(page, cursor=None) if end else page, received_ms, end)


class Commits:
    """Writes pages, and keeps those that Kafka did not take. While it keeps any, nothing new should be asked for."""

    def __init__(self, writer: PageWriter, metrics: Metrics, upstream: str) -> None:
        self._writer, self._metrics, self._upstream = writer, metrics, upstream
        self._jobs: list[Job] = []
        self._attempts = 0
        self.again_ms = 0
        self.last_error = ""

    @property
    def waiting(self) -> int:
        """Pages that are to be written again."""
        return len(self._jobs)

    def write(self, job: Job, now_ms: int) -> tuple[Written, Progress] | None:
        """What became of the page; None when it was not committed and waits.

        Raises FencedProducerError, and OutcomeUnknownError: only a new start can tell what is committed.
        """
        try:
            done = self._writer.write(job.state.key, job.page, job.received_ms, job.state.progress)
        except (FencedProducerError, OutcomeUnknownError):
            raise
        except ProducerError as error:
            self._metrics.count("tokpulse_poll_batch_errors_total", self._upstream)
            self.last_error = str(error)
            _LOG.warning("page of %s %s is not written yet: %s", job.state.key.feed.value, job.state.key.subject, error)
            self._attempts += 1
            self.again_ms = now_ms + round(KAFKA_WRITE_MS.after(self._attempts))
            self._jobs.append(job)
            return None
        self._attempts, self.last_error = 0, ""
        return done

    def due(self, now_ms: int) -> list[Job]:
        """The pages to be written now; they are the caller's then."""
        return self.all() if self._jobs and now_ms >= self.again_ms else []

    def all(self) -> list[Job]:
        """Every page that waits; they are the caller's then."""
        jobs, self._jobs = self._jobs, []
        return jobs
