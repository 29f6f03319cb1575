"""Finds everything that names a person: in the topics, in the tables, in the responses that were kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl, unquote

from clickhouse_connect.driver.client import Client

from connectors.kafka.log import bounds, read
from connectors.kafka.topics import DLQ_SUFFIX, Topic
from connectors.upstream import json_text
from connectors.upstream.catalog import PERSONAL, UPSTREAMS
from connectors.upstream.model import Feed
from connectors.upstream.personal import Kind, is_comment, is_post, plain
from connectors.upstream.trees import SEC_UID, inner_json
from polling.writing.cursors import TOPIC as CURSORS
from privacy.messages import Messages
from privacy.person import Person
from privacy.statements import quoted, statement
from privacy.tables import known

# What pollers write, and what was refused of it: results carry no more names than these.
_OBSERVED = ("tiktok.posts.events", "tiktok.users.snapshots", "tiktok.comments.events")
# What is asked of an upstream about a creator by secUid, which says whose it is where the answers are theirs.
_OF_CREATORS = frozenset({Feed.PROFILE, Feed.POSTS})

# Of what holds somebody or their item the objects that are the person.
_PEOPLE = frozenset(name for name in PERSONAL.of(Kind.PERSON) if not name.startswith(("item", "aweme")))
# Whose an object is: the one that it is, or the one who wrote it.
_AUTHORS = frozenset(name for name in PERSONAL.of(Kind.ID) if name.startswith("author"))
_SELVES = PERSONAL.of(Kind.ID) - _AUTHORS | {"id"}
# Column of what people make, that of its maker, and where ids of it go: a table that has both tells what the person made.
_MADE = (("aweme_id", "author_id", Person.add_posts), ("comment_id", "user_id", Person.add_comments))
_NAMES = {"unique_id", "nickname", "sec_uid"}


def from_topics(person: Person, servers: str, topics: Iterable[Topic], messages: Messages) -> None:
    """Adds what the person's own records say. Records of aborted transactions count: their bytes are there."""
    for topic in topics:
        if topic.name == CURSORS:
            for subject, secuid in _in_cursors(servers, topic, messages):
                if subject == person.userid:
                    person.add_name(Kind.SECUID, secuid)
        if topic.name.removesuffix(DLQ_SUFFIX) not in _OBSERVED:
            continue
        for message in read(servers, topic.name, bounds(servers, topic.name), aborted=True):
            value = message.value()
            raw = value if isinstance(value, bytes) else b""
            record = messages.record(raw)
            if record is not None:
                from_tree(person, record)
            elif topic.name.endswith(DLQ_SUFFIX):
                from_body(person, raw)


def from_pseudonyms(
    person: Person, servers: str, topics: Iterable[Topic], messages: Messages, client: Client, pseudonym: Callable[[str, str], str]
) -> None:
    """Adds the names behind the person's pseudonyms, as far as pollers kept what they asked by. `pseudonym` has the key."""
    asked = [
        (Kind.SECUID, secuid) for topic in topics if topic.name == CURSORS for _, secuid in _in_cursors(servers, topic, messages)
    ]
    for (params,) in client.query(statement("asked_by_name")).result_rows:
        asked += [(kind, value) for name, value in parse_qsl(params) if (kind := PERSONAL.kind(name)) in (Kind.SECUID, Kind.HANDLE)]
    pseudonyms = person.handles | person.secuids
    for kind, name in asked:
        if pseudonym(kind, name) in pseudonyms:
            person.add_name(kind, name)


def from_request(person: Person, upstream: str, endpoint: str, asked: str, payload: bytes) -> None:
    """Adds what a response says of the person, and the secUid that it was asked for by."""
    from_body(person, payload)
    params = dict(parse_qsl(asked))
    dialect = UPSTREAMS.get(upstream)
    ask = dialect.asked(endpoint, params) if dialect is not None else None
    if ask is not None and ask.feed in _OF_CREATORS and _makers_of(payload) == {person.userid}:
        for secuid in SEC_UID.findall(" ".join(params.values())):
            person.add_name(Kind.SECUID, secuid)


