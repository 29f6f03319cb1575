"""Run one statement on the engine and write its answer."""

from __future__ import annotations

import itertools
import json
import re
import time
from collections.abc import Iterable, Iterator
from typing import Final

from stack.clickhouse import blocks, compression, errors, forms
from stack.clickhouse.engine import Connection, Result, Stream, apply_settings, sql
from stack.clickhouse.errors import FrontError, from_engine
from stack.clickhouse.forms import ExternalTable
from stack.clickhouse.guard import Guard, Statement
from stack.clickhouse.heads import HEAD_END, has_head
from stack.clickhouse.policy import FORBIDDEN_FUNCTIONS, FORBIDDEN_NAMES
from stack.clickhouse.reply import Reply, Summary
from stack.clickhouse.request import Request
from stack.clickhouse.roles import names_system

# A statement's text may be this long; an INSERT's data may be of any length.
MAX_TEXT_BYTES: Final = 1 << 20
_SLICE: Final = 1 << 20
# Kind of error -> how often it had come when an error was shown last.
_ERRORS_SHOWN: Final = dict[str, int]()
# In VALUES the engine evaluates expressions that nobody has checked. Where the data names a
# function that reaches outside, or hides a name in quotes, it gets literals only.
_RISKY_VALUES: Final = re.compile(
    rb"\b(?:%b)\b|[`\"]\s*[(/#-]" % b"|".join(sorted(name.encode() for name in FORBIDDEN_FUNCTIONS | FORBIDDEN_NAMES)),
    re.IGNORECASE,
)
_LITERALS_ONLY: Final = {
    "input_format_values_interpret_expressions": "0",
    "input_format_values_deduce_templates_of_expressions": "0",
}


def read_statement(request: Request, raw: Iterable[bytes], guard: Guard) -> tuple[Statement, Iterator[bytes], list[ExternalTable]]:
    """The statement of a request, the data that follows an INSERT's head, the tables sent along.

    As in ClickHouse, the text is the `query` parameter continued by the body; a form's fields
    are the query, its parameters, and tables.
    Raises FrontError 62 if the text is longer than 1 MiB or not one allowed statement.
    """
    content = compression.decode(request.headers.get("content-encoding", "").strip().lower(), raw)
    if request.flag("decompress"):
        content = blocks.decode(content)
    text = request.query.encode() + (b"\n" if request.query else b"")
    content_type = request.headers.get("content-type", "")
    tables: list[ExternalTable] = []
    if forms.is_form(content_type):
        fields = forms.split_form(content_type, content)
        tables = forms.external_tables(fields, request.params)
        request.add_parameters(fields)
        text += fields.get("query", b"")
        content = iter(())
    for chunk in content:
        text += chunk
        if len(text) >= MAX_TEXT_BYTES:
            break
    statement = guard.read(text)
    guard.check_identifiers(statement, request.settings)
    if statement.is_insert_data:
        return statement, itertools.chain([text[statement.data_start :]], content), tables
    if len(text) >= MAX_TEXT_BYTES:
        raise FrontError(errors.SYNTAX_ERROR, f"Max query size exceeded: {MAX_TEXT_BYTES} bytes. (SYNTAX_ERROR)")
    return statement, iter(()), tables


def check_may_run(request: Request, statement: Statement, tables: list[ExternalTable]) -> None:
    """Raise FrontError 164 or 497 if this user, or this method, may not run the statement."""
    if tables and request.user.reads_only:
        raise FrontError(errors.READONLY, f"{request.user.name}: Cannot send tables along in readonly mode.")
    if request.user.reads_only:
        _check_stays_visible(request, statement)
    if statement.reads_only:
        return
    if request.user.reads_only:
        raise FrontError(errors.READONLY, f"{request.user.name}: Cannot execute query in readonly mode.")
    if statement.borrows_rights and not request.user.administers:
        raise FrontError(
            errors.ACCESS_DENIED,
            f"{request.user.name}: Not enough privileges. Only an admin may define what runs with another user's rights "
            "(DEFINER, SQL SECURITY, merge() and viewIfPermitted() in a definition).",
        )
    if request.method in ("GET", "HEAD"):
        raise FrontError(
            errors.READONLY,
            "Cannot execute query in readonly mode. For queries over HTTP, method GET implies readonly. "
            "You should use method POST for modifying queries.",
        )
    lasting = statement.verb in ("set", "use") or (statement.verb == "create" and _is_temporary(statement.text))
    if lasting and not request.session_id:
        raise FrontError(errors.BAD_ARGUMENTS, f"{statement.verb.upper()} lasts for a session only: send a session_id with it")


