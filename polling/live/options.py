"""How LIVE is polled: limits, cadences, and what is read beside the events of rooms."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from connectors.upstream.tiktools import MOST_IN_BULK
from connectors.upstream.tiktools_limits import SOCKETS_PER_IP, TIERS, Tier


@dataclass(frozen=True)
class LiveOptions:
    """Times in seconds. A limit of None is the tier's, or that of this address where it is tighter."""

    tier: Tier = TIERS["sandbox"]
    requests_per_minute: int | None = None
    sockets_at_once: int | None = None
    sockets_per_ip: int = SOCKETS_PER_IP
    connects_per_day: int | None = None
    lifetime_s: int | None = None
    sockets_possible: bool = True
    use_jwt: bool = False
    check_every_s: float = 60.0
    poll_every_s: float = 5.0
    reconnects: int = 5
    first_wait_s: float = 1.0
    longest_wait_s: float = 60.0
    settled_after_s: float = 60.0  # a connection that lived so long was no failure
    heartbeat_s: float = 30.0
    silent_after_s: float = 90.0  # the service itself closes after 60
    first_frame_s: float = 10.0
    alive_every_s: float = 10.0
    captions: Collection[str] = frozenset()  # handles
    caption_language: str = ""
    caption_translate: str = ""
    caption_minutes_per_day: int = 60
    caption_session_minutes: int = 60
    rank_types: Collection[str] = frozenset()
    rankings_every_s: float = 300.0
    hashtags_every_s: float = 0.0  # 0: not read
    hashtags: int = 20

    @property
    def requests(self) -> int:
        """Requests per sliding minute."""
        return self.requests_per_minute or self.tier.requests

    @property
    def sockets(self) -> int:
        """Sockets that may be open at once."""
        if not self.sockets_possible:
            return 0
        return min(self.sockets_at_once or self.tier.sockets, self.sockets_per_ip)

    @property
    def connects(self) -> int | None:
        """Sockets that may be opened in a UTC day; None for any number."""
        return self.connects_per_day if self.connects_per_day is not None else self.tier.connects_per_day

    @property
    def life_s(self) -> int:
        """How long a socket lives."""
        return self.lifetime_s or self.tier.lifetime_s

    @property
    def renew_after_s(self) -> float:
        """When the successor of a socket is opened: 5 minutes before its end, of a short life the last tenth."""
        return self.life_s - min(300.0, self.life_s / 10)

    @property
    def bulk(self) -> int:
        """Creators per live check."""
        return min(MOST_IN_BULK, self.tier.bulk)
