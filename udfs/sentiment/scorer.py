"""Scores batches by a model that may fail, and never loses a row: the guilty rows are found, the others keep their scores."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import NamedTuple

from udfs.sentiment.breaker import CircuitBreaker
from udfs.sentiment.contract import Backend, ModelUnavailableError, SentimentModel, checked, described, one_line

# A model that cannot score this is broken: it is not the fault of the texts it failed on.
PROBE = "this is good"
# While looking for guilty rows, calls get time in proportion to their rows, but no less than this, in seconds.
_LEAST_TIME = 1.0
# A deadline may end a call a little early; with less than this a call is not worth making.
_NO_TIME = 0.05

# An id is what a producer says it is.
_SHOWN_OF_ID = 100

_LOG = logging.getLogger("tokpulse.sentiment")


class Scored(NamedTuple):
    """What became of one text: a score by `model`, or an `error` that names the comment."""

    compound: float | None
    model: str
    error: str | None


@dataclass
class Counters:
    """Rows and events since the scorer was made. `scored` includes `fallbacks`; `scored + quarantined` are all rows."""

    scored: int = 0
    fallbacks: int = 0
    quarantined: int = 0
    restarts: int = 0


@dataclass
class _Batch:
    """One call of `score`: what is known of its rows, and the seconds that are left for looking for guilty ones."""

    ids: Sequence[str]
    texts: list[str]
    found: list[Scored | None]
    seconds: float
    quarantined: int = 0

    def quarantine(self, row: int, model: str, error: Exception) -> None:
        """Decides `row`: `model` fails on it."""
        self.quarantined += 1
        self.found[row] = Scored(
            None, model, one_line(f"sentiment: comment {self.ids[row][:_SHOWN_OF_ID]}: {model}: {described(error)}")
        )


class Scorer:
    """Scores by the model behind `backend`, and by `fallback` while that model cannot be used.

    A call that fails is followed by the probe, a harmless text. If that fails too, or the backend says so, the model is broken:
    the rest of the batch is scored by `fallback`, whose rows say `<fallback> (fallback of <label>)`. If it passes, the rows are
    halved until single rows fail alone: these are quarantined. Looking for them takes at most `budget` seconds a batch (and one
    start of the model); what is undecided then is scored by `fallback` too. `breaker` keeps a broken model out of the way.

    Not for several threads at once.
    """

    def __init__(
        self,
        backend: Backend,
        fallback: SentimentModel,
        *,
        deadline: float = 10.0,
        budget: float = 60.0,
        breaker: CircuitBreaker | None = None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._backend, self._fallback = backend, fallback
        self._fallback_name = f"{fallback.name} (fallback of {backend.label})"
        self._deadline, self._budget, self._clock = deadline, budget, clock
        self._breaker = breaker or CircuitBreaker()
        self._counters = Counters()

    @property
    def counters(self) -> Counters:
        """As of now."""
        self._counters.restarts = self._backend.restarts
        return self._counters

    def score(self, ids: Sequence[str], texts: Sequence[str | None]) -> list[Scored]:
        """One result per text, in their order. What is no text counts as an empty one.

        No model makes this raise. Raises ValueError when `ids` and `texts` differ in number.
        """
        if len(ids) != len(texts):
            raise ValueError(f"{len(ids)} ids for {len(texts)} texts")
        known = [text if isinstance(text, str) else "" for text in texts]
        batch = _Batch(list(ids), known, [None] * len(known), self._budget)
        if known and self._breaker.allows():
            try:
                self._by_model(batch)
            except ModelUnavailableError as error:
                self._breaker.failed()
                _LOG.warning("%s instead: %s", self._fallback_name, described(error))
            except BaseException:
                # Whoever interrupts a trial must not leave it under way for ever.
                self._breaker.failed()
                raise
            else:
                self._breaker.succeeded()
        undecided = [row for row, found in enumerate(batch.found) if found is None]
        if undecided:
            self._by_fallback(batch, undecided)
        self._counters.scored += len(known) - batch.quarantined
        self._counters.quarantined += batch.quarantined
        return [found for found in batch.found if found is not None]

    def probe(self) -> None:
        """Raises ModelUnavailableError when the model cannot be used now."""
        self._probe(_Batch((), [], [], self._budget))

    def close(self) -> None:
        """Ends what the backend started."""
        self._backend.close()

    def _by_model(self, batch: _Batch) -> None:
        """Decides all rows, unless it raises ModelUnavailableError."""
        count = len(batch.texts)
        step = self._backend.rows_per_call or count
        for start in range(0, count, step):
            rows, left = range(start, min(start + step, count)), batch.seconds
            try:
                self._decide(batch, rows, self._deadline)
            except ModelUnavailableError:
                raise
            except Exception as error:
                self._isolate(batch, rows, error, len(rows))
            else:
                # What a sound model needs is no search.
                batch.seconds = left

    def _isolate(self, batch: _Batch, rows: range, error: Exception, of: int) -> None:
        """Decides `rows`, on which the model failed with `error`, by halves. `of`: how many rows the first call had."""
        self._probe(batch)
        if len(rows) == 1:
            batch.quarantine(rows[0], self._backend.name, error)
            return
        middle = len(rows) // 2
        for half in (rows[:middle], rows[middle:]):
            # The last word on a row is spoken with all the time that a batch has.
            wanted = self._deadline if len(half) == 1 else max(_LEAST_TIME, self._deadline * len(half) / of)
            try:
                self._decide(batch, half, min(self._deadline, wanted))
            except ModelUnavailableError:
                raise
            except Exception as failure:
                self._isolate(batch, half, failure, of)

    def _probe(self, batch: _Batch) -> None:
        try:
            self._ask(batch, [PROBE], self._deadline)
        except ModelUnavailableError:
            raise
        except Exception as error:
            raise ModelUnavailableError(f"{self._backend.label} fails on {PROBE!r} too: {described(error)}") from error

    def _decide(self, batch: _Batch, rows: range, wanted: float) -> None:
        scores = self._ask(batch, batch.texts[rows.start : rows.stop], wanted)
        name = self._backend.name
        batch.found[rows.start : rows.stop] = [Scored(score, name, None) for score in scores]

    def _ask(self, batch: _Batch, texts: list[str], wanted: float) -> list[float]:
        """The model's scores within `wanted` seconds, or what the batch has left; the time is taken from that."""
        seconds, started = min(wanted, batch.seconds), self._clock()
        try:
            if seconds < _NO_TIME:
                raise TimeoutError
            return checked(self._backend.compounds(texts, seconds), len(texts))
        except ModelUnavailableError:
            raise
        except Exception as error:
            if batch.seconds - (self._clock() - started) < _NO_TIME:
                # Perhaps cut short, so it says nothing about the texts.
                raise ModelUnavailableError(
                    f"{self._backend.label}: {self._budget:g} s are over before all failing rows were found"
                ) from error
            raise
        finally:
            batch.seconds -= self._clock() - started

    def _by_fallback(self, batch: _Batch, rows: list[int]) -> None:
        try:
            scores = checked(self._fallback.compounds([batch.texts[row] for row in rows]), len(rows))
        except Exception as error:
            if len(rows) == 1:
                batch.quarantine(rows[0], self._fallback_name, error)
            else:
                for row in rows:
                    self._by_fallback(batch, [row])
            return
        self._counters.fallbacks += len(rows)
        for row, score in zip(rows, scores, strict=True):
            batch.found[row] = Scored(score, self._fallback_name, None)
