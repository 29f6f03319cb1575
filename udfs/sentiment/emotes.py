"""What the platform writes for its own pictures: `[cry]`, `[Sticker]`; those that have an emoji, and texts without the others."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from connectors.mentions import MENTION

EMOTES_FILE = Path(__file__).parent / "tiktok_emotes.tsv"
# No blank is in it.
_EMOTE = re.compile(r"\[([\w-]{1,40})\]")


@cache
def shipped_emotes() -> Mapping[str, str]:
    """Name in lower case -> emoji, by EMOTES_FILE."""
    lines = EMOTES_FILE.read_text(encoding="utf-8").splitlines()
    return dict(line.split("\t") for line in lines if not line.startswith("# "))


def emotes_apart(token: str, emotes: Mapping[str, str], other: str) -> list[str]:
    """The parts of a token between blanks, each `[name]` as its emoji by `emotes`, or as `other`."""
    texts = _EMOTE.split(token)
    texts[1::2] = [emotes.get(name.lower(), other) for name in texts[1::2]]
    return list(filter(None, texts))


def readable(text: str) -> str:
    """A text for models that know emoji, but not the platform: emotes as emoji, no stickers; "" where only mentions are left."""
    if "[" in text:
        text = " ".join(part for token in text.split() for part in emotes_apart(token, shipped_emotes(), ""))
    return text if "@" not in text or MENTION.sub("", text).strip() else ""
