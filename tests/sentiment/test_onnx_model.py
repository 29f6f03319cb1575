"""A local text classifier in ONNX: its scores against the formula, its name, and what is said of wrong files."""

from __future__ import annotations

import json
import re
import sys
from math import exp
from typing import TYPE_CHECKING

import pytest
from tokenizers import Tokenizer
from tokenizers.models import Unigram
from tokenizers.pre_tokenizers import Metaspace
from tokenizers.processors import TemplateProcessing

from udfs.sentiment.contract import ModelUnavailableError
from udfs.sentiment.model import shipped
from udfs.sentiment.onnx_model import OnnxFilesError, OnnxModel
from udfs.sentiment.scorer import Scored
from udfs.sentiment.settings import SentimentSettings

if TYPE_CHECKING:
    from tests.sentiment.conftest import TinyOnnx

TEXTS = ["good", "this bad", "good good bad", "other words", "this is good and this is bad", "bad " * 30, "bad \ud800", "a\0b good"]


def test_scores_are_by_the_formula_whatever_stands_beside_them(tiny_onnx: TinyOnnx) -> None:
    model = OnnxModel(tiny_onnx.write())
    assert model.compounds(TEXTS) == [tiny_onnx.compound(text) for text in TEXTS]
    assert model.compounds(TEXTS * 20) == [tiny_onnx.compound(text) for text in TEXTS] * 20
    assert model.compounds(["good"]) == [tiny_onnx.compound("good")] != [0.0]


def test_what_has_no_words_is_neutral(tiny_onnx: TinyOnnx) -> None:
    assert OnnxModel(tiny_onnx.write()).compounds(["", " \n", "\u3000"]) == [0.0] * 3
    assert OnnxModel(tiny_onnx.write()).compounds([]) == []


def test_what_the_platform_writes_for_pictures_is_no_text(tiny_onnx: TinyOnnx) -> None:
    model = OnnxModel(tiny_onnx.write())
    assert model.compounds(["[Sticker]", "@good @bad", "@good[Photo]"]) == [0.0] * 3
    assert model.compounds(["good[Sticker] bad"]) == [tiny_onnx.compound("good bad")]


def test_a_multilingual_model_with_a_tokenizer_as_xlm_roberta_has(tiny_onnx: TinyOnnx) -> None:
    """Pieces of words (Unigram) after a mark of blanks, `<s>` and `</s>` around each text, padding by the number 1."""
    words = {
        **{
            "<s>": (0.0, 0.0, 0.0),
            "<pad>": (9.0, 0.0, 0.0),
            "</s>": (0.0, 0.0, 0.0),
            "<unk>": (0.0, 0.0, 0.0),
            "▁": (0.0, 0.0, 0.0),
        },
        **{
            "▁muy": (0.0, 0.1, 0.0),
            "▁bueno": (0.0, 0.0, 2.0),
            "▁плохо": (2.0, 0.0, 0.0),
            "最高": (0.0, 0.0, 1.5),
            "😢": (1.0, 0.0, 0.0),
        },
    }
    folder = tiny_onnx.write()
    tiny_onnx.write_graph(weights=words)
    pieces = Tokenizer(Unigram([(word, -1.0 - len(words) / 10) for word in words], unk_id=3))
    pieces.pre_tokenizer = Metaspace()
    pieces.post_processor = TemplateProcessing(single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)])
    pieces.enable_padding(pad_id=1, pad_token="<pad>")
    pieces.save(str(folder / "tokenizer.json"))

    def formula(*found: str) -> float:
        odds = [exp(sum(words[word][column] for word in found)) for column in range(3)]
        return round((odds[2] - odds[0]) / sum(odds), 4)

    model = OnnxModel(folder)
    assert model.compounds(["muy bueno", "плохо", "最高", "[cry]", "bueno 最高 плохо", "[Sticker]"]) == [
        *(formula("▁muy", "▁bueno"), formula("▁плохо"), formula("最高"), formula("😢"), formula("▁bueno", "最高", "▁плохо")),
        0.0,
    ]


def test_a_long_text_is_cut(tiny_onnx: TinyOnnx) -> None:
    model = OnnxModel(tiny_onnx.write(max_tokens=8))
    assert model.compounds(["good " * 8 + "bad " * 2_000]) == [tiny_onnx.compound("good " * 8)]


def test_the_order_of_labels_is_the_files(tiny_onnx: TinyOnnx) -> None:
    folder = tiny_onnx.write(labels=["Positive", "Neutral", "NEGATIVE"])
    assert OnnxModel(folder).compounds(["good"]) == [-tiny_onnx.compound("good")]


