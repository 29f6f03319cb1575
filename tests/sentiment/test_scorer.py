"""The scorer with models in this process: guilty rows are found, all others keep their scores, and it never raises."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from udfs.sentiment.breaker import OPEN, CircuitBreaker
from udfs.sentiment.contract import InProcess, ModelUnavailableError, described, well_formed
from udfs.sentiment.model import LexiconModel
from udfs.sentiment.scorer import PROBE, Scored, Scorer

VADER = LexiconModel(None)
TEXTS = ["so good", "", None, "worst ever", "🔥" * 10, "x" * 10_000, "a\0b", "\ud800 love", "شكرا", "love it"]
IDS = [f"c{number}" for number in range(len(TEXTS))]


class Model:
    """Answers VADER's scores, but what `twist` makes of them."""

    name = "twisted-1"

    def __init__(self, twist: Callable[[Sequence[str], list[float]], Any]) -> None:
        self.twist = twist
        self.calls: list[int] = []

    def compounds(self, texts: Sequence[str]) -> Any:
        self.calls.append(len(texts))
        return self.twist(texts, VADER.compounds(texts))


def raising(guilty: str, error: Exception) -> Callable[[Sequence[str], list[float]], Any]:
    def twist(texts: Sequence[str], scores: list[float]) -> list[float]:
        if guilty in texts:
            raise error
        return scores

    return twist


def replacing(guilty: str, score: Any) -> Callable[[Sequence[str], list[float]], Any]:
    return lambda texts, scores: [score if text == guilty else own for text, own in zip(texts, scores, strict=True)]


def shortened(texts: Sequence[str], scores: list[float]) -> list[float]:
    return scores[:-1] if "worst ever" in texts else scores


class Unnamed(Exception):
    def __str__(self) -> str:
        raise ValueError("no text")


@pytest.mark.parametrize(
    ("twist", "said"),
    [
        (raising("worst ever", ValueError("no\nthanks \ud800\0")), r"ValueError: no thanks \ud800\0"),
        (raising("worst ever", RecursionError("deep")), "RecursionError: deep"),
        (raising("worst ever", Unnamed()), "Unnamed"),
        (shortened, "0 scores for 1 texts"),
        (lambda texts, scores: [*scores, 0.0] if "worst ever" in texts else scores, "2 scores for 1 texts"),
        (lambda texts, scores: None if "worst ever" in texts else scores, "the answer is a NoneType"),
        (replacing("worst ever", math.nan), "the score nan is not from -1 to 1"),
        (replacing("worst ever", 1.0001), "the score 1.0001 is not"),
        (replacing("worst ever", -math.inf), "the score -inf is not"),
        (replacing("worst ever", "0.5"), "'0.5' is not a score"),
        (replacing("worst ever", None), "'None' is not a score"),
        (replacing("worst ever", True), "'True' is not a score"),
    ],
)
def test_only_the_guilty_row_is_quarantined(twist: Callable[[Sequence[str], list[float]], Any], said: str) -> None:
    scorer = Scorer(InProcess(Model(twist)), VADER)
    results = scorer.score(IDS, TEXTS)
    for text, scored, own in zip(TEXTS, results, VADER.compounds(TEXTS), strict=True):
        if text == "worst ever":
            assert (scored.compound, scored.model) == (None, "twisted-1")
            assert scored.error is not None
            assert scored.error.startswith(f"sentiment: comment c3: twisted-1: {said}")
            assert scored.error.encode("utf-8").isascii()
        else:
            assert scored == Scored(own, "twisted-1", None)
    assert (scorer.counters.scored, scorer.counters.quarantined, scorer.counters.fallbacks) == (len(TEXTS) - 1, 1, 0)


@given(guilty=st.sets(st.integers(0, 40)), size=st.integers(0, 40))
def test_any_guilty_rows_and_no_others(guilty: set[int], size: int) -> None:
    bad = {f"text {number}" for number in guilty}

    def twist(texts: Sequence[str], scores: list[float]) -> list[float]:
        if bad & set(texts):
            raise ValueError
        return scores

    texts = [f"text {number}" for number in range(size)]
    results = Scorer(InProcess(Model(twist)), VADER).score(texts, texts)
    assert [scored.error is not None for scored in results] == [text in bad for text in texts]
    assert all(scored.model == "twisted-1" for scored in results)


