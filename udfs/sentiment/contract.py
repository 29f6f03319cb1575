"""What a sentiment model is, how a scorer reaches one, and the two ways in which a call can fail."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real
from typing import Any, Protocol


class SentimentModel(Protocol):
    """Scores texts. It may raise, hang or answer nonsense: the scorer sees to that."""

    name: str
    """Model and version, as rows name it."""

    def compounds(self, texts: Sequence[str], /) -> Sequence[float]:
        """A score from -1 (negative) to 1 (positive) for each of `texts`, in their order."""


class Backend(Protocol):
    """A model where it runs: in this process, in a child process, or behind gRPC."""

    @property
    def label(self) -> str:
        """What rows call the model when it cannot be reached; known before the model is."""

    @property
    def rows_per_call(self) -> int | None:
        """At most so many texts in one call; None for any number."""

    @property
    def restarts(self) -> int:
        """How often the model had to be started again."""

    @property
    def name(self) -> str:
        """The name of the model that answered last; the label before the first answer."""

    def compounds(self, texts: Sequence[str], seconds: float) -> Sequence[Any]:
        """What the model answers for `texts`, unchecked, within `seconds` where the backend can hold to that.

        Raises ModelUnavailableError when the model as a whole cannot be used, anything else when it fails on these texts.
        """

    def close(self) -> None:
        """Gives back what the backend holds; a later call opens it anew."""


class ModelUnavailableError(Exception):
    """The model as a whole cannot be used: it does not start, its files are not right, its server is not there."""


class CallFailedError(Exception):
    """The model failed on these texts; the message says how. With other texts it may work."""


class InProcess:
    """A model in this process, trusted to come to an end. `seconds` means nothing here."""

    rows_per_call: int | None = None
    restarts = 0

    def __init__(self, model: SentimentModel) -> None:
        self._model = model
        self.label = self.name = model.name

    def compounds(self, texts: Sequence[str], seconds: float) -> Sequence[Any]:
        """The model's own answer."""
        return self._model.compounds(texts)

    def close(self) -> None:
        """Nothing to give back."""


def checked(scores: Any, count: int) -> list[float]:
    """`scores` as `count` floats from -1 to 1. Raises CallFailedError saying what they are instead."""
    try:
        found = list(scores)
    except TypeError:
        raise CallFailedError(f"the answer is a {type(scores).__name__}, not a list of scores") from None
    if len(found) != count:
        raise CallFailedError(f"{len(found)} scores for {count} texts")
    for score in found:
        # NaN compares as false.
        if type(score) is not float or not -1.0 <= score <= 1.0:
            return [_score(each) for each in found]
    return found


def described(error: BaseException) -> str:
    """What happened, as `one_line` of at most 300 characters."""
    try:
        text = str(error) if isinstance(error, CallFailedError | ModelUnavailableError) else f"{type(error).__name__}: {error}"
    except Exception:
        # A model may bring errors of its own, whose text is code too.
        text = type(error).__name__
    return one_line(text)[:300]


def one_line(text: str) -> str:
    """`text` so that it can go anywhere: UTF-8, without line breaks and null bytes."""
    return " ".join(text.replace("\0", "\\0").encode("utf-8", "backslashreplace").decode("utf-8").split())


def well_formed(text: str) -> str:
    """`text` as UTF-8 can hold it: pairs of surrogates joined, U+FFFD for each lone one."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def _score(score: Any) -> float:
    if isinstance(score, bool) or not isinstance(score, Real):
        raise CallFailedError(f"{str(score)[:40]!r} is not a score")
    number = float(score)
    if not -1.0 <= number <= 1.0:
        raise CallFailedError(f"the score {number} is not from -1 to 1")
    return number
