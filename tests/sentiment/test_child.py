"""Models in a child process: what hangs, dies or babbles there costs its own row only."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import psutil
import pytest

from udfs.sentiment import frames
from udfs.sentiment.breaker import CircuitBreaker
from udfs.sentiment.child import ChildProcess
from udfs.sentiment.contract import CallFailedError, ModelUnavailableError
from udfs.sentiment.model import LexiconModel
from udfs.sentiment.scorer import Scored, Scorer

# Scores as VADER does, but for texts that name a misdeed.
MODEL = """
import os, sys, threading
from udfs.sentiment.model import LexiconModel

class Poisoned:
    name = "poisoned-1"

    def __init__(self):
        self.vader = LexiconModel(None)

    def compounds(self, texts):
        for text in texts:
            if text == "print":
                print("this goes to standard error")
            if text == "raise":
                raise ValueError("not this one")
            if text in ("hang", "spin"):
                print("stuck", flush=True)
            if text == "hang":
                threading.Event().wait()
            if text == "spin":
                while True:
                    pass
            if text == "exit":
                os._exit(7)
            if text == "abort":
                os.abort()
        scores = self.vader.compounds(texts)
        if "short" in texts:
            return scores[:-1]
        return [float("nan") if text == "nan" else "x" if text == "word" else own for text, own in zip(texts, scores)]

def make(*arguments):
    if arguments == ("raise",):
        raise OSError("model file is gone")
    if arguments == ("hang",):
        threading.Event().wait()
    if arguments == ("exit",):
        os._exit(3)
    return Poisoned()
