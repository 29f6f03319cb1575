"""engagement_hourly equals a recomputation from the records, for any mix of disorder, at any parallelism, however often it runs."""

from __future__ import annotations

import pytest

from simulator.delivery import simulate
from simulator.settings import POSTS, SimulationSettings

from .records import differences, ledger, recomputed, simulate_to, table, write_in_transactions
from .stack_process import Stack, ended

pytestmark = [pytest.mark.e2e, pytest.mark.flink, pytest.mark.timeout(600)]

ORDERLY = SimulationSettings(seed=1, posts=120, creators=20, hours=25, topics=(POSTS,))
MESSY = SimulationSettings(
    seed=2, posts=250, creators=30, hours=26, topics=(POSTS,), duplicates=0.08, out_of_order=0.2, late=0.05, clock_skew_ms=90_000
)
# Hours after the last punctual record, late ones still come; four partitions fall silent on the way.
VERY_LATE = SimulationSettings(
    seed=3,
    posts=150,
    creators=15,
    hours=12,
    topics=(POSTS,),
    duplicates=0.3,
    out_of_order=0.3,
    late=0.4,
    max_lateness_ms=600 * 60_000,
    idle_partitions=4,
    idle_from_hour=5,
)


@pytest.mark.soak
def test_parallelism_and_repetition_change_nothing(stack: Stack) -> None:
    truth = simulate_to(stack.endpoints, MESSY)
    records, expected = recomputed(stack.endpoints)
    assert records == truth.total > 20_000
    assert expected == truth.engagement_hourly.rows()
    for parallelism in (1, 2, 4):
        stack.clear_tables()
        stack.submit("engagement", "--bounded", "--parallelism", str(parallelism), "--run-id", f"p{parallelism}")
        assert differences(table(stack), expected) == []
        found = ledger(stack, f"p{parallelism}")
        assert (found["read"], found["quarantined"], found["unaccounted"]) == (records, 0, 0)
    stack.submit("engagement", "--bounded", "--run-id", "again")
    assert differences(table(stack), expected) == []
    assert ledger(stack, "again")["read"] == ledger(stack, "p4")["read"] == records


# Those of other tests are in worse than no order.
@pytest.mark.soak
def test_records_in_order(stack: Stack) -> None:
    truth = simulate_to(stack.endpoints, ORDERLY)
    records, expected = recomputed(stack.endpoints)
    assert records == truth.total
    stack.submit("engagement", "--bounded", "--run-id", "orderly")
    assert differences(table(stack), expected) == []
    assert ledger(stack, "orderly") == {
        "read": records,
        "counted": records,
        "late": 0,
        "beyond_bound": 0,
        "quarantined": 0,
        "unaccounted": 0,
    }


def test_records_whose_hour_has_closed(stack: Stack) -> None:
    """With a watermark after every record nearly, instead of five per second, so that hours close while this little is read."""
    truth = simulate_to(stack.endpoints, VERY_LATE)
    records, expected = recomputed(stack.endpoints)
    assert records == truth.total
    arguments = ("--bounded", "--watermark-delay", "2 min", "--run-id", "late")
    done = ended(stack.start_pasted("engagement", "-Dpipeline.auto-watermark-interval=1ms", arguments=arguments))
    assert done.returncode == 0, done.stdout + done.stderr
    assert differences(table(stack), expected) == []
    found = ledger(stack, "late")
    assert (found["read"], found["quarantined"], found["unaccounted"]) == (records, 0, 0)
    assert found["late"] > 0


def test_records_of_somebody_elses_producer(stack: Stack) -> None:
    """In transactions, with another partitioner, keys and values made without this project; aborted ones never happened."""
    posts = [delivery.record for delivery in simulate(MESSY)]
    quarter = len(posts) // 4
    # Would be the maximum of every row of its hour.
    never = [post | {"play_count": 2**62, "share_count": 2**40} for post in posts[quarter : 2 * quarter]]
    write_in_transactions(
        stack.endpoints,
        [
            (posts[:quarter], True),
            (never, False),
            (posts[quarter : 3 * quarter], True),
            (posts[3 * quarter :], True),
            (never[:500], False),
        ],
    )
    records, expected = recomputed(stack.endpoints)
    assert records == len(posts)
    stack.submit("engagement", "--bounded", "--run-id", "foreign")
    assert differences(table(stack), expected) == []
    found = ledger(stack, "foreign")
    assert (found["read"], found["unaccounted"]) == (records, 0)
