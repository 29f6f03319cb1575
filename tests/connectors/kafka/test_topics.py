"""`topics.yaml` as typed values, and errors that name the file and the key."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from connectors.kafka.topics import TOPICS_FILE, TopicsFileError, UnknownTopicError, load_topics

DAY_MS = 86_400_000
RECORD_KEYS = ("type", "name", "namespace", "doc", "fields")
FIELD_KEYS = ("name", "type", "doc", "default")


def test_the_posts_topic_and_its_dead_letters() -> None:
    topics = load_topics()
    posts, dlq = topics["tiktok.posts.events"], topics["tiktok.posts.events.dlq"]
    assert (posts.partitions, posts.retention_ms, posts.key, posts.dlq) == (24, 30 * DAY_MS, "aweme_id", dlq.name)
    assert posts.subject == "tiktok.posts.events-value"
    assert posts.configs()["cleanup.policy"] == "compact,delete"
    assert posts.configs()["min.compaction.lag.ms"] == str(30 * DAY_MS)
    assert (dlq.partitions, dlq.schema_file, dlq.dlq) == (6, None, None)
    assert "min.compaction.lag.ms" not in dlq.configs()


def test_every_schema_is_there_and_each_dlq_follows_its_topic() -> None:
    topics = load_topics()
    for topic in topics.with_schema:
        assert topic.schema_text().lstrip().startswith("{")
        assert (topic.dlq is None) or topics[topic.dlq]
    assert len({topic.name for topic in topics}) == len(topics.all)


def test_an_unknown_topic_lists_the_known() -> None:
    with pytest.raises(UnknownTopicError, match=r"tiktok\.posts\.events"):
        load_topics()["tiktok.post.events"]


def test_a_dead_letter_topic_has_no_schema() -> None:
    with pytest.raises(TopicsFileError, match="raw bytes"):
        load_topics()["tiktok.posts.events.dlq"].schema_text()


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("    dlq: true\n", "    dlq: true\n    partition: 3\n", "topics.tiktok.posts.events.partition: unknown key"),
        ("    partitions: 24\n", "    partitions: 0\n", "topics.tiktok.posts.events.partitions"),
        ("    partitions: 24\n", "    partitions: '24'\n", "topics.tiktok.posts.events.partitions"),
        ("    partitions: 24\n", "", "topics.tiktok.posts.events.partitions"),
        ("[compact, delete]", "[compact, remove]", "topics.tiktok.posts.events.cleanup_policy[1]"),
        ("  dlq_partitions: 6\n", "", "defaults.dlq_partitions"),
        ("topics:\n", "topics: [\n", "topics.yaml:"),
        ("    retention_days: 30\n", "    retention_days: 30\n    retention_days: 31\n", "retention_days: is given twice"),
    ],
)
def test_a_bad_file_names_itself_and_the_key(tmp_path: Path, old: str, new: str, says: str) -> None:
    path = tmp_path / "topics.yaml"
    text = TOPICS_FILE.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(TopicsFileError) as raised:
        load_topics(path)
    assert str(path) in raised.value.message
    assert says in raised.value.message
    assert "\n" not in raised.value.message


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(TopicsFileError, match="cannot read"):
        load_topics(tmp_path / "topics.yaml")


def test_schema_files_have_their_keys_in_the_order_in_which_java_prints_them() -> None:
    def check(schema: object) -> None:
        if isinstance(schema, list):
            for branch in schema:
                check(branch)
        elif isinstance(schema, dict) and schema.get("type") == "record":
            assert [key for key in schema if key in RECORD_KEYS] == [key for key in RECORD_KEYS if key in schema]
            for field in schema["fields"]:
                assert list(field) == [key for key in FIELD_KEYS if key in field], field["name"]
                check(field["type"])

    for topic in load_topics().with_schema:
        check(json.loads(topic.schema_text()))
