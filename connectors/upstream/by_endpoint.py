"""A dialect that its table of endpoints says all of: one per feed, with its path, what it is asked by, and how it pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from connectors.upstream.bodies import NoPageError, asked_for, observation, unexpected_shape
from connectors.upstream.codes import StatusMap
from connectors.upstream.fields import whole
from connectors.upstream.lists import commenters, list_page, observations, reply_asks
from connectors.upstream.mapping import mapper, topic_of
from connectors.upstream.model import RAW_ONLY, Answer, Ask, Call, Feed, Observation, Page, Refusal, Sighting, Told
from connectors.upstream.paging import Paging
from connectors.upstream.personal import TIKTOK, PersonalFields
from connectors.upstream.requests import COMMENT_NAMES, POST_NAMES, subject_of
from connectors.upstream.shapes import Shape, all_of, one_of, told_by
from connectors.upstream.tables import Table


@dataclass(frozen=True)
class Endpoint:
    """Where a feed is read; without `paging` its answer is a single item.

    `subject` is the parameter that carries `Ask.subject`, `names` are its names where requests are read. Each request has `fixed`.
    """

    path: str
    subject: str
    names: tuple[str, ...]
    shape: Shape
    paging: Paging | None = None
    fixed: Mapping[str, str] = field(default_factory=dict)


class ByEndpoint:
    """The methods of `Dialect` (`catalog.py`) for a service whose lists are asked for by numeric ids.

    A subclass gives `name`, `base_url`, `endpoints`, `tables` and `balance_path`, and what its service has otherwise: where a
    profile is asked for by handle, the header field of the key, the names that a balance may have.
    """

    name: str
    base_url: str
    endpoints: Mapping[Feed, Endpoint]
    tables: Mapping[str, Table]
    personal: PersonalFields = TIKTOK
    handles: Endpoint | None = None
    key_field = "X-API-KEY"
    balance_path: str
    balance_names: tuple[str, ...] = ("credits",)

    def __init__(self) -> None:
        self.feeds = frozenset(self.endpoints)
        self.codes = StatusMap(self.name)

    def call(self, ask: Ask) -> Call:
        """As in `Upstream`."""
        endpoint = self.endpoints.get(ask.feed)
        if endpoint is None:
            raise ValueError(f"{self.name} has no feed {ask.feed.value!r}: it has {', '.join(sorted(self.feeds))}")
        if ask.feed is Feed.PROFILE and self.handles is not None and ask.subject.startswith("@"):
            return Call(self.handles.path, self.handles.path, {self.handles.subject: ask.subject[1:]})
        params = {endpoint.subject: ask.subject, **endpoint.fixed}
        if ask.feed is Feed.REPLIES:
            if not ask.parent:
                raise ValueError("replies are asked for by comment and post: `parent` is missing")
            params[self.endpoints[Feed.COMMENTS].subject] = ask.parent
        if endpoint.paging is not None:
            cursor = ask.cursor if ask.cursor is not None else endpoint.paging.first
            if cursor is not None:
                params[endpoint.paging.name] = cursor
        return Call(endpoint.path, endpoint.path, params)

    def asked(self, endpoint: str, params: Mapping[str, str]) -> Ask | None:
        """As in `Dialect`."""
        if self.handles is not None and endpoint.strip("/") == self.handles.path.strip("/"):
            name = subject_of(params, (*self.handles.names, ""))
            return Ask(Feed.PROFILE, f"@{name.removeprefix('@')}" if name else "")
        for feed, known in self.endpoints.items():
            if known.path.strip("/") == endpoint.strip("/"):
                cursor = params.get(known.paging.name) if known.paging is not None else None
                first = known.paging.first if known.paging is not None else None
                parent = subject_of(params, POST_NAMES) or None if feed is Feed.REPLIES else None
                subject = subject_of(params, known.names) or params.get("", "")
                return Ask(feed, subject, None if cursor == first else cursor, parent)
        return None

    def endpoints_of(self, body: Mapping[str, Any], params: Mapping[str, str], by: Told) -> list[str]:
        """As in `Dialect`."""
        other = Feed.COMMENTS if subject_of(params, COMMENT_NAMES) else Feed.REPLIES
        return told_by(self.shapes(feed for feed in self.endpoints if feed is not other), body, by)

    def shapes(self, feeds: Iterable[Feed]) -> Mapping[str, Shape]:
        """Of the endpoints of `feeds`, by their paths."""
        return {self.endpoints[feed].path: self.endpoints[feed].shape for feed in feeds}

    def read(self, ask: Ask, answer: Answer) -> Page | Refusal:
        """As in `Upstream`."""
        return self.codes.page(ask, answer, lambda body: self._page(ask, answer, body))

    def record(self, ask: Ask, item: object, received_ms: int) -> Mapping[str, Any]:
        """As in `Upstream`."""
        return mapper(self.tables, ask, received_ms)(item, "")[0]

    def creator(self, userid: str, sec_uid: str) -> str:
        """As in `Upstream`."""
        return userid

    def lookups(self, ask: Ask) -> int:
        """As in `Dialect`."""
        return 0

    def authorization(self, key: str) -> Mapping[str, str]:
        """As in `Upstream`."""
        return {self.key_field: key}

    def credits_call(self) -> Call:
        """As in `Upstream`."""
        return Call(self.balance_path, self.balance_path, {})

    def read_credits(self, answer: Answer) -> int | Refusal:
        """As in `Upstream`."""
        try:
            body = self.codes.body(answer)
            for name in self.balance_names:
                if (credits := whole(body.get(name))) is not None:
                    return credits
            first, *others = self.balance_names
            raise unexpected_shape(answer, ", nor one in ".join([f"{first}: expected an integer, found none", *others]))
        except NoPageError as error:
            return error.refusal

    def _page(self, ask: Ask, answer: Answer, body: Mapping[str, Any]) -> tuple[Page, str]:
        endpoint = self.endpoints[ask.feed]
        if endpoint.paging is None:
            item, path = one_of(answer, body, endpoint.shape)
            seen = observation(topic_of(ask.feed), item, path, mapper(self.tables, ask, answer.received_ms))
            seen = asked_for(answer, ask.subject, seen, path)
            return Page((seen,), None, people=_authors((seen,)) if ask.feed is Feed.POST else ()), path
        items = all_of(answer, body, endpoint.shape)
        if ask.feed in RAW_ONLY:
            return list_page(answer, items, endpoint.paging)
        topic = topic_of(ask.feed)
        observed = observations(self.tables, items, ask, answer.received_ms)
        asks = reply_asks(observed) if ask.feed is Feed.COMMENTS else ()
        page, path = list_page(answer, items, endpoint.paging, observed, topic, asks)
        return replace(page, people=_people(ask.feed, observed)), path


def _people(feed: Feed, observed: Sequence[Observation]) -> tuple[Sighting, ...]:
    """Whom the page of a list shows; a creator's own shows nobody new."""
    match feed:
        case Feed.POSTS:
            return ()
        case Feed.HASHTAG:
            return _authors(observed)
    return commenters(observed)


def _authors(observed: Sequence[Observation]) -> tuple[Sighting, ...]:
    authors = [str(seen.record["author_id"]) for seen in observed if seen.problem is None]
    return tuple(Sighting(author, author, is_author=True) for author in authors if author)
