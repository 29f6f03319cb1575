"""Requests sent as multipart/form-data: long parameters, and tables sent along with a query."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from stack.clickhouse import errors
from stack.clickhouse.engine import Connection, sql
from stack.clickhouse.errors import FrontError
from stack.clickhouse.guard import Guard

MAX_FORM_BYTES: Final = 64 << 20
_NAME: Final = re.compile(rb'\bname="([^"]*)"')
_TABLE_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class ExternalTable:
    """A table that the client sent: `structure` is "a UInt8, b String", data is in `format`."""

    name: str
    structure: str
    format: str
    data: bytes

    def load(self, connection: Connection, guard: Guard) -> None:
        """Make and fill the table. Raises FrontError for a structure that is not only columns."""
        text = sql("external_table.sql").replace("@name", self.name).replace("@structure", self.structure)
        statement = guard.read(text.encode())
        if statement.verb != "create" or re.search(r"\b(default|materialized|alias|ephemeral)\b", self.structure, re.I):
            raise FrontError(errors.BAD_ARGUMENTS, f"{self.name}_structure: want column names and types only")
        connection.query(statement.text, "Null")
        inserter = connection.send_insert(sql("external_insert.sql").replace("@name", self.name), self.format)
        inserter.append(self.data)
        inserter.finish()


def is_form(content_type: str) -> bool:
    """True for the Content-Type of a form."""
    return content_type.lower().startswith("multipart/form-data")


def split_form(content_type: str, chunks: Iterable[bytes]) -> dict[str, bytes]:
    """The fields of a form, in order.

    Raises FrontError 36 when malformed, 191 when larger than 64 MiB.
    """
    match = re.search(r'boundary="?([^";,]+)"?', content_type, re.IGNORECASE)
    if match is None:
        raise FrontError(errors.BAD_ARGUMENTS, "multipart/form-data without a boundary")
    body = bytearray()
    for chunk in chunks:
        body += chunk
        if len(body) > MAX_FORM_BYTES:
            raise FrontError(errors.QUERY_IS_TOO_LARGE, f"A form may hold {MAX_FORM_BYTES} bytes")
    mark = b"--" + match.group(1).encode("latin-1", "replace")
    pieces = (b"\r\n" + bytes(body)).split(b"\r\n" + mark)
    if len(pieces) < 2 or not pieces[-1].startswith(b"--"):
        raise FrontError(errors.BAD_ARGUMENTS, "Malformed or cut-off multipart/form-data")
    fields: dict[str, bytes] = {}
    for piece in pieces[1:-1]:
        head, separator, value = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        name = _NAME.search(head)
        if not separator or name is None:
            raise FrontError(errors.BAD_ARGUMENTS, "Malformed part in multipart/form-data")
        fields[name.group(1).decode("utf-8", "replace")] = value
    return fields


def external_tables(fields: Mapping[str, bytes], params: Mapping[str, str]) -> list[ExternalTable]:
    """The tables among a form's fields: those with a NAME_structure or NAME_types parameter."""
    tables = []
    for name, data in fields.items():
        structure = params.get(f"{name}_structure", "")
        if not structure and (types := params.get(f"{name}_types", "")):
            structure = ", ".join(f"_{n} {kind.strip()}" for n, kind in enumerate(types.split(","), start=1))
        if not structure:
            continue
        if not _TABLE_NAME.fullmatch(name):
            raise FrontError(errors.BAD_ARGUMENTS, "External tables want a plain name")
        tables.append(ExternalTable(name, structure, params.get(f"{name}_format", "TabSeparated"), data))
    return tables
