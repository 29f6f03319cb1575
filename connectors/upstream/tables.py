"""The tolerant reader: for each field of a record the places of an item that it is read from. Tables are in `*_fields.yaml`."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, RootModel, ValidationError

from connectors.errors import TokpulseError
from connectors.kafka.topics import load_topics
from connectors.kafka.validation import TIME_FIELDS
from connectors.upstream.fields import ABSENT, BadFieldError, Place, UnreadableError, ValueKind, converted, found, step
from connectors.upstream.model import Note
from connectors.upstream.records import COMMENTS, POSTS, USERS

_FOLDER = Path(__file__).parent
_OBSERVED = "ingested_at"
# The path of what comes from the request.
REQUEST = "request_param"
_KINDS = {"string": ValueKind.TEXT, "boolean": ValueKind.FLAG, "int": ValueKind.NUMBER, "long": ValueKind.COUNTER}


class FieldsFileError(TokpulseError):
    """A table of fields is not what it must be; the message names file and key."""


@dataclass(frozen=True)
class Asked:
    """What the request says about each item of its answer; None where it does not."""

    creator: str | None = None
    post: str | None = None
    comment: str | None = None


@dataclass(frozen=True)
class Source:
    """Where one field of a record comes from.

    `exact` is tried before `places`, which are in order of trust. Without a value there the field is what was `asked` for, else the
    `default`; an item without both is refused. A counter that cannot be read is taken for one that was left out: it must not cost
    the others. `rare` fields are missing without being counted.
    """

    name: str
    kind: ValueKind
    places: tuple[Place, ...]
    exact: Place | None = None
    default: int | str | bool | None = None
    asked: str = ""
    per_unit: int = 1  # of the place's unit in one of the record's
    rare: bool = False
    rare_in_replies: bool = False
    nullable: bool = False

    @property
    def all_places(self) -> tuple[Place, ...]:
        """The places in the order in which they are tried."""
        return self.places if self.exact is None else (self.exact, *self.places)

    @property
    def required(self) -> bool:
        """Is an item refused where this has no value?"""
        return self.default is None and not self.nullable and self.kind not in (ValueKind.NULLABLE, ValueKind.PARENT)


@dataclass(frozen=True)
class Form:
    """One form that items come in. It is told by the fields `known_by`; `known` has the names of every object that is read."""

    name: str
    known_by: tuple[Place, ...]
    sources: tuple[Source, ...]
    known: Mapping[tuple[str, ...], frozenset[str]] = field(repr=False, default_factory=dict)

    def counts(self, item: object) -> bool:
        """Has `item` the counter of this form that no item may lack?"""
        counters = (source for source in self.sources if source.required and source.kind is ValueKind.COUNTER)
        return any(_there(place, item) for source in counters for place in source.all_places)

    def evidence(self, item: object) -> str:
        """What tells that `item` is of this form; "" for nothing."""
        return next((place.path for place in self.known_by if _there(place, item)), "")

    def new_fields(self, item: Mapping[str, Any]) -> Iterator[Note]:
        """The fields that no table has, in objects that are read, by their paths within the item."""
        for parts, names in self.known.items():
            value = Place("", parts).look(item)[0] if parts else item
            if isinstance(value, Mapping) and not value.keys() <= names:
                yield from (("new", ".".join((*parts, name))) for name in {step(name) for name in value.keys() - names})


@dataclass(frozen=True)
class Table:
    """How the items of one topic are read.

    In the first of `forms` whose counter is there, else in the first whose other evidence is, else as `own`. The upstream's `own`
    is the first one: a name of another form that was added beside does not make an item one of that form.
    """

    topic: str
    forms: tuple[Form, ...]
    own: Form

    def read(self, item: object, path: str, asked: Asked, seen_ms: int) -> tuple[dict[str, Any], tuple[Note, ...]]:
        """The record, and what to count. Raises BadFieldError."""
        if not isinstance(item, Mapping):
            raise BadFieldError(f"{path or 'body'}: expected an object, {found(item)}")
        form, because = self._form(item)
        record: dict[str, Any] = {}
        notes: list[Note] = []
        for source in form.sources:
            try:
                value, why = _value(source, item, path, asked)
            except BadFieldError as error:
                raise BadFieldError(f"{error}{because}") from error
            if why:
                notes.append((why, source.name))
            group, _, name = source.name.rpartition(".")
            (record.setdefault(group, {}) if group else record)[name] = value
        record[_OBSERVED] = seen_ms
        return record, (*notes, *form.new_fields(item))

    def read_unasked(self, item: object, path: str, asked: Asked, seen_ms: int) -> tuple[dict[str, Any], tuple[Note, ...]]:
        """As `read`, for an item of which nobody knows whether it was asked for: it must say so itself. Raises BadFieldError."""
        record, notes = self.read(item, path, Asked(), seen_ms)
        for name, wanted in (("author_id", asked.creator), ("video_id", asked.post), ("parent_id", asked.comment)):
            if wanted is not None and record.get(name) != wanted:
                raise BadFieldError(f"{_inside(path, name)}: expected {wanted!a}, which was asked for, {found(record.get(name))}")
        return record, notes

    def _form(self, item: object) -> tuple[Form, str]:
        """The form of an item, and what to add to its problems: why it is not read as the upstream's own."""
        if (counted := next((form for form in self.forms if form.counts(item)), None)) is not None:
            return counted, ""
        form, evidence = next(((form, why) for form in self.forms if (why := form.evidence(item))), (self.own, ""))
        return form, f" (read as {form.name} because of {evidence})" if form is not self.own else ""


