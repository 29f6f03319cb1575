"""The file of the notifier: further channels, which alert goes to which, and when a channel is quiet. A mistake names its line."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from alerts.facts import Facts
from alerts.kinds import KINDS, QUALITY
from alerts.targets import VARIABLES
from connectors.errors import TokpulseError
from connectors.hashtags import hashtag_named
from connectors.yaml_file import Path_, parse, shown

FILE_NAME = "notify.yaml"
# Ids and names are text, whatever YAML makes of their digits.
_TEXTS = frozenset({"channels", "routes", "quiet_hours"})
_DAY_S = 86_400


class NotifyFileError(TokpulseError):
    """A file that is refused: the message is `path:line: key: reason`."""


def _tag(value: str) -> str:
    name = hashtag_named(value)
    if not name or name.isspace():
        raise ValueError("is no hashtag")
    return name


def _kind(value: str) -> str:
    if value not in (*KINDS, QUALITY):
        raise ValueError(f"{value!r} is no kind of alert: {', '.join((*KINDS, QUALITY))}")
    return value


def _variable(value: str) -> str:
    if not value.isidentifier() or not value.isupper():
        raise ValueError("is not the name of an environment variable, like SPORT_WEBHOOK (the address itself is a secret)")
    return value


def _clock(value: object) -> object:
    try:
        return time.fromisoformat(value) if isinstance(value, str) and len(value) == 5 else value
    except ValueError:
        raise ValueError(f"{value!r} is not a time of day, like 22:00") from None


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{value[:60]!r} is not a time zone, like Europe/Berlin") from None
    return value


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


Clock = Annotated[time, BeforeValidator(_clock)]


class Channel(_Strict):
    """A target beside the three that have variables of their own. `address` names the variable that holds its webhook."""

    service: Literal["slack", "teams", "webhook"]
    address: Annotated[str, AfterValidator(_variable)]


class Route(_Strict):
    """Alerts for which each condition that is given holds go `to` these channels."""

    tags: list[Annotated[str, AfterValidator(_tag)]] = []
    creators: list[str] = []
    tiers: list[str] = []
    kinds: list[Annotated[str, AfterValidator(_kind)]] = []
    to: Annotated[list[str], Field(min_length=1)]

    def takes(self, facts: Facts) -> bool:
        """Whether the alert of `facts` goes this way."""
        names = {facts.creator, f"@{(facts.handle or '').lower()}"}
        return (
            (not self.tags or not set(self.tags).isdisjoint(facts.known.hashtags))
            and (not self.creators or not names.isdisjoint(creator.lower() for creator in self.creators))
            and (not self.tiers or facts.tier in self.tiers)
            and (not self.kinds or facts.alert.kind in self.kinds)
        )

    def takes_all_of(self, kind: str) -> bool:
        """Whether what is of this kind goes this way, whomever it is about."""
        return not (self.tags or self.creators or self.tiers) and (not self.kinds or kind in self.kinds)

    @property
    def needs_lookup(self) -> bool:
        """Whether the alert alone cannot tell."""
        return bool(self.tags) or any(creator.startswith("@") for creator in self.creators)


class QuietHours(_Strict):
    """From when until when, every day, nothing is sent to these channels (all, without any)."""

    begin: Clock = Field(alias="from")
    end: Clock = Field(alias="to")
    time_zone: Annotated[str, AfterValidator(_zone)]
    channels: list[str] = []

    def seconds_left(self, now_ms: int) -> float:
        """Seconds until they end; 0 outside of them."""
        zone = ZoneInfo(self.time_zone)
        now = datetime.fromtimestamp(now_ms / 1000, zone)
        for day in (now.date() - timedelta(days=1), now.date()):
            begin = datetime.combine(day, self.begin, zone)
            end = datetime.combine(day + timedelta(days=self.end <= self.begin), self.end, zone)
            # Compared in UTC: the clock may be set in between.
            if begin.astimezone(UTC) <= now.astimezone(UTC) < end.astimezone(UTC):
                return (end.astimezone(UTC) - now.astimezone(UTC)).total_seconds()
        return 0.0


class NotifyFile(_Strict):
    """The whole file."""

    channels: dict[str, Channel] = {}
    routes: list[Route] = []
    quiet_hours: list[QuietHours] = []


@dataclass(frozen=True)
class Routing:
    """Where alerts go. Without routes each goes to every channel; the first route that takes it decides.

    An alert that no route takes goes to the channels that no route names.
    """

    channels: Collection[str]
    routes: Sequence[Route] = ()
    quiet: Sequence[QuietHours] = ()

    @property
    def needs_lookup(self) -> bool:
        """Whether some route asks for what alerts do not say."""
        return any(route.needs_lookup for route in self.routes)

    def channels_of(self, facts: Facts) -> Collection[str]:
        """The channels that get the alert of `facts`."""
        for route in self.routes:
            if route.takes(facts):
                return route.to
        return _unnamed(self.channels, self.routes)

    def channels_of_kind(self, kind: str) -> Collection[str]:
        """The channels that get what is of this kind, and about no post or creator."""
        for route in self.routes:
            if route.takes_all_of(kind):
                return route.to
        return _unnamed(self.channels, self.routes)

    def quiet_seconds(self, channel: str, now_ms: int) -> float:
        """Seconds for which the channel gets nothing; 0 when it may."""
        return max(
            (hours.seconds_left(now_ms) for hours in self.quiet if not hours.channels or channel in hours.channels), default=0.0
        )


def load_file(path: Path) -> tuple[NotifyFile, Mapping[Path_, int]]:
    """The file, and the line of each path in it. Raises NotifyFileError."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise NotifyFileError(f"cannot read {path}: {error}", "docs/alerts.md describes the file") from None
    return parse(text, path, NotifyFile, NotifyFileError, as_text=_TEXTS)


def routing(path: Path, file: NotifyFile, lines: Mapping[Path_, int], channels: Collection[str]) -> Routing:
    """The routing among `channels`, which have addresses. Raises NotifyFileError for a channel that there is not."""
    named: list[tuple[Path_, str]] = [
        *((("routes", at, "to", place), name) for at, route in enumerate(file.routes) for place, name in enumerate(route.to)),
        *(
            (("quiet_hours", at, "channels", n), name)
            for at, hours in enumerate(file.quiet_hours)
            for n, name in enumerate(hours.channels)
        ),
    ]
    for place, name in named:
        if name not in channels:
            raise NotifyFileError(
                f"{path}:{lines[place]}: {shown(place)}: no channel {name!r} has an address", f"there are: {', '.join(channels)}"
            )
    if file.routes and not _unnamed(channels, file.routes) and not any(_takes_all(route) for route in file.routes):
        raise NotifyFileError(
            f"{path}:{lines['routes',]}: routes: an alert that none of them takes would go nowhere",
            "end with a route that has only `to`",
        )
    return Routing(channels, file.routes, file.quiet_hours)


def check_names(path: Path, file: NotifyFile, lines: Mapping[Path_, int]) -> None:
    """Raises NotifyFileError for a channel that is named as one of those that are always there."""
    for name in file.channels:
        if name in VARIABLES:
            place: Path_ = ("channels", name)
            raise NotifyFileError(
                f"{path}:{lines[place]}: {shown(place)}: is always there, by {VARIABLES[name]}", "give it another name"
            )


def _unnamed(channels: Collection[str], routes: Sequence[Route]) -> Collection[str]:
    return [name for name in channels if all(name not in route.to for route in routes)]


def _takes_all(route: Route) -> bool:
    return not (route.tags or route.creators or route.tiers or route.kinds)
