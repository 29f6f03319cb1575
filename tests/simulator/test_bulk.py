"""The hand-made encoding of the bulk writer equals fastavro's, and its totals equal the reference's."""

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from connectors.kafka.avro import AvroCodec, header, split
from connectors.kafka.topics import load_topics
from connectors.kafka.validation import RecordValidator
from simulator.bulk import BulkReference, BulkSettings, BulkTemplates, batches, encode_batch
from simulator.reference.engagement_hourly import engagement_hourly
from simulator.settings import POSTS
from simulator.varints import encode_long, encode_rows

SETTINGS = BulkSettings(posts=203, creators=10, hours=3, poll_minutes=7)
CODEC = AvroCodec(load_topics()[POSTS].schema_text())
LONGS = AvroCodec('{"type": "record", "name": "L", "fields": [{"name": "v", "type": "long"}]}')


def decoded() -> tuple[list[dict[str, Any]], list[tuple[str, bytes]], BulkReference]:
    templates = BulkTemplates.build(SETTINGS, header(9))
    reference = BulkReference(SETTINGS.posts)
    raw: list[tuple[str, bytes]] = []
    for batch in batches(SETTINGS, templates):
        reference.add(batch)
        raw += [(str(m["key"]), bytes(m["value"])) for m in encode_batch(batch, templates)]  # type: ignore[arg-type]
    return [CODEC.decode(split(value)[1]) for _, value in raw], raw, reference


def test_records_are_valid_in_order_and_as_fastavro_writes_them() -> None:
    records, raw, _ = decoded()
    validator = RecordValidator(CODEC.declared)
    assert len(records) == SETTINGS.records
    for record, (key, value) in zip(records, raw, strict=True):
        validator.check(record)
        assert record["aweme_id"] == key
        assert CODEC.encode(record, header(9)) == value
    times = [record["ingested_at"] for record in records]
    assert times == sorted(times)
    assert len({record["aweme_id"] for record in records}) == SETTINGS.posts


def test_totals_equal_the_reference() -> None:
    records, _, reference = decoded()
    totals = reference.finish()
    rows = engagement_hourly(records)
    assert (totals.records, totals.rows) == (len(records), len(rows))
    for name in ("play_count", "digg_count", "comment_count", "share_count", "engagement_total"):
        assert getattr(totals, name) == sum(row[name] for row in rows)


@given(st.lists(st.tuples(*[st.integers(0, 2**62 - 1) | st.integers(0, 300)] * 3), min_size=1, max_size=20))
def test_rows_of_numbers_encode_as_single_numbers_do(rows: list[tuple[int, ...]]) -> None:
    data, ends = encode_rows(np.array(rows, dtype=np.int64))
    expected = [b"".join(map(encode_long, row)) for row in rows]
    assert [data[start:end] for start, end in zip([0, *ends], ends, strict=False)] == expected


@given(st.integers(-(2**63), 2**63 - 1))
def test_one_number_encodes_as_fastavro_does(value: int) -> None:
    assert encode_long(value) == LONGS.encode({"v": value})
