"""`tokpulse sentiment`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from cli.sentiment_model import SentimentError, settings, usable
from udfs.sentiment.contract import InProcess
from udfs.sentiment.model import LexiconModel, label
from udfs.sentiment.scorer import Scorer


def command(
    lexicon: Annotated[
        Path | None, typer.Option(help="The extension of the lexicon. [default: udfs/sentiment/tiktok_lexicon.tsv]")
    ] = None,
    plain: Annotated[bool, typer.Option("--plain", help="VADER alone, without an extension.")] = False,
    model: Annotated[str | None, typer.Option(help="lexicon, onnx or grpc. [default: lexicon]")] = None,
    path: Annotated[Path | None, typer.Option(help="The folder of an ONNX model.")] = None,
    endpoint: Annotated[str | None, typer.Option(help="The host:port of a sidecar, for grpc.")] = None,
) -> None:
    """Score texts from standard input (JSON strings, one per line): one JSON object per line.

    Each has `text`, `compound` (-1 to 1), `label` (positive, neutral, negative) and `model`; a text that the model fails on has
    `error` besides, and null for score and label. Needs no running stack. What no option says comes from TOKPULSE_SENTIMENT_...
    """
    scorer = _plain() if plain else usable(settings(model, lexicon, path, endpoint).scorer)
    try:
        usable(scorer.probe)
        for number, line in enumerate(sys.stdin.buffer, 1):
            if line.strip():
                _score(scorer, number, line)
    finally:
        scorer.close()


def _score(scorer: Scorer, number: int, line: bytes) -> None:
    try:
        text = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise SentimentError(f"line {number} is no JSON: {error}", 'write each text as a JSON string: "so good"') from error
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
    sys.stdout.write(json.dumps(row if scored.error is None else {**row, "error": scored.error}) + "\n")
    sys.stdout.flush()


def _plain() -> Scorer:
    vader = LexiconModel(None)
    return Scorer(InProcess(vader), vader)
