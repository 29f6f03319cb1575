"""Whose profiles are read though nobody typed them in: those who wrote what pages show, most seen first."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable

from connectors.clock import HOUR_MS
from connectors.upstream.model import Feed, Sighting, Subject
from polling.following.plan import MOST_PEOPLE, Person
from polling.model import FeedKey
from polling.schedule.due import Lanes
from polling.schedule.feed_state import FeedRules, FeedState

# Reading one takes a page; after all attempts failed it is tried again when an hour has passed.
_RULES = FeedRules(Subject.CREATOR, HOUR_MS, 1, stop_at_repeats=False)


class People:
    """Everybody who was seen lately, at most `most`, and whose profile waits in `lanes`.

    `is_watched` says whose profile the watchlist asks for: those are not here. Who `is_forgotten`, by id or name, is
    neither asked for nor kept.
    """

    def __init__(
        self,
        upstream: str,
        lanes: Lanes,
        is_watched: Callable[[FeedKey], bool],
        is_forgotten: Callable[[str], bool] = lambda name: False,
        most: int = MOST_PEOPLE,
    ) -> None:
        self._upstream, self._lanes, self._is_watched = upstream, lanes, is_watched
        self._is_forgotten, self._most = is_forgotten, most
        self._states: dict[str, FeedState] = {}
        self.changed: dict[str, Person] = {}  # not on disk yet
        self.left: set[str] = set()  # nor those who are not followed any more
        lanes.welcome = self._welcome

    def __len__(self) -> int:
        return len(self._states)

    def load(self, people: Iterable[Person], now_ms: int) -> None:
        """Those whom an earlier poller saw."""
        for person in people:
            self._add(person)
            self._queue(person, now_ms)

    def see(self, sightings: Iterable[Sighting], now_ms: int) -> None:
        """A page shows them."""
        for one in sightings:
            known = self._states.get(one.userid)
            if self._unwanted(one.userid, one.name):
                self._leave([known.person] if known is not None and known.person is not None else [])
                continue
            person = (known or self._add(Person(one.userid, one.name, one.is_author, 0, now_ms))).person
            assert person is not None
            person.name, person.is_author = one.name, person.is_author or one.is_author
            person.seen, person.seen_ms, person.wanted = person.seen + 1, now_ms, True
            self.changed[person.userid] = person
            self._queue(person, now_ms)
        if len(self._states) > self._most:
            # In lots: to find the least of them costs a look at all.
            excess = len(self._states) - self._most + self._most // 20
            self._leave(heapq.nsmallest(excess, self._known(), key=lambda person: person.rank))

    def read(self, person: Person, due_ms: int) -> None:
        """The profile was read, or cannot be: it rests until `due_ms`, and longer where the person is not seen again."""
        state = self._states.get(person.userid)
        if state is not None and state.person is person:  # else it was left meanwhile
            person.due_ms, person.wanted = due_ms, False
            self.changed[person.userid] = person

    def forget_unseen(self, since_ms: int) -> None:
        """Leaves those who were not seen since then."""
        self._leave([person for person in self._known() if person.seen_ms < since_ms])

    def _known(self) -> list[Person]:
        return [state.person for state in self._states.values() if state.person is not None]

    def _add(self, person: Person) -> FeedState:
        key = FeedKey(self._upstream, Feed.PROFILE, person.userid)
        state = self._states[person.userid] = FeedState(key, _RULES, person.due_ms, person=person)
        self.left.discard(person.userid)
        return state

    def _queue(self, person: Person, now_ms: int) -> None:
        if not person.queued and person.wanted:
            person.queued = True
            self._lanes.put(self._states[person.userid], max(now_ms, person.due_ms))

    def _welcome(self, state: FeedState) -> bool:
        """Whether the profile is read now that its turn has come."""
        person = state.person
        assert person is not None
        if self._unwanted(person.userid, person.name):
            self._leave([person])
            return False
        person.queued = person.wanted
        return person.wanted

    def _unwanted(self, userid: str, name: str) -> bool:
        if any(self._is_watched(FeedKey(self._upstream, Feed.PROFILE, subject)) for subject in (userid, name)):
            return True
        return any(self._is_forgotten(one) for one in {userid, name})

    def _leave(self, people: Iterable[Person]) -> None:
        for person in people:
            self._states.pop(person.userid).gone = True
            self.changed.pop(person.userid, None)
            self.left.add(person.userid)
