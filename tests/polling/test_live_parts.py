"""Parts of LIVE without any socket: terms, frames, addresses, what is out of scope, the writer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from connectors.kafka.avro import AvroCodec, Record
from connectors.kafka.topics import load_topics
from connectors.kafka.validation import FieldTypeError, RecordValidator
from connectors.upstream import tiktools
from connectors.upstream.tiktools import ExcludedError, data_of, read_states, read_user_ids, refuse_excluded, socket_url
from connectors.upstream.tiktools_events import BadFrameError, Frame, Room, identity, read_frame, record_of
from polling.live import terms
from polling.live.alone import NotAloneError, alone
from polling.live.broadcast import Broadcast
from polling.live.repeats import KEPT, Repeats
from polling.live.report import Report
from polling.live.terms import TermsError, TermsLog
from polling.live.writer import TOPICS, LiveWriter
from polling.personal.forgotten import Forgotten
from polling.personal.pseudonyms import Pseudonyms

NOW = 1_796_083_200_000
ROOM = Room("7123", "ada", "77")


def test_terms_are_accepted_by_somebody_and_can_be_withdrawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = TermsLog(tmp_path / "data" / "live-terms.jsonl")
    with pytest.raises(TermsError, match="LIVE polling is not accepted: nobody has accepted") as refused:
        log.require()
    assert "tokpulse live accept-risk" in refused.value.hint
    with pytest.raises(TermsError, match="nobody is named"):
        log.add("accepted", "  ", NOW)
    log.add("accepted", "Ada, Example Ltd", NOW)
    assert log.require().who == "Ada, Example Ltd"
    assert log.summary() == "accepted by Ada, Example Ltd on 2026-12-01T00:00Z (text 1)"
    log.add("withdrawn", "Bob", NOW + 60_000)
    with pytest.raises(TermsError, match="withdrawn by Bob on 2026-12-01T00:01Z"):
        log.require()
    log.add("accepted", "Ada", NOW)
    monkeypatch.setattr(terms, "TEXT", terms.TEXT + " More.")
    with pytest.raises(TermsError, match="the text has changed since it was accepted by Ada"):
        log.require()
    assert [entry.action for entry in log.entries()] == ["accepted", "withdrawn", "accepted"]


def test_a_second_connector_is_refused(tmp_path: Path) -> None:
    with (
        alone(tmp_path / "polling"),
        pytest.raises(NotAloneError, match="another `tokpulse live` runs"),
        alone(tmp_path / "polling"),
    ):
        raise AssertionError("both run")
    with alone(tmp_path / "polling"):
        pass


def test_a_broken_log_is_no_acceptance(tmp_path: Path) -> None:
    (tmp_path / "log").write_text('{"action": "accepted"}\n')
    with pytest.raises(TermsError, match="cannot use"):
        TermsLog(tmp_path / "log").require()


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("/webcast/sign_url", "URL signing"),
        ("/webcast/ws_credentials", "URL signing"),
        ("/captcha/solve/puzzle", "captcha solving"),
        ("/webcast/chat", "sending of chat"),
        ("/webcast/moderation/bans", "moderation"),
        ("/webcast/user_earnings", "session cookies"),
        ("/webcast/live_analytics/video_list", "session cookies"),
        ("/webcast/feed", "session cookies"),
    ],
)
def test_what_is_out_of_scope_is_refused_by_name(path: str, what: str) -> None:
    with pytest.raises(ExcludedError, match=f"{what} is out of scope: {path}"):
        refuse_excluded(path)


def test_what_is_used_is_not_refused() -> None:
    for call in (tiktools.fetch("a", ""), tiktools.room_info("a"), tiktools.rankings("a", "audience"), tiktools.hashtag_list(20)):
        refuse_excluded(call.path)


def test_answers_that_would_have_us_sign_are_refused() -> None:
    with pytest.raises(ExcludedError, match="session cookies"):
        data_of({"status_code": 0, "action": "fetch_signed_url", "signed_url": "https://x"}, "/webcast/rankings")
    with pytest.raises(tiktools.AnswerError, match="status_code 7: no"):
        data_of({"status_code": 7, "message": "no"}, "/x")


def test_addresses_of_sockets() -> None:
    assert (
        socket_url("https://api.tik.tools", "", {"uniqueId": "ada", "apiKey": "k&"})
        == "wss://api.tik.tools/?uniqueId=ada&apiKey=k%26"
    )
    assert socket_url("http://127.0.0.1:9", "/captions", {}) == "ws://127.0.0.1:9/captions"


def test_live_states_in_all_forms_of_the_page() -> None:
    assert {name: state.alive for name, state in read_states({"Ada": True, "bob": False}).items()} == {"ada": True, "bob": False}
    (state,) = read_states([{"unique_id": "Ada", "alive": True, "room_id": 7, "title": "t", "userCount": 5}]).values()
    assert (state.alive, state.room_id, state.title, state.viewers) == (True, "7", "t", 5)
    assert read_states({"ada": {"alive": True, "room_id": "7"}})["ada"].room_id == "7"
    assert read_user_ids({"1": {"userId": "1", "username": "Ada"}, "2": {"user_id": 2, "unique_id": None}}) == {
        "1": "ada",
        "2": None,
    }


EXAMPLES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (
        {"comment": "Hello!", "user": {"id": "1", "uniqueId": "j", "nickname": "J"}, "starred": {"claps": 3, "score": 1200}},
        {
            "event": "chat",
            "text": "Hello!",
            "user_id": "1",
            "user_unique_id": "j",
            "user_nickname": "J",
            "star_claps": 3,
            "star_score": 1200,
        },
    ),
    ({"user": {"uniqueId": "f"}, "likeCount": 15, "totalLikes": 4200}, {"event": "like", "like_count": 15, "total_likes": 4200}),
    (
        {"giftId": 5655, "giftName": "Rose", "repeatCount": 5, "diamondCount": 1, "repeatEnd": True, "groupId": "g"},
        {"event": "gift", "gift_id": "5655", "repeat_count": 5, "diamond_count": 1, "repeat_end": True, "group_id": "g"},
    ),
    ({"user": {"uniqueId": "v"}, "action": "join"}, {"event": "member", "action": "join"}),
    ({"user": {"uniqueId": "v"}, "action": "follow"}, {"event": "social", "action": "follow"}),
    ({"totalViewers": 15000, "viewerCount": 342}, {"event": "roomUserSeq", "total_viewers": 15000, "viewer_count": 342}),
    ({"subMonth": 3}, {"event": "subscribe", "sub_month": 3}),
    ({"emoteId": "123"}, {"event": "emoteChat", "subject_id": "123"}),
    (
        {"battleId": "456", "status": 1, "battleDuration": 300, "teams": [{"hostUserId": "1", "score": 100}]},
        {
            "event": "battle",
            "subject_id": "456",
            "battle_status": 1,
            "battle_duration": 300,
            "teams": '[{"hostUserId":"1","score":100}]',
        },
    ),
    ({"questionText": "What?"}, {"event": "question", "text": "What?"}),
    ({"action": 3}, {"event": "control", "action": "3"}),
    ({"envelopeId": "789", "diamondCount": 50}, {"event": "envelope", "subject_id": "789", "diamond_count": 50}),
    (
        {"comment": "Great!", "action": 1, "durationSeconds": 60, "pinnedAt": 5, "originalMsgId": "76", "operatorUserId": "74"},
        {
            "event": "roomPin",
            "text": "Great!",
            "action": "1",
            "subject_id": "76",
            "payload": '{"durationSeconds":60,"pinnedAt":5,"operatorUserId":"74"}',
        },
    ),
]


@pytest.mark.parametrize(("data", "wanted"), EXAMPLES, ids=lambda one: str(one.get("event", "")))
def test_examples_of_the_documents(data: dict[str, Any], wanted: dict[str, Any]) -> None:
    name = wanted["event"]
    frame = read_frame(json.dumps({"event": name, "data": {"type": name, **data}}))
    record = record_of(frame, ROOM, "m:1", "c", 0, NOW)
    assert {field: record[field] for field in wanted} == wanted
    assert record["payload"] == wanted.get("payload", "{}")
    codec = AvroCodec(load_topics()["tiktok.live.events"].schema_text())
    RecordValidator(codec.declared, lambda: NOW).check(record)


@pytest.mark.parametrize("value", [None, True, -1, 2**70, "5", [], {}, 1.5])
def test_a_value_of_another_type_stays_in_the_payload(value: Any) -> None:
    record = record_of(Frame("like", {"likeCount": value, "totalLikes": 7}), ROOM, "m:1", "c", 0, NOW)
    assert record["like_count"] is None
    assert json.loads(record["payload"]) == {"likeCount": value}


def test_a_flag_is_true_false_or_null() -> None:
    codec = AvroCodec(load_topics()["tiktok.live.events"].schema_text())
    check = RecordValidator(codec.declared, lambda: NOW).check
    record = record_of(Frame("gift", {"repeatEnd": True}), ROOM, "m:1", "c", 0, NOW)
    for value in (True, False, None):
        check(record | {"repeat_end": value})
    with pytest.raises(FieldTypeError, match="repeat_end"):
        check(record | {"repeat_end": 1})


def test_frames_without_data_and_frames_that_are_none() -> None:
    info = read_frame('{"event": "roomInfo", "roomId": "7", "uniqueId": "ada", "connectedAt": "x"}')
    assert (info.event, info.data["roomId"]) == ("roomInfo", "7")
    assert read_frame('{"type": "caption", "text": "hi"}') == Frame("caption", {"text": "hi"})
    for text, why in (
        ("[]", "list, not an object"),
        ("{", "not JSON"),
        ('{"a": 1}', "no event is named"),
        ('{"event": "chat", "data": 5}', "int, not an object"),
        ("[" * 100_000, "nested too deeply"),
    ):
        with pytest.raises(BadFrameError, match=why):
            read_frame(text)


def test_identities() -> None:
    assert identity(Frame("chat", {"msgId": 5}), NOW) == ("m:5", "")
    one, no_content = identity(Frame("battle", {"createTime": NOW // 1000, "status": 1}), NOW)
    assert one.startswith("c:")
    assert one.endswith(f":{NOW // 1000}")
    assert no_content == ""
    assert identity(Frame("like", {"totalLikes": 5}), NOW) == identity(Frame("like", {"totalLikes": 5}), NOW + 99_999)
    joined, content = identity(Frame("member", {"action": "join"}), NOW)
    assert joined == f"r:{content}:{NOW // 1000}"
    assert identity(Frame("member", {"action": "join"}), NOW + 1_000)[0] != joined
    assert identity(Frame("chat", {"msgId": ""}), NOW)[0].startswith("r:")


def test_repeats_forget_and_stay_small() -> None:
    repeats = Repeats()
    assert not repeats.is_repeat("m:1", "", "a", NOW, replaying=False)
    assert repeats.is_repeat("m:1", "", "b", NOW + 599_000, replaying=False)
    for number in range(KEPT + 50):
        repeats.is_repeat(f"r:{number}", f"content{number}", "a", NOW + 600_000, replaying=True)
    assert len(repeats) <= KEPT + 1
    assert not repeats.is_repeat("m:1", "", "b", NOW + 1_300_000, replaying=False)
    # Twice on one connection, in two seconds: twice on the next one are repeats, a third time is new.
    for second in (0, 1):
        assert not repeats.is_repeat(f"r:x:{second}", "x", "a", NOW + 2_000_000 + second * 1_000, replaying=False)
    got = [repeats.is_repeat(f"r:x:{9 + n}", "x", "b", NOW + 2_009_000 + n, replaying=True) for n in range(3)]
    assert got == [True, True, False]


class Producer:
    def __init__(self) -> None:
        self.calls: list[tuple[str, Any]] = []

    def encode(self, topic: str, record: Record) -> bytes:
        codec = AvroCodec(load_topics()[topic].schema_text())
        RecordValidator(codec.declared, lambda: NOW).check(record)
        return codec.encode(record)

    def produce_batch(self, topic: str, messages: list[dict[str, Any]]) -> None:
        codec = AvroCodec(load_topics()[topic].schema_text())
        self.calls += [(topic, (message["key"], codec.decode(message["value"]))) for message in messages]

    def produce_encoded(self, topic: str, key: str | None, value: bytes, *, headers: Mapping[str, bytes] | None = None) -> None:
        self.calls.append((topic, (key, value, dict(headers or {}))))

    def flush(self) -> None:
        self.calls.append(("flush", None))


def room_change() -> dict[str, Any]:

    kept: list[dict[str, Any]] = []

    class Sink:
        full = False

        def add(self, topic: str, record: Mapping[str, Any]) -> None:
            kept.append(dict(record))

        def reject(self, topic: str, key: str, what: Any, why: str) -> None:
            raise AssertionError(why)

        async def relief(self) -> None:
            return

    Broadcast("ada", "", Sink(), lambda: NOW).enter("7123", "websocket")
    return kept[0]


def test_a_rooms_record_goes_behind_the_events_it_speaks_of() -> None:
    producer = Producer()
    writer = LiveWriter(producer, load_topics(), Report(), lambda: NOW)
    writer.add(TOPICS[1], room_change())
    writer.add(TOPICS[0], record_of(Frame("chat", {"comment": "hi"}), ROOM, "m:1", "c", 0, NOW))
    writer.reject(TOPICS[0], "7123", {"room_id": "7123", "frame": "x"}, "unmapped: not JSON")
    broken = record_of(Frame("chat", {}), ROOM, "m:2", "c", 1, NOW + 10**9)
    writer.add(TOPICS[0], broken)
    asyncio.run(writer.close())
    assert [topic for topic, _ in producer.calls] == [
        "tiktok.live.events.dlq",
        "tiktok.live.events.dlq",
        "tiktok.live.events",
        "flush",
        "tiktok.live.rooms",
        "flush",
    ]
    assert producer.calls[0][1][2]["error"] == b"unmapped: not JSON"
    assert producer.calls[1][1][2]["error"].startswith(b"time_out_of_range: ingested_at")
    assert producer.calls[2][1][0] == "7123"


def test_events_of_a_forgotten_person_are_left_out(tmp_path: Path) -> None:
    forgotten = Forgotten(tmp_path / "forgotten.json")
    forgotten.add("1", ["grace.hopper"], [], ["Grace Hopper"])
    producer = Producer()
    writer = LiveWriter(producer, load_topics(), Report(), lambda: NOW, None, forgotten)
    for number, (user_id, text) in enumerate((("1", "mine"), ("2", "hello @grace.hopper"))):
        frame = Frame("chat", {"user": {"id": user_id, "uniqueId": f"u{user_id}"}, "comment": text})
        writer.add(TOPICS[0], record_of(frame, ROOM, f"m:{number}", "c", number, NOW))
    asyncio.run(writer.close())
    kept = [call[1][1] for call in producer.calls if call[0] == TOPICS[0]]
    assert [record["user_id"] for record in kept] == ["2"]
    assert "grace" not in kept[0]["text"]


def test_names_do_not_reach_kafka_under_pseudonyms() -> None:
    producer = Producer()
    names = Pseudonyms(b"k" * 32)
    writer = LiveWriter(producer, load_topics(), Report(), lambda: NOW, names)
    user = {"id": "1", "uniqueId": "grace.hopper", "nickname": "Grace Hopper", "avatarThumb": "https://x.example/grace.jpg"}
    frame = Frame("chat", {"user": user, "comment": "I am Grace Hopper, see @ada.lovelace", "replyTo": {"uniqueId": "alan.turing"}})
    writer.add(TOPICS[0], record_of(frame, Room("7123", "linus.host"), "m:1", "c", 0, NOW))
    writer.add(TOPICS[1], room_change() | {"host_unique_id": "linus.host"})
    asyncio.run(writer.close())
    written = json.dumps([call for call in producer.calls if call[0].startswith("tiktok")])
    for name in ("grace", "Hopper", "ada.lovelace", "alan", "linus"):
        assert name.lower() not in written.lower(), name
    record = producer.calls[0][1][1]
    assert record["user_unique_id"] == names.of("handle", "grace.hopper")
    assert record["host_unique_id"] == names.of("handle", "linus.host")
    assert record["user_id"] == "1"
