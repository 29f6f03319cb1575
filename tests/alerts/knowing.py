"""Stand-ins for ClickHouse, and for the memory of what it said."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from alerts.alert import Alert
from alerts.facts import Facts, Known
from alerts.lookup import Answer, Lookup
from alerts.mutes import Mute, Subject
from tests.alerts.receiver import AUTHOR, NOW_MS

MUTE = Mute(Subject("hashtag", "pasta"), NOW_MS + 1)


@dataclass
class Kept:
    """A memory of mutes."""

    kept: Sequence[Mute] = ()

    def mutes(self) -> Sequence[Mute]:
        return self.kept

    def keep_mutes(self, mutes: Sequence[Mute]) -> None:
        self.kept = mutes


@dataclass
class Asked:
    """Answers at once; `during` is called within each question."""

    questions: list[tuple[set[str], set[str]]] = field(default_factory=list)
    mutes: Sequence[Mute] = (MUTE,)
    during: Callable[[], None] = lambda: None

    def __call__(self, posts: Collection[str], creators: Collection[str]) -> Answer:
        self.questions.append((set(posts), set(creators)))
        self.during()
        found = {
            post: {"name": f"title of {post}", "hashtags": ["pasta"], "plays": 7, "mood": None, "comments": 0, "since_ms": None}
            for post in posts
        }
        return Answer(found, {creator: {"name": "anna"} for creator in creators if creator == AUTHOR}, self.mutes)


class Knows(Lookup):
    """Knows hashtags by post, and mutes; counts how often it is asked."""

    def __init__(self, hashtags: dict[str, tuple[str, ...]], *mutes: Mute) -> None:
        super().__init__(Asked(), Kept(mutes))
        self.hashtags, self.asked = hashtags, 0

    def look(self, alerts: Sequence[Alert]) -> dict[str, Known]:
        self.asked += 1
        return {one.key: Known(hashtags=self.hashtags.get(Facts(one).post, ())) for one in alerts}
