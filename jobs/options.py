"""What the options of jobs say, for `flink run -py jobs/JOB.py --help` and for `tokpulse submit --help`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

# By the option's name; each has a value, and TOKPULSE_<NAME> is its variable. In the order of help pages.
TUNING: Final[Mapping[str, str]] = {
    "partial_results": "on or off: show the running hour.  [default: on; off when bounded]",
    "watermark_delay": "How long after its end an hour closes.  [default: 2 min; when bounded, the late bound]",
    "late_bound": "How late an observation may come and still change results.  [default: 24 h]",
    "idle_timeout": "How long a partition without records keeps hours open.  [default: 30 s]",
    "max_ahead": "How far a record's time may be in the future before it is bad.  [default: 5 min]",
    "stop_after_consecutive": "Number of bad records in a row that stops the job; 0: never.  [default: 10000]",
    "stop_ratio": "Share of bad records that stops the job; 0: never.  [default: 0.5]",
}
# Under this name a job that is not bounded says its run id to Flink: two jobs of one run do the same work twice.
LIVE_RUN: Final = "tokpulse.live-run"
# The variable that makes LIVE rooms a part of the pipeline.
PIPELINE_LIVE: Final = "TOKPULSE_PIPELINE_LIVE"
RUN_ID: Final = "Name of this run in pipeline_ledger"
BOUNDED: Final = "Read what is there now, close all hours, and end."
# A backfill's range; without a default, and no environment variable: each is of one run.
BACKFILL: Final[Mapping[str, str]] = {
    "from": "Backfill: write only what is of this UTC hour or later, e.g. 2026-11-01 or 2026-11-01T06:00.",
    "to": "Backfill: write only what is before this UTC hour.",
}
RESTATE: Final = "Backfill: also write verdicts and deltas again that are there with another value, as a further revision."


def new_run_id() -> str:
    """The name of a run that has none: the moment of its submission."""
    return datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
