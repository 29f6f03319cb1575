"""JSON of any bytes: one value that is too deep or too long for this machine does not cost the others."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any, NoReturn

# No answer that anybody has seen is half as deep; what walks through items has the machine's stack for many times that.
DEEPEST = 64
_TOO_DEEP = f"(nested deeper than {DEEPEST} levels)"
_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"|[\[\]{}]', re.DOTALL)
# Longer ones are no number that anybody means; Python refuses to read those of some thousand digits.
_MOST_DIGITS = 40


class _ConstantError(ValueError):
    """NaN and the like, which JSON does not have."""


def parsed(text: str | bytes) -> Any:
    """The value of `text`; integers of very many digits and what is nested too deeply are texts that say so. Raises ValueError."""
    try:
        return json.loads(text, parse_constant=_no_constant)
    except (json.JSONDecodeError, UnicodeDecodeError, _ConstantError):
        raise
    except RecursionError:
        decoded = text if isinstance(text, str) else text.decode(json.detect_encoding(text), "surrogatepass")
        return json.loads(_shallow(decoded), parse_constant=_no_constant, parse_int=_integer)
    except ValueError:
        return json.loads(text, parse_constant=_no_constant, parse_int=_integer)


def kept(value: Any, deepest: int = DEEPEST) -> Any:
    """`value` as it may be kept and walked through: what is too deep, and numbers that JSON cannot spell, are texts."""
    if isinstance(value, Mapping):
        return {name: kept(inner, deepest - 1) for name, inner in value.items()} if deepest else _TOO_DEEP
    if isinstance(value, list):
        return [kept(inner, deepest - 1) for inner in value] if deepest else _TOO_DEEP
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def spelled(value: Any) -> str:
    """`value` as JSON."""
    try:
        return json.dumps(value, allow_nan=False)
    except (ValueError, RecursionError):
        return json.dumps(kept(value))


def _shallow(text: str) -> str:
    """`text` without what is nested too deeply."""
    parts, depth, copied = [], 0, 0
    for token in _TOKEN.finditer(text):
        if token[0] in "[{":
            depth += 1
            if depth == DEEPEST + 1:
                parts += [text[copied : token.start()], json.dumps(_TOO_DEEP)]
                copied = len(text)
        elif token[0] in "]}":
            if depth == DEEPEST + 1:
                copied = token.end()
            depth -= 1
    return "".join([*parts, text[copied:]])


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) <= _MOST_DIGITS else f"(integer of {len(digits)} digits)"


def _no_constant(name: str) -> NoReturn:
    raise _ConstantError(f"{name} is no number of JSON")
