"""What stands where somebody's name was: it looks like a handle, and is none. SQL has the patterns by the names of `PATTERNS`."""

from __future__ import annotations

import base64
import re

# What `tokpulse forget` leaves behind begins so.
FORGOTTEN_PREFIX = "forgotten"
_TOKEN_BYTES = 10
_PSEUDONYM_BYTES = 12  # 96 bits: among a billion people two share a pseudonym with a chance of about 1 in 10^11

PATTERNS = {"PSEUDONYM": "p[a-z2-7]{20}", "FORGOTTEN": f"{FORGOTTEN_PREFIX}[0-9a-f]{{20}}"}
_PSEUDONYM = re.compile(PATTERNS["PSEUDONYM"])
_NO_NAME = re.compile("|".join(PATTERNS.values()))


def pseudonym(digest: bytes) -> str:
    """The pseudonym that pollers write for what `digest` is made of."""
    return "p" + base64.b32encode(digest[:_PSEUDONYM_BYTES]).decode().rstrip("=").lower()


def token(digest: bytes) -> str:
    """What `tokpulse forget` writes for what `digest` is made of."""
    return FORGOTTEN_PREFIX + digest[:_TOKEN_BYTES].hex()


def is_pseudonym(name: str) -> bool:
    """Whether a name has the form of a pseudonym; somebody may be called so."""
    return _PSEUDONYM.fullmatch(name) is not None


def is_no_name(name: str) -> bool:
    """Whether a name has the form of a pseudonym, or of what `tokpulse forget` leaves behind."""
    return _NO_NAME.fullmatch(name) is not None


def with_patterns(sql: str) -> str:
    """`sql` with the pattern in the place of each `${PSEUDONYM}` and `${FORGOTTEN}`."""
    for name, pattern in PATTERNS.items():
        sql = sql.replace(f"${{{name}}}", pattern)
    return sql
