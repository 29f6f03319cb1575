"""What tik.tools allows each tier. Where its page says two things of one limit, the tighter one stands here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

# TikTok's own, whatever the tier; about 4, says the page. More need more addresses.
SOCKETS_PER_IP: Final = 4
WINDOW_S: Final = 60


@dataclass(frozen=True)
class Tier:
    """`requests` per sliding minute, `sockets` at once, seconds that a socket lives, sockets opened per day (None: no limit)."""

    name: str
    requests: int
    sockets: int
    lifetime_s: int
    connects_per_day: int | None
    bulk: int


_HOURS: Final = 3600
TIERS: Final[Mapping[str, Tier]] = {
    tier.name: tier
    for tier in (
        Tier("sandbox", requests=5, sockets=1, lifetime_s=5 * 60, connects_per_day=5, bulk=1),
        # The table has 60 requests, the examples of the same page 30.
        Tier("basic", requests=30, sockets=3, lifetime_s=8 * _HOURS, connects_per_day=150, bulk=10),
        # "Unlimited" in the table, where the dearer Ultra has 300.
        Tier("pro", requests=300, sockets=50, lifetime_s=8 * _HOURS, connects_per_day=None, bulk=50),
        # 500 at once in the table, 100 where the request is described.
        Tier("ultra", requests=300, sockets=500, lifetime_s=8 * _HOURS, connects_per_day=None, bulk=100),
    )
}
