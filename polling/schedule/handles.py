"""When handles of the watchlist are looked up, whom they lead to, and what is polled of that."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from connectors.clock import DAY_MS, MINUTE_MS
from connectors.upstream.model import Failure, Feed, Page, Refusal, Upstream
from connectors.upstream.trees import is_sec_uid
from polling.model import FeedKey
from polling.personal.forgotten import Forgotten
from polling.schedule.cadence import Cadence
from polling.watching.entries import HANDLE_SIGN
from polling.watching.handles import HandleFile, HandleState, KeptHandle, told

_LOG = logging.getLogger(__name__)
# A handle is looked up by the poller whose shard it is. The others share its file, unless they are on other machines.
OTHERS_WAIT_MS = 10 * MINUTE_MS
# What is not on this watchlist may be on another one.
_KEPT_MS = 28 * DAY_MS
# Reasons of refusals that are made here; what they say is noted by then.
_MOVED, _FORGOTTEN, _OTHERS = "handle_moved", "forgotten", "other_handle"
# Reasons which say that no account has the handle. Others say that it cannot be seen now: `private_account`, `login_required`.
_ABSENT = frozenset({"user_missing", "user_banned", "entity_missing", "not_found", "gone", "bad_subject", _OTHERS})


@dataclass(frozen=True)
class Account:
    """Whom a look-up led to. Its answer is a page of `profile`, the creator's own feed: no handle gets into keys of Kafka."""

    userid: str
    sec_uid: str
    profile: FeedKey


