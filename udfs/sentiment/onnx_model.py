"""A text classifier in ONNX, from a folder: `model.onnx`, `tokenizer.json` and `labels.json`.

numpy, onnxruntime and tokenizers come with the extra `onnx` of this package. Nothing is downloaded.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from udfs.sentiment.contract import ModelUnavailableError, well_formed
from udfs.sentiment.emotes import readable

MODEL_FILE, TOKENIZER_FILE, LABELS_FILE = "model.onnx", "tokenizer.json", "labels.json"
# How a text comes into the graph: tensor(int64) of shape (texts, tokens), by these names.
INPUTS = ("input_ids", "attention_mask", "token_type_ids")
MAX_TOKENS = 512
# Padding costs as much as text, so texts of like lengths go together.
_TEXTS_PER_RUN = 16
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class OnnxFilesError(ModelUnavailableError):
    """The folder holds no usable classifier; the message names the file and what is wrong with it."""


@dataclass(frozen=True)
class Labels:
    """What the model's outputs mean, in their order. `name` goes into the model's name."""

    labels: tuple[str, ...]
    name: str
    max_tokens: int


class OnnxModel:
    """compound = P(positive) - P(negative), four digits; P is the softmax of the graph's first output.

    The graph reads emotes as emoji and no stickers; 0.0 for a blank text, also where only stickers or mentions were.
    One thread: Flink brings the parallelism. Texts are cut after `max_tokens` tokens.
    """

    def __init__(self, folder: Path) -> None:
        """Raises OnnxFilesError, and ModelUnavailableError where the extra `onnx` is not installed."""
        try:
            import onnxruntime
            from tokenizers import Tokenizer
        except ImportError as error:
            raise ModelUnavailableError(f"{error.name} is not installed: pip install 'tokpulse[onnx]'") from error
        # Before the first use: it would start threads, and warn about them.
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        found = read_labels(folder / LABELS_FILE)
        self._positive, self._negative = found.labels.index("positive"), found.labels.index("negative")
        self._width = len(found.labels)
        for file in (MODEL_FILE, TOKENIZER_FILE):
            if not (folder / file).is_file():
                raise OnnxFilesError(f"{folder / file}: there is no such file")
        try:
            self._tokenizer = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
        except Exception as error:  # it raises no other
            raise OnnxFilesError(f"{folder / TOKENIZER_FILE}: not a tokenizer: {error}") from error
        self._tokenizer.enable_truncation(found.max_tokens)
        # Padding is added here, as far as each run needs it.
        self._pad = int((self._tokenizer.padding or {}).get("pad_id", 0))
        self._tokenizer.no_padding()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._session: Any = onnxruntime.InferenceSession(str(folder / MODEL_FILE), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # each of its errors is a class of its own
            raise OnnxFilesError(f"{folder / MODEL_FILE}: not an ONNX model: {error}") from error
        self._inputs = self._checked_inputs(folder / MODEL_FILE)
        self._output = self._session.get_outputs()[0].name
        self.name = f"onnx-{found.name}-{_digest(folder)}"

    def compounds(self, texts: Sequence[str]) -> list[float]:
        """A score for each of `texts`, in their order. Raises ValueError where the graph answers in another shape."""
        scores = [0.0] * len(texts)
        read = [readable(text) for text in texts]
        rows = [row for row, text in enumerate(read) if text.strip()]
        encodings = self._tokenizer.encode_batch([well_formed(read[row]) for row in rows])
        ordered = sorted(zip(rows, encodings, strict=True), key=lambda pair: len(pair[1].ids))
        for start in range(0, len(ordered), _TEXTS_PER_RUN):
            run = ordered[start : start + _TEXTS_PER_RUN]
            for (row, _), compound in zip(run, self._run([encoding for _, encoding in run]), strict=True):
                scores[row] = compound
        return scores

    def _run(self, encodings: list[Any]) -> list[float]:
        # A graph may not take a row of no tokens, which a text of unknown characters can become.
        shape = (len(encodings), max(1, *(len(encoding.ids) for encoding in encodings)))
        arrays = {
            "input_ids": np.full(shape, self._pad, dtype=np.int64),
            "attention_mask": np.zeros(shape, dtype=np.int64),
            "token_type_ids": np.zeros(shape, dtype=np.int64),
        }
        for row, encoding in enumerate(encodings):
            count = len(encoding.ids)
            arrays["input_ids"][row, :count] = encoding.ids
            arrays["attention_mask"][row, :count] = encoding.attention_mask
            arrays["token_type_ids"][row, :count] = encoding.type_ids
        [logits] = self._session.run([self._output], {name: arrays[name] for name in self._inputs})
        logits = np.asarray(logits, dtype=np.float64)
        if logits.shape != (len(encodings), self._width):
            raise ValueError(f"the graph's output has shape {logits.shape}, not {(len(encodings), self._width)}")
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        shares = odds / odds.sum(axis=1, keepdims=True)
        compounds: list[float] = np.round(shares[:, self._positive] - shares[:, self._negative], 4).tolist()
        return compounds

    def _checked_inputs(self, file: Path) -> list[str]:
        for item in self._session.get_inputs():
            if item.name not in INPUTS or item.type != "tensor(int64)":
                raise OnnxFilesError(
                    f"{file}: its input {item.name} of {item.type} is not one of {', '.join(INPUTS)} of tensor(int64)"
                )
        shape = self._session.get_outputs()[0].shape
        # Dimensions that are not fixed are names.
        if len(shape) != 2 or (isinstance(shape[1], int) and shape[1] != self._width):
            raise OnnxFilesError(f"{file}: its first output has shape {shape}; {LABELS_FILE} has {self._width} labels")
        return [item.name for item in self._session.get_inputs()]


def load(folder: str) -> OnnxModel:
    """For a child process."""
    return OnnxModel(Path(folder))


def read_labels(file: Path) -> Labels:
    """`{"labels": ["negative", "neutral", "positive"], "name": ..., "max_tokens": ...}`; the last two may be left out.

    The name is the folder's by default. Raises OnnxFilesError.
    """
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise OnnxFilesError(f"{file}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise OnnxFilesError(f"{file}: not JSON: {error}") from error
    if not isinstance(found, dict) or not set(found) <= {"labels", "name", "max_tokens"}:
        raise OnnxFilesError(f"{file}: it must be an object of labels, name and max_tokens")
    labels = found.get("labels")
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        raise OnnxFilesError(f"{file}: labels must be a list of names, in the order of the model's outputs")
    lower = tuple(label.lower() for label in labels)
    if lower.count("positive") != 1 or lower.count("negative") != 1:
        raise OnnxFilesError(f"{file}: labels must have `positive` and `negative` once each, not {labels}")
    name = found.get("name", re.sub(r"[^A-Za-z0-9._-]", "-", file.absolute().parent.name).lstrip("._-")[:64] or "model")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise OnnxFilesError(f"{file}: the name {name!r} is not 1 to 64 of A-Z a-z 0-9 . _ -, beginning with a letter or digit")
    tokens = found.get("max_tokens", MAX_TOKENS)
    if type(tokens) is not int or not 8 <= tokens <= 8192:
        raise OnnxFilesError(f"{file}: max_tokens {tokens!r} is not a whole number from 8 to 8192")
    return Labels(lower, name, tokens)


def _digest(folder: Path) -> str:
    """8 hex digits of SHA-256 over the three files, and over the weights that a large model keeps beside it."""
    digest = hashlib.sha256()
    for path in [*sorted(folder.glob(f"{MODEL_FILE}*")), folder / TOKENIZER_FILE, folder / LABELS_FILE]:
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:8]
