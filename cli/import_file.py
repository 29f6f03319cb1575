"""`tokpulse import`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.progress import RecordProgress
from cli.times import parse_time_ms
from connectors.clock import wall_clock_ms
from connectors.endpoints import Endpoints
from connectors.errors import TokpulseError
from connectors.kafka.avro import AvroCodec
from connectors.kafka.producer import AvroProducer, ProducerSettings
from connectors.kafka.registry import SchemaRegistry
from connectors.kafka.topics import load_topics
from connectors.kafka.validation import RecordError, RecordValidator
from connectors.terminal import printable, say
from connectors.upstream.captured import CapturedError, read_captured
from connectors.upstream.catalog import UPSTREAMS
from connectors.upstream.model import Note
from connectors.upstream.records import COMMENTS, POSTS, USERS

# How fields that are worth counting are reported.
_NOTED = {
    "left_out": "{} was left out, and is taken as 0, no or empty",
    "unreadable": "{} could not be read, and is taken as 0",
    "new": "{} is a field that was never seen before",
}
Produce = Callable[[str, Mapping[str, Any]], None]


class ImportFileError(TokpulseError):
    """A file that cannot be read, or an option that names nothing."""


class NothingToLoadError(TokpulseError):
    """The input holds no response that could be loaded."""


class BadLinesError(TokpulseError):
    """Some of the input was not loaded; each case has been reported with its file, line and field."""


@dataclass
class Report:
    """What became of the input. `loaded` counts records by topic; `bad` counts reported problems; `noted` fields by name."""

    lines: int = 0
    loaded: Counter[str] = field(default_factory=Counter)
    bad: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    noted: Counter[Note] = field(default_factory=Counter)

    def refuse_nothing(self, files: Sequence[Path]) -> None:
        """Raises NothingToLoadError when there was nothing to load in `files`; what was bad is another matter."""
        names = ", ".join(map(str, files))
        if not self.lines:
            raise NothingToLoadError(f"{names}: no line in it", "give files with one response per line")
        if not self.loaded and not self.bad:
            hint = "the summary says what was skipped; a line without a reason is the end of a list"
            raise NothingToLoadError(f"{names}: none of the {self.lines:,} lines is a response to load", hint)

    def summary(self) -> str:
        """One line for each kind of outcome that occurred."""
        loaded = ", ".join(f"{count:,} to {topic}" for topic, count in sorted(self.loaded.items())) or "no records"
        lines = [f"import: {self.lines:,} lines, {loaded}, {self.bad:,} bad"]
        lines += [f"  {count:,} responses skipped: {reason}" for reason, count in sorted(self.skipped.items())]
        lines += [f"  {count:,} items: {_NOTED[why].format(name)}" for (why, name), count in sorted(self.noted.items())]
        return "\n".join(lines)


@dataclass(frozen=True)
class Defaults:
    """Values for lines that lack them; without an `upstream` it is recognized by the keys of the body."""

    upstream: str = ""
    ingested_at_ms: int | None = None


def load_file(path: Path, produce: Produce, report: Report, defaults: Defaults, progress: RecordProgress | None) -> None:
    """Loads the responses of one JSONL file through `produce`, which raises RecordError for what must not be written.

    Every problem is printed to stderr as `file:line: field: reason` and counted. Raises ImportFileError for an unreadable file.
    """
    before = report.lines
    for number, raw, fraction in _lines(path):
        report.lines += 1
        try:
            captured = read_captured(raw.decode(), defaults.upstream, defaults.ingested_at_ms)
        except UnicodeDecodeError:
            _report_bad(report, path, number, "(line): is not UTF-8")
            continue
        except CapturedError as error:
            _report_bad(report, path, number, str(error))
            continue
        if captured.skipped:
            report.skipped[captured.skipped] += 1
        for seen in captured.observations:
            report.noted.update(seen.notes)
            if seen.problem is not None:
                _report_bad(report, path, number, seen.problem)
                continue
            try:
                produce(seen.topic, seen.record)
            except RecordError as error:
                _report_bad(report, path, number, f"{error.field}: {error.problem}")
            else:
                report.loaded[seen.topic] += 1
        if progress is not None and report.lines % 50 == 0:
            progress(report.loaded.total(), fraction)
    if report.lines == before:
        say(f"{path}: no line in it", err=True)


def command(
    files: Annotated[list[Path], typer.Argument(help="JSONL files of captured responses.")],
    ingested_at: Annotated[
        str, typer.Option(help="Time of observation for lines without one: ISO 8601, Unix ms, now, or -2h.")
    ] = "",
    upstream: Annotated[
        str, typer.Option(help="Whose responses they are, for lines that do not say and whose keys do not tell: e.g. tikapi.")
    ] = "",
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Exit with 0 even when some input was bad.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only check the files; needs no Kafka.")] = False,
) -> None:
    """Load captured API responses (JSONL) into Kafka.

    They are read as `tokpulse poll` reads them: each line is a response body, or an envelope {"upstream", "endpoint",
    "request_param", "ingested_at", "http_status", "payload"} of which all but the payload may be missing. What is missing is
    recognized by the keys of the body, except for replies to comments. HTTP errors are skipped and counted. The exit code is 1 when
    there is nothing to load.
    """
    if upstream and upstream not in UPSTREAMS:
        raise ImportFileError(f"--upstream: no {upstream!r}", f"known: {', '.join(sorted(UPSTREAMS))}")
    defaults = Defaults(upstream, parse_time_ms(ingested_at, wall_clock_ms(), "--ingested-at") if ingested_at else None)
    report = Report()
    with RecordProgress("import") as progress:
        if dry_run:
            _load_all(files, _checker(), report, defaults, progress)
        else:
            endpoints = Endpoints.from_env().require("KAFKA_BOOTSTRAP_SERVERS", "SCHEMA_REGISTRY_URL")
            settings = ProducerSettings(endpoints.kafka_bootstrap_servers)
            with SchemaRegistry(endpoints.schema_registry_url) as registry, AvroProducer(settings, registry) as producer:
                producer.connect(POSTS, USERS, COMMENTS)
                _load_all(files, producer.produce, report, defaults, progress)
    say(report.summary())
    report.refuse_nothing(files)
    if report.bad and not skip_bad:
        raise BadLinesError(f"{report.bad:,} bad item(s) were not loaded", "fix them, or ignore them with --skip-bad")


def _load_all(files: list[Path], produce: Produce, report: Report, defaults: Defaults, progress: RecordProgress) -> None:
    for path in files:
        load_file(path, produce, report, defaults, progress)


def _checker() -> Produce:
    """Takes what the producer would take, and drops it."""
    topics = load_topics()
    validators = {name: RecordValidator(AvroCodec(topics[name].schema_text()).declared) for name in (POSTS, USERS, COMMENTS)}

    def check(topic: str, record: Mapping[str, Any]) -> None:
        validators[topic].check(record)

    return check


def _lines(path: Path) -> Iterator[tuple[int, bytes, float]]:
    """(line number, line, fraction of the file read) of each line that is not blank."""
    try:
        size = max(1, path.stat().st_size)
        with path.open("rb") as file:
            done = 0
            for number, raw in enumerate(file, start=1):
                done += len(raw)
                if raw.strip():
                    yield number, raw, min(1.0, done / size)
    except OSError as error:
        raise ImportFileError(f"cannot read {path}: {error.strerror}", "give the path of a JSONL file") from error


def _report_bad(report: Report, path: Path, number: int, problem: str) -> None:
    report.bad += 1
    say(printable(f"{path}:{number}: {problem}", lines=False), err=True)
