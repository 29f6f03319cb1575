"""Checks a record against its Avro schema and against what an observation can be, before it reaches Kafka."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any

from connectors.clock import MINUTE_MS, wall_clock_ms
from connectors.errors import TokpulseError
from connectors.kafka.avro import Record

EARLIEST_MS = 1_451_606_400_000  # 2016-01-01T00:00:00Z: nobody observed the service before
# 2014-01-01T00:00:00Z: posts of musical.ly, which became TikTok, have kept their times.
EARLIEST_CREATED_MS = 1_388_534_400_000
FUTURE_SLACK_MS = 5 * MINUTE_MS
INT_RANGE = (-(2**31), 2**31 - 1)
LONG_RANGE = (-(2**63), 2**63 - 1)
_FAST_LIMIT = 2**62  # anything larger takes the slow path, which knows each field's own range

# Times by name: milliseconds per unit. Every other int or long of the event schemas is a counter or a length, never negative.
TIME_FIELDS: Mapping[str, int] = {"ingested_at": 1, "create_time": 1000}
EARLIEST: Mapping[str, int] = {"ingested_at": EARLIEST_MS, "create_time": EARLIEST_CREATED_MS}

_PYTHON_TYPES: Mapping[str, tuple[type, ...]] = {"string": (str,), "boolean": (bool,), "double": (float,), "float": (float,)}


def day(time_ms: int) -> str:
    """`2014-01-01`"""
    return datetime.fromtimestamp(time_ms / 1000, UTC).date().isoformat()


class RecordError(TokpulseError):
    """A record that must not be produced. `field` is its dotted path (`stats.followerCount`)."""

    def __init__(self, record_name: str, field: str, problem: str, key: str = "") -> None:
        subject = f"{record_name} {key!r}" if key else record_name
        super().__init__(f"{subject}: field {field}: {problem}", "fix the record, or send it to the topic's dead-letter queue")
        self.record_name = record_name
        self.field = field
        self.problem = problem


class MissingFieldError(RecordError):
    """A field without a default is absent or null."""


class FieldTypeError(RecordError):
    """A value of another type than the schema's, or outside its range."""


class NegativeCounterError(RecordError):
    """A counter below zero."""


class ClockError(RecordError):
    """A time before the earliest one of its field, or more than 5 minutes ahead of this machine's clock."""


class RecordValidator:
    """Validates records of one (parsed JSON) record schema. `clock` gives Unix milliseconds.

    The common case is decided by a handful of comparisons; the reason is looked for only when one of them fails.
    """

    def __init__(self, schema: Mapping[str, Any], clock: Callable[[], int] = wall_clock_ms) -> None:
        self._schema = schema
        self._name = str(schema["name"]).rpartition(".")[2]
        self._key_field = str(schema["fields"][0]["name"])
        self._clock = clock
        self._quick = _QuickCheck.of(schema)

    def check(self, record: Record) -> None:
        """Returns for a good record; raises the RecordError of its first bad field, in schema order."""
        # The key last: it is there when the rest is good.
        if self._quick is not None and self._quick.accepts(record, self._clock()) and record[self._key_field]:
            return
        key = str(record.get(self._key_field, ""))
        for error in self._problems(self._schema, record, "", key):
            raise error

    def _problems(self, schema: Mapping[str, Any], record: Record, path: str, key: str) -> Iterator[RecordError]:
        for field in schema["fields"]:
            name = str(field["name"])
            where = path + name
            value = record.get(name)
            if value is None:
                if not _is_nullable(field["type"]):
                    yield MissingFieldError(self._name, where, "is missing" if name not in record else "is null", key)
                continue
            declared = _non_null(field["type"])
            if isinstance(declared, dict) and declared.get("type") == "record":
                if isinstance(value, Mapping):
                    yield from self._problems(declared, value, where + ".", key)
                else:
                    yield FieldTypeError(self._name, where, f"is {type(value).__name__}, not an object", key)
                continue
            kind = str(declared["type"]) if isinstance(declared, dict) else str(declared)
            yield from self._scalar_problems(kind, name, where, value, key)

    def _scalar_problems(self, kind: str, name: str, where: str, value: object, key: str) -> Iterator[RecordError]:
        if kind in ("int", "long"):
            low, high = INT_RANGE if kind == "int" else LONG_RANGE
            if type(value) is not int:
                yield FieldTypeError(self._name, where, f"is {type(value).__name__}, not {kind}", key)
            elif not low <= value <= high:
                yield FieldTypeError(self._name, where, f"{value} does not fit {kind}", key)
            elif name in TIME_FIELDS:
                time_ms, latest = value * TIME_FIELDS[name], self._clock() + FUTURE_SLACK_MS
                if time_ms < EARLIEST[name]:
                    yield ClockError(self._name, where, f"{value} is before {day(EARLIEST[name])}", key)
                elif time_ms > latest:
                    ahead = (time_ms - latest + FUTURE_SLACK_MS) // 1000
                    yield ClockError(self._name, where, f"{value} is {ahead} s in the future (5 min are allowed)", key)
            elif value < 0:
                yield NegativeCounterError(self._name, where, f"{value} is negative", key)
        elif not isinstance(value, _PYTHON_TYPES.get(kind, (object,))):
            yield FieldTypeError(self._name, where, f"is {type(value).__name__}, not {kind}", key)
        elif isinstance(value, str) and name == self._key_field and not where.count(".") and not value:
            yield MissingFieldError(self._name, where, "is empty", key)


