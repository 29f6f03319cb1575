"""`tokpulse watch`: who and what is on the watchlist, and what that costs."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from cli.watch_view import listed_data, listed_table, print_estimate, print_meaning, verdict
from connectors.console import table_console
from connectors.endpoints import data_dir
from connectors.errors import TokpulseError
from connectors.terminal import say
from connectors.upstream.catalog import UPSTREAMS
from connectors.upstream.model import Subject
from polling.personal.forgotten import Forgotten, forgotten_file
from polling.personal.pseudonyms import load_pseudonyms
from polling.watching.editing import EditError, WatchlistText, entry_of, locked, read_file, write_file
from polling.watching.entries import Named, is_handle, named
from polling.watching.estimate import estimate as estimated
from polling.watching.handles import HandleState, KeptHandle, handle_file
from polling.watchlist import TIERS, Tier, load_watchlist

app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
    help="Edit the watchlist, and say what it costs.\n\nSee docs/polling.md.",
)

Entries = Annotated[list[str], typer.Argument(help="@handle, '#hashtag', link of a profile, post or hashtag, or an id.")]
File = Annotated[Path, typer.Option("--watchlist", help="File that says what to poll.")]
As = Annotated[Subject | None, typer.Option("--as", help="What a bare id or word is.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
FILE = Path("watchlist.yaml")


class WatchError(TokpulseError):
    """An entry that cannot be on the watchlist, or an option that is not allowed."""


@app.command()
def add(
    entries: Entries,
    watchlist: File = FILE,
    as_: As = None,
    tier: Annotated[str, typer.Option(help="How often it is polled at first: hot, warm or cold.")] = "warm",
) -> None:
    """Add creators, posts or hashtags to the file.

    The file is made where there is none; its comments and all other lines stay as they are. Running pollers read it again by
    themselves. All entries are added, or none.
    """
    chosen = _tier(tier)
    file, forgotten = handle_file(data_dir()), _forgotten()
    handles, added = file.read(), []
    with locked(watchlist):
        edited = read_file(watchlist)
        for text in entries:
            entry = _read(text, as_)
            _refuse_forgotten(entry, forgotten, handles)
            _refuse_known(entry, edited, handles, watchlist)
            edited.add(entry, chosen)
            added.append(entry)
        write_file(watchlist, edited)
    # Whoever adds a handle that has moved or vanished means the account that it leads to now.
    names = {entry.id for entry in added}
    file.remove(lambda name, kept: name in names and kept.state is not HandleState.KNOWN)
    for entry in added:
        say(f"{watchlist}: added {_shown(entry)}")


@app.command()
def remove(entries: Entries, watchlist: File = FILE, as_: As = None) -> None:
    """Take creators, posts or hashtags from the file.

    Comments and all other lines stay as they are. All entries are removed, or none.
    """
    removed = []
    with locked(watchlist):
        edited = read_file(watchlist)
        for text in entries:
            entry = _on_list(text, as_, edited, watchlist)
            edited.remove(entry)
            removed.append(entry)
        write_file(watchlist, edited)
    for entry in removed:
        say(f"{watchlist}: removed {_shown(entry)}")


@app.command(name="list")
def list_(watchlist: File = FILE, as_json: AsJson = False) -> None:
    """Show the entries, and whom handles lead to."""
    load_watchlist(watchlist)
    places, handles = read_file(watchlist).places(), handle_file(data_dir()).read()
    if as_json:
        say(json.dumps(listed_data(places, handles), indent=2))
        return
    table_console().print(listed_table(places, handles))


@app.command()
def estimate(
    watchlist: File = FILE,
    upstream: Annotated[str, typer.Option(help=f"One service only: {' or '.join(UPSTREAMS)}.")] = "",
    credits: Annotated[
        int | None, typer.Option(min=1, help="Credits per day to compare with.  [default: those of the file]", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say what a watchlist costs per day, without a key or a request.

    It shows the credits of each feed, and what fits into the budget.
    """
    if upstream and upstream not in UPSTREAMS:
        raise WatchError(f"--upstream: there is no {upstream!r}", f"known: {', '.join(sorted(UPSTREAMS))}")
    loaded = load_watchlist(watchlist)
    budget = credits or loaded.credits_per_day
    found = {name: estimated(loaded, dialect) for name, dialect in UPSTREAMS.items() if upstream in ("", name)}
    if as_json:
        say(json.dumps({name: verdict(loaded, one, budget) for name, one in found.items()}, indent=2))
        return
    for one in found.values():
        print_estimate(loaded, one, budget)
    print_meaning()


def _tier(text: str) -> Tier:
    for tier in TIERS:
        if tier == text:
            return tier
    raise WatchError(f"--tier: there is no {text!r}", f"known: {', '.join(TIERS)}")


def _read(text: str, subject: Subject | None) -> Named:
    try:
        return named(text) if subject is None else entry_of(subject, text)
    except ValueError as error:
        raise WatchError(str(error), "docs/polling.md says what may be on a watchlist") from None


def _on_list(text: str, subject: Subject | None, edited: WatchlistText, path: Path) -> Named:
    """The entry of the file that is meant: by itself a number or a word says so where only one has it."""
    if subject is None:
        found = [place.named for place in edited.places() if place.named.id == text.strip()]
        if len(found) == 1:
            return found[0]
        if not found and text.strip().isalnum():
            raise WatchError(f"{path}: {text.strip()} is not on it", "`tokpulse watch list` shows what is")
    return _read(text, subject)


def _forgotten() -> Forgotten:
    names = load_pseudonyms(os.environ)
    return Forgotten(forgotten_file(os.environ), names.of if names is not None else None)


def _refuse_forgotten(entry: Named, forgotten: Forgotten, handles: Mapping[str, KeptHandle]) -> None:
    who = [entry.id if entry.subject is Subject.CREATOR else entry.author]
    who += [handles[name].userid for name in who if name in handles]
    if any(forgotten.knows_creator(name) for name in who if name):
        raise WatchError(
            f"{_shown(entry)}: this person was forgotten with `tokpulse forget`, and is not polled any more", "leave the entry out"
        )


def _refuse_known(entry: Named, edited: WatchlistText, handles: Mapping[str, KeptHandle], path: Path) -> None:
    """Raises EditError where the same account is there by another name, as far as that is known."""
    if entry.subject is not Subject.CREATOR:
        return
    same = _account(entry.id, handles)
    for place in edited.places():
        if place.named.subject is Subject.CREATOR and place.named != entry and same & _account(place.named.id, handles):
            raise EditError(f"{path}:{place.line}: {entry.id} is the account of {place.named.id}, which is already there")


def _account(name: str, handles: Mapping[str, KeptHandle]) -> set[str]:
    kept = handles.get(name)
    return {name} if kept is None else {name, *(value for value in (kept.userid, kept.sec_uid) if value)}


def _shown(entry: Named) -> str:
    if entry.subject is Subject.CREATOR and is_handle(entry.id):
        return entry.id
    return f"{entry.subject.value} {entry.id}"
