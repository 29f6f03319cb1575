"""Tells, while `flink run` waits for a job, that the job restarts and why: the client itself says nothing until the end."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from connectors.errors import TokpulseError
from connectors.flink.rest import FlinkRest

EVERY_SECONDS = 3.0


class JobWatch:
    """A context manager around the wait; `tell` gets one line for each new failure of job `job_id`."""

    def __init__(self, rest_url: str, job_id: str, tell: Callable[[str], None]) -> None:
        self._url, self._job_id, self._tell = rest_url, job_id, tell
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="job-watch", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        shown_ms = 0
        with FlinkRest(self._url, timeout=5.0) as rest:
            while not self._ended.wait(EVERY_SECONDS):
                try:
                    cause, failed_at_ms = rest.root_cause(self._job_id)
                except TokpulseError:
                    # The client notices by itself when the JobManager stays away.
                    continue
                if failed_at_ms > shown_ms:
                    shown_ms = failed_at_ms
                    self._tell(f"the job failed and restarts from its last checkpoint: {cause}")
