"""The other yardstick: one Python process that consumes, decodes and keeps maxima in a dict. No state, no recovery, no sink.

`python -m bench.plain_loop RECORDS` reads the whole posts topic (KAFKA_BOOTSTRAP_SERVERS) and prints one JSON object.
"""

from __future__ import annotations

import json
import sys
import time
from io import BytesIO
from typing import Any

import fastavro
from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

from connectors.clock import HOUR_MS
from connectors.endpoints import Endpoints
from connectors.kafka import clients
from connectors.kafka.avro import HEADER_BYTES
from connectors.kafka.topics import load_topics

TOPIC = "tiktok.posts.events"
BATCH = 10_000
# Longer without a message and something is wrong.
SILENCE_S = 30.0


def read_maxima(consumer: Consumer, records: int) -> tuple[dict[tuple[str, int], list[int]], float]:
    """(maxima by post and hour, seconds from the first message to the last) of the next `records` messages."""
    schema = fastavro.parse_schema(json.loads(load_topics()[TOPIC].schema_text()))
    decode: Any = fastavro.schemaless_reader
    maxima: dict[tuple[str, int], list[int]] = {}
    began = ended = 0.0
    count = 0
    while count < records:
        messages = consumer.consume(min(BATCH, records - count), SILENCE_S)
        if not messages:
            raise TimeoutError(f"only {count:,} of {records:,} records came")
        began = began or time.perf_counter()
        for message in messages:
            if message.error() is not None:
                raise RuntimeError(str(message.error()))
            record = decode(BytesIO((message.value() or b"")[HEADER_BYTES:]), schema, None)
            likes, comments, shares = record["digg_count"], record["comment_count"], record["share_count"]
            values = [record["play_count"], likes, comments, shares, likes + comments + shares]
            key = (record["aweme_id"], record["ingested_at"] // HOUR_MS)
            seen = maxima.get(key)
            if seen is None:
                maxima[key] = values
            else:
                for index, value in enumerate(values):
                    if value > seen[index]:
                        seen[index] = value
        count += len(messages)
        ended = time.perf_counter()
    return maxima, ended - began


def main(records: int) -> None:
    """Reads the topic and prints seconds and totals."""
    # Enough ahead that the loop never waits for the broker.
    servers, ahead = Endpoints.from_env().kafka_bootstrap_servers, {"queued_max_messages_kbytes": 262_144}
    consumer = clients.reader(servers, "tokpulse-bench-loop", enable_partition_eof=False, **ahead)
    partitions = range(load_topics()[TOPIC].partitions)
    consumer.assign([TopicPartition(TOPIC, partition, OFFSET_BEGINNING) for partition in partitions])
    maxima, seconds = read_maxima(consumer, records)
    consumer.close()
    sums = [sum(column) for column in zip(*maxima.values(), strict=True)]
    names = ("play_count", "digg_count", "comment_count", "share_count", "engagement_total")
    print(json.dumps({"seconds": seconds, "rows": len(maxima), **dict(zip(names, sums, strict=True))}))


if __name__ == "__main__":
    main(int(sys.argv[1]))