def test_a_sound_model_is_asked_once_for_a_batch() -> None:
    model = Model(lambda texts, scores: scores)
    scorer = Scorer(InProcess(model), VADER)
    assert scorer.score(IDS, TEXTS) == [Scored(score, "twisted-1", None) for score in VADER.compounds(TEXTS)]
    assert scorer.score([], []) == []
    assert model.calls == [len(TEXTS)]


def test_columns_of_pandas_are_sequences_too() -> None:
    """With labels of their own, as a filtered batch has."""
    texts = pd.Series(["so good", None, "worst ever"], index=[7, 8, 9])
    results = Scorer(InProcess(Model(raising("worst ever", ValueError("no")))), VADER).score(texts.astype(str), texts)
    assert [scored.compound for scored in results] == [VADER.compound("so good"), 0.0, None]
    assert "comment worst ever" in str(results[2].error)


def test_whole_numbers_and_other_sequences_are_scores() -> None:
    scorer = Scorer(InProcess(Model(lambda texts, scores: tuple(1 for _ in texts))), VADER)
    [scored] = scorer.score(["c"], ["hi"])
    assert scored == Scored(1.0, "twisted-1", None)
    assert type(scored.compound) is float


def test_a_model_that_fails_on_everything_is_replaced_not_quarantined() -> None:
    model = Model(lambda texts, scores: 1 / 0)
    breaker = CircuitBreaker(failures=2, pause=1_000)
    scorer = Scorer(InProcess(model), VADER, breaker=breaker)
    name = f"{VADER.name} (fallback of twisted-1)"
    for _ in range(3):
        assert scorer.score(IDS, TEXTS) == [Scored(score, name, None) for score in VADER.compounds(TEXTS)]
    assert model.calls == [len(TEXTS), 1] * 2, "the batch and the probe, and nothing while the breaker is open"
    assert breaker.state == OPEN
    assert (scorer.counters.scored, scorer.counters.fallbacks, scorer.counters.quarantined) == (30, 30, 0)


def test_a_model_that_breaks_in_the_middle_of_the_search_is_replaced_for_the_rest() -> None:
    """What was decided before stays; of what comes after nothing is quarantined."""
    calls = 0

    def twist(texts: Sequence[str], scores: list[float]) -> list[float]:
        nonlocal calls
        calls += 1
        if calls > 4 or (calls == 1 and texts != [PROBE]):
            raise ValueError
        return scores

    # All: fails. Probe. First half: scored. Second half: scored. Then another batch, on which all calls fail.
    scorer = Scorer(InProcess(Model(twist)), VADER)
    first = scorer.score(list("abcd"), ["good"] * 4)
    assert [scored.model for scored in first] == ["twisted-1"] * 4
    second = scorer.score(list("abcd"), ["good"] * 4)
    assert [scored.error for scored in second] == [None] * 4
    assert {scored.model for scored in second} == {f"{VADER.name} (fallback of twisted-1)"}


def test_a_model_that_recovers_is_used_again() -> None:
    now = 0.0
    broken = True

    def twist(texts: Sequence[str], scores: list[float]) -> list[float]:
        if broken:
            raise ModelUnavailableError("not there")
        return scores

    scorer = Scorer(InProcess(Model(twist)), VADER, breaker=CircuitBreaker(1, 30.0, lambda: now))
    assert "fallback" in scorer.score(["c"], ["good"])[0].model
    broken = False
    assert "fallback" in scorer.score(["c"], ["good"])[0].model, "it is left alone"
    now = 30.0
    assert scorer.score(["c"], ["good"])[0].model == "twisted-1"


def test_a_fallback_that_fails_on_a_text_too() -> None:
    broken, fallback = Model(lambda texts, scores: 1 / 0), Model(raising("worst ever", KeyError("w")))
    results = Scorer(InProcess(broken), fallback).score(IDS, TEXTS)
    assert [scored.error for scored in results] == [
        "sentiment: comment c3: twisted-1 (fallback of twisted-1): KeyError: 'w'" if text == "worst ever" else None
        for text in TEXTS
    ]


