"""How the doctor works: groups side by side, an end in any case, one line per finding, and a page that lists every cause."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cli import doctor, doctor_exam, doctor_page, doctor_services
from cli import main as cli_main
from cli.doctor_exam import Examination, Group
from cli.doctor_findings import Cause, Finding, Level, duration, listed, ok, without_repeats
from cli.doctor_services import Answer
from connectors.endpoints import Endpoints
from connectors.errors import TokpulseError
from stack.settings import StackSettings

NOW_S = 1_800_000_000.0
CAUSE = Cause("broken", Level.WARN, "x", "it is broken", "{topic} is {how}", "mend {topic}")


def examination(tmp_path: Path, *answering: str) -> Examination:
    settings, endpoints = StackSettings.load({}, tmp_path), Endpoints.from_env({}, tmp_path)
    return Examination(settings, endpoints, NOW_S, answering=frozenset(answering))


def good(_: object) -> Iterator[Finding]:
    yield ok("good", "well")


def raising(_: object) -> Iterator[Finding]:
    yield ok("raising", "first")
    raise TokpulseError("went\nwrong", "mend it")


def defective(_: object) -> Iterator[Finding]:
    raise KeyError("no such thing")
    yield


def subjects(found: list[Finding]) -> list[tuple[str, str]]:
    return [(finding.subject, finding.cause) for finding in found]


def test_a_cause_says_what_it_was_found_in() -> None:
    found = CAUSE.found("posts", how="gone")
    assert found == Finding(Level.WARN, "x", "posts is gone", "mend posts", "broken", "posts")
    assert CAUSE.found("posts", level=Level.FAIL, how="gone").level is Level.FAIL
    with pytest.raises(KeyError):
        CAUSE.found("posts")


def test_a_line_has_no_line_break_and_what_to_do_only_if_something_is_wrong() -> None:
    assert CAUSE.found("a\nb", how="gone").line() == "WARN x            a b is gone -> mend a b"
    assert Finding(Level.OK, "x", "fine", "nothing").line() == "ok   x            fine"


def test_a_cause_of_one_topic_is_said_once() -> None:
    found = [CAUSE.found("a", how="1"), CAUSE.found("b", how="2"), CAUSE.found("a", how="3"), ok("x", "4"), ok("x", "5")]
    assert [finding.text for finding in without_repeats(found)] == ["a is 1", "b is 2", "4", "5"]


@pytest.mark.parametrize(
    ("numbers", "text"),
    [({3}, "partition 3"), ({7, 3}, "partitions 3, 7"), (range(9), "partitions 0, 1, 2, 3, 4, 5 and 3 more")],
)
def test_listed(numbers: set[int], text: str) -> None:
    assert listed(numbers) == text


@pytest.mark.parametrize(("seconds", "text"), [(5, "5 s"), (600, "10 min"), (9000, "2.5 h"), (864_000, "10 d")])
def test_duration(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_a_check_that_fails_does_not_hide_the_others(tmp_path: Path) -> None:
    groups = (Group("first", (raising, good, defective)), Group("second", (good,)))
    found = list(doctor_exam.examine(groups, examination(tmp_path)))
    assert subjects(found) == [("raising", ""), ("doctor", "check_failed"), ("good", ""), ("doctor", "check_failed"), ("good", "")]
    assert found[1].line() == "FAIL doctor       first: went wrong -> mend it"
    assert "KeyError" in found[3].text


def test_a_group_whose_patient_cannot_be_opened_is_a_finding(tmp_path: Path) -> None:
    @contextmanager
    def closed(_: Examination) -> Iterator[None]:
        raise TokpulseError("no door")
        yield

    (found,) = doctor_exam.examine((Group("first", (good,), opened=closed),), examination(tmp_path))
    assert found.text == "first: no door"


def test_checks_of_a_service_that_does_not_answer_are_left_out(tmp_path: Path) -> None:
    groups = (Group("kafka", (good,), needs="kafka"), Group("flink", (raising,), needs="flink"), Group("machine", (good,)))
    assert subjects(list(doctor_exam.examine(groups, examination(tmp_path, "kafka")))) == [("good", ""), ("good", "")]


def test_a_check_that_hangs_is_named_and_the_others_end(tmp_path: Path) -> None:
    release = threading.Event()

    def hanging(_: object) -> Iterator[Finding]:
        release.wait(60)
        yield ok("hanging", "after all")

    try:
        groups = (Group("first", (good, hanging)), Group("second", (good,)))
        found = list(doctor_exam.examine(groups, examination(tmp_path), deadline_s=0.3))
    finally:
        release.set()
    assert subjects(found) == [("good", ""), ("doctor", "check_slow"), ("good", "")]
    assert "first: no result within 0 s, at hanging" in found[1].text


def test_without_any_stack_that_is_all_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stack.toolchain.problems", list)
    monkeypatch.setattr("cli.doctor_machine.is_current", lambda build: True)
    found = list(doctor.examine(StackSettings.load({}, tmp_path), Endpoints.from_env({}, tmp_path), NOW_S))
    assert [finding.cause for finding in found if finding.level is Level.FAIL] == ["stack_down"]
    assert {finding.subject for finding in found} >= {"stack", "tools", "disk"}


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """`tokpulse doctor ARGS` of a patient with these answers; no check needs more than they say."""
    monkeypatch.setenv("TOKPULSE_DATA", str(tmp_path))
    monkeypatch.setattr(doctor, "GROUPS", (Group("machine", (good,)),))
    monkeypatch.setattr(doctor_services, "local_processes", lambda *_: [])

    def call(answers: list[Answer], *args: str) -> tuple[int, str, str]:
        monkeypatch.setattr(doctor_services, "ask_all", lambda _: answers)
        monkeypatch.setattr(doctor_services, "is_local", lambda *_: False)
        monkeypatch.setattr(sys, "argv", ["tokpulse", "doctor", *args])
        code = cli_main.main()
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


SILENT = Answer("registry", "SCHEMA_REGISTRY_URL", "http://r:1", "silent")


def test_json_names_causes(run: Run) -> None:
    code, out, err = run([Answer("kafka", "K", "k:1"), SILENT], "--json")
    told = json.loads(out)
    assert (code, err, told["healthy"]) == (1, "", False)
    assert told["seconds"] < 10
    assert [(each["level"], each["cause"], each["about"]) for each in told["findings"]] == [
        ("fail", "service_silent", "registry"),
        ("ok", "", ""),
        ("ok", "", ""),
    ]


def test_a_healthy_stack_ends_with_0(run: Run) -> None:
    code, out, _ = run([Answer("kafka", "K", "k:1")], "--json")
    assert (code, json.loads(out)["healthy"]) == (0, True)


def test_lines_say_where_to_start(run: Run) -> None:
    code, out, err = run([SILENT])
    assert code == 1
    assert out.startswith("FAIL service      registry at http://r:1 accepts connections, but does not answer within 3 s -> ")
    assert "start with service" in err


def test_a_limit_that_is_none_is_one_line(run: Run) -> None:
    code, _, err = run([], "--idle-after", "a while")
    assert code == 1
    assert "error: --idle-after: 'a while' is not a duration" in err


def test_every_cause_has_a_name_of_its_own_and_can_be_said() -> None:
    found = doctor.causes()
    assert len({cause.name for cause in found}) == len(found) > 40
    assert all(cause.means and cause.says and cause.fix for cause in found)
    assert {cause.level for cause in found} == {Level.WARN, Level.FAIL}


def test_the_page_lists_every_cause() -> None:
    page = doctor_page.PAGE.read_text(encoding="utf-8")
    assert doctor_page.rendered(page) == page, "run `.venv/bin/python -m cli.doctor_page`"
    assert all(f"(`{cause.name}`)" in page for cause in doctor.causes())
