"""The gRPC sidecar: proto, client and reference server."""

from __future__ import annotations

import math
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any, TypeAlias

import grpc
import pytest

from udfs.sentiment.breaker import CLOSED, OPEN, CircuitBreaker
from udfs.sentiment.contract import InProcess, ModelUnavailableError
from udfs.sentiment.model import LexiconModel, shipped
from udfs.sentiment.scorer import Scored, Scorer
from udfs.sentiment.settings import SentimentSettings
from udfs.sentiment.sidecar import sentiment_pb2 as messages
from udfs.sentiment.sidecar.client import METHOD, Sidecar
from udfs.sentiment.sidecar.server import SidecarServer

ROOT = Path(__file__).resolve().parents[2]
PROTO = "udfs/sentiment/sidecar/sentiment.proto"
Serve: TypeAlias = Callable[..., str]
ScorerOf: TypeAlias = Callable[..., Scorer]
VADER = LexiconModel(None)
TEXTS = ["so good", "", None, "a\0b", "\ud800 love", "🔥" * 2_500, "x" * 10_000, "worst ever"]


def test_the_generated_files_are_those_of_the_proto(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "grpc_tools.protoc", "-I", ".", f"--python_out={tmp_path}", f"--pyi_out={tmp_path}", PROTO],
        cwd=ROOT,
        check=True,
    )
    for made in ("sentiment_pb2.py", "sentiment_pb2.pyi"):
        path = Path(PROTO).with_name(made)
        assert (ROOT / path).read_text() == (tmp_path / path).read_text(), f"make it anew: see docs/sentiment.md, {path}"


