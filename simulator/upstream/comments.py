"""Comments of a simulated post, drawn when the post is first asked about; the same for a seed in whatever order posts come."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

from connectors.clock import MINUTE_MS
from simulator.curves import MILLION
from simulator.dice import Dice
from simulator.observations import comment_text
from simulator.settings import SimulationSettings
from simulator.universe import Post, Universe, User

# Comment numbers of two posts must not meet in the 32 bits that ids have for them.
MOST_COMMENTS = 4_096


@dataclass(frozen=True)
class Comment:
    """`likes` is what the diggs tend to; half of them come within `half_ms`. `parent` is the id of the comment it replies to."""

    id: str
    text: str
    create_ms: int
    user: User
    parent: str | None
    likes: int
    half_ms: int

    def diggs(self, now_ms: int) -> int:
        """Likes at `now_ms`; they never fall."""
        age_ms = max(0, now_ms - self.create_ms)
        return self.likes * age_ms // (age_ms + self.half_ms)


@dataclass(frozen=True)
class Thread:
    """All comments that a post will ever have: `tops`, and the replies to each, by its id; newest first."""

    tops: tuple[Comment, ...]
    replies: dict[str, tuple[Comment, ...]]


def draw_thread(settings: SimulationSettings, universe: Universe, index: int, most: int) -> Thread:
    """The comments of post `index`: as many as its counter will show at the end of the run, but at most `most`."""
    post = universe.posts[index]
    until_ms = min(settings.end_ms, post.deleted_ms)
    final = _shown(post, until_ms)
    count = min(final, most)
    tops: list[Comment] = []
    replies: dict[str, list[Comment]] = {}
    language = universe.creators[post.author].language
    for number in range(count):
        dice = Dice(settings.seed, "upstream comments", index * MOST_COMMENTS + number)
        # When the post's own counter of comments reaches this share of what it becomes.
        wanted = (number + 1) * final // count
        seconds = range(post.create_ms // 1000, until_ms // 1000 + 1)
        second = seconds[min(bisect_left(seconds, wanted, key=lambda at: _shown(post, at * 1000)), len(seconds) - 1)]
        user = dice.pick(universe.creators) if dice.chance(20_000) else dice.pick(universe.audience)
        parent = dice.pick(tops) if tops and dice.chance(200_000) else None
        comment = Comment(
            id=str((second << 32) | (((index * MOST_COMMENTS + number) * 2_654_435_761 + settings.seed) & 0xFFFFFFFF)),
            text=comment_text(dice, language),
            create_ms=second * 1000,
            user=user,
            parent=None if parent is None else parent.id,
            likes=dice.log_between(1, 2_000),
            half_ms=dice.between(10, 600) * MINUTE_MS,
        )
        if parent is None:
            tops.append(comment)
        else:
            replies.setdefault(parent.id, []).append(comment)
    return Thread(tuple(reversed(tops)), {parent: tuple(reversed(found)) for parent, found in replies.items()})


def _shown(post: Post, at_ms: int) -> int:
    # Without dips: a comment that a dip hides for a while was still written when it was.
    return post.growth.plays(at_ms - post.create_ms) * post.rates.comment // MILLION
