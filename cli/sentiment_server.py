"""`tokpulse sentiment-server`."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import Annotated

import typer

from cli.sentiment_model import SentimentError, settings, usable
from connectors.terminal import say
from udfs.sentiment.settings import GRPC, LEXICON
from udfs.sentiment.sidecar.server import SidecarServer


def command(
    address: Annotated[str, typer.Option(help="Address to listen on, host:port. There is no encryption and no password.")] = (
        "127.0.0.1:50051"
    ),
    model: Annotated[str, typer.Option(help="Model: lexicon or onnx.")] = LEXICON,
    lexicon: Annotated[
        Path | None, typer.Option(help="Extension file of the lexicon.  [default: udfs/sentiment/tiktok_lexicon.tsv]")
    ] = None,
    path: Annotated[Path | None, typer.Option(help="Folder of an ONNX model.")] = None,
) -> None:
    """Serve a sentiment model over gRPC.

    This is the reference server of a sidecar. It runs until Ctrl-C or SIGTERM.
    """
    if model == GRPC:
        raise SentimentError("--model: grpc is itself a server, so it cannot be served", "give lexicon or onnx")
    chosen = settings(model, lexicon, path)
    usable(chosen.check)
    try:
        server = SidecarServer(usable(chosen.backend), address, chosen.deadline)
    except OSError as error:
        raise SentimentError(str(error), "if another server uses this address, give another --address") from error
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    server.start()
    say(f"{model} model on port {server.port} of {address.rpartition(':')[0]}; press Ctrl-C to stop")
    ended.wait()
    server.stop()
