"""Settings of one submission: command line over environment over defaults, resolved once, before any Flink object exists."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from connectors import durations
from connectors.clickhouse.outputs import Backfill
from connectors.endpoints import Endpoints
from connectors.errors import TokpulseError
from jobs import options
from jobs.backfill import asked
from udfs.sentiment.contract import ModelUnavailableError
from udfs.sentiment.extension import ExtensionError
from udfs.sentiment.settings import SentimentSettingError, SentimentSettings

# Flink's day intervals have two digits.
_TOO_LONG = timedelta(days=100)


class SettingError(TokpulseError):
    """A setting has a value that means nothing; the message names the setting, the value and what is allowed."""


@dataclass(frozen=True)
class JobSettings:
    """One submission. `run_id` names it in pipeline_ledger and stays the same across restarts.

    `bounded` reads from the earliest to the latest offsets and closes all windows. `partial_results` sends every observation to
    ClickHouse as it comes; without it (the default of a bounded run) only closed hours and late rows are sent.
    `watermark_delay` is None for what suits the kind of run. `late_bound` is how far behind the watermark an observation may come
    and still change what was published. `backfill` is the range of a backfill, which is bounded.
    """

    endpoints: Endpoints
    run_id: str
    bounded: bool = False
    wait: bool = False
    partial_results: bool = True
    watermark_delay: timedelta | None = None
    late_bound: timedelta = timedelta(hours=24)
    idle_timeout: timedelta = timedelta(seconds=30)
    max_ahead: timedelta = timedelta(minutes=5)
    stop_after_consecutive: int = 10_000
    stop_ratio: float = 0.5
    backfill: Backfill | None = None


def parse_duration(name: str, text: str) -> timedelta:
    """A duration below 100 days. Raises SettingError naming the setting otherwise."""
    try:
        value = durations.parse_duration(text)
    except ValueError as error:
        raise SettingError(f"{name}: {text!r} is not a duration", f"write {durations.EXAMPLES}") from error
    if value >= _TOO_LONG:
        raise SettingError(f"{name}: {text!r} is too long", "less than 100 d is allowed")
    return value


def parser(job: str) -> argparse.ArgumentParser:
    """The arguments after the file name of a `flink run -py` line; each is also an environment variable TOKPULSE_<NAME>."""
    result = argparse.ArgumentParser(prog=job, description=f"the {job} job of tokpulse", allow_abbrev=False)
    result.add_argument("--run-id", help=f"{options.RUN_ID}.  [default: the time]")
    result.add_argument("--bounded", action="store_true", help=options.BOUNDED)
    for name, text in options.BACKFILL.items():
        result.add_argument(f"--{name}", help=text)
    result.add_argument("--restate", action="store_true", help=options.RESTATE)
    result.add_argument("--wait", action="store_true", help="Stay until the job ends (not with `flink run -d`).")
    for name, text in options.TUNING.items():
        choices = ("on", "off") if name == "partial_results" else None
        result.add_argument(f"--{name.replace('_', '-')}", choices=choices, help=text)
    result.add_argument("--explain", action="store_true", help="Print the plan and end.")
    result.add_argument("--compare", metavar="CHECKPOINT", help="Print the plan's operators and those of a checkpoint, and end.")
    return result


def resolve(arguments: argparse.Namespace, environ: Mapping[str, str] | None = None) -> JobSettings:
    """Settings from parsed arguments. Raises SettingError, and MissingEndpointError for a service nobody named."""
    env = os.environ if environ is None else environ

    def value(name: str, default: str) -> str:
        given = getattr(arguments, name)
        return str(given) if given is not None else env.get(f"TOKPULSE_{name.upper()}", default)

    def duration(name: str, default: str) -> timedelta:
        return parse_duration(name.replace("_", "-"), value(name, default))

    backfill = asked(getattr(arguments, "from"), arguments.to, restate=arguments.restate)
    bounded = arguments.bounded or backfill is not None
    partial = value("partial_results", "off" if bounded else "on")
    if partial not in ("on", "off"):
        raise SettingError(f"partial-results: {partial!r} is neither on nor off", "unset TOKPULSE_PARTIAL_RESULTS, or correct it")
    try:
        consecutive, ratio = int(value("stop_after_consecutive", "10000")), float(value("stop_ratio", "0.5"))
    except ValueError as error:
        raise SettingError(f"stop-after-consecutive / stop-ratio: {error}", "a whole number, and a share between 0 and 1") from None
    if consecutive < 0 or not 0 <= ratio <= 1:
        raise SettingError("stop-after-consecutive / stop-ratio out of range", "a whole number from 0, and a share between 0 and 1")
    return JobSettings(
        endpoints=Endpoints.from_env(None if environ is None else dict(environ)),
        run_id=value("run_id", options.new_run_id()),
        bounded=bounded,
        wait=arguments.wait,
        partial_results=partial == "on",
        watermark_delay=duration("watermark_delay", "") if value("watermark_delay", "") else None,
        late_bound=duration("late_bound", "24 h"),
        idle_timeout=duration("idle_timeout", "30 s"),
        max_ahead=duration("max_ahead", "5 min"),
        stop_after_consecutive=consecutive,
        stop_ratio=ratio,
        backfill=backfill,
    )


def check_sentiment() -> str:
    """Why the sentiment model that the environment names cannot be used from here, "" if it can. Raises SettingError.

    Another machine's model may be out of reach here, but not the lexicon, which stands in for all of them.
    """
    try:
        SentimentSettings.from_env().check()
        return ""
    except ModelUnavailableError as error:
        return str(error)
    except (SentimentSettingError, ExtensionError, OSError) as error:
        raise SettingError(str(error), "see docs/sentiment.md") from None


def parse(job: str, argv: Sequence[str]) -> argparse.Namespace:
    """The arguments of `argv`; wrong ones end the program with usage and exit code 2."""
    return parser(job).parse_args(argv)
