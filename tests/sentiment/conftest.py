"""A text classifier in ONNX, small enough to be made in a test."""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import exp
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import WhitespaceSplit

LABELS = ("negative", "neutral", "positive")
# What a word adds to the logits of LABELS. The first two are for padding and unknown words.
WEIGHTS = {
    "[PAD]": (9.0, 0.0, 0.0),
    "[UNK]": (0.0, 0.0, 0.0),
    "good": (0.0, 0.0, 2.0),
    "bad": (1.5, 0.0, 0.0),
    "nan": (float("nan"), 0.0, 0.0),
    "this": (0.0, 0.5, 0.0),
}


class TinyOnnx:
    """logits = the sum of the weights of the words that the mask has; the files are in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, **labels: Any) -> Path:
        """All files; arguments replace or add keys of labels.json. The folder."""
        self.folder.mkdir(exist_ok=True)
        self.write_graph()
        tokenizer = Tokenizer(WordLevel({word: number for number, word in enumerate(WEIGHTS)}, unk_token="[UNK]"))
        tokenizer.pre_tokenizer = WhitespaceSplit()
        tokenizer.save(str(self.folder / "tokenizer.json"))
        (self.folder / "labels.json").write_text(json.dumps({"labels": LABELS, **labels}))
        return self.folder

    def write_graph(
        self,
        columns: int = 3,
        names: tuple[str, str] = ("input_ids", "attention_mask"),
        weights: Mapping[str, tuple[float, float, float]] = WEIGHTS,
    ) -> None:
        """`model.onnx` with so many outputs, with inputs of these names, for words of these weights."""
        ids, mask = (helper.make_tensor_value_info(name, TensorProto.INT64, ["texts", "tokens"]) for name in names)
        logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["texts", columns])
        nodes = [
            helper.make_node("Gather", ["weights", names[0]], ["of_words"], axis=0),
            helper.make_node("Equal", [names[1], "nothing"], ["masked"]),
            helper.make_node("Unsqueeze", ["masked", "last_axis"], ["masked_words"]),
            helper.make_node("Where", ["masked_words", "zero", "of_words"], ["kept"]),
            helper.make_node("ReduceSum", ["kept", "tokens_axis"], ["logits"], keepdims=0),
        ]
        constants: dict[str, np.ndarray[Any, Any]] = {
            "weights": np.array([row[:columns] for row in weights.values()], dtype=np.float32),
            "nothing": np.array(0, dtype=np.int64),
            "zero": np.array(0.0, dtype=np.float32),
            "last_axis": np.array([-1], dtype=np.int64),
            "tokens_axis": np.array([1], dtype=np.int64),
        }
        graph = helper.make_graph(
            nodes, "tiny", [ids, mask], [logits], [numpy_helper.from_array(value, name) for name, value in constants.items()]
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
        onnx.checker.check_model(model)
        onnx.save(model, str(self.folder / "model.onnx"))

    @staticmethod
    def compound(text: str) -> float:
        """P(positive) - P(negative) of the sum of the words' weights, in plain Python."""
        rows = [WEIGHTS.get(word, WEIGHTS["[UNK]"]) for word in text.split()]
        odds = [exp(sum(column)) for column in zip(WEIGHTS["[UNK]"], *rows, strict=True)]
        return round((odds[2] - odds[0]) / sum(odds), 4)


@pytest.fixture
def tiny_onnx(tmp_path: Path) -> TinyOnnx:
    """Nothing is written yet."""
    return TinyOnnx(tmp_path / "tiny")