class Model:
    """VADER, but for what `before` does."""

    name = "served-1"

    def __init__(self, before: Callable[[Sequence[str]], object] = lambda texts: None) -> None:
        self.before = before
        self.calls = 0

    def compounds(self, texts: Sequence[str]) -> list[float]:
        self.calls += 1
        self.before(texts)
        return VADER.compounds(texts)


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts a server of a model; its endpoint."""
    servers = []

    def start(model: Any, port: int = 0) -> str:
        server = SidecarServer(InProcess(model), f"127.0.0.1:{port}", deadline=5.0)
        server.start()
        servers.append(server)
        return f"127.0.0.1:{server.port}"

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def scorer_of() -> Iterator[ScorerOf]:
    made = []

    def make(endpoint: str, **options: Any) -> Scorer:
        made.append(Scorer(Sidecar(endpoint), shipped(), **options))
        return made[-1]

    yield make
    for scorer in made:
        scorer.close()


@pytest.mark.http
def test_rows_name_the_served_model(serve: Serve) -> None:
    endpoint = serve(Model())
    scorer = SentimentSettings(model="grpc", endpoint=endpoint).scorer()
    ids = [str(number) for number in range(len(TEXTS))]
    assert scorer.score(ids, TEXTS) == [Scored(score, "grpc-served-1", None) for score in VADER.compounds(TEXTS)]
    texts = [f"very {'very ' * number}good" for number in range(600)]
    assert [scored.compound for scored in scorer.score(texts, texts)] == VADER.compounds(texts)
    scorer.close()


@pytest.mark.http
def test_only_the_guilty_row_is_quarantined(serve: Serve, scorer_of: ScorerOf) -> None:
    def refuse(texts: Sequence[str]) -> None:
        if "worst ever" in texts:
            raise KeyError("ever")

    scorer = scorer_of(serve(Model(refuse)))
    *others, guilty = scorer.score([str(number) for number in range(len(TEXTS))], TEXTS)
    assert guilty.compound is None
    assert guilty.error is not None
    assert guilty.error.startswith("sentiment: comment 7: grpc-served-1: grpc-127.0.0.1:")
    assert guilty.error.endswith("INTERNAL: KeyError: 'ever'")
    assert others == [Scored(score, "grpc-served-1", None) for score in VADER.compounds(TEXTS[:-1])]


@pytest.mark.http
def test_a_text_that_hangs_there_is_quarantined(serve: Serve, scorer_of: ScorerOf) -> None:
    ended = threading.Event()
    endpoint = serve(Model(lambda texts: "hang" in texts and ended.wait(4.0)))
    scorer = scorer_of(endpoint, deadline=3.0)
    scores = scorer.score(["1", "2", "3"], ["so good", "hang", "so bad"])
    ended.set()
    assert [scored.model for scored in scores] == ["grpc-served-1"] * 3
    assert [scored.error is None for scored in scores] == [True, False, True]
    assert "comment 2" in str(scores[1].error)
    assert "DEADLINE_EXCEEDED" in str(scores[1].error)


@pytest.mark.http
def test_without_a_server_the_lexicon_scores_and_says_so(scorer_of: ScorerOf) -> None:
    gone = SidecarServer(InProcess(Model()), "127.0.0.1:0")
    gone.start()
    gone.stop()
    breaker = CircuitBreaker(2, 1_000.0)
    scorer = scorer_of(f"127.0.0.1:{gone.port}", breaker=breaker)
    name = f"{shipped().name} (fallback of grpc-127.0.0.1:{gone.port})"
    for _ in range(2):
        assert scorer.score(["1"], ["slay"]) == [Scored(shipped().compound("slay"), name, None)]
    assert breaker.state == OPEN
    assert scorer.score(["1"] * 1_000, ["slay"] * 1_000) == [Scored(shipped().compound("slay"), name, None)] * 1_000
    assert scorer.counters.fallbacks == 1_002


@pytest.mark.http
def test_a_server_that_comes_back_is_used_again(serve: Serve, scorer_of: ScorerOf) -> None:
    now = 0.0
    first = SidecarServer(InProcess(Model()), "127.0.0.1:0")
    first.start()
    breaker = CircuitBreaker(1, 30.0, lambda: now)
    scorer = scorer_of(f"127.0.0.1:{first.port}", breaker=breaker)
    assert scorer.score(["1"], ["slay"])[0].model == "grpc-served-1"
    first.stop()
    assert scorer.score(["1"], ["slay"])[0].model.startswith("lexicon-")
    assert breaker.state == OPEN
    serve(Model(), first.port)
    until = monotonic() + 20
    # The channel has a pause of its own before it connects again.
    while breaker.state != CLOSED and monotonic() < until:
        now += 30.0
        scorer.score(["1"], ["slay"])
    assert scorer.score(["1"], ["slay"])[0].model == "grpc-served-1"


@pytest.mark.http
def test_a_model_that_fails_on_everything_is_replaced(serve: Serve, scorer_of: ScorerOf) -> None:
    scorer = scorer_of(serve(Model(lambda texts: 1 / 0)))
    assert [scored.model.split(" ", 1)[1][:17] for scored in scorer.score(["1", "2"], ["a", "b"])] == ["(fallback of grpc"] * 2


@contextmanager
def of_others(answer: Callable[[messages.ScoreRequest], messages.ScoreResponse]) -> Iterator[str]:
    """A server that is not ours, without any options; its endpoint."""
    service, method = METHOD.strip("/").split("/")
    handler: grpc.RpcMethodHandler[Any, Any] = grpc.unary_unary_rpc_method_handler(
        lambda request, context: answer(request),
        request_deserializer=messages.ScoreRequest.FromString,
        response_serializer=messages.ScoreResponse.SerializeToString,
    )
    server = grpc.server(ThreadPoolExecutor(1))
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, {method: handler}),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(None).wait()


@pytest.mark.http
@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (messages.ScoreResponse(model="own-1", compounds=[0.5, 0.5]), "fails on 'this is good' too: 2 scores for 1 texts"),
        (messages.ScoreResponse(model="own-1", compounds=[math.nan]), "the score nan"),
        (messages.ScoreResponse(model="own-1", compounds=[2.0]), "the score 2.0 is not"),
        (messages.ScoreResponse(compounds=[0.5]), "it calls its model '', which is not a name"),
        (messages.ScoreResponse(model="a\nb", compounds=[0.5]), "which is not a name"),
    ],
)
def test_a_server_of_others_is_not_believed(reply: messages.ScoreResponse, said: str) -> None:
    with of_others(lambda request: reply) as endpoint, pytest.raises(ModelUnavailableError) as failure:
        SentimentSettings(model="grpc", endpoint=endpoint).check()
    assert said in str(failure.value)


@pytest.mark.http
def test_what_is_too_large_for_a_server_is_sent_in_parts(scorer_of: ScorerOf) -> None:
    """10 MB, where a server that sets nothing takes 4."""
    sizes: list[int] = []

    def answer(request: messages.ScoreRequest) -> messages.ScoreResponse:
        sizes.append(len(request.texts))
        return messages.ScoreResponse(model="own-1", compounds=[0.5] * len(request.texts))

    with of_others(answer) as endpoint:
        assert scorer_of(endpoint).score([""] * 256, ["🔥" * 10_000] * 256) == [Scored(0.5, "grpc-own-1", None)] * 256
    assert max(sizes) < 256


@pytest.mark.http
def test_a_port_is_not_shared(serve: Serve) -> None:
    endpoint = serve(Model())
    with pytest.raises(OSError, match=f"{endpoint} cannot be listened on"):
        SidecarServer(InProcess(Model()), endpoint)


@pytest.mark.http
def test_a_socket_of_the_file_system(tmp_path: Path, scorer_of: ScorerOf) -> None:
    server = SidecarServer(InProcess(Model()), f"unix:{tmp_path / 's'}")
    server.start()
    try:
        assert scorer_of(f"unix:{tmp_path / 's'}").score(["1"], ["so good"])[0].model == "grpc-served-1"
    finally:
        server.stop()