def from_tables(person: Person, client: Client) -> None:
    """Adds what ClickHouse holds of the person."""
    about = {"userid": person.userid}
    for table in known(client):
        for made, owner, add in _MADE:
            if {made, owner} <= table.catalog_ids:
                query = statement("made_by", TABLE=quoted(table.name), MADE=quoted(made), OWNER=quoted(owner))
                add(person, (row[0] for row in client.query(query, parameters=about).result_rows))
        if "userid" in table.catalog_ids and table.columns.keys() >= _NAMES:
            for names in client.query(statement("profiles", TABLE=quoted(table.name)), parameters=about).result_rows:
                person.add_profile(*names)
    found = client.query(
        statement("responses_about"), parameters={"names": sorted(person.needles)}, query_formats={"String": "bytes"}
    )
    for *request, payload in found.result_rows:
        upstream, endpoint, asked = (value.decode("utf-8", "replace") for value in request)
        from_request(person, upstream, endpoint, asked, payload)


def from_body(person: Person, body: bytes) -> None:
    """Adds what a response says of the person; one that is not JSON says nothing that could be told apart."""
    try:
        from_tree(person, json_text.kept(json_text.parsed(body)))
    except ValueError:
        return


def from_tree(person: Person, tree: Any, within: str = "") -> None:
    """Adds what an object called `within` and everything in it say of the person."""
    if isinstance(tree, list):
        for item in tree:
            from_tree(person, item, within)
        return
    if not isinstance(tree, Mapping):
        return
    people = (value for name, value in tree.items() if plain(str(name)) in _PEOPLE and isinstance(value, Mapping))
    profile: Mapping[str, Any] = next(people, {})
    wrote = person.userid in (*_values(tree, _AUTHORS), *_values(profile, _SELVES))
    comment = is_comment(tree, within)
    if wrote and comment:
        # `aweme_id` is that of the post, which may be anybody's.
        person.add_comments([_text(tree.get("id")), _text(tree.get("cid"))])
    elif wrote:
        person.add_posts([_text(tree.get("aweme_id")), _text(tree.get("video_id"))])
        if is_post(tree, within):
            person.add_posts([_text(tree.get("id"))])
    if person.userid in _values(tree, _SELVES):
        # A profile that says whose it is is looked at by itself.
        names = tree if any(_values(profile, _SELVES)) else profile or tree
        for name, value in names.items():
            person.add_name(PERSONAL.listed(str(name), within), value)
    elif person.userid in _values(tree, _AUTHORS) and not comment:
        # The author is a number and a text; a name of others stands in objects of their own.
        for name, value in tree.items():
            kind = PERSONAL.listed(str(name), within)
            person.add_name(Kind.HANDLE if kind is Kind.PERSON else kind, value)
    for name, value in tree.items():
        if isinstance(value, str):
            # One that is too deep to be walked through is a text like any other.
            with suppress(RecursionError):
                from_tree(person, inner_json(value), str(name))
        else:
            from_tree(person, value, str(name))


def _in_cursors(servers: str, topic: Topic, messages: Messages) -> Iterator[tuple[str, str]]:
    """The subject of a feed, and a secUid that its key or its cursor holds: pollers page by it, whatever else holds pseudonyms."""
    for message in read(servers, topic.name, bounds(servers, topic.name), aborted=True):
        value, key = message.value(), message.key()
        record = messages.record(value if isinstance(value, bytes) else b"") or {}
        parts = [unquote(part) for part in (key.decode("utf-8", "replace") if isinstance(key, bytes) else key or "").split("/")]
        for secuid in SEC_UID.findall(" ".join((*parts, str(record.get("cursor") or "")))):
            yield (parts[2] if len(parts) > 2 else ""), secuid


def _makers_of(payload: bytes) -> set[str]:
    """The ids of those who made what a response holds, as far as it says so."""
    try:
        return set(_makers(json_text.kept(json_text.parsed(payload)), ""))
    except ValueError:
        return set()


def _makers(tree: Any, within: str) -> Iterator[str]:
    if isinstance(tree, list):
        for item in tree:
            yield from _makers(item, within)
    elif isinstance(tree, Mapping):
        yield from _values(tree, _SELVES if plain(within) in _PEOPLE else _AUTHORS)
        for name, value in tree.items():
            yield from _makers(value, str(name))


def _values(fields: Mapping[str, Any], names: frozenset[str]) -> list[str]:
    """What the fields of these names hold; what is not there holds nothing."""
    return [_text(value) for name, value in fields.items() if plain(str(name)) in names]


def _text(value: object) -> str:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
