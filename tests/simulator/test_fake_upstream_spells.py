"""Scripts of bad days: each kind of spell, the chance by which it hits, and what the ledger says of it. Without a socket."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any, get_args

import pytest

from connectors.clock import HOUR_MS, MINUTE_MS
from simulator.settings import SimulationSettings
from simulator.upstream import script as spelled
from simulator.upstream.script import FOLDER, SHIPPED, Script, ScriptError, load_script
from simulator.upstream.service import DEMO_KEY, Delivery, Outcome, Service
from simulator.upstream.world import World

SETTINGS = SimulationSettings(seed=7, hours=24, creators=8, posts=400, audience=60)
WORLD = World(SETTINGS, comments_per_post=60)
USER = max(
    (user for user in WORLD.universe.creators if not user.private), key=lambda u: len(WORLD.posts_of(u.userid, SETTINGS.start_ms))
)
KINDS = {kind.model_fields["kind"].default for kind in get_args(get_args(spelled.AnySpell)[0])}
ALWAYS = {"from": 0, "to": 24 * 60}


def service(*spells: dict[str, Any], hours: float = 1.0, **options: Any) -> Service:
    script = Script.model_validate({"name": "test", "spells": [ALWAYS | spell for spell in spells]})
    return Service(WORLD, script, lambda: SETTINGS.start_ms + round(hours * HOUR_MS), **options)


def posts(of: Service, cursor: int = 0, count: int = 10) -> Outcome:
    return of.answer("/user-posts/", {"userid": USER.userid, "count": str(count), "cursor": str(cursor)}, DEMO_KEY)


def ids(outcome: Outcome) -> list[str]:
    return [video["aweme_id"] for video in json.loads(outcome.body)["videos"]]


@pytest.mark.parametrize(
    ("spell", "status", "code"),
    [
        ({"kind": "rate_limit"}, 429, None),
        ({"kind": "session_expired"}, 428, 8),
        ({"kind": "deleted"}, 403, 2054),
        ({"kind": "deleted", "status_code": 10241}, 403, 10241),
        ({"kind": "private"}, 403, 10216),
        ({"kind": "refused", "status_code": 10000}, 403, 10000),
    ],
    ids=str,
)
def test_refusals_have_the_documented_body(spell: dict[str, Any], status: int, code: int | None) -> None:
    outcome = posts(service(spell))
    body = json.loads(outcome.body)
    assert (outcome.status, body["status"], body.get("statusCode")) == (status, "error", code)
    assert (outcome.entry.status, outcome.entry.spells, outcome.entry.observations) == (status, (spell["kind"],), ())
    assert "Retry-After" not in outcome.headers


def test_retry_after_is_given_where_the_script_has_it() -> None:
    assert posts(service({"kind": "rate_limit", "retry_after_s": 120})).headers == {"Retry-After": "120"}


def test_gateways_answer_in_html() -> None:
    outcome = posts(service({"kind": "server_error", "status": 502}))
    assert (outcome.status, outcome.content_type) == (502, "text/html")
    assert outcome.body.startswith(b"<!DOCTYPE html>")


@pytest.mark.parametrize("spell", [{"kind": "empty_body"}, {"kind": "html"}, {"kind": "truncated", "how": "json"}], ids=str)
def test_bodies_that_cannot_be_read_served_nothing(spell: dict[str, Any]) -> None:
    outcome = posts(service(spell))
    assert (outcome.status, outcome.delivery) == (200, Delivery.WHOLE)
    with pytest.raises(json.JSONDecodeError):
        json.loads(outcome.body)
    assert (outcome.entry.delivered, outcome.entry.observations) == (False, ())


def test_what_never_comes_or_is_cut_served_nothing() -> None:
    stalled, cut = posts(service({"kind": "stall"})), posts(service({"kind": "truncated"}))
    assert (stalled.delivery, cut.delivery) == (Delivery.NEVER, Delivery.CUT)
    for outcome in (stalled, cut):
        assert (outcome.entry.delivered, outcome.entry.observations) == (False, ())
    assert (stalled.entry.status, cut.entry.status) == (None, 200)


def test_which_request_stalls_can_be_known_before() -> None:
    at = service(
        {"kind": "drift"}, {"kind": "stall", "probability": 0.5}, {"kind": "server_error", "probability": 0.5}, {"kind": "stall"}
    )
    path, params = "/user-posts/", {"userid": USER.userid}
    foreseen, seen = [], []
    for turn in range(40):
        assert at.asked(path, params) == turn
        foreseen.append(at.stalls_next(path, params))
        seen.append(at.answer(path, params, DEMO_KEY).delivery is Delivery.NEVER)
    assert foreseen == seen
    assert 0 < sum(seen) < 40
    assert not service({"kind": "server_error"}, {"kind": "stall"}).stalls_next(path, params)


@pytest.mark.parametrize("how", ["new", "missing", "text", "object"])
@pytest.mark.parametrize("path", ["/user-posts/", "/public/posts"])
def test_drift_deforms_some_items_and_says_which(how: str, path: str) -> None:
    params = {"userid": USER.userid, "secUid": USER.sec_uid, "count": "20"}
    plain = json.loads(service().answer(path, params, DEMO_KEY).body)
    outcome = service({"kind": "drift", "how": how, "share": 0.3}).answer(path, params, DEMO_KEY)
    body = json.loads(outcome.body)
    key = "videos" if path == "/user-posts/" else "itemList"
    differs = [old != new for old, new in zip(plain[key], body[key], strict=True)]
    assert [served.drift is not None for served in outcome.entry.observations] == differs
    assert 0 < sum(differs) < 20
    for old, new, served in zip(plain[key], body[key], outcome.entry.observations, strict=True):
        if served.drift is None:
            continue
        assert served.drift.startswith(f"{how}:")
        name = served.drift.partition(":")[2]
        before, after = (old.get("stats", old), new.get("stats", new))
        if how == "new":
            assert new["content_label"]
        elif how == "missing":
            assert name in before.keys() - after.keys()
        else:
            assert after[name] == (str(before[name]) if how == "text" else {"value": before[name]})
        counters = [name for name in before if name.endswith(("_count", "Count"))]
        assert len(served.counters) == len(counters) - (how in ("missing", "object"))


def test_credits_drain_and_somebody_pays_once() -> None:
    of = service(
        {"kind": "credit_drain", "cost": 40}, {"kind": "top_up", "credits": 7, "from": 61, "to": 62}, hours=1.0, credits=100
    )
    assert [posts(of).status for _ in range(4)] == [200, 200, 200, 429]
    later = [SETTINGS.start_ms + 70 * MINUTE_MS]
    of._clock = lambda: later[0]
    assert [posts(of).entry.credits for _ in range(2)] == [0, 0]
    assert of.accounts["tikapi"].left == 107


def test_a_duplicated_page_comes_once_and_nothing_is_lost() -> None:
    of = service({"kind": "duplicate_page"})
    first = posts(of)
    cursor = json.loads(first.body)["cursor"]
    again, second = posts(of, cursor), posts(of, cursor)
    assert ids(again) == ids(first)
    assert json.loads(again.body)["cursor"] == cursor
    quiet = service()
    assert ids(second) == ids(posts(quiet, cursor))


def test_a_moving_cursor_repeats_items_and_a_negative_one_misses_some() -> None:
    cursor = json.loads(posts(service()).body)["cursor"]
    first, straight = ids(posts(service())), ids(posts(service(), cursor))
    assert ids(posts(service({"kind": "moving_cursor", "shift": 3}), cursor)) == first[-3:] + straight[:7]
    assert ids(posts(service({"kind": "moving_cursor", "shift": -2}), cursor))[:8] == straight[2:]


def test_order_changes_within_a_page_or_between_pages() -> None:
    straight = posts(service())
    mixed = posts(service({"kind": "reordered"}))
    assert ids(mixed) != ids(straight)
    assert sorted(ids(mixed)) == sorted(ids(straight))
    assert [served.id for served in mixed.entry.observations] == ids(mixed)
    cursor = json.loads(straight.body)["cursor"]
    swapped = service({"kind": "reordered", "how": "pages"})
    assert ids(posts(swapped)) == ids(posts(service(), cursor))
    assert ids(posts(swapped, cursor)) == ids(straight)


def test_a_spell_holds_for_its_time_and_its_endpoint() -> None:
    spell = {"kind": "server_error", "from": "02:00", "to": "03:00", "endpoint": "/user-*"}
    statuses = [posts(service(spell, hours=hours)).status for hours in (1.99, 2, 2.99, 3)]
    assert statuses == [200, 503, 503, 200]
    assert service(spell, hours=2).answer("/public/posts", {"secUid": USER.sec_uid}, DEMO_KEY).status == 200


def test_chance_is_that_of_the_request_not_of_the_order() -> None:
    spell = {"kind": "server_error", "probability": 0.4}
    requests = [
        ("/user-posts/", {"userid": user.userid, "count": str(n)}) for user in WORLD.universe.creators for n in range(1, 20)
    ]
    one, other = service(spell), service(spell)
    forward = {(path, str(params)): one.answer(path, params, DEMO_KEY).body for path, params in requests}
    backward = {(path, str(params)): other.answer(path, params, DEMO_KEY).body for path, params in reversed(requests)}
    assert forward == backward
    hits = sum(body.startswith(b"<") for body in forward.values())
    assert 0.25 < hits / len(requests) < 0.55
    again = [posts(one).status for _ in range(40)]
    assert set(again) == {200, 503}, "a repeated request draws anew"


def test_the_first_answer_in_the_script_counts() -> None:
    outcome = posts(service({"kind": "rate_limit"}, {"kind": "server_error"}, {"kind": "credit_drain", "cost": 9}))
    assert (outcome.status, outcome.entry.spells) == (429, ("rate_limit", "credit_drain"))
    assert outcome.entry.credits == 1_000_000 - 9


def test_shipped_scripts_hold_and_the_bad_day_has_everything() -> None:
    assert set(SHIPPED.values()) == set(FOLDER.glob("*.yaml"))
    assert load_script("quiet").spells == ()
    bad = load_script("bad-day")
    assert {spell.kind for spell in bad.spells} == KINDS
    assert {spell.how for spell in bad.spells if isinstance(spell, spelled.Truncated)} == {"length", "json"}
    assert {spell.how for spell in bad.spells if isinstance(spell, spelled.Drift)} == {"new", "missing", "text", "object"}
    assert {spell.retry_after_s is None for spell in bad.spells if isinstance(spell, spelled.RateLimit)} == {True, False}
    assert all(spell.end <= 24 * 60 for spell in bad.spells)


def test_a_bad_day_shows_all_of_it() -> None:
    now = [SETTINGS.start_ms]
    of = Service(WORLD, load_script("bad-day"), lambda: now[0])
    post = next(p for p in WORLD.universe.posts if len(WORLD.comments(p, now[0])) > 10 and not WORLD.author(p).private)
    seen: Counter[str] = Counter()
    for minute in range(0, 24 * 60, 2):
        now[0] = SETTINGS.start_ms + minute * MINUTE_MS
        first = posts(of)
        seen.update(first.entry.spells)
        seen.update(posts(of, cursor=1_760_000_000_000).entry.spells)
        seen.update(of.answer("/post-comments/", {"aweme_id": post.aweme_id, "cursor": "3"}, DEMO_KEY).entry.spells)
    assert set(seen) == KINDS - {"top_up"}


def test_times_are_minutes_also_where_yaml_reads_base_60(tmp_path: Path) -> None:
    path = tmp_path / "script.yaml"
    path.write_text("spells:\n  - {kind: html, from: 02:30, to: 10:00}\n  - {kind: stall, from: 90, to: '25:00'}\n")
    assert [(spell.begin, spell.end) for spell in load_script(path).spells] == [(150, 600), (90, 1500)]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("spells: [{kind: htm, from: 1, to: 2}]", "spells.0"),
        ("spells: [{kind: html, from: 3, to: 2}]", "`to` must be later"),
        ("spells: [{kind: html, from: 1, to: 2, probability: 1.5}]", "probability"),
        ("spells: [{kind: html, from: 1, to: 2, often: true}]", "often"),
        ("spells: [{kind: html, from: soon, to: 2}]", "from"),
        ("spells: [", "1"),
    ],
)
def test_a_script_with_a_mistake_is_refused_with_its_place(tmp_path: Path, text: str, named: str) -> None:
    path = tmp_path / "script.yaml"
    path.write_text(text)
    with pytest.raises(ScriptError, match=str(path)) as caught:
        load_script(path)
    assert named in caught.value.message
    with pytest.raises(ScriptError, match="cannot read"):
        load_script(tmp_path / "none.yaml")
