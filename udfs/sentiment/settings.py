"""Which sentiment model scores, from the environment; and the scorer that it makes."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from connectors.durations import EXAMPLES, parse_duration
from udfs.sentiment.breaker import CircuitBreaker
from udfs.sentiment.child import ChildProcess
from udfs.sentiment.contract import Backend, InProcess
from udfs.sentiment.model import LexiconModel, shipped
from udfs.sentiment.scorer import Scorer

LEXICON, ONNX, GRPC = MODELS = ("lexicon", "onnx", "grpc")
PREFIX = "TOKPULSE_SENTIMENT_"
# What comes after PREFIX.
VARIABLES = ("MODEL", "LEXICON", "ONNX", "ENDPOINT", "DEADLINE", "START", "BUDGET", "FAILURES", "PAUSE")

# Model -> the variable that it cannot do without, and what that is.
_NEEDED = {ONNX: ("ONNX", "the folder of the model"), GRPC: ("ENDPOINT", "the sidecar's host:port or unix:PATH")}
_ENDPOINT = re.compile(r"unix:\S+|(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):(\d{1,5})")


class SentimentSettingError(ValueError):
    """A variable has a value that means nothing; the message names the variable, the value and what is allowed."""


@dataclass(frozen=True)
class SentimentSettings:
    """The model and how long it may take; times in seconds. Can be pickled, and opens nothing.

    `lexicon` is the extension file of the lexicon model, also of the one that stands in for another (None: the shipped one);
    `onnx` a folder; `endpoint` the `host:port` or `unix:PATH` of a sidecar. `deadline` is for one call of the model, `start` for
    loading it, `budget` for finding the guilty rows of a batch; after `failures` batches in a row on which the model was broken
    it is left alone for `pause`.
    """

    model: str = LEXICON
    lexicon: Path | None = None
    onnx: Path | None = None
    endpoint: str | None = None
    deadline: float = 10.0
    start: float = 30.0
    budget: float = 20.0
    failures: int = 3
    pause: float = 30.0

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> SentimentSettings:
        """From the variables TOKPULSE_SENTIMENT_... of `environ` (default: the process environment).

        Empty ones count as unset. Raises SentimentSettingError.
        """
        given = {
            name.removeprefix(PREFIX): value
            for name, value in (os.environ if environ is None else environ).items()
            if name.startswith(PREFIX) and value
        }
        for name in given:
            if name not in VARIABLES:
                raise SentimentSettingError(f"{PREFIX}{name} is not known; there are {', '.join(VARIABLES)} after {PREFIX}")
        model = given.get("MODEL", LEXICON)
        if model not in MODELS:
            raise SentimentSettingError(f"{PREFIX}MODEL: {model!r} is not one of {', '.join(MODELS)}")
        if model in _NEEDED and _NEEDED[model][0] not in given:
            name, what = _NEEDED[model]
            raise SentimentSettingError(f"{PREFIX}{name} is not set, but {PREFIX}MODEL is {model}: set it to {what}")
        return cls(
            model=model,
            lexicon=_path(given, "LEXICON"),
            onnx=_path(given, "ONNX"),
            endpoint=_endpoint(given),
            deadline=_seconds(given, "DEADLINE", cls.deadline),
            start=_seconds(given, "START", cls.start),
            budget=_seconds(given, "BUDGET", cls.budget),
            failures=_count(given, "FAILURES", cls.failures),
            pause=_seconds(given, "PAUSE", cls.pause),
        )

    def backend(self) -> Backend:
        """The model where it runs. A lexicon is read here: raises ExtensionError or OSError. Others open at the first call."""
        if self.model == ONNX:
            if self.onnx is None:
                raise SentimentSettingError("onnx is None: give the folder of the model")
            label = f"onnx-{self.onnx.name}"
            return ChildProcess("udfs.sentiment.onnx_model:load", [str(self.onnx)], label, start_seconds=self.start)
        if self.model == GRPC:
            if self.endpoint is None:
                raise SentimentSettingError("endpoint is None: give the sidecar's host:port or unix:PATH")
            # Only who asks for it needs grpc.
            from udfs.sentiment.sidecar.client import Sidecar

            return Sidecar(self.endpoint)
        return InProcess(self._lexicon())

    def scorer(self) -> Scorer:
        """What scores batches; one for each task. Raises as `backend` does."""
        # Where the lexicon itself fails, VADER's alone is left.
        fallback = LexiconModel(None) if self.model == LEXICON else self._lexicon()
        return Scorer(
            self.backend(),
            fallback,
            deadline=self.deadline,
            budget=self.budget,
            breaker=CircuitBreaker(self.failures, self.pause),
        )

    def check(self) -> None:
        """Loads the model and lets it score a text, as a job may do before it is submitted.

        Raises ModelUnavailableError saying what is wrong with it, else as `backend` does.
        """
        scorer = self.scorer()
        try:
            scorer.probe()
        finally:
            scorer.close()

    def _lexicon(self) -> LexiconModel:
        return shipped() if self.lexicon is None else LexiconModel(self.lexicon)


def _path(given: Mapping[str, str], name: str) -> Path | None:
    # Where the scorer is made the working directory may be another.
    return Path(given[name]).absolute() if name in given else None


def _endpoint(given: Mapping[str, str]) -> str | None:
    text = given.get("ENDPOINT")
    if text is not None:
        match = _ENDPOINT.fullmatch(text)
        if match is None or not 0 < int(match[1] or 1) < 65536:
            raise SentimentSettingError(f"{PREFIX}ENDPOINT: {text!r} is neither host:port nor unix:PATH")
    return text


def _seconds(given: Mapping[str, str], name: str, default: float) -> float:
    if name not in given:
        return default
    try:
        seconds = parse_duration(given[name]).total_seconds()
    except ValueError:
        seconds = 0.0
    if not 0.1 <= seconds <= 600:
        raise SentimentSettingError(f"{PREFIX}{name}: {given[name]!r} is not 100 ms to 10 min: write {EXAMPLES}")
    return seconds


def _count(given: Mapping[str, str], name: str, default: int) -> int:
    text = given.get(name, str(default))
    if not re.fullmatch(r"[1-9]\d{0,3}", text):
        raise SentimentSettingError(f"{PREFIX}{name}: {text!r} is not a whole number from 1 to 9999")
    return int(text)
