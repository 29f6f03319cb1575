"""`tokpulse sentiment`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from connectors.errors import TokpulseError
from udfs.sentiment.extension import ExtensionError
from udfs.sentiment.model import EXTENSION_FILE, LexiconModel, label


class SentimentError(TokpulseError):
    """A lexicon or a line that cannot be read."""


def command(
    lexicon: Annotated[
        Path | None, typer.Option(help="The extension of the lexicon. [default: udfs/sentiment/tiktok_lexicon.tsv]")
    ] = None,
    plain: Annotated[bool, typer.Option("--plain", help="VADER alone, without an extension.")] = False,
) -> None:
    """Score texts from standard input (JSON strings, one per line): one JSON object per line.

    Each has `text`, `compound` (-1 to 1), `label` (positive, neutral, negative) and `model`. Needs no running stack.
    """
    model = _model(None if plain else lexicon or EXTENSION_FILE)
    for number, line in enumerate(sys.stdin.buffer, 1):
        if not line.strip():
            continue
        try:
            text = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise SentimentError(f"line {number} is no JSON: {error}", 'write each text as a JSON string: "so good"') from error
        if text is not None and not isinstance(text, str):
            raise SentimentError(
                f"line {number} is a {type(text).__name__}, not a string", 'write each text as a JSON string: "so good"'
            )
        score = model.compound(text)
        # Lone surrogates and null bytes go through as escapes.
        sys.stdout.write(json.dumps({"text": text, "compound": score, "label": label(score), "model": model.name}) + "\n")
        sys.stdout.flush()


def _model(extension: Path | None) -> LexiconModel:
    try:
        return LexiconModel(extension)
    except ExtensionError as error:
        raise SentimentError(str(error), "the top of udfs/sentiment/tiktok_lexicon.tsv says what a line must be") from error
    except OSError as error:
        raise SentimentError(f"{extension} cannot be read: {error.strerror}", "give a file with --lexicon") from error