class Slow:
    """A backend that takes `seconds` for a call, or hangs until the time is over on `guilty`; by a clock of its own."""

    label = name = "slow-1"
    rows_per_call: int | None = 64
    restarts = 0

    def __init__(self, guilty: set[str], seconds: float) -> None:
        self.guilty, self.seconds, self.now = guilty, seconds, 0.0

    def compounds(self, texts: Sequence[str], seconds: float) -> list[float]:
        if self.guilty & set(texts) or seconds < self.seconds:
            self.now += seconds
            raise TimeoutError
        self.now += self.seconds
        return VADER.compounds(texts)

    def close(self) -> None:
        pass


def slow(guilty: set[str], rows: int, seconds: float = 0.01) -> tuple[list[Scored], float]:
    """Results of `good 0`, `good 1`, ... with a deadline of 10 s and a budget of 60 s, and the time that it took."""
    backend = Slow(guilty, seconds)
    texts = [f"good {number}" for number in range(rows)]
    results = Scorer(backend, VADER, deadline=10.0, budget=60.0, clock=lambda: backend.now).score(texts, texts)
    return results, backend.now


SLOW_FALLBACK = f"{VADER.name} (fallback of slow-1)"


def test_one_text_that_hangs_is_found_within_the_budget() -> None:
    results, took = slow({"good 77"}, 200)
    assert [number for number, scored in enumerate(results) if scored.error] == [77]
    assert all(scored.model == "slow-1" for scored in results)
    assert took < 35


def test_many_texts_that_hang_cost_no_more_than_the_budget(caplog: pytest.LogCaptureFixture) -> None:
    """What could not be decided is scored by the fallback, not quarantined."""
    guilty = {f"good {number}" for number in range(0, 200, 5)}
    results, took = slow(guilty, 200)
    assert took <= 60.1
    assert "slow-1: 60 s are over before all failing rows were found" in caplog.text
    quarantined = {f"good {number}" for number, scored in enumerate(results) if scored.error}
    assert len(quarantined) > 0
    assert quarantined <= guilty
    assert {scored.model for scored in results if not scored.error} == {"slow-1", SLOW_FALLBACK}


def test_a_call_that_was_cut_short_by_the_budget_accuses_nobody() -> None:
    """Each call takes 6 s: the budget ends while innocent rows are asked for with less than that."""
    for rows in (4, 8, 16, 64):
        results, took = slow({"good 1"}, rows, seconds=6.0)
        assert {number for number, scored in enumerate(results) if scored.error} <= {1}
        assert SLOW_FALLBACK in {scored.model for scored in results}
        assert took <= 60.1


def test_failures_that_come_at_once_need_no_budget_to_speak_of() -> None:
    scorer = Scorer(InProcess(Model(raising("worst ever", ValueError("no")))), VADER, deadline=10.0, budget=5.0)
    assert [scored.error is None for scored in scorer.score(IDS, TEXTS)] == [text != "worst ever" for text in TEXTS]


def test_time_that_a_sound_model_takes_is_not_the_budgets() -> None:
    results, took = slow({"good 639"}, 640, seconds=1.0)
    assert [number for number, scored in enumerate(results) if scored.error] == [639]
    assert all(scored.model == "slow-1" for scored in results)
    results, took = slow(set(), 1_280, seconds=9.0)
    assert {scored.model for scored in results} == {"slow-1"}
    assert took == 180.0


def test_ids_and_texts_must_be_as_many() -> None:
    with pytest.raises(ValueError, match="1 ids for 2 texts"):
        Scorer(InProcess(VADER), VADER).score(["a"], ["b", "c"])


def test_a_probe_says_what_is_wrong() -> None:
    Scorer(InProcess(VADER), VADER).probe()
    with pytest.raises(ModelUnavailableError, match="twisted-1 fails on 'this is good' too: ZeroDivisionError"):
        Scorer(InProcess(Model(lambda texts, scores: 1 / 0)), VADER).probe()


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a", "a"), ("é🔥", "é🔥"), ("\ud83d\udd25", "🔥"), ("\ud800a", "�a"), ("a\udfff", "a�"), ("\ud800", "�"), ("\0", "\0")],
)
def test_text_for_those_who_take_utf8_only(text: str, expected: str) -> None:
    assert well_formed(text) == expected


def test_descriptions_are_bounded() -> None:
    assert len(described(ValueError("x" * 10_000))) == 300
