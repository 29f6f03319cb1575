"""Flink's function of hashtags, by the table that Python and ClickHouse are held to."""

from __future__ import annotations

import pytest

from tests.hashtags import CASES
from tests.sql.local_flink import LocalFlink

pytestmark = pytest.mark.flink


def test_hashtags_in_flink_sql_are_those_of_the_table(local_flink: LocalFlink) -> None:
    answers = local_flink.answers("udfs.flink.title_hashtags.title_hashtags", [*CASES, None])
    assert dict(zip(CASES, answers, strict=False)) == CASES
    assert answers[-1] is None
