"""Grouping, pace and offsets, without clocks, threads or I/O."""

from __future__ import annotations

from alerts.alert import Place
from alerts.limit import TokenBucket
from alerts.offsets import OffsetTracker
from alerts.waiting import URGENT_S, Waiting
from tests.alerts.receiver import alert, alerts, followers, momentum


def place(offset: int, partition: int = 0) -> Place:
    return Place("t", partition, offset)


def test_a_group_is_what_came_within_its_time() -> None:
    waiting, some = Waiting(30), alerts(3)
    assert waiting.seconds_until_due(0) is None
    for number, one in enumerate(some):
        waiting.add(one, place(number), now=10.0 * number)
    assert waiting.seconds_until_due(25) == 5
    assert waiting.take(29.9) == []
    assert waiting.take(30) == some
    assert waiting.take(30) == []
    assert len(waiting) == 3
    assert waiting.finish(some) == [place(0), place(1), place(2)]
    assert len(waiting) == waiting.places == 0


def test_kinds_do_not_mix_and_the_longest_waiting_goes_first() -> None:
    waiting, trend, gain = Waiting(30), alerts(1)[0], alert(followers())
    waiting.add(gain, place(0), 0)
    waiting.add(trend, place(1), 1)
    assert waiting.take(100) == [gain]
    assert waiting.take(100) == [trend]


def test_what_is_urgent_is_gathered_for_a_moment_only() -> None:
    waiting, trend, fast = Waiting(30), alerts(1)[0], alert(momentum())
    waiting.add(trend, place(0), 0)
    waiting.add(fast, place(1), 10)
    assert waiting.seconds_until_due(10) == URGENT_S
    assert waiting.take(10 + URGENT_S) == [fast]
    assert waiting.take(10 + URGENT_S) == []
    assert waiting.take(30) == [trend]
    hurried = Waiting(0.5)
    hurried.add(fast, place(1), 10)
    assert hurried.seconds_until_due(10) == 0.5


def test_a_repeated_alert_is_one_alert_with_two_places() -> None:
    waiting, (one,) = Waiting(0), alerts(1)
    waiting.add(one, place(0), 0)
    waiting.add(one, place(5), 1)
    group = waiting.take(1)
    waiting.add(one, place(9), 2)
    assert group == [one]
    assert waiting.seconds_until_due(3) is None
    assert waiting.finish(group) == [place(0), place(5), place(9)]


def test_what_is_put_back_joins_the_next_group() -> None:
    waiting, (first, second) = Waiting(30), alerts(2)
    waiting.add(first, place(0), 0)
    group = waiting.take(30)
    waiting.add(second, place(1), 40)
    waiting.put_back(group)
    assert waiting.take(41) == [first, second]


def test_large_groups_are_cut_and_the_rest_is_due_at_once() -> None:
    waiting, some = Waiting(30, most=2), alerts(3)
    for one in some:
        waiting.add(one, place(0), 0)
    assert waiting.take(30) == some[:2]
    assert waiting.seconds_until_due(30) == 0
    assert waiting.take(30) == some[2:]


def test_lost_partitions_are_forgotten() -> None:
    waiting, (first, second, third) = Waiting(0), alerts(3)
    waiting.add(third, place(3, partition=1), 0)
    taken = waiting.take(0)
    waiting.add(first, place(0, partition=1), 0)
    waiting.add(second, place(1, partition=1), 0)
    waiting.add(second, place(2), 0)
    waiting.forget({("t", 1)})
    assert waiting.places == 1
    waiting.put_back(taken)
    assert waiting.take(0) == [second]
    assert waiting.finish([second]) == [place(2)]


def test_no_minute_has_more_messages_than_allowed() -> None:
    bucket, now = TokenBucket(10), 100.0
    sent: list[float] = []
    while now < 400:
        if wait := bucket.wait(now):
            now += wait
        bucket.spend(now)
        sent.append(now)
    assert len(sent) == 51
    assert max(sum(start <= moment < start + 60 for moment in sent) for start in sent) == 10


def test_offsets_stop_before_what_is_waited_for() -> None:
    tracker = OffsetTracker()
    for offset, holders in enumerate([0, 2, 1, 0]):
        tracker.seen(place(offset), holders)
    assert tracker.committable() == {("t", 0): 1}
    tracker.release([place(1), place(2)])
    assert tracker.committable() == {("t", 0): 1}
    tracker.release([place(1)])
    assert tracker.committable() == {("t", 0): 4}


def test_another_consumers_partitions_are_not_committed() -> None:
    tracker = OffsetTracker()
    tracker.seen(place(0, partition=1), 1)
    tracker.seen(place(7), 0)
    tracker.forget({("t", 1)})
    tracker.release([place(0, partition=1)])
    assert tracker.committable() == {("t", 0): 8}
