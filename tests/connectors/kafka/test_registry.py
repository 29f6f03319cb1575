"""The registry's answers as values and typed errors, against a transport without sockets."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx
import pytest

from connectors.kafka.registry import (
    IncompatibleSchemaError,
    InvalidSchemaError,
    RegistryError,
    RegistryUnavailableError,
    SchemaNotFoundError,
    SchemaRegistry,
)
from connectors.kafka.schema_check import violations
from connectors.kafka.topics import load_topics

Handler = Callable[[httpx.Request], httpx.Response]


def registry(handler: Handler) -> SchemaRegistry:
    return SchemaRegistry("http://user:secret@registry/apis/ccompat/v7/", transport=httpx.MockTransport(handler))


def answer(status: int, body: object) -> Handler:
    return lambda _request: httpx.Response(status, json=body)


def test_register_sends_the_schema_as_text() -> None:
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"id": 7})

    assert registry(handler).register("a/b-value", {"type": "string"}) == 7
    assert seen[0].url.raw_path == b"/apis/ccompat/v7/subjects/a%2Fb-value/versions"
    assert json.loads(seen[0].content) == {"schema": '{"type": "string"}', "schemaType": "AVRO"}


def test_lookups() -> None:
    body = {"subject": "s", "id": 3, "version": 2, "schema": '"string"'}
    assert registry(answer(200, body)).latest("s").version == 2
    assert registry(answer(200, body)).by_id(3) == '"string"'
    assert registry(answer(200, ["b", "a"])).subjects() == ["a", "b"]


def test_schemas_of_all_topics_are_checked_and_what_breaks_the_rule_is_told() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if "posts.events" in path:
            return httpx.Response(200, json={"is_compatible": False, "messages": ["a field without a default"]})
        if "comments.events" in path:
            return httpx.Response(422, json={"error_code": 42201, "message": "no schema"})
        if "users.snapshots" in path:
            return httpx.Response(404, json={"error_code": 40401, "message": "no subject"})
        return httpx.Response(200, json={"is_compatible": True})

    topics = load_topics()
    found = violations(registry(handler), topics)
    assert set(found) == {topic.subject for topic in topics.with_schema}
    broken = {subject: why for subject, why in found.items() if why}
    assert set(broken) == {"tiktok.posts.events-value", "tiktok.comments.events-value"}
    assert "a field without a default" in broken["tiktok.posts.events-value"]
    with pytest.raises(RegistryUnavailableError):
        violations(registry(answer(503, {})), topics)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (404, SchemaNotFoundError),
        (409, IncompatibleSchemaError),
        (422, InvalidSchemaError),
        (401, RegistryError),
        (503, RegistryUnavailableError),
    ],
)
def test_refusals_keep_subject_and_message(status: int, kind: type[RegistryError]) -> None:
    with pytest.raises(kind) as raised:
        registry(answer(status, {"error_code": 1, "message": "because\nof this"})).register("s-value", '"string"')
    assert raised.value.subject == "s-value"
    assert raised.value.status == status
    assert "because of this" in raised.value.message


def test_an_answer_that_is_not_json_is_still_one_line() -> None:
    with pytest.raises(RegistryUnavailableError, match="HTTP 502: <html> bad gateway"):
        registry(lambda _request: httpx.Response(502, text="<html>\nbad gateway")).subjects()


def test_compatibility_gives_the_reasons() -> None:
    check = registry(answer(200, {"is_compatible": False, "messages": ["field x has no default", "and y"]}))
    with pytest.raises(IncompatibleSchemaError, match="field x has no default; and y"):
        check.check_compatibility("s-value", '"string"')
    registry(answer(200, {"is_compatible": True})).check_compatibility("s-value", '"string"')
    registry(answer(404, {"message": "no such subject"})).check_compatibility("s-value", '"string"')


def test_a_silent_registry_is_named_without_its_password() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("Connection refused", request=request)

    with pytest.raises(RegistryUnavailableError, match="Connection refused") as raised:
        registry(refuse).subjects()
    assert "secret" not in str(raised.value)
