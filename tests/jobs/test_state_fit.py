"""State is taken over by an operator of the same id that means the same; everything else needs a replay."""

from __future__ import annotations

import pytest

from jobs.state_fit import Comparison, Operator, described, misfits, signature

SOURCE = "[1]:TableSourceScan(table=[[default_catalog, default_database, posts_events, watermark=[-(t, 120000)]]], fields=[a, b])"
FUNCTION = "[7]:ProcessTableFunction(invocation=[hourly_maxima(TABLE(#0), _UTF-16LE'u1')], uid=[u1], select=[a], rowType=[R(a)])"
WINDOW = "[9]:GlobalWindowAggregate(groupBy=[p], window=[CUMULATE(size=[99 d])], select=[p, COUNT(count1$0) AS valid])"


SINK = "[20]:Sink(table=[default_catalog.default_database.followers_deltas_topic], fields=[a])"


def stored(*texts: str) -> list[Operator]:
    return [Operator(f"id{number}", f"X[{number}]", text, 128) for number, text in enumerate(texts)]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (SOURCE, SOURCE.replace("fields=[a, b]", "fields=[a, b, c]").replace("[1]:", "[4]:")),
        (SOURCE, SOURCE.replace("120000", "540000")),
        (FUNCTION, FUNCTION.replace("select=[a]", "select=[a, b]").replace("[7]:", "[3]:")),
        (WINDOW, WINDOW.replace("[9]:", "posts_tally [12]:")),
        (SINK, SINK.replace("fields=[a]", "fields=[a, b]") + ": Committer"),
        ("[5]:Committer", "[5]:Writer"),
        # Nobody knows what it was: its id is all there is.
        ("", WINDOW),
    ],
)
def test_the_same_operator_takes_its_state_over(old: str, new: str) -> None:
    assert misfits(stored(old), stored(new)) == []


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (SOURCE, SOURCE.replace("posts_events", "users_snapshots"), "another form"),
        (FUNCTION, FUNCTION.replace("uid=[u1]", "uid=[u2]"), "another form"),
        (FUNCTION, WINDOW, "another form"),
        (SINK, SINK.replace("deltas_topic", "alerts_topic"), "another form"),
        (WINDOW, WINDOW.replace("99 d", "33 d"), "another form"),
        (WINDOW, WINDOW.replace("groupBy=[p]", "groupBy=[p, q]"), "another form"),
    ],
)
def test_another_operator_in_its_place_does_not(old: str, new: str, reason: str) -> None:
    (line,) = misfits(stored(old), stored(new))
    assert reason in line


def test_an_operator_that_is_gone_and_another_maximum_parallelism() -> None:
    assert ["no place for it" in line for line in misfits(stored(SOURCE, WINDOW), stored(SOURCE))] == [True]
    other = [Operator("id0", "X[0]", SOURCE, 256)]
    assert ["maximum parallelism of 128, not 256" in line for line in misfits(stored(SOURCE), other)] == [True]


def test_a_source_is_told_by_its_name() -> None:
    one = Operator("id0", "Source: KafkaSource-default_catalog.default_database.posts_events")
    other = Operator("id0", one.name.replace("posts_events", "users_snapshots"))
    assert misfits([one], [one]) == []
    assert len(misfits([one], [other])) == 1


def test_descriptions_come_from_the_running_plan_by_their_number() -> None:
    plan = f"{SOURCE}\n:- [2]:Calc(select=[a])\n+- {WINDOW}\n"
    named = [Operator("a", "Source: posts_events[1]"), Operator("b", "GlobalWindowAggregate[9]"), Operator("c", "Writer")]
    assert [one.text for one in described(named, plan)] == [SOURCE, WINDOW, ""]


def test_what_a_job_prints_is_what_the_command_reads() -> None:
    compared = Comparison(tuple(stored(SOURCE, FUNCTION)), tuple(stored(WINDOW)))
    assert Comparison.printed(["noise", compared.line(), "noise"]) == compared
    assert Comparison.printed(["noise"]) is None


def test_signatures() -> None:
    assert signature(SOURCE) == "default_catalog, default_database, posts_events"
    assert signature(FUNCTION) == "ProcessTableFunction hourly_maxima u1"
    assert signature(WINDOW) == WINDOW.removeprefix("[9]:")
