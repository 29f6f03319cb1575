"""`tokpulse live`: nothing without an acceptance; options and the watchlist."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer

from cli import main
from cli.live import LiveError, app, watched_of
from connectors.errors import TokpulseError
from connectors.upstream.tiktools import ExcludedError
from polling.live.report import Report
from polling.live.terms import TermsError
from polling.watchlist import WatchedFile


@pytest.fixture(autouse=True)
def _data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKPULSE_DATA", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TOKPULSE_TIKTOOLS_KEY", raising=False)


def run(*words: str) -> None:
    typer.main.get_command(app).main(list(words), prog_name="tokpulse live", obj=main.Invocation(), standalone_mode=False)


def test_without_an_acceptance_it_does_not_start() -> None:
    with pytest.raises(TermsError, match="LIVE polling is not accepted: nobody has accepted"):
        run()


def test_the_text_is_shown_before_it_is_accepted(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    run("accept-risk")
    shown = capsys.readouterr().out
    assert "LIVE data does not come from TikTok" in shown
    assert "now: nobody has accepted" in shown
    assert not (tmp_path / "live-terms.jsonl").exists()
    with pytest.raises(TermsError, match="nobody is named"):
        run("accept-risk", "--yes")
    run("accept-risk", "--yes", "--by", "Ada, Example Ltd")
    assert "accepted by Ada, Example Ltd on " in capsys.readouterr().out
    # The next thing that it lacks is the key.
    (tmp_path / "watchlist.yaml").write_text('creators: ["@ada"]\n')
    with pytest.raises(TokpulseError, match="no key for tiktools: TOKPULSE_TIKTOOLS_KEY is not set"):
        run()
    run("accept-risk", "--withdraw", "--by", "Ada")
    with pytest.raises(TermsError, match="withdrawn by Ada"):
        run()


def test_session_cookies_are_refused_by_name() -> None:
    with pytest.raises(ExcludedError, match="a session cookie is out of scope: --session-id is not used"):
        run("--session-id", "abc")


@pytest.mark.parametrize("words", [("--tier", "gold"), ("--rankings", "weekly")])
def test_an_unknown_value_names_the_known_ones(words: tuple[str, str]) -> None:
    run("accept-risk", "--yes", "--by", "Ada")
    with pytest.raises(LiveError, match=words[1]) as refused:
        run(*words)
    assert refused.value.hint.startswith("known: ")


def test_creators_are_followed_by_handle_and_number(tmp_path: Path) -> None:
    path = tmp_path / "w.yaml"
    path.write_text('creators: ["@Ada", https://www.tiktok.com/@bob/live, "6784819479778378757"]\nposts: ["7106594312292453678"]\n')
    file, said = WatchedFile(path), list[str]()
    assert watched_of(file, Report(say=said.append)) == {"ada": "", "bob": "", "6784819479778378757": "6784819479778378757"}
    path.write_text("creators: [7, [\n")
    assert len(watched_of(file, Report(say=said.append))) == 3
    assert len(said) == 1
