"""The child process of a `ChildProcess`: `python -m udfs.sentiment.child_main MODULE:FUNCTION ARGUMENT...`.

Reads lists of texts from standard input, as frames, and writes `{"scores": [...]}` or `{"error": "..."}` for each to standard
output; the first frame that it writes is `{"name": "..."}`, once the model is there. It ends with its parent: when its input does.
"""

from __future__ import annotations

import importlib
import os
import sys
import threading
from numbers import Real
from queue import SimpleQueue
from typing import Any, BinaryIO

from udfs.sentiment import frames
from udfs.sentiment.contract import SentimentModel, described


def main(factory: str, *arguments: str) -> int:
    """Serves until the input ends. 1 where the model cannot be loaded."""
    requests, replies = _pipes()
    waiting: SimpleQueue[list[str]] = SimpleQueue()
    # Reading has a thread of its own, so that the end of the parent is seen while the model works, or hangs.
    threading.Thread(target=_receive, args=(requests, waiting), daemon=True).start()
    try:
        module, function = factory.split(":")
        model: SentimentModel = getattr(importlib.import_module(module), function)(*arguments)
        name = str(model.name)
    except Exception as error:
        frames.write(replies, {"error": described(error)})
        return 1
    frames.write(replies, {"name": name})
    while True:
        frames.write(replies, _answer(model, waiting.get()))


def _answer(model: SentimentModel, texts: list[str]) -> dict[str, Any]:
    try:
        # What is not a number goes back as text, for the scorer to refuse.
        return {"scores": [float(score) if _is_number(score) else str(score)[:40] for score in model.compounds(texts)]}
    except Exception as error:
        return {"error": described(error)}


def _is_number(score: object) -> bool:
    return isinstance(score, Real) and not isinstance(score, bool)


def _pipes() -> tuple[BinaryIO, BinaryIO]:
    """The frames' own copies of standard input and output: a library that prints must not write between frames."""
    requests, replies = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    os.dup2(2, 1)
    return os.fdopen(requests, "rb"), os.fdopen(replies, "wb")


def _receive(requests: BinaryIO, waiting: SimpleQueue[list[str]]) -> None:
    try:
        while True:
            waiting.put(frames.read(requests))
    finally:
        os._exit(0)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
