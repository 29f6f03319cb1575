"""From a request to what goes on the wire: key, credits, spells, the dialect's answer. No sockets: tests reach all of it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from importlib import import_module
from typing import Any

from connectors.clock import MINUTE_MS
from connectors.upstream.catalog import UPSTREAMS
from simulator.dice import Dice
from simulator.upstream import script as spelled
from simulator.upstream.account import Account
from simulator.upstream.answers import STRAIGHT, Bend, FakeDialect, Item, RefusedError, Reply
from simulator.upstream.ledger import Entry
from simulator.upstream.world import World

# Stands for a key as a sandbox's public one does: it opens nothing.
DEMO_KEY = "fake-upstream"
MILLION = 1_000_000
_JSON = "application/json; charset=utf-8"
_HTML = b"<!DOCTYPE html><html><head><title>One moment</title></head><body><h1>One moment, please</h1></body></html>"


class Delivery(Enum):
    """How much of an answer is sent."""

    WHOLE = "whole"
    CUT = "cut"  # the first half, then the connection is closed
    NEVER = "never"


@dataclass
class Outcome:
    """An answer and its line in the ledger. `headers` are beside those of every answer."""

    entry: Entry
    status: int
    body: bytes
    content_type: str = _JSON
    headers: Mapping[str, str] = field(default_factory=dict)
    delivery: Delivery = Delivery.WHOLE


class Service:
    """All dialects over one world, each with an account of its own. `clock` gives unix milliseconds. Not thread-safe.

    Chance is drawn by the seed, the request and how often it came before: the same requests meet the same fate in any order.
    """

    def __init__(
        self,
        world: World,
        script: spelled.Script,
        clock: Callable[[], int],
        *,
        key: str = DEMO_KEY,
        credits: int = MILLION,
        daily: bool = False,
    ) -> None:
        self._world = world
        self._script = script
        self._clock = clock
        self._key = key
        self.dialects = tuple(fake(name, world) for name in UPSTREAMS)
        self.accounts = {dialect.name: Account(credits, daily) for dialect in self.dialects}
        self._paths = {
            path.rstrip("/"): (dialect, path)
            for dialect in self.dialects
            for path in (*dialect.endpoints, *dialect.balance_endpoints)
        }
        self._asked: Counter[str] = Counter()
        self._repeated: set[str] = set()
        self._paid: set[int] = set()
        self._requests = 0

    def now_ms(self) -> int:
        """The server's clock."""
        return self._clock()

    def key_in(self, headers: Mapping[str, str]) -> str | None:
        """The key, where any upstream has it; `headers` by their names in lower case. None without it."""
        fields = {
            (name.lower(), value) for upstream in UPSTREAMS.values() for name, value in upstream.authorization(self._key).items()
        }
        return self._key if fields & headers.items() else None

    def answer(self, path: str, params: Mapping[str, str], key: str | None) -> Outcome:
        """What to send for a GET of `path`, with the key that came with it."""
        now_ms = self._clock()
        self._requests += 1
        dialect, endpoint = self._paths.get(path.rstrip("/"), (None, path))
        entry = Entry(self._requests, now_ms, dialect.name if dialect else "", endpoint, dict(params), 200, (), 0)
        if dialect is None:
            return self._error(entry, RefusedError(404, "No such endpoint"))
        account = self.accounts[dialect.name]
        self._turn(now_ms)
        entry.credits = account.left
        if key != self._key:
            return self._error(entry, RefusedError(401, "The API key is not valid"))
        identity = _identity(endpoint, params)
        later = any(params.get(name, "0") not in ("", "0") for name in ("cursor", "nextCursor"))
        hits = self._hits(endpoint, identity, later, now_ms)
        cost = max((spell.cost for spell in hits if isinstance(spell, spelled.CreditDrain)), default=1)
        charged = account.charge(cost)
        entry.credits = account.left
        entry.spells = tuple(dict.fromkeys(spell.kind for spell in hits))
        for spell in hits:
            if (own := self._own_answer(entry, spell)) is not None:
                return own
        if endpoint in dialect.balance_endpoints:
            # Answered with nothing left, too: how else would anybody learn of it?
            return self._answer(entry, Reply(dialect.balance(account.left, now_ms)), hits)
        if not charged:
            return self._error(entry, RefusedError(429, "The key's requests are used up"))
        try:
            reply = dialect.endpoints[endpoint](params, now_ms, self._bend(hits, identity))
        except RefusedError as error:
            return self._error(entry, error)
        self._deform(reply, hits, identity)
        return self._answer(entry, reply, hits)

    def asked(self, path: str, params: Mapping[str, str]) -> int:
        """How often this was asked for."""
        return self._asked[_identity(self._paths.get(path.rstrip("/"), (None, path))[1], params)]

    def stalls_next(self, path: str, params: Mapping[str, str]) -> bool:
        """Whether this would get no answer if it were asked for now: so a test's client need not be impatient with any other."""
        endpoint = self._paths.get(path.rstrip("/"), (None, path))[1]
        identity, minute = _identity(endpoint, params), self._minute(self._clock())
        turn = self._asked[identity]
        struck = (
            spell
            for index, spell in enumerate(self._script.spells)
            if self._strikes(index, spell, minute, endpoint, identity, turn)
        )
        return isinstance(next((spell for spell in struck if not isinstance(spell, _ADDING)), None), spelled.Stall)

    def _turn(self, now_ms: int) -> None:
        minute = self._minute(now_ms)
        for account in self.accounts.values():
            account.turn(now_ms)
        for index, spell in enumerate(self._script.spells):
            if isinstance(spell, spelled.TopUp) and spell.begin <= minute and index not in self._paid:
                self._paid.add(index)
                for account in self.accounts.values():
                    account.add(spell.credits)

    def _minute(self, now_ms: int) -> float:
        return (now_ms - self._world.settings.start_ms) / MINUTE_MS

    def _hits(self, endpoint: str, identity: str, later: bool, now_ms: int) -> list[spelled.AnySpell]:
        """The spells that hit this request, those with an answer of their own after the first left out.

        `later` says whether it asks for a page after the first.
        """
        turn = self._asked[identity]
        self._asked[identity] += 1
        minute, settled = self._minute(now_ms), False
        hits: list[spelled.AnySpell] = []
        for index, spell in enumerate(self._script.spells):
            if not self._strikes(index, spell, minute, endpoint, identity, turn):
                continue
            if isinstance(spell, spelled.DuplicatePage | spelled.MovingCursor) and not later:
                continue
            if isinstance(spell, spelled.DuplicatePage):
                if identity in self._repeated:
                    continue
                self._repeated.add(identity)
            own = not isinstance(spell, _ADDING)
            if not (own and settled):
                hits.append(spell)
            settled = settled or own
        return hits

    def _strikes(self, index: int, spell: spelled.AnySpell, minute: float, endpoint: str, identity: str, turn: int) -> bool:
        if not spell.covers(minute, endpoint) or isinstance(spell, spelled.TopUp):
            return False
        return Dice(self._world.settings.seed, f"spell {index} {identity}", turn).chance(round(spell.probability * MILLION))

    def _own_answer(self, entry: Entry, spell: spelled.AnySpell) -> Outcome | None:
        match spell:
            case spelled.Stall():
                entry.status, entry.delivered = None, False
                return Outcome(entry, 200, b"", delivery=Delivery.NEVER)
            case spelled.ServerError():
                entry.status = spell.status
                return Outcome(entry, spell.status, _HTML, "text/html")
            case spelled.EmptyBody():
                entry.delivered = False
                return Outcome(entry, 200, b"")
            case spelled.Html():
                entry.delivered = False
                return Outcome(entry, 200, _HTML, "text/html")
            case spelled.RateLimit():
                outcome = self._error(entry, RefusedError(429, "The key's requests are used up"))
                if spell.retry_after_s is not None:
                    outcome.headers = {"Retry-After": str(spell.retry_after_s)}
                return outcome
            case spelled.SessionExpired():
                return self._error(entry, RefusedError(428, "The account's session has ended", 8))
            case spelled.Deleted():
                return self._error(entry, RefusedError(403, "The video is deleted or unavailable", spell.status_code))
            case spelled.Private():
                return self._error(entry, RefusedError(403, "The account is private", spell.status_code))
            case spelled.Refused():
                return self._error(entry, RefusedError(403, "Something is wrong", spell.status_code))
        return None

    def _bend(self, hits: list[spelled.AnySpell], identity: str) -> Bend:
        bend = STRAIGHT
        for spell in hits:
            match spell:
                case spelled.DuplicatePage():
                    bend = replace(bend, repeat=True)
                case spelled.MovingCursor():
                    bend = replace(bend, shift=spell.shift)
                case spelled.Reordered(how="pages"):
                    bend = replace(bend, swap=True)
                case spelled.Reordered():
                    bend = replace(bend, shuffle=Dice(self._world.settings.seed, f"order {identity}", self._asked[identity]))
        return bend

    def _deform(self, reply: Reply, hits: list[spelled.AnySpell], identity: str) -> None:
        for spell in hits:
            if isinstance(spell, spelled.Drift) and reply.items:
                dice = Dice(self._world.settings.seed, f"drift {spell.how} {identity}", self._asked[identity])
                chosen = [item for item in reply.items if dice.chance(round(spell.share * MILLION))]
                for item in chosen or [dice.pick(reply.items)]:
                    if item.served.drift is None:
                        drift(item, spell.how, dice)

    def _answer(self, entry: Entry, reply: Reply, hits: list[spelled.AnySpell]) -> Outcome:
        body = json.dumps(reply.body, ensure_ascii=False, separators=(",", ":")).encode()
        for spell in hits:
            if isinstance(spell, spelled.Truncated):
                entry.delivered = False
                if spell.how == "json":
                    return Outcome(entry, 200, body[: len(body) // 2])
                return Outcome(entry, 200, body, delivery=Delivery.CUT)
        entry.observations = tuple(item.served for item in reply.items)
        return Outcome(entry, 200, body)

    def _error(self, entry: Entry, error: RefusedError) -> Outcome:
        entry.status = error.status
        return Outcome(entry, error.status, json.dumps(error.body).encode())


# Spells that change an answer rather than giving one of their own.
_ADDING = (
    spelled.Truncated,
    spelled.Drift,
    spelled.CreditDrain,
    spelled.DuplicatePage,
    spelled.Reordered,
    spelled.MovingCursor,
)


def fake(upstream: str, world: World) -> FakeDialect:
    """What answers as `upstream` does: the class `Fake` of the module that is named so."""
    made: FakeDialect = import_module(f"simulator.upstream.{upstream}").Fake(world)
    return made


def _identity(endpoint: str, params: Mapping[str, str]) -> str:
    return f"{endpoint}?" + "&".join(f"{name}={params[name]}" for name in sorted(params))


def drift(item: Item, how: str, dice: Dice) -> None:
    """Deforms an item in its body, and says so in what is served. A counter that cannot be read is no longer among the counters."""
    index = dice.below(len(item.names))
    name, holder = item.names[index], item.holder
    counted: dict[str, Any] = dict(item.served.counters)
    if how == "new":
        item.shown["content_label"] = {"kind": "unclassified", "score": dice.below(100)}
    elif how == "missing":
        del holder[name]
        del counted[list(counted)[index]]
    elif how == "text":
        holder[name] = str(holder[name])
    else:
        holder[name] = {"value": holder[name]}
        del counted[list(counted)[index]]
    item.served = replace(item.served, counters=counted, drift=f"{how}:{name}")
