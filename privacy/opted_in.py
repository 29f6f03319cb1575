"""Publishes to ClickHouse whose names may be shown; its masked views read it there. No file of SQL names anybody."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from connectors.clickhouse.client import connect, unavailable
from privacy.opted_in_file import OptedIn, load_opted_in
from privacy.statements import statement

_TABLE = "opted_in"
_COLUMNS = ("unique_id", "userid", "is_opted_in", "decided_at")
Entry = tuple[str, str]
"""(handle, id): either may be empty, not both."""


@dataclass(frozen=True)
class Bearer:
    """Who bears a handle now, by the newest observation of each account."""

    userid: str
    handle: str
    secuid: str
    observed_at: datetime


@dataclass(frozen=True)
class Shown:
    """How many accounts are shown by name, and how many are known and stay masked. `waiting` have not been observed yet."""

    by_name: int
    masked: int
    waiting: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def line(self) -> str:
        """For a person."""
        later = f"; not observed yet: {', '.join(self.waiting)}" if self.waiting else ""
        return f"names: {self.by_name:,} accounts are shown by name, {self.masked:,} are masked{later}"


def publish(url: str, path: Path) -> list[str]:
    """Brings ClickHouse in step with the file; a line per change and note, [] when there was nothing to do.

    `url` is the writer's. Raises PrivacyFileError, WatchlistError, ClickHouseUnavailableError.
    """
    wanted = load_opted_in(path)
    client = connect(url)
    try:
        changed, notes = _written(client, wanted)
        return [*notes, *([f"published {path.name}", _shown(client).line()] if changed else [])]
    except ClickHouseError as error:
        raise unavailable(url, error) from None
    finally:
        client.close()


def shown(url: str) -> Shown:
    """What readers see now. Raises ClickHouseUnavailableError."""
    client = connect(url)
    try:
        return _shown(client)
    except ClickHouseError as error:
        raise unavailable(url, error) from None
    finally:
        client.close()


def entries(wanted: OptedIn, stored: Iterable[Entry], bearers: Iterable[Bearer]) -> tuple[frozenset[Entry], tuple[str, ...]]:
    """What the table has to hold, and what a person should know.

    A handle goes with the account behind it once that is known: the one that it was stored with, else the one that bears it now.
    """
    stays = {handle: userid for handle, userid in stored if handle and userid}
    newest = sorted(bearers, key=lambda bearer: bearer.observed_at)
    now = {bearer.handle: bearer.userid for bearer in newest}
    by_secuid = {bearer.secuid: bearer.userid for bearer in newest}
    found: set[Entry] = {("", userid) for userid in wanted.ids}
    found |= {("", by_secuid[secuid]) for secuid in wanted.secuids if secuid in by_secuid}
    notes = []
    for handle in sorted(wanted.handles):
        userid = stays.get(handle) or now.get(handle, "")
        found.add((handle, userid))
        if now.get(handle, userid) != userid:
            notes.append(f"@{handle} has changed hands: the entry stays with account {userid}; name accounts by id to be sure")
    unknown = len(wanted.secuids - by_secuid.keys())
    if unknown:
        notes.append(f"{unknown} secUids of the watchlist stay masked: nobody with them was observed yet")
    return frozenset(found), tuple(notes)


def _written(client: Client, wanted: OptedIn) -> tuple[bool, tuple[str, ...]]:
    rows = client.query(statement("opted_in_entries")).result_rows
    stored: Mapping[Entry, bool] = {(str(handle), str(userid)): bool(is_in) for handle, userid, is_in, _ in rows}
    known = [entry for entry, is_in in stored.items() if is_in]
    asked = {"handles": sorted(wanted.handles), "secuids": sorted(wanted.secuids)}
    bearers = [Bearer(*row) for row in client.query(statement("bearers"), parameters=asked).result_rows]
    found, notes = entries(wanted, known, bearers)
    # After everything that was decided before, whatever the clock says.
    last = max((_utc(decided) for *_, decided in rows), default=datetime.fromtimestamp(0, UTC))
    decided_at = max(datetime.now(UTC), last + timedelta(milliseconds=1))
    changes = [[*entry, is_in, decided_at] for entry, is_in in _changes(found, known)]
    if changes:
        client.insert(_TABLE, changes, column_names=_COLUMNS)
    return bool(changes), notes


def _changes(found: frozenset[Entry], known: Iterable[Entry]) -> Iterator[tuple[Entry, int]]:
    before = frozenset(known)
    yield from ((entry, 1) for entry in sorted(found - before))
    yield from ((entry, 0) for entry in sorted(before - found))


def _shown(client: Client) -> Shown:
    by_name, masked = client.query(statement("shown_by_name")).result_rows[0]
    waiting = tuple(str(row[0]) for row in client.query(statement("opted_in_waiting")).result_rows)
    return Shown(int(by_name), int(masked), waiting)


def _utc(time: datetime) -> datetime:
    # The client leaves UTC unsaid.
    return time if time.tzinfo else time.replace(tzinfo=UTC)
