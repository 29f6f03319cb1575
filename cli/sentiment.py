"""`tokpulse sentiment`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from cli.sentiment_model import SentimentError, settings, usable
from connectors.terminal import say
from udfs.sentiment.contract import InProcess
from udfs.sentiment.model import LexiconModel, label
from udfs.sentiment.scorer import Scorer


def command(
    lexicon: Annotated[
        Path | None, typer.Option(help="Extension file of the lexicon.  [default: udfs/sentiment/tiktok_lexicon.tsv]")
    ] = None,
    plain: Annotated[bool, typer.Option("--plain", help="Use VADER alone, without an extension.")] = False,
    model: Annotated[str | None, typer.Option(help="Model: lexicon, onnx or grpc.  [default: lexicon]")] = None,
    path: Annotated[Path | None, typer.Option(help="Folder of an ONNX model.")] = None,
    endpoint: Annotated[str | None, typer.Option(help="Address of a sidecar for grpc, host:port.")] = None,
) -> None:
    """Score the sentiment of texts from standard input.

    The input is one JSON string per line, the output one JSON object per line: `text`, `compound` (-1 to 1), `label` (positive,
    neutral, negative) and `model`. If the model fails on a text, its score and label are null and `error` gives the reason.
    No running stack is needed. Options override the TOKPULSE_SENTIMENT_... variables.
    """
    scorer = _plain() if plain else usable(settings(model, lexicon, path, endpoint).scorer)
    try:
        usable(scorer.probe)
        texts = 0
        for number, line in enumerate(sys.stdin.buffer, 1):
            if line.strip():
                _score(scorer, number, line)
                texts += 1
    finally:
        scorer.close()
    if not texts:
        raise SentimentError("no text on standard input", 'write each text as a JSON string on a line of its own: "so good"')


def _score(scorer: Scorer, number: int, line: bytes) -> None:
    try:
        text = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise SentimentError(f"line {number} is not JSON: {error}", 'write each text as a JSON string: "so good"') from error
    if text is not None and not isinstance(text, str):
        raise SentimentError(
            f"line {number} is a {type(text).__name__}, not a string", 'write each text as a JSON string: "so good"'
        )
    [scored] = scorer.score([f"of line {number}"], [text])
    row = {
        "text": text,
        "compound": scored.compound,
        "label": None if scored.compound is None else label(scored.compound),
        "model": scored.model,
    }
    # Lone surrogates and null bytes go through as escapes.
    say(json.dumps(row if scored.error is None else {**row, "error": scored.error}))


def _plain() -> Scorer:
    vader = LexiconModel(None)
    return Scorer(InProcess(vader), vader)
