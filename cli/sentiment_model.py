"""The options of commands that score texts: from them and the environment to a model, with errors to act on."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from connectors.errors import TokpulseError
from udfs.sentiment.contract import ModelUnavailableError
from udfs.sentiment.extension import ExtensionError
from udfs.sentiment.settings import PREFIX, SentimentSettingError, SentimentSettings

Made = TypeVar("Made")


class SentimentError(TokpulseError):
    """A model, a lexicon or a line that cannot be used."""


def settings(model: str | None, lexicon: Path | None, path: Path | None, endpoint: str | None = None) -> SentimentSettings:
    """Options over TOKPULSE_SENTIMENT_... over defaults. Raises SentimentError."""
    options = {"MODEL": model, "LEXICON": lexicon, "ONNX": path, "ENDPOINT": endpoint}
    given = {PREFIX + name: str(value) for name, value in options.items() if value is not None}
    return usable(lambda: SentimentSettings.from_env({**os.environ, **given}))


def usable(make: Callable[[], Made]) -> Made:
    """What `make` returns. Raises SentimentError for what is wrong with settings, lexicon or model."""
    try:
        return make()
    except SentimentSettingError as error:
        raise SentimentError(
            str(error), "options override environment variables; docs/configuration.md lists the variables"
        ) from error
    except ExtensionError as error:
        raise SentimentError(str(error), "the top of udfs/sentiment/tiktok_lexicon.tsv explains the format of a line") from error
    except ModelUnavailableError as error:
        raise SentimentError(str(error), "docs/sentiment.md explains what a model needs") from error
    except OSError as error:
        raise SentimentError(f"{error.filename} cannot be read: {error.strerror}", "give a file with --lexicon") from error
