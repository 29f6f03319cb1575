"""The tables of docs/upstreams.md that say where fields of records are read from: `python -m docs.upstream_codes` writes them."""

from __future__ import annotations

from connectors.kafka.validation import EARLIEST, FUTURE_SLACK_MS, INT_RANGE, TIME_FIELDS, day
from connectors.upstream.fields import LARGEST_COUNTER, LONGEST_ID, LONGEST_TEXT, ValueKind
from connectors.upstream.tables import FORMS, Form, Source

_RANGES = {
    ValueKind.COUNTER: ("count", f"0 to {LARGEST_COUNTER}"),
    ValueKind.FLAG: ("yes or no", "true, false, 1, 0"),
    ValueKind.ID: ("id", f"1 to {LONGEST_ID} letters and digits"),
    ValueKind.PARENT: ("id or null", f"1 to {LONGEST_ID} letters and digits; 0 is none"),
    ValueKind.TEXT: ("text", f"up to {LONGEST_TEXT} characters"),
    ValueKind.NULLABLE: ("text or null", f"up to {LONGEST_TEXT} characters"),
}


def table(topic: str) -> str:
    """One row per field of the topic's records, one column per form of its items."""
    forms = list(FORMS[topic].values())
    lines = ["| field | unit | range | " + " | ".join(f"`{form.name}`" for form in forms) + " | without a value |"]
    lines.append("|---" * (len(forms) + 4) + "|")
    for rows in zip(*(form.sources for form in forms), strict=True):
        unit, allowed = _range(rows[0])
        cells = [f"`{rows[0].name}`", unit, allowed, *map(_places, rows), _without(rows)]
        lines.append("| " + " | ".join(cells) + " |")
    lines += ["", *(_known_by(form) for form in forms if form.known_by)]
    return "\n".join(lines) + "\n"


def _range(source: Source) -> tuple[str, str]:
    name = source.name.rpartition(".")[2]
    if name in TIME_FIELDS:
        return "Unix seconds", f"{day(EARLIEST[name])} to {FUTURE_SLACK_MS // 60_000} min ahead"
    return _RANGES.get(source.kind, ("seconds", f"0 to {INT_RANGE[1]}"))


def _places(source: Source) -> str:
    places = [place.path for place in (source.exact, *source.places) if place is not None]
    unit = f" / {source.per_unit}" if source.per_unit > 1 else ""
    return ", ".join(f"`{place}`{unit}" for place in places) or "-"


def _without(rows: tuple[Source, ...]) -> str:
    """What an item without a value gets; forms differ in what is rare, not in the value."""
    source = rows[0]
    asked = [f"the {source.asked} asked for"] if source.asked else []
    if source.kind in (ValueKind.NULLABLE, ValueKind.PARENT):
        return ", else ".join([*asked, "null"])
    if source.required:
        return ", else ".join([*asked, "the item is refused"])
    value = "no" if source.default is False else str(source.default) or "empty"
    return value if all(row.rare for row in rows) else f"{value}, counted"


def _known_by(form: Form) -> str:
    return f"- `{form.name}`: an item with {' or '.join(f'`{place.path}`' for place in form.known_by)}"
