"""Pages of lists: observations, the cursor, and what the page makes known."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from connectors.upstream.bodies import observation, unexpected_shape
from connectors.upstream.json_text import kept
from connectors.upstream.mapping import mapper, topic_of
from connectors.upstream.model import Answer, Ask, Feed, Observation, Page, Sighting
from connectors.upstream.paging import BadCursorError, Paging
from connectors.upstream.shapes import Envelope, Items, joined
from connectors.upstream.tables import Table


def list_page(
    answer: Answer,
    items: Items,
    paging: Paging,
    observed: tuple[Observation, ...] = (),
    topic: str = "",
    asks: tuple[Ask, ...] = (),
    sealed: Callable[[str], str] = str,
) -> tuple[Page, str]:
    """The page of a list and the path of what holds it. A page without items is the last one, whatever it says of more.

    A cursor that cannot be read ends the round with an observation of its own that says so, among the dead letters, where the page
    has a topic: its items are good. Without one it is a refusal. `sealed` makes the page's cursor of the answer's.
    """
    parts = items.around
    try:
        if items.items and not any(paging.says(part.body) for part in parts):
            parts = _agreed(items, paging)
        following = paging.following(*(part.body for part in parts)) if items.items else None
    except BadCursorError as error:
        bad = parts[error.part]
        problem = joined(bad.path, str(error))
        if not topic:
            raise unexpected_shape(answer, problem) from error
        envelope = {name: value for name, value in bad.body.items() if not isinstance(value, list | dict)}
        return Page((*observed, Observation(topic, kept(envelope), problem)), None, asks), items.path
    return Page(observed, None if following is None else sealed(following), asks), items.path


def _agreed(items: Items, paging: Paging) -> tuple[Envelope, ...]:
    """The object beside a list that says where it goes on, if there is one. Raises BadCursorError for several that differ."""
    saying = [part for part in items.beside if paging.says(part.body)]
    try:
        agreed = len(saying) < 2 or len({paging.following(part.body) for part in saying}) == 1
    except BadCursorError:
        agreed = False
    if not agreed:
        raise BadCursorError(f"{paging.name}: expected one, found several in {', '.join(part.path for part in saying)}"[:200], 0)
    return tuple(saying[:1])


def observations(tables: Mapping[str, Table], items: Items, ask: Ask, seen_ms: int) -> tuple[Observation, ...]:
    """Each of `items` mapped, or with its problem; where nobody knows whether they were asked for, they must say so themselves."""
    topic, read = topic_of(ask.feed), mapper(tables, ask, seen_ms, unasked=not items.named)
    seen = [observation(topic, item, path, read) for item, path in items.items]
    if items.named:
        return tuple(seen)
    # By itself such an item would be mapped as one that was asked for: a replay must not take it for one.
    return tuple(one if one.problem is None else replace(one, record={"not_asked_for": one.record}) for one in seen)


def reply_asks(observed: Sequence[Observation]) -> tuple[Ask, ...]:
    """The replies of every comment that has some."""
    return tuple(
        Ask(Feed.REPLIES, seen.record["id"], parent=seen.record["video_id"])
        for seen in observed
        if seen.problem is None and seen.record["reply_total"] > 0
    )


def commenters(observed: Sequence[Observation], *, by_handle: bool = False) -> tuple[Sighting, ...]:
    """Who wrote the comments of a page, to be asked for by id, or by handle where they have one."""
    users = [seen.record["user"] for seen in observed if seen.problem is None]
    return tuple(Sighting(user["id"], (by_handle and user["uniqueId"]) or user["id"]) for user in users)
