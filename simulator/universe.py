"""The inhabitants of a simulated universe: creators, their posts, and the audience that comments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from connectors.clock import HOUR_MS, MINUTE_MS
from simulator.curves import MILLION, Curve, Dip, Growth, Rates
from simulator.dice import Dice
from simulator.settings import SimulationSettings
from simulator.words import CAPTIONS, FIRST_NAMES, HASHTAGS, LANGUAGES, LAST_NAMES, NICKNAME_MARKS, REGIONS

DAY_MS = 24 * HOUR_MS
FOREVER_MS = 2**62

# name, least and most followers, per mille of all creators
TIERS = (("nano", 1_000, 10_000, 450), ("micro", 10_000, 100_000, 300), ("mid", 100_000, 1_000_000, 150),
         ("big", 1_000_000, 10_000_000, 80), ("mega", 10_000_000, 50_000_000, 20))  # fmt: skip
_CURVES = ((Curve.PLATEAU, 450), (Curve.STEADY, 380), (Curve.VIRAL, 120), (Curve.SILENT, 50))
# Least and most diggs, comments, shares, downloads and collects per million plays.
_RATES = ((20_000, 120_000), (300, 9_000), (300, 12_000), (50, 3_000), (200, 15_000))
# The first posts of a universe show one of everything, however small it is.
_SHOWCASE = (Curve.VIRAL, Curve.STEADY, Curve.PLATEAU, Curve.SILENT, Curve.VIRAL, Curve.STEADY, Curve.PLATEAU)


@dataclass(frozen=True)
class Jump:
    """`size` followers gained over `ramp_ms` from `at_ms` on."""

    at_ms: int
    ramp_ms: int
    size: int


@dataclass(frozen=True)
class User:
    """A creator or a commenter. `per_day` is the steady growth of `followers` (at the start of the run)."""

    userid: str
    unique_id: str
    nickname: str
    sec_uid: str
    language: str
    region: str | None
    verified: bool
    private: bool
    tier: str
    followers: int
    per_day: int
    jumps: tuple[Jump, ...]
    dips: tuple[Dip, ...] = ()

    def followers_at(self, since_start_ms: int, at_ms: int) -> int:
        """Follower count at `at_ms`, which is `since_start_ms` into the run; never negative."""
        count = self.followers + self.per_day * since_start_ms // DAY_MS
        for jump in self.jumps:
            if at_ms > jump.at_ms:
                count += jump.size * min(at_ms - jump.at_ms, jump.ramp_ms) // jump.ramp_ms
        for dip in self.dips:
            if dip.active(at_ms):
                count -= count * dip.lost // MILLION
        return max(0, count)

    def shown(self) -> dict[str, Any]:
        """The `user` object of records and of both upstreams."""
        return {
            "id": self.userid,
            "uniqueId": self.unique_id,
            "nickname": self.nickname,
            "secUid": self.sec_uid,
            "verified": self.verified,
            "privateAccount": self.private,
            "region": self.region,
        }


@dataclass(frozen=True)
class Post:
    """A post; `deleted_ms` is when upstream stops serving it."""

    aweme_id: str
    author: int
    region: str | None
    title: str
    duration: int
    play: str
    wmplay: str
    hdplay: str | None
    create_ms: int
    deleted_ms: int
    growth: Growth
    rates: Rates
    dips: tuple[Dip, ...]


@dataclass(frozen=True)
class Universe:
    """Everybody, in a fixed order."""

    creators: tuple[User, ...]
    audience: tuple[User, ...]
    posts: tuple[Post, ...]


def build_universe(settings: SimulationSettings) -> Universe:
    """The universe of `settings`; only its seed, start, hours, sizes, `viral_floor`, `play_corrections` and `vanishing` matter."""
    creators = tuple(_creator(settings, index) for index in range(settings.creators))
    audience = tuple(_commenter(settings, index) for index in range(settings.audience))
    posts = tuple(_post(settings, creators, index) for index in range(settings.posts))
    return Universe(creators, audience, posts)


def weighted(dice: Dice, options: tuple[tuple[Curve, int], ...]) -> Curve:
    """One of `options` by its weight in per mille."""
    draw = dice.below(1000)
    for option, weight in options:
        draw -= weight
        if draw < 0:
            return option
    return options[-1][0]


def _user(
    dice: Dice, number: int, tier: str, followers: int, per_day: int, jumps: tuple[Jump, ...], dips: tuple[Dip, ...] = ()
) -> User:
    language = dice.pick(LANGUAGES)
    first, last = dice.pick(FIRST_NAMES), dice.pick(LAST_NAMES)
    return User(
        userid=str(6_800_000_000_000_000_000 + number * 1_000_003 + dice.below(1_000_003)),
        unique_id=f"{first}.{last}{number}",
        nickname=f"{first.title()} {last}{dice.pick(NICKNAME_MARKS)}",
        sec_uid=f"MS4wLjABAAAA{dice.bits():016x}{dice.bits():016x}",
        language=language,
        region=None if dice.chance(150_000) else dice.pick(REGIONS[language]),
        verified=followers > 100_000 and dice.chance(500_000),
        private=followers < 5_000 and dice.chance(50_000),
        tier=tier,
        followers=followers,
        per_day=per_day,
        jumps=jumps,
        dips=dips,
    )


def _creator(settings: SimulationSettings, index: int) -> User:
    dice = Dice(settings.seed, "creator", index)
    draw = dice.below(1000)
    tier = 0
    while draw >= TIERS[tier][3]:
        draw -= TIERS[tier][3]
        tier += 1
    if index < len(TIERS):
        tier = len(TIERS) - 1 - index
    name, least, most, _ = TIERS[tier]
    followers = dice.log_between(least, most)
    jumps = []
    if index < 2 or dice.chance(100_000):
        at_ms = settings.start_ms + dice.below(settings.hours * HOUR_MS)
        jumps.append(Jump(at_ms, dice.between(20, 120) * MINUTE_MS, max(60_000, followers // dice.between(20, 200))))
    if dice.chance(30_000):  # a purge of fake accounts
        jumps.append(Jump(settings.start_ms + dice.below(settings.hours * HOUR_MS), MINUTE_MS, -(followers // 50)))
    per_day = followers * dice.between(-200, 3_000) // MILLION
    return _user(dice, index, name, followers, per_day, tuple(jumps), _vanishings(settings, "creator", index))


def _commenter(settings: SimulationSettings, index: int) -> User:
    dice = Dice(settings.seed, "audience", index)
    return _user(dice, 10_000_000 + index, "audience", dice.log_between(1, 20_000), dice.below(5), ())


def _post(settings: SimulationSettings, creators: tuple[User, ...], index: int) -> Post:
    dice = Dice(settings.seed, "post", index)
    run_ms = settings.hours * HOUR_MS
    author = index if index < len(creators) else dice.below(len(creators))
    creator = creators[author]
    curve = _SHOWCASE[index] if index < len(_SHOWCASE) else weighted(dice, _CURVES)
    fresh = curve is Curve.VIRAL or dice.chance(200_000)  # published shortly before or during the run
    since_start = dice.between(-6 * HOUR_MS, run_ms * 3 // 4) if fresh else -dice.between(HOUR_MS, 30 * DAY_MS)
    create_ms = settings.start_ms + since_start // 1000 * 1000
    # The service's ids carry the time of creation in their upper half; the odd factor spreads the lower half without collisions.
    aweme_id = str((create_ms // 1000 << 32) | ((index * 2_654_435_761 + settings.seed) & 0xFFFFFFFF))
    media = f"{dice.bits():016x}{dice.bits():016x}"
    caption = dice.pick(CAPTIONS[creator.language])
    tags = " ".join(dice.pick(HASHTAGS) for _ in range(dice.between(1, 5)))
    deleted = index == 6 or dice.chance(40_000)
    return Post(
        aweme_id=aweme_id,
        author=author,
        region=creator.region,
        title="" if dice.chance(30_000) else f"{caption} {tags}",
        duration=dice.between(5, 180),
        play=f"https://v16m.tokcdn.example/{media[:24]}/video/tos/{aweme_id}/?mime_type=video_mp4&rc={media[24:]}",
        wmplay=f"https://v16m.tokcdn.example/{media[8:]}/wm/video/tos/{aweme_id}/?mime_type=video_mp4",
        hdplay=None if dice.chance(300_000) else f"https://v16m.tokcdn.example/{media[4:28]}/hd/video/tos/{aweme_id}/",
        create_ms=create_ms,
        deleted_ms=max(create_ms, settings.start_ms) + dice.below(run_ms) if deleted else FOREVER_MS,
        growth=_growth(dice, curve, creator.followers, settings.viral_floor),
        rates=Rates(*(dice.between(least, most) for least, most in _RATES)),
        dips=_dips(settings, dice, index) + _corrections(settings, index) + _vanishings(settings, "post", index),
    )


def _growth(dice: Dice, curve: Curve, followers: int, viral_floor: int) -> Growth:
    if curve is Curve.VIRAL:
        return Growth(curve, followers * dice.between(5, 40) + viral_floor, dice.between(3, 9) * HOUR_MS)
    if curve is Curve.PLATEAU:
        return Growth(curve, followers * dice.between(1, 20) // 10 + 50, dice.between(4, 72) * HOUR_MS)
    return Growth(curve, followers * dice.between(1, 8) + 500, HOUR_MS)


def _dips(settings: SimulationSettings, dice: Dice, index: int) -> tuple[Dip, ...]:
    run_ms = settings.hours * HOUR_MS
    dips = []
    for kind, share, example in (("comments_deleted", 60_000, 4), ("likes_removed", 30_000, 5), ("cache_flap", 60_000, 2)):
        if index == example or dice.chance(share):
            at_ms = settings.start_ms + dice.between(run_ms // 8, run_ms * 7 // 8)
            if kind == "cache_flap":
                lag = dice.between(20, 240) * MINUTE_MS
                dips.append(Dip(kind, at_ms, at_ms + dice.between(10, 60) * MINUTE_MS, lag))
            else:
                dips.append(Dip(kind, at_ms, FOREVER_MS, dice.between(20_000, 400_000)))
    return tuple(dips)


def _corrections(settings: SimulationSettings, index: int) -> tuple[Dip, ...]:
    """At most one correction of plays. It lowers an hour's maximum, for which the other dips of plays are too short."""
    dice = Dice(settings.seed, "play corrections", index)
    chosen = dice.chance(round(settings.play_corrections * MILLION))
    if not settings.play_corrections or not (chosen or index == 1):
        return ()
    run_ms = settings.hours * HOUR_MS
    at_ms = settings.start_ms + dice.between(run_ms // 8, run_ms * 7 // 8)
    until_ms = at_ms + dice.between(120, 300) * MINUTE_MS if dice.chance(500_000) else FOREVER_MS
    return (Dip("plays_removed", at_ms, until_ms, dice.between(20_000, 400_000)),)


def _vanishings(settings: SimulationSettings, whose: str, index: int) -> tuple[Dip, ...]:
    """At most one span in which upstream shows no count, or next to none: in one of four from the start of the run on."""
    dice = Dice(settings.seed, f"vanishing {whose}", index)
    chosen = dice.chance(round(settings.vanishing * MILLION))
    if not settings.vanishing or not (chosen or index == 0):
        return ()
    at_ms = settings.start_ms + (0 if dice.chance(250_000) else dice.below(settings.hours * HOUR_MS * 3 // 4))
    lost = MILLION if dice.chance(600_000) else MILLION - dice.between(1, 300_000)
    kind = "plays_removed" if whose == "post" else "followers_removed"
    return (Dip(kind, at_ms, at_ms + dice.between(60, 300) * MINUTE_MS, lost),)