class _QuickCheck:
    """The fast yes: types, signs and times in a few passes over tuples of values, nested records by a check of their own."""

    def __init__(self, names: Mapping[str, tuple[str, ...]], nested: Mapping[str, _QuickCheck]) -> None:
        self._strings, self._numbers, self._booleans = (_values(names[kind]) for kind in ("string", "number", "boolean"))
        self._ints = names["int"]
        self._nullables = names["nullable"]
        self._optional_numbers = names["optional number"]
        self._optional_flags = names["optional flag"]
        self._times = tuple((name, TIME_FIELDS[name], EARLIEST[name]) for name in names["time"])
        self._nested = tuple(nested.items())

    @staticmethod
    def of(schema: Mapping[str, Any]) -> _QuickCheck | None:
        """None for a schema that has anything but strings, integers, booleans, those that may be null, and records of these."""
        groups = ("string", "number", "boolean", "int", "nullable", "optional number", "optional flag", "time")
        names: dict[str, list[str]] = {group: [] for group in groups}
        nested: dict[str, _QuickCheck] = {}
        for field in schema["fields"]:
            name, kind = str(field["name"]), field["type"]
            if kind == ["null", "string"]:
                names["nullable"].append(name)
            elif kind == ["null", "long"] and name not in TIME_FIELDS:
                names["optional number"].append(name)
            elif kind == ["null", "boolean"]:
                names["optional flag"].append(name)
            elif kind in ("string", "boolean"):
                names[kind].append(name)
            elif kind in ("int", "long"):
                names["number"].append(name)
                if kind == "int":
                    names["int"].append(name)
                if name in TIME_FIELDS:
                    names["time"].append(name)
            elif isinstance(kind, dict) and kind.get("type") == "record" and (check := _QuickCheck.of(kind)) is not None:
                nested[name] = check
            else:
                return None
        return _QuickCheck({group: tuple(members) for group, members in names.items()}, nested)

    def accepts(self, record: Record, now_ms: int) -> bool:
        """False means "look closer", not "bad"."""
        try:
            for text in self._strings(record):
                if type(text) is not str:
                    return False
            for number in self._numbers(record):
                if type(number) is not int or not 0 <= number <= _FAST_LIMIT:
                    return False
            for flag in self._booleans(record):
                if type(flag) is not bool:
                    return False
            for name, check in self._nested:
                part = record[name]
                if type(part) is not dict or not check.accepts(part, now_ms):
                    return False
        except KeyError:
            return False
        for name in self._nullables:
            value = record.get(name)
            if value is not None and type(value) is not str:
                return False
        for name in self._optional_numbers:
            value = record.get(name)
            if value is not None and (type(value) is not int or not 0 <= value <= _FAST_LIMIT):
                return False
        for name in self._optional_flags:
            value = record.get(name)
            if value is not None and type(value) is not bool:
                return False
        for name in self._ints:
            if record[name] > INT_RANGE[1]:
                return False
        latest = now_ms + FUTURE_SLACK_MS
        return all(earliest <= record[name] * unit <= latest for name, unit, earliest in self._times)


def _values(names: tuple[str, ...]) -> Callable[[Record], tuple[Any, ...]]:
    """What gives the values of these fields; a single name would give the itemgetter no tuple."""
    if len(names) > 1:
        return itemgetter(*names)
    return lambda record: tuple(record[name] for name in names)


def _is_nullable(declared: object) -> bool:
    return isinstance(declared, list) and "null" in declared


def _non_null(declared: Any) -> Any:
    return next(part for part in declared if part != "null") if isinstance(declared, list) else declared