def test_a_name_says_which_files(tiny_onnx: TinyOnnx) -> None:
    name = OnnxModel(tiny_onnx.write()).name
    assert re.fullmatch(r"onnx-tiny-[0-9a-f]{8}", name)
    assert OnnxModel(tiny_onnx.write()).name == name
    folder = tiny_onnx.write(name="toxic.v2")
    other = OnnxModel(folder).name
    assert re.fullmatch(r"onnx-toxic\.v2-[0-9a-f]{8}", other)
    (folder / "model.onnx.data").write_bytes(b"weights")
    assert OnnxModel(folder).name != other


@pytest.mark.parametrize("missing", ["model.onnx", "tokenizer.json", "labels.json"])
def test_a_missing_file_is_named(tiny_onnx: TinyOnnx, missing: str) -> None:
    folder = tiny_onnx.write()
    (folder / missing).unlink()
    with pytest.raises(OnnxFilesError, match=rf"tiny/{missing}: (there is no|No) such file"):
        OnnxModel(folder)


@pytest.mark.parametrize("broken", ["model.onnx", "tokenizer.json", "labels.json"])
@pytest.mark.parametrize("content", [b"", b"nonsense", b"\xff\0", b"{}", b"[]"])
def test_a_broken_file_is_named(tiny_onnx: TinyOnnx, broken: str, content: bytes) -> None:
    folder = tiny_onnx.write()
    (folder / broken).write_bytes(content)
    with pytest.raises(OnnxFilesError, match=f"tiny/{broken}: "):
        OnnxModel(folder)


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ({"labels": ["negative", "neutral"]}, "labels must have `positive` and `negative` once each"),
        ({"labels": ["negative", "positive", "Positive"]}, "once each"),
        ({"labels": {"0": "negative"}}, "a list of names, in the order"),
        ({"labels": ["negative", "positive"]}, "labels.json has 2 labels"),
        ({"name": "a b"}, "the name 'a b' is not"),
        ({"max_tokens": 0}, "max_tokens 0 is not"),
        ({"max_tokens": True}, "max_tokens True is not"),
        ({"max_token": 9}, "an object of labels, name and max_tokens"),
    ],
)
def test_labels_are_read_strictly(tiny_onnx: TinyOnnx, labels: dict[str, object], said: str) -> None:
    with pytest.raises(OnnxFilesError, match=said):
        OnnxModel(tiny_onnx.write(**labels))


def test_another_graph_is_refused(tiny_onnx: TinyOnnx) -> None:
    folder = tiny_onnx.write()
    tiny_onnx.write_graph(names=("tokens", "attention_mask"))
    with pytest.raises(OnnxFilesError, match=r"model\.onnx: its input tokens of tensor\(int64\) is not one of input_ids"):
        OnnxModel(folder)
    tiny_onnx.write_graph(columns=2)
    with pytest.raises(OnnxFilesError, match=r"first output has shape \['texts', 2\]; labels.json has 3 labels"):
        OnnxModel(folder)


def test_packages_that_are_not_installed(tiny_onnx: TinyOnnx, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ModelUnavailableError, match=r"onnxruntime is not installed: pip install 'tokpulse\[onnx\]'"):
        OnnxModel(tiny_onnx.write())


def test_by_settings_in_a_child_process(tiny_onnx: TinyOnnx) -> None:
    folder = tiny_onnx.write()
    name = OnnxModel(folder).name
    scorer = SentimentSettings(model="onnx", onnx=folder).scorer()
    try:
        ids, texts = [str(number) for number in range(100)], ["good", "this bad", "", None] * 25
        texts[70] = "good nan"
        results = scorer.score(ids, texts)
        assert results[70] == Scored(None, name, f"sentiment: comment 70: {name}: the score nan is not from -1 to 1")
        assert [row for row in results if row.error is None] == [
            Scored(tiny_onnx.compound(text or ""), name, None) for number, text in enumerate(texts) if number != 70
        ]
    finally:
        scorer.close()


def test_a_folder_without_a_model_falls_back_and_says_so(tiny_onnx: TinyOnnx) -> None:
    folder = tiny_onnx.write()
    (folder / "labels.json").write_text(json.dumps({"labels": ["negative"]}))
    settings = SentimentSettings(model="onnx", onnx=folder)
    with pytest.raises(ModelUnavailableError, match=r"onnx-tiny: .*/tiny/labels\.json: labels must have"):
        settings.check()
    scorer = settings.scorer()
    assert scorer.score(["1"], ["so good"]) == [
        Scored(shipped().compound("so good"), f"{shipped().name} (fallback of onnx-tiny)", None)
    ]
    assert scorer.counters.fallbacks == 1


def test_the_weights_of_the_test_model_are_not_trivial(tiny_onnx: TinyOnnx) -> None:
    assert len({tiny_onnx.compound(text) for text in TEXTS}) >= 5