"""
VADER = LexiconModel(None)
TEXTS = ["good", "print", "", None, "a\0\ud800", "x" * 10_000, "so bad", "love", "hate", "🔥"]


@pytest.fixture(autouse=True)
def _importable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "poisoned_model.py").write_text(MODEL)
    monkeypatch.syspath_prepend(tmp_path)


@pytest.fixture
def backend() -> Iterator[ChildProcess]:
    child = ChildProcess("poisoned_model:make", [], "poisoned")
    yield child
    child.close()


def pid(backend: ChildProcess) -> int:
    """Of the child that the next call goes to."""
    assert backend._child is not None
    return backend._child.pid


@pytest.mark.parametrize(
    ("misdeed", "said", "restarts"),
    [
        ("raise", "ValueError: not this one", False),
        ("short", "0 scores for 1 texts", False),
        ("nan", "the score nan is not from -1 to 1", False),
        ("word", "'x' is not a score", False),
        ("hang", "no answer within 2.0 s", True),
        ("spin", "no answer within 2.0 s", True),
        ("exit", "its process ended with status 7", True),
        ("abort", "its process ended with signal 6", True),
    ],
)
def test_only_the_guilty_row_is_quarantined(backend: ChildProcess, misdeed: str, said: str, restarts: bool) -> None:
    texts = [*TEXTS[:7], misdeed, *TEXTS[7:]]
    scorer = Scorer(backend, VADER, deadline=2.0)
    results = scorer.score([f"77{number}" for number in range(len(texts))], texts)
    assert results.pop(7) == Scored(None, "poisoned-1", f"sentiment: comment 777: poisoned-1: {said}")
    assert results == [Scored(score, "poisoned-1", None) for score in VADER.compounds(TEXTS)]
    assert (scorer.counters.quarantined, scorer.counters.fallbacks) == (1, 0)
    assert (scorer.counters.restarts > 0) == restarts


def test_batches_after_a_poisoned_one_go_on(backend: ChildProcess) -> None:
    scorer = Scorer(backend, VADER, deadline=2.0)
    assert scorer.score(["1"], ["exit"])[0].error
    restarts = scorer.counters.restarts
    assert [scored.error for scored in scorer.score(["1", "2"], ["good", "bad"])] == [None, None]
    assert scorer.counters.restarts == restarts


def test_more_texts_than_one_call_takes(backend: ChildProcess) -> None:
    texts = [f"good {'very ' * number}bad" for number in range(150)]
    texts[100] = "raise"
    results = Scorer(backend, VADER).score(texts, texts)
    assert [number for number, scored in enumerate(results) if scored.error] == [100]
    assert [scored.compound for scored in results if not scored.error] == [VADER.compound(t) for t in texts if t != "raise"]


def test_megabytes_go_through_the_pipe(backend: ChildProcess) -> None:
    texts = ["x" * 100_000] * 64
    assert backend.compounds(texts, 10.0) == [0.0] * 64


@pytest.mark.parametrize(
    ("how", "seconds", "said"),
    [
        ("raise", 60.0, "broken: OSError: model file is gone"),
        ("hang", 1.0, "broken: not loaded within 1 s"),
        ("exit", 60.0, "broken: its process ended with status 3 while loading"),
    ],
)
def test_a_model_that_does_not_load_is_replaced(how: str, seconds: float, said: str) -> None:
    backend = ChildProcess("poisoned_model:make", [how], "broken", start_seconds=seconds)
    with pytest.raises(ModelUnavailableError, match=said):
        backend.compounds(["good"], 1.0)
    scorer = Scorer(backend, VADER, breaker=CircuitBreaker(1, 1_000))
    name = f"{VADER.name} (fallback of broken)"
    assert scorer.score(["1", "2"], ["good", "hang"]) == [Scored(VADER.compound("good"), name, None), Scored(0.0, name, None)]
    assert backend._child is None


@pytest.mark.parametrize(
    ("factory", "said"),
    [("no_such_module:make", "ModuleNotFoundError"), ("poisoned_model:none", "AttributeError"), ("x", "ValueError")],
)
def test_a_factory_that_is_not_there(factory: str, said: str) -> None:
    with pytest.raises(ModelUnavailableError, match=f"wrong: {said}"):
        ChildProcess(factory, [], "wrong").compounds(["good"], 1.0)


def test_a_child_that_dies_between_calls_is_started_again(backend: ChildProcess) -> None:
    backend.compounds(["good"], 5.0)
    psutil.Process(pid(backend)).kill()
    results = Scorer(backend, VADER).score(["1", "2"], ["good", "bad"])
    assert [scored.model for scored in results] == ["poisoned-1"] * 2
    assert [scored.error for scored in results] == [None] * 2


def test_closing_ends_the_child_and_a_later_call_starts_another(backend: ChildProcess) -> None:
    backend.compounds(["good"], 5.0)
    first = pid(backend)
    backend.close()
    assert not psutil.pid_exists(first)
    backend.compounds(["good"], 5.0)
    assert pid(backend) != first


@pytest.mark.parametrize("text", ["good", "hang", "spin"])
def test_the_child_ends_with_its_parent(tmp_path: Path, text: str) -> None:
    """Also where the model hangs: another thread of the child sees the end of the pipe."""
    program = (
        "import os, sys, threading\n"
        "from udfs.sentiment.child import ChildProcess\n"
        "backend = ChildProcess('poisoned_model:make', [], 'x')\n"
        "backend.compounds(['good'], 30.0)\n"
        "print(backend._child.pid, flush=True)\n"
        "threading.Thread(target=backend.compounds, args=([sys.argv[1]], 1000.0), daemon=True).start()\n"
        "sys.stdin.read()\n"
    )
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), os.getcwd()])}
    with subprocess.Popen(
        [sys.executable, "-c", program, text],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environ,
    ) as parent:
        assert parent.stdout is not None
        assert parent.stderr is not None
        child = psutil.Process(int(parent.stdout.readline()))
        if text != "good":
            assert parent.stderr.readline() == b"stuck\n"
        parent.kill()
    gone, left = psutil.wait_procs([child], timeout=10)
    for process in left:
        process.kill()
    assert gone == [child]


def test_a_deadline_is_kept(backend: ChildProcess) -> None:
    backend.compounds(["good"], 5.0)
    started = monotonic()
    with pytest.raises(CallFailedError, match=r"no answer within 0\.3 s"):
        backend.compounds(["hang"], 0.3)
    assert monotonic() - started < 5


def test_frames_carry_every_string(tmp_path: Path) -> None:
    values = ["", "a\0b", "\ud800", "\u2028", "🔥", "\x7f" * 70_000]
    file = tmp_path / "frames"
    with file.open("wb") as stream:
        frames.write(stream, values)
    with file.open("rb") as stream:
        assert frames.read(stream) == values
        with pytest.raises(EOFError):
            frames.read(stream)
