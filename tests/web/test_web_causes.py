"""Reasons are looked for in the background, as often as is worth it, and whoever asks is answered at once."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

from dashboards.web.app import create_app
from dashboards.web.causes import AGAIN_S, BEHIND_AGAIN_S, OLD_S, Causes, Trouble
from tests.waiting import until

from .asking import PAGE, FakeBoards, ask, source_of

VENDOR = Path(__file__).parent
DEAD = Trouble("a process of the local stack is not running", "taskmanager")


class Doctor:
    """Finds one reason once it is let go; `asked` says where figures were behind."""

    def __init__(self) -> None:
        self.asked: list[bool] = []
        self.go = threading.Event()

    def find(self, behind: bool) -> Sequence[Trouble]:
        self.asked.append(behind)
        self.go.wait(20)
        return [DEAD]


def test_the_first_answer_is_there_before_anything_is_found() -> None:
    doctor, now = Doctor(), [0.0]
    causes = Causes(doctor.find, lambda: now[0])
    assert [list(causes.known(False)) for _ in range(3)] == [[], [], []]
    doctor.go.set()
    until(lambda: list(causes.known(False)) == [DEAD], 20, "what was found is told")
    assert doctor.asked == [False]
    # Of where figures are behind nothing is known yet.
    assert list(causes.known(True)) == []
    until(lambda: list(causes.known(True)) == [DEAD], 20, "that too is told")
    assert doctor.asked == [False, True]
    now[0] += AGAIN_S + 1
    causes.known(False)
    causes.known(True)
    until(lambda: doctor.asked == [False, True, False], 20, "services are asked again, the doctor is not")
    now[0] += BEHIND_AGAIN_S
    causes.known(True)
    until(lambda: doctor.asked[3:] == [True], 20, "the doctor looks again")
    now[0] += OLD_S + 1
    assert list(causes.known(False)) == [], "what was found before everybody left"


def test_what_fails_to_look_is_no_reason() -> None:
    def fails(behind: bool) -> Sequence[Trouble]:
        raise ValueError("broken")

    causes, begun = Causes(fails), threading.active_count()
    assert list(causes.known(False)) == []
    until(lambda: threading.active_count() <= begun, 20, "the look is over")
    assert list(causes.known(False)) == []


def test_the_page_is_told_where_somebody_knows_and_asks_there() -> None:
    doctor = Doctor()
    doctor.go.set()
    knowing = create_app({PAGE.slug: PAGE}, source_of(FakeBoards()), VENDOR, causes=Causes(doctor.find).routes())
    assert ask(knowing, "/api/pages").json()["causes"] is True
    said = {"causes": [{"means": DEAD.means, "about": DEAD.about}]}
    until(lambda: ask(knowing, "/api/causes?behind=1").json() == said, 20, "the page gets the reasons")
    assert set(doctor.asked) == {True}
    alone = create_app({PAGE.slug: PAGE}, source_of(FakeBoards()), VENDOR)
    assert ask(alone, "/api/pages").json()["causes"] is False
    assert ask(alone, "/api/causes").status_code == 404
