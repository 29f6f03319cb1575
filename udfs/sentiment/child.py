"""A model in a child process: what hangs, crashes or eats memory there is killed, and started again for the next call."""

from __future__ import annotations

import os
import selectors
import subprocess
import sys
from collections.abc import Sequence
from json import loads
from time import monotonic
from typing import Any

from udfs.sentiment import frames
from udfs.sentiment.contract import CallFailedError, ModelUnavailableError

_CHUNK = 1 << 16
_SECONDS_TO_END = 5.0
# The pipe of a process that dies closes a moment before its status is there.
_SECONDS_TO_DIE = 0.5


class ChildProcess:
    """A backend: `factory` ("module:function") makes the model from `arguments` in a child process, at the first call.

    The child imports what this process can, and ends when this process does. It may take `start_seconds` to load the model.
    """

    def __init__(
        self, factory: str, arguments: Sequence[str], label: str, rows_per_call: int = 64, start_seconds: float = 60.0
    ) -> None:
        self.label, self.rows_per_call = label, rows_per_call
        self.restarts = 0
        self._command = [sys.executable, "-P", "-m", "udfs.sentiment.child_main", factory, *arguments]
        self._start_seconds = start_seconds
        self._child: subprocess.Popen[bytes] | None = None
        self._name = ""
        self._started_before = False

    @property
    def name(self) -> str:
        """The name that the model gave itself; the label before it is loaded."""
        return self._name or self.label

    def compounds(self, texts: Sequence[str], seconds: float) -> Sequence[Any]:
        """The child's answer. A child that gives none within `seconds`, or dies, is gone, and the call has failed."""
        child = self._child or self._start()
        try:
            reply = _exchange(child, frames.packed(list(texts)), seconds)
        except TimeoutError:
            self._kill()
            raise CallFailedError(f"no answer within {seconds:.1f} s") from None
        except (EOFError, OSError):
            raise CallFailedError(f"its process ended with {self._kill(_SECONDS_TO_DIE)}") from None
        except ValueError:
            self._kill()
            raise CallFailedError("its process answered something that is not JSON") from None
        except BaseException:
            # Interrupted between question and answer: the next question must not get this answer.
            self._kill()
            raise
        if "error" in reply:
            raise CallFailedError(str(reply["error"]))
        return reply.get("scores", ())  # type: ignore[no-any-return]  # the scorer checks what it is

    def close(self) -> None:
        """Ends the child by closing its input, by force if need be."""
        child, self._child = self._child, None
        if child is not None:
            _close_pipes(child)
            try:
                child.wait(_SECONDS_TO_END)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()

    def _start(self) -> subprocess.Popen[bytes]:
        """A child whose model is loaded. Raises ModelUnavailableError."""
        self.restarts += self._started_before
        self._started_before = True
        # Not forked: the process around this one may have threads and locks. In a session of its own, so that Ctrl-C
        # reaches the parent only, which then closes the pipe.
        path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
        try:
            child = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                bufsize=0,
                env={**os.environ, "PYTHONPATH": path},
                start_new_session=True,
            )
        except OSError as error:
            raise ModelUnavailableError(f"{self.label}: {sys.executable} does not start: {error}") from error
        self._child = child
        for stream in (child.stdin, child.stdout):
            assert stream is not None
            os.set_blocking(stream.fileno(), False)
        try:
            ready = _exchange(child, b"", self._start_seconds)
        except TimeoutError:
            self._kill()
            raise ModelUnavailableError(f"{self.label}: not loaded within {self._start_seconds:g} s") from None
        except (EOFError, OSError, ValueError):
            ended = self._kill(_SECONDS_TO_DIE)
            raise ModelUnavailableError(f"{self.label}: its process ended with {ended} while loading") from None
        except BaseException:
            self._kill()
            raise
        if "name" not in ready:
            self._kill()
            raise ModelUnavailableError(f"{self.label}: {ready.get('error')}")
        self._name = str(ready["name"])
        return child

    def _kill(self, grace: float = 0.0) -> str:
        """Kills the child, unless it ends by itself within `grace` seconds. How it ended, for messages."""
        child, self._child = self._child, None
        assert child is not None
        try:
            status = child.wait(grace)
        except subprocess.TimeoutExpired:
            child.kill()
            status = child.wait()
        _close_pipes(child)
        return f"signal {-status}" if status < 0 else f"status {status}"


def _close_pipes(child: subprocess.Popen[bytes]) -> None:
    for stream in (child.stdin, child.stdout):
        assert stream is not None
        stream.close()


def _exchange(child: subprocess.Popen[bytes], request: bytes, seconds: float) -> dict[str, Any]:
    """Writes `request` and reads one frame. Raises TimeoutError, EOFError, OSError for a broken pipe, ValueError for no frame."""
    assert child.stdin is not None
    assert child.stdout is not None
    until = monotonic() + seconds
    left, received = memoryview(request), bytearray()
    with selectors.DefaultSelector() as selector:
        if left:
            selector.register(child.stdin, selectors.EVENT_WRITE)
            while left:
                _wait(selector, until)
                left = left[os.write(child.stdin.fileno(), left[:_CHUNK]) :]
            selector.unregister(child.stdin)
        selector.register(child.stdout, selectors.EVENT_READ)
        while len(received) < frames.HEADER.size or len(received) < _expected(received):
            _wait(selector, until)
            data = os.read(child.stdout.fileno(), _CHUNK)
            if not data:
                raise EOFError
            received += data
    reply = loads(received[frames.HEADER.size :])
    if not isinstance(reply, dict):
        raise ValueError("no object")
    return reply


def _expected(received: bytearray) -> int:
    """Bytes of the frame that begins with `received`, its header included."""
    count: int = frames.HEADER.unpack(received[: frames.HEADER.size])[0]
    if count > frames.MAX_BYTES:
        raise ValueError("no frame")
    return frames.HEADER.size + count


def _wait(selector: selectors.BaseSelector, until: float) -> None:
    if not selector.select(max(0.0, until - monotonic())):
        raise TimeoutError
