"""Which model scores, from the environment."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from udfs.sentiment.child import ChildProcess
from udfs.sentiment.contract import InProcess
from udfs.sentiment.extension import ExtensionError
from udfs.sentiment.model import LexiconModel, shipped
from udfs.sentiment.settings import PREFIX, VARIABLES, SentimentSettingError, SentimentSettings

ROOT = Path(__file__).resolve().parents[2]


def environ(**given: str) -> dict[str, str]:
    return {PREFIX + name: value for name, value in given.items()}


def test_the_lexicon_by_default() -> None:
    settings = SentimentSettings.from_env({"PATH": "/bin", **environ(ONNX="", MODEL="")})
    assert settings == SentimentSettings()
    scorer = settings.scorer()
    [scored] = scorer.score(["1"], ["slay"])
    assert (scored.model, scored.compound) == (shipped().name, shipped().compound("slay"))
    settings.check()


def test_every_variable(tmp_path: Path) -> None:
    given = environ(
        MODEL="grpc",
        LEXICON=str(tmp_path / "own.tsv"),
        ONNX="models/tiny",
        ENDPOINT="sidecar:50051",
        DEADLINE="500 ms",
        START="2min",
        BUDGET="30 s",
        FAILURES="5",
        PAUSE="1 min",
    )
    settings = SentimentSettings.from_env(given)
    assert settings == SentimentSettings(
        "grpc", tmp_path / "own.tsv", Path.cwd() / "models/tiny", "sidecar:50051", 0.5, 120.0, 30.0, 5, 60.0
    )
    assert pickle.loads(pickle.dumps(settings)) == settings  # noqa: S301 - our own


def test_the_process_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{PREFIX}DEADLINE", "3 s")
    assert SentimentSettings.from_env().deadline == 3.0


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"MODEL": "bert"}, "TOKPULSE_SENTIMENT_MODEL: 'bert' is not one of lexicon, onnx, grpc"),
        ({"MODEL": "onnx"}, "TOKPULSE_SENTIMENT_ONNX is not set, but TOKPULSE_SENTIMENT_MODEL is onnx: set it to the folder"),
        ({"MODEL": "grpc"}, "TOKPULSE_SENTIMENT_ENDPOINT is not set"),
        ({"ENDPONT": "a:1"}, "TOKPULSE_SENTIMENT_ENDPONT is not known; there are MODEL, LEXICON, "),
        *(
            ({"ENDPOINT": text}, f"TOKPULSE_SENTIMENT_ENDPOINT: {text!r} is neither")
            for text in ("host", "host:", "host:0", "host:70000", "http://host:1", "u:p@host:1", "a b:1", "unix:")
        ),
        *(
            ({"DEADLINE": text}, f"TOKPULSE_SENTIMENT_DEADLINE: {text!r} is not 100 ms to 10 min")
            for text in ("5", "0 s", "99 ms", "-1 s", "1.5 s", "11 min", "1 h", "nan")
        ),
        *(({"FAILURES": text}, f"TOKPULSE_SENTIMENT_FAILURES: {text!r} is not a whole") for text in ("0", "x", "10000", "١")),
    ],
)
def test_errors_name_variable_value_and_what_is_allowed(given: dict[str, str], said: str) -> None:
    with pytest.raises(SentimentSettingError) as error:
        SentimentSettings.from_env(environ(**given))
    assert str(error.value).startswith(said)


@pytest.mark.parametrize("endpoint", ["localhost:1", "10.0.0.3:65535", "[::1]:50051", "unix:/run/s", "unix:s"])
def test_endpoints(endpoint: str) -> None:
    assert SentimentSettings.from_env(environ(MODEL="grpc", ENDPOINT=endpoint)).endpoint == endpoint


def test_an_own_lexicon_scores_and_stands_in(tmp_path: Path) -> None:
    own = tmp_path / "own.tsv"
    own.write_text("slay\t-3\tany\tfor this test\n")
    model = LexiconModel(own)
    assert SentimentSettings(lexicon=own).scorer().score(["1"], ["slay"])[0].model == model.name
    scorer = SentimentSettings(model="onnx", lexicon=own, onnx=tmp_path).scorer()
    [scored] = scorer.score(["1"], ["slay"])
    assert (scored.compound, scored.model) == (model.compound("slay"), f"{model.name} (fallback of onnx-{tmp_path.name})")


def test_a_lexicon_that_cannot_be_read_is_an_error_at_once(tmp_path: Path) -> None:
    own = tmp_path / "own.tsv"
    with pytest.raises(FileNotFoundError):
        SentimentSettings(lexicon=own).scorer()
    own.write_text("slay\n")
    for settings in (SentimentSettings(lexicon=own), SentimentSettings(model="onnx", onnx=tmp_path, lexicon=own)):
        with pytest.raises(ExtensionError, match=r"own\.tsv, line 1"):
            settings.scorer()


def test_backends_open_at_the_first_call(tmp_path: Path) -> None:
    assert isinstance(SentimentSettings().backend(), InProcess)
    backend = SentimentSettings(model="onnx", onnx=tmp_path / "none").backend()
    assert isinstance(backend, ChildProcess)
    assert backend.name == "onnx-none"
    with pytest.raises(SentimentSettingError, match="onnx is None"):
        SentimentSettings(model="onnx").backend()
    with pytest.raises(SentimentSettingError, match="endpoint is None"):
        SentimentSettings(model="grpc").backend()


def test_the_default_needs_the_standard_library_only() -> None:
    program = (
        "import sys\n"
        "from udfs.sentiment.settings import SentimentSettings\n"
        "scorer = SentimentSettings.from_env({}).scorer()\n"
        "assert scorer.score(['1'], ['so good'])[0].compound > 0\n"
        "known = {*sys.stdlib_module_names, 'udfs', '__main__', '__mp_main__'}\n"
        "others = {name for name in sys.modules if name.split('.')[0] not in known}\n"
        "print(others - {'connectors', 'connectors.durations', 'connectors.mentions'})\n"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{program}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout.strip(), done.stderr) == ("set()", "")


def test_the_documentation_names_every_variable_and_default() -> None:
    rows = [
        line.split("|") for line in (ROOT / "docs/configuration.md").read_text().splitlines() if line.startswith(f"| `{PREFIX}")
    ]
    documented = {row[1].strip(" `"): row[3].strip(" `") for row in rows if len(row) == 5}
    assert list(documented) == [PREFIX + name for name in VARIABLES]
    given = {name: text for name, text in documented.items() if text not in ("-", "the shipped file")}
    assert len(given) == 6
    assert SentimentSettings.from_env(given) == SentimentSettings()
