"""The dashboard's threshold editor on a real stack: what it publishes is in the topic and in the table, and goes back."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.clock import wall_clock_ms
from connectors.errors import TokpulseError
from connectors.kafka.registry import SchemaRegistry
from dashboards.web.app import create_app
from dashboards.web.editor import Editor
from dashboards.web.source import Source
from dashboards.web.writing import WRITER_HEADER
from thresholds import publish as publishing
from thresholds.file import SHIPPED_FILE
from thresholds.merging import marked
from thresholds.publish import LostRaceError, publish, publish_first, stored
from thresholds.topic import Log, Schemas, read_topic
from thresholds.versions import StaleBaseError

from .stack_process import Stack

pytestmark = pytest.mark.e2e


def test_what_the_editor_publishes_is_in_topic_and_table(stack: Stack, tmp_path: Path) -> None:
    file = tmp_path / "thresholds.yaml"
    file.write_text(SHIPPED_FILE.read_text(encoding="utf-8"), encoding="utf-8")
    publish_first(stack.endpoints)

    def no_boards() -> Any:
        raise AssertionError("the editor asks for no panel")

    app = create_app({}, Source(no_boards), tmp_path, Editor(lambda: stack.endpoints, file, "of-this-start").routes())

    def call(path: str, body: Any = None) -> dict[str, Any]:
        async def asked() -> httpx.Response:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1", timeout=60) as client:
                headers = {WRITER_HEADER: "of-this-start", "Origin": "http://127.0.0.1"}
                return await client.request("GET" if body is None else "POST", f"/api/thresholds{path}", headers=headers, json=body)

        answer = asyncio.run(asked())
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    opened = call("")
    first = opened["in_force"]
    text = opened["file"]["text"].replace("plays_per_hour: 6000}", "plays_per_hour: 6500}")
    body = {"text": text, "base": opened["newest"], "comment": "from the page", "file_hash": opened["file"]["hash"]}
    said = call("/apply", body)["said"]
    assert said[-2].startswith("published v")
    assert file.read_text(encoding="utf-8") == marked(text, stored(stack.endpoints)[-1])
    call("/rollback", {"version": first, "base": call("")["newest"]})

    in_table = stored(stack.endpoints)
    with SchemaRegistry(stack.endpoints.schema_registry_url) as registry:
        in_topic = read_topic(stack.endpoints.kafka_bootstrap_servers, registry.by_id).versions
    assert [version.version for version in in_topic] == [version.version for version in in_table]
    assert [version.thresholds.tiers[0].plays_per_hour for version in in_table[-3:]] == [6000, 6500, 6000]
    assert [version.comment for version in in_table[-2:]] == ["from the page", f"back to {first}"]


@pytest.mark.parametrize(("reads_it", "error"), [(True, StaleBaseError), (False, LostRaceError)])
def test_the_loser_of_two_simultaneous_calls_is_told_to_run_it_again(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, reads_it: bool, error: type[TokpulseError]
) -> None:
    publish_first(stack.endpoints)
    (first,) = stored(stack.endpoints)
    mine, theirs = (replace(first.thresholds, negative_delta_warning=number) for number in (111, 222))

    def read_meanwhile(servers: str, schemas: Schemas) -> Log:
        """Somebody else publishes between the beginning of the one transaction and its end."""
        monkeypatch.setattr(publishing, "read_topic", read_topic)
        before = read_topic(servers, schemas)
        publish(stack.endpoints, theirs, wall_clock_ms(), "ada", "", first.version)
        return read_topic(servers, schemas) if reads_it else before

    monkeypatch.setattr(publishing, "read_topic", read_meanwhile)
    with pytest.raises(error) as lost:
        publish(stack.endpoints, mine, wall_clock_ms(), "bob", "", first.version)
    assert "run it again" in lost.value.hint
    (_, second) = stored(stack.endpoints)
    assert second.thresholds == theirs
    # Again, it goes after the other one.
    assert publish(stack.endpoints, mine, wall_clock_ms() + 1, "bob", "", second.version).sequence == 3
