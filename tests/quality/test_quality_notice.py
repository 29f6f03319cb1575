"""Who is told of a failed test, and how often: each target once, until the test has passed again."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import time
from pathlib import Path
from typing import Any

import pytest

from alerts.message import Message
from alerts.posting import TryAgainError
from alerts.routes import QuietHours, Route, Routing
from alerts.targets import Target
from cli.quality_notice import TOLD_FILE, ToldFileError, tell
from quality.results import Result, Status

NOW_MS = 1_767_873_600_000
SLACK, TEAMS, HOOK = (
    Target("slack", "https://s.example/x"),
    Target("teams", "https://t.example/x"),
    Target("webhook", "https://w.example/x"),
)


@dataclass
class Receiver:
    """A poster that keeps what it was given."""

    away: bool = False
    messages: list[Message] = field(default_factory=list)

    def post(self, message: Message) -> int:
        if self.away:
            raise TryAgainError("HTTP 503")
        self.messages.append(message)
        return 200

    def close(self) -> None:
        """Nothing to close."""

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(message.body) for message in self.messages]


def result(test: str, status: Status, detail: str = "3 of 9 rows") -> Result:
    return Result("posts", test, "title" if test == "not_null" else "", "error", status, 3, detail)


@dataclass
class Told:
    """Runs whose results are told."""

    file: Path
    targets: dict[Target, Receiver]
    ways: Routing | None = None
    lines: list[str] = field(default_factory=list)

    def run(self, *results: Result) -> None:
        ways = self.ways or Routing([target.name for target in self.targets])
        tell(results, self.file, list(self.targets.items()), ways, NOW_MS, self.lines.append)


@pytest.fixture
def told(tmp_path: Path) -> Told:
    return Told(tmp_path / TOLD_FILE, {HOOK: Receiver()})


def test_a_failure_is_told_once_until_it_passes_again(told: Told) -> None:
    failed, passed = result("not_null", Status.FAIL), result("not_null", Status.PASS)
    receiver = told.targets[HOOK]
    told.run(failed)
    told.run(failed, result("freshness", Status.WARN))
    assert len(receiver.messages) == 1, "the same failure, and a warning, are no news"
    told.run(failed, result("freshness", Status.FAIL))
    assert [body["keys"] for body in receiver.bodies] == [["posts: not_null of title"], ["posts: freshness"]]
    told.run(passed)
    told.run(failed)
    assert len(receiver.messages) == 3
    # What was not tested has not passed.
    told.run(result("unique_grain", Status.PASS))
    told.run(result("freshness", Status.FAIL))
    assert len(receiver.messages) == 3


def test_what_a_target_does_not_take_is_told_by_the_next_run(told: Told) -> None:
    told.targets[SLACK] = Receiver(away=True)
    told.run(result("not_null", Status.FAIL))
    assert told.lines == [
        "told webhook of 1 failed tests",
        "slack was not told of 1 failed tests: HTTP 503; the next run tries again",
    ]
    told.targets[SLACK].away = False
    told.run(result("not_null", Status.FAIL))
    assert (len(told.targets[SLACK].messages), len(told.targets[HOOK].messages)) == (1, 1)


def test_routes_and_quiet_hours_hold_for_it(told: Told) -> None:
    told.targets = {SLACK: Receiver(), TEAMS: Receiver(), HOOK: Receiver()}
    sport = Route(tags=["sport"], to=["slack"])
    told.ways = Routing(["slack", "teams", "webhook"], [sport, Route(kinds=["quality"], to=["teams"])])
    told.run(result("not_null", Status.FAIL))
    assert [len(receiver.messages) for receiver in told.targets.values()] == [0, 1, 0]
    quiet = QuietHours.model_validate({"from": time(0), "to": time(23, 59), "time_zone": "UTC"})
    told.ways = Routing(["slack", "teams", "webhook"], [sport], [quiet])
    told.run(result("freshness", Status.FAIL))
    assert [len(receiver.messages) for receiver in told.targets.values()] == [0, 1, 0]
    told.ways = Routing(["slack", "teams", "webhook"], [sport])
    told.run(result("freshness", Status.FAIL))
    assert [len(receiver.messages) for receiver in told.targets.values()] == [0, 2, 1], "what no route names gets the rest"


@pytest.mark.parametrize("target", [SLACK, TEAMS, HOOK], ids=lambda target: target.name)
def test_each_service_gets_its_form(told: Told, target: Target) -> None:
    told.targets = {target: Receiver()}
    told.run(*(result(f"test_{number}", Status.FAIL, "<!channel> [x](y) 3 rows") for number in range(12)))
    (body,), (message,) = told.targets[target].bodies, told.targets[target].messages
    assert message.title == "12 data quality tests fail"
    text = json.dumps(body)
    assert "posts: test_0" in text
    if target is HOOK:
        assert (body["kind"], len(body["alerts"]), body["alerts"][0]["failing_rows"]) == ("quality", 12, 3)
        assert message.headers["Idempotency-Key"] == body["idempotency_key"]
    else:
        assert "and 2 more" in text
        assert "test_11" not in text


def test_a_file_that_is_none_is_one_line(told: Told) -> None:
    told.file.write_text("[]")
    with pytest.raises(ToldFileError, match=r"cannot use .*quality-told\.json"):
        told.run(result("not_null", Status.FAIL))