def _check_stays_visible(request: Request, statement: Statement) -> None:
    given = [
        request.database,
        *(value for name, value in request.settings.items() if statement.identifiers and name.startswith("param_")),
    ]
    hidden = statement.hidden or next((value for value in given if names_system(value)), None)
    if hidden is not None:
        raise FrontError(errors.ACCESS_DENIED, f"{request.user.name}: Not enough privileges to see {hidden[:100]}.")


def _is_temporary(text: str) -> bool:
    return re.match(r"\s*create\s+(or\s+replace\s+)?temporary\b", text, re.IGNORECASE) is not None


def run(connection: Connection, request: Request, statement: Statement, data: Iterator[bytes], reply: Reply) -> Summary:
    """Run `statement`, write the answer's body to `reply`, return the totals.

    Raises FrontError or whatever the engine raises (see errors.from_engine).
    """
    begun = time.perf_counter_ns()
    summary: Summary | None
    if statement.is_insert_data:
        summary = _insert(connection, request, statement, data)
    else:
        fmt = statement.format or request.default_format or "TabSeparated"
        reply.describe(fmt)
        summary = None
        if statement.streams and fmt.lower() in HEAD_END:
            summary = _stream(connection.send_query(statement.text, fmt), fmt, reply)
        if summary is None:
            summary = _whole(connection.query(statement.text, fmt), reply)
    summary.elapsed_ns = time.perf_counter_ns() - begun
    return summary


def _stream(stream: Stream, fmt: str, reply: Reply) -> Summary | None:
    """Pass the blocks on. None if there was none, although the format wants a head even so."""
    summary, blocks_seen, head_end = Summary(), 0, 0
    try:
        while (block := stream.fetch()) is not None:
            body = bytes(block.bytes())
            if blocks_seen == 0:
                head_end = HEAD_END[fmt.lower()](body)
                head = body[:head_end]
            elif head_end and body.startswith(head):
                body = body[head_end:]
            blocks_seen += 1
            summary.result_rows += block.rows_read()
            summary.result_bytes += len(body)
            summary.read_rows = max(summary.read_rows, block.storage_rows_read())
            summary.read_bytes = max(summary.read_bytes, block.storage_bytes_read())
            reply.write(body)
    except BaseException:
        stream.cancel()
        raise
    return None if blocks_seen == 0 and has_head(fmt) else summary


def _whole(result: Result, reply: Reply) -> Summary:
    body = bytes(result.bytes())
    for start in range(0, len(body), _SLICE):
        reply.write(body[start : start + _SLICE])
    return Summary(
        read_rows=result.storage_rows_read(),
        read_bytes=result.storage_bytes_read(),
        written_rows=result.rows_written(),
        written_bytes=result.bytes_written(),
        result_rows=result.rows_read(),
        result_bytes=len(body),
    )


def _failed_inserts(connection: Connection) -> int:
    return int(connection.query(sql("failed_inserts.sql"), "TabSeparated").bytes() or 0)


def _last_error(connection: Connection) -> str:
    """The newest error that has not been shown yet: the engine dates them by the second, in which there may be several."""
    rows = [json.loads(line) for line in connection.query(sql("last_error.sql"), "JSONCompactEachRow").bytes().splitlines()]
    text = next((text for name, count, text in rows if _ERRORS_SHOWN.get(name) != count), rows[0][2])
    _ERRORS_SHOWN.update((name, count) for name, count, _ in rows)
    return str(text)


def _insert(connection: Connection, request: Request, statement: Statement, data: Iterator[bytes]) -> Summary:
    fmt = statement.format or request.default_format or "Values"
    if fmt.lower() == "values":
        first = next(data, b"")
        rest = next(data, b"")
        if rest or _RISKY_VALUES.search(first):
            apply_settings(connection, _LITERALS_ONLY)
        data = itertools.chain([first, rest], data)
    failed_before = _failed_inserts(connection)
    inserter = connection.send_insert(statement.text, fmt)
    try:
        for chunk in data:
            if chunk:
                inserter.append(chunk)
        totals = inserter.finish()
    except BaseException:
        inserter.cancel()
        raise
    if _failed_inserts(connection) != failed_before:
        # The engine's `finish` (chdb 4.4) tells of data that it cannot read, and of nothing that goes wrong later: too many
        # partitions, a full disk. The failure may be that of another INSERT at the same time; then this one is in doubt, and
        # whoever sends it again loses nothing.
        raise from_engine(RuntimeError(_last_error(connection)))
    return Summary(
        written_rows=totals.rows_written,
        written_bytes=totals.bytes_written,
        result_rows=totals.rows_written,
        result_bytes=totals.bytes_written,
    )