class Handles:
    """The handles of a watchlist. Not thread-safe. Without a `file` nothing outlives the process.

    Whoever a handle led to first stays polled, whatever becomes of the handle: people rename themselves, and names change hands.
    """

    def __init__(
        self,
        upstream: Upstream,
        file: HandleFile | None = None,
        forgotten: Forgotten | None = None,
        is_first: Callable[[str], bool] = lambda handle: True,
    ) -> None:
        self._upstream, self._file, self._forgotten, self._is_first = upstream, file, forgotten, is_first
        if file is not None and forgotten is not None:
            # On another machine `tokpulse forget` cannot do it.
            file.remove(lambda name, kept: forgotten.knows_creator(name) or forgotten.knows("id", kept.userid))
        self._kept: dict[str, KeptHandle] = {} if file is None else file.read()
        self._shut: dict[str, int] = {}  # those of forgotten people, and when they were looked up
        self._since: dict[str, int] = {}  # when each was first seen here
        self._every_ms, self._soon_ms = 7 * DAY_MS, DAY_MS
        self._news = False

    def watch(self, handles: list[str], every_ms: int, cadence: Cadence, now_ms: int) -> None:
        """The handles that count from now on. Those that led to nobody are looked up at the cold interval."""
        self._since = {handle: self._since.get(handle, now_ms) for handle in handles}
        self._every_ms, self._soon_ms = every_ms, min(every_ms, cadence.cold_ms)

    def subject(self, handle: str) -> str | None:
        """What the creator is polled by; None where that is nobody."""
        kept = self._kept.get(handle)
        if kept is None or not kept.userid or self._is_forgotten(handle, kept):
            return None
        return self._upstream.creator(kept.userid, kept.sec_uid)

    def due_ms(self, handle: str, now_ms: int, *, at_once: bool = False) -> int:
        """When it is to be looked up. With `at_once` nobody waits for the shard whose it is."""
        wait_ms = 0 if at_once or self._is_first(handle) else OTHERS_WAIT_MS
        kept = self._kept.get(handle)
        if self._forgotten is not None and self._forgotten.knows("handle", handle):
            return now_ms + self._every_ms
        if handle in self._shut:
            return self._shut[handle] + self._every_ms
        if kept is None:
            return self._since.get(handle, now_ms) + wait_ms
        return kept.checked_ms + (self._every_ms if kept.userid else self._soon_ms) + wait_ms

    def read(self, handle: str, page: Page, now_ms: int) -> Account | Refusal:
        """Whom the answer of a look-up leads to; a refusal where that is not the one to poll, and nothing may be written."""
        seen = page.observations[0] if page.observations else None
        if seen is None or seen.problem is not None:
            return Refusal(Failure.RETRY, "200", "unexpected_shape", seen.problem or "" if seen else "no profile")
        user = seen.record["user"]
        userid, sec_uid, name = str(seen.record["userid"]), str(user["secUid"]), str(user["uniqueId"])
        if name and name.lower() != handle.removeprefix(HANDLE_SIGN):
            return Refusal(Failure.SKIP, "200", _OTHERS, "the answer is about another handle")
        kept = self._kept.get(handle)
        if self._forgotten is not None and any(self._forgotten.knows_creator(who) for who in (userid, sec_uid, handle)):
            self._shut[handle] = now_ms
            self._news = True
            _LOG.warning("%s: leads to a person who was forgotten with `tokpulse forget`: not polled; remove the entry", handle)
            return Refusal(Failure.SKIP, "200", _FORGOTTEN, "of a person who was forgotten")
        if kept is not None and kept.userid and kept.userid != userid:
            self._keep(handle, replace(kept, now_of=userid, vanished=False), now_ms)
            return Refusal(Failure.SKIP, "200", _MOVED, "another account has the handle now")
        subject = self._upstream.creator(userid, sec_uid)
        return Account(userid, sec_uid, FeedKey(self._upstream.name, Feed.PROFILE, subject))

    def found(self, handle: str, account: Account, now_ms: int) -> int:
        """The look-up is written; returns when the next one is due."""
        self._keep(handle, KeptHandle(account.userid, account.sec_uid if is_sec_uid(account.sec_uid) else ""), now_ms)
        return self.due_ms(handle, now_ms)

    def not_found(self, handle: str, refusal: Refusal, now_ms: int) -> int:
        """A look-up was skipped; returns when the next one is due."""
        if refusal.reason in _ABSENT:
            self._keep(handle, replace(self._kept.get(handle, KeptHandle()), vanished=True, now_of=""), now_ms)
        elif refusal.reason not in (_MOVED, _FORGOTTEN):
            _LOG.warning("%s: cannot be looked up now: %s (%s)", handle, refusal.reason, refusal.message)
            return now_ms + self._soon_ms
        return max(now_ms + 1, self.due_ms(handle, now_ms))

    def has_news(self) -> bool:
        """Whether what is polled may have changed since this was last asked."""
        news, self._news = self._news, False
        return news

    def reread(self) -> None:
        """Takes over what other pollers, and `tokpulse forget`, have written. Raises HandleFileError."""
        if self._file is not None and self._file.changed():
            self._kept, self._news = self._file.read(), True

    def states(self) -> Mapping[str, int]:
        """How many handles of the watchlist are in each state."""
        found = Counter(self._state(handle) for handle in self._since)
        return {state.value: found[state] for state in HandleState}

    def _state(self, handle: str) -> HandleState:
        kept = self._kept.get(handle)
        if handle in self._shut or self._is_forgotten(handle, kept):
            return HandleState.FORGOTTEN
        return HandleState.WAITING if kept is None else kept.state

    def _is_forgotten(self, handle: str, kept: KeptHandle | None) -> bool:
        if self._forgotten is None:
            return False
        return self._forgotten.knows("handle", handle) or (kept is not None and self._forgotten.knows("id", kept.userid))

    def _keep(self, handle: str, kept: KeptHandle, now_ms: int) -> None:
        before = self._kept.get(handle)
        since_ms = before.since_ms if before is not None and before.state is kept.state and before.now_of == kept.now_of else now_ms
        kept = replace(kept, checked_ms=now_ms, since_ms=since_ms)
        self._shut.pop(handle, None)
        if self._file is None:
            self._kept[handle] = kept
        else:
            self._kept = self._file.keep(
                handle, kept, lambda name, old: name not in self._since and old.checked_ms < now_ms - _KEPT_MS
            )
        self._news = True
        good = kept.state is HandleState.KNOWN
        _LOG.log(logging.INFO if good else logging.WARNING, "%s", told(handle, kept))
