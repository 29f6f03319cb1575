"""What is written of an item whose people cannot be told from the rest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from connectors.upstream.model import Observation

_Cleaned = TypeVar("_Cleaned", bound=Observation | None)


def or_withheld(item: Observation, clean: Callable[[Observation], _Cleaned]) -> Observation | _Cleaned:
    """`clean(item)`; an item without content where that is nested too deeply, as only one is that could not be mapped."""
    try:
        return clean(item)
    except RecursionError:
        return replace(item, record={}, problem=f"{item.problem or 'not mapped'} (withheld: nested too deeply)")
