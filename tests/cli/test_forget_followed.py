"""`tokpulse forget` takes a person out of what pollers follow."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.forget import ForgetError, _leave_plans
from polling.following.plan import Person as Followed
from polling.following.plan import Post
from polling.following.store import SUFFIX, PlanFile
from privacy.person import Person


def test_every_shard_of_every_upstream_leaves_the_person(tmp_path: Path) -> None:
    person = Person("77", handles={"petra.p"}, secuids={"MS4wPetra"}, posts={"p1"})
    plans = [PlanFile(tmp_path / f"{name}{SUFFIX}") for name in ("tikapi-0-of-1", "tikliveapi-1-of-2")]
    kept = Post("p9", "88", 1, 2, 3, None)
    posts = [Post("p1", "5", 1, 2, 3, None), *(Post(f"p-{name}", name, 1, 2, 3, None) for name in ("77", "MS4wPetra", "petra.p"))]
    for plan in plans:
        plan.write([kept, *posts], [Followed("77", "petra.p", False, 1, 2), Followed("88", "other", False, 1, 2)])
        plan.close()
    assert _leave_plans(person, tmp_path) == 2 * (1 + len(posts))
    for plan in plans:
        assert plan.posts() == [kept]
        assert [one.userid for one in plan.people()] == ["88"]
        plan.close()
    left = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert [name for name in (b"petra.p", b"MS4wPetra", b"p-77") if name in left] == []
    assert _leave_plans(person, tmp_path) == 0
    assert _leave_plans(person, tmp_path / "none") == 0


def test_a_plan_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / f"x{SUFFIX}").write_bytes(b"this is no database at all, and never was one" * 30)
    with pytest.raises(ForgetError, match="everything else is renamed except what pollers follow"):
        _leave_plans(Person("77"), tmp_path)
