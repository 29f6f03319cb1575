"""Posts failed tests to the targets of `tokpulse notify`: each target hears of a failure once, until the test has passed again."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from alerts.alert import iso, moment
from alerts.kinds import QUALITY
from alerts.notice import Entry, Notice
from alerts.posting import Poster, RefusedError, TryAgainError
from alerts.routes import Routing
from alerts.targets import Target
from connectors.errors import TokpulseError
from connectors.files import replace_file
from quality.results import Result, Status

TOLD_FILE = "quality-told.json"


class ToldFileError(TokpulseError):
    """The file that remembers what was told cannot be used."""


def tell(
    results: Sequence[Result],
    file: Path,
    targets: Sequence[tuple[Target, Poster]],
    ways: Routing,
    now_ms: int,
    say: Callable[[str], None],
) -> None:
    """Posts what fails and was not told; what a target does not take, and what its quiet hours hold up, is told by a later run.

    `file` remembers what each target was told: target -> keys of tests. Raises ToldFileError.
    """
    told = _read(file)
    failing = {key_of(result): result for result in results if result.status is Status.FAIL}
    passing = {key_of(result) for result in results if result.status is Status.PASS}
    wanted = ways.channels_of_kind(QUALITY)
    for target, poster in targets:
        known = told.get(target.name, set()) - passing
        new = [result for key, result in failing.items() if key not in known]
        if new and target.name in wanted and not ways.quiet_seconds(target.name, now_ms):
            try:
                poster.post(notice(new, now_ms).message(target.format))
            except (TryAgainError, RefusedError) as error:
                say(f"{target.name} was not told of {len(new)} failed tests: {error}; the next run tries again")
            else:
                known |= {key_of(result) for result in new}
                say(f"told {target.name} of {len(new)} failed tests")
        told[target.name] = known
        poster.close()
    try:
        replace_file(file, json.dumps({name: sorted(keys) for name, keys in told.items()}))
    except OSError as error:
        raise ToldFileError(f"cannot write {file}: {error.strerror}", "check the owner of the data directory") from None


def key_of(result: Result) -> str:
    """`trending_hourly: not_null of aweme_id`"""
    return f"{result.dataset}: {result.test}{f' of {result.column}' if result.column else ''}"


def notice(results: Sequence[Result], now_ms: int) -> Notice:
    """The message about tests that failed."""
    entries = [
        Entry(
            key_of(result),
            result.detail,
            {
                "dataset": result.dataset,
                "test": result.test,
                "column": result.column,
                "failing_rows": result.failing_rows,
                "detail": result.detail,
            },
        )
        for result in results
    ]
    title = f"{len(results)} data quality test{'s fail' if len(results) > 1 else ' fails'}"
    return Notice(QUALITY, iso(moment(now_ms)), title, entries)


def _read(file: Path) -> dict[str, set[str]]:
    try:
        return {str(name): set(map(str, keys)) for name, keys in json.loads(file.read_text(encoding="utf-8")).items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise ToldFileError(f"cannot use {file}: {error}", "remove it: then failures of now are told again") from None
