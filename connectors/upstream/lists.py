"""Pages of lists: observations, the cursor, and what the page makes known."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from connectors.upstream.bodies import unexpected_shape
from connectors.upstream.json_text import kept
from connectors.upstream.model import Answer, Ask, Feed, Observation, Page
from connectors.upstream.paging import BadCursorError, Paging
from connectors.upstream.shapes import Items, joined


def list_page(
    answer: Answer,
    items: Items,
    paging: Paging,
    observed: tuple[Observation, ...] = (),
    topic: str = "",
    asks: tuple[Ask, ...] = (),
    sealed: Callable[[str], str] = str,
) -> Page:
    """The page of a list. It is the last one when it has no items, whatever it says of more: that would be asked for without end.

    A cursor that cannot be read ends the round with an observation of its own that says so, among the dead letters, where the page
    has a topic: its items are good. Without one it is a refusal. `sealed` makes the page's cursor of the answer's.
    """
    try:
        following = paging.following(items.holder) if items.items else None
    except BadCursorError as error:
        problem = joined(items.path, str(error))
        if not topic:
            raise unexpected_shape(answer, problem) from error
        envelope = {name: value for name, value in items.holder.items() if not isinstance(value, list | dict)}
        return Page((*observed, Observation(topic, kept(envelope), problem)), None, asks)
    return Page(observed, None if following is None else sealed(following), asks)


def reply_asks(observed: Sequence[Observation]) -> tuple[Ask, ...]:
    """The replies of every comment that has some."""
    return tuple(
        Ask(Feed.REPLIES, seen.record["id"], parent=seen.record["video_id"])
        for seen in observed
        if seen.problem is None and seen.record["reply_total"] > 0
    )