def _there(place: Place, item: object) -> bool:
    value, reached = place.look(item)
    return value is not ABSENT and value is not None and reached == len(place.parts)


def _value(source: Source, item: object, path: str, asked: Asked) -> tuple[Any, Literal["", "left_out", "unreadable"]]:
    problems: list[tuple[bool, str]] = []  # those of exact places last: it is the others that everybody has
    missing: tuple[int, Place, object] | None = None
    beyond = None
    for place in source.all_places:
        value, reached = place.look(item)
        if value is ABSENT or value is None:
            # Of several places the one that leads furthest is where it should have been.
            if place is not source.exact and (missing is None or reached > missing[0]):
                missing = reached, place, value
            continue
        try:
            if reached < len(place.parts):
                raise UnreadableError(f"expected an object, {found(value)}")
            good = converted(source.kind, value)
        except UnreadableError as error:
            beyond = error.number if beyond is None else beyond
            problems.append((place is source.exact, f"{_at(path, place, reached)}: {error}"))
            continue
        if good is not None:
            return (good // source.per_unit if source.per_unit > 1 else good), ""
        missing = missing if missing is not None and missing[0] >= reached else (reached, place, value)
    if source.asked and (given := getattr(asked, source.asked)):
        return _asked_for(source.kind, given), ""
    if source.required and beyond is not None:
        return beyond, ""  # whoever validates records has a name for what is wrong with it
    if problems and (source.required or source.kind is not ValueKind.COUNTER):
        raise BadFieldError(min(problems, key=lambda one: one[0])[1])
    if source.required and missing is not None:
        reached, place, value = missing
        expected = "an object" if reached < len(place.parts) else _EXPECTED.get(source.kind, "a string")
        raise BadFieldError(f"{_at(path, place, reached)}: expected {expected}, {found(value)}")
    rare = source.rare or source.default is None or (source.rare_in_replies and asked.comment is not None)
    return source.default, "unreadable" if problems else "" if rare else "left_out"


def _asked_for(kind: ValueKind, given: str) -> Any:
    """What the request says, read as the item's own value would be."""
    try:
        return converted(kind, given)
    except UnreadableError as error:
        raise BadFieldError(f"{REQUEST}: {error}") from error


_EXPECTED = {ValueKind.COUNTER: "an integer", ValueKind.NUMBER: "an integer", ValueKind.FLAG: "true or false"}


def _at(path: str, place: Place, reached: int) -> str:
    return _inside(path, place.upto(reached))


def _inside(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


class _SourceInFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    places: list[str] = Field(alias="from")
    exact: str | None = None
    kind: Literal["id", "parent", "number"] | None = None
    default: int | str | bool | None = None
    asked: Literal["", "creator", "post", "comment"] = ""
    per_unit: int = Field(default=1, ge=1)
    rare: bool | Literal["replies"] = False


class _FormInFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    known_by: list[str] = Field(default_factory=list)
    fields: dict[str, _SourceInFile]
    others: dict[str, str] = Field(default_factory=dict)


class _FieldsFile(RootModel[dict[str, dict[str, _FormInFile]]]):
    """Topic -> form."""


def load_forms(path: Path) -> Mapping[str, Mapping[str, Form]]:
    """The forms of `path` by topic and name. Raises FieldsFileError, also for a form with other fields than the schema's."""
    try:
        parsed = _FieldsFile.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise FieldsFileError(f"{path.name}: {error}", "the head of the file says what a table consists of") from error
    topics = load_topics()
    read: dict[str, dict[str, Form]] = {}
    for topic, forms in parsed.root.items():
        types = dict(_types(json.loads(topics[topic].schema_text())))
        for name, given in forms.items():
            if given.fields.keys() != types.keys():
                wrong = ", ".join(sorted(given.fields.keys() ^ types.keys()))
                raise FieldsFileError(
                    f"{path.name}: {topic}: {name}: not the fields of the schema: {wrong}", "each one stands once"
                )
            sources = tuple(_source(field_name, types[field_name], source) for field_name, source in given.fields.items())
            places = tuple(Place.of(place) for place in given.known_by)
            form = Form(name, places, sources, _known(sources, places, given.others))
            read.setdefault(topic, {})[name] = form
    return read


def _types(schema: Mapping[str, Any], inside: str = "") -> Iterator[tuple[str, object]]:
    """Each field of a record schema by its dotted name, without the time of observation."""
    for declared in schema["fields"]:
        kind = declared["type"]
        if isinstance(kind, dict):
            yield from _types(kind, f"{inside}{declared['name']}.")
        elif inside or declared["name"] != _OBSERVED:
            yield inside + declared["name"], kind


def _source(name: str, declared: object, given: _SourceInFile) -> Source:
    nullable = isinstance(declared, list)
    inner = next(part for part in declared if part != "null") if isinstance(declared, list) else declared
    kind = ValueKind.NULLABLE if nullable and inner == "string" else _KINDS[str(inner)]
    if name.rpartition(".")[2] in TIME_FIELDS:
        kind = ValueKind.NUMBER
    places = tuple(Place.of(place) for place in given.places)
    exact = Place.of(given.exact) if given.exact else None
    kind = ValueKind(given.kind) if given.kind else kind
    return Source(
        name, kind, places, exact, given.default, given.asked, given.per_unit, given.rare is True, given.rare == "replies", nullable
    )


def _known(
    sources: tuple[Source, ...], known_by: tuple[Place, ...], others: Mapping[str, str]
) -> Mapping[tuple[str, ...], frozenset[str]]:
    """Every object that is read, and the names that it may have."""
    names: dict[tuple[str, ...], set[str]] = defaultdict(set, {(): {_OBSERVED}})
    for place in (*known_by, *(place for source in sources for place in source.all_places)):
        for length, part in enumerate(place.parts):
            if not part.isdigit():
                names[place.parts[:length]].add(part)
    for path, more in others.items():
        names[tuple(path.split(".")) if path != "item" else ()] |= set(more.split())
    return {parts: frozenset(found_names) for parts, found_names in names.items() if "*" not in found_names}


FORMS = load_forms(_FOLDER / "tiktok_fields.yaml")


def tables_of(**own: str) -> Mapping[str, Table]:
    """The tables of an upstream whose own forms of `posts`, `users` and `comments` have these names."""
    names = {POSTS: own["posts"], USERS: own["users"], COMMENTS: own["comments"]}
    first = {topic: forms[names[topic]] for topic, forms in FORMS.items()}
    return {
        topic: Table(topic, (first[topic], *(form for form in forms.values() if form is not first[topic])), first[topic])
        for topic, forms in FORMS.items()
    }
