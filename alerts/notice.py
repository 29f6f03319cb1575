"""Messages about the pipeline itself instead of a post or creator, in the forms of the same services."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from alerts import slack, teams
from alerts.digest import ROWS, Digest
from alerts.facts import Said, shown
from alerts.message import HEADERS, Message
from alerts.targets import SLACK, TEAMS

_MAX_LINE = 300


@dataclass(frozen=True)
class Entry:
    """One thing to tell: `key` names it, `values` are its fields for programs; `line` may quote what others wrote."""

    key: str
    line: str
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Notice:
    """What is told in one message. `kind` is what routes and programs call it; on another `occasion` it is another message."""

    kind: str
    occasion: str
    title: str
    entries: Sequence[Entry]

    def message(self, service: str) -> Message:
        """For SLACK, TEAMS or WEBHOOK."""
        items = tuple(((Said(entry.key, strong=True), Said(shown(entry.line, _MAX_LINE))),) for entry in self.entries[:ROWS])
        digest = Digest(self.title, items, len(self.entries) - len(items))
        headers = dict(HEADERS)
        if service == SLACK:
            body = slack.payload(digest)
        elif service == TEAMS:
            body = teams.payload(digest)
        else:
            keys = [entry.key for entry in self.entries]
            told = "\n".join([self.kind, self.occasion, *sorted(keys)])
            idempotency_key = headers["Idempotency-Key"] = hashlib.sha256(told.encode()).hexdigest()
            body = {
                "schema": 1,
                "kind": self.kind,
                "title": self.title,
                "idempotency_key": idempotency_key,
                "keys": keys,
                "alerts": [{"key": entry.key, **entry.values} for entry in self.entries],
            }
        return Message((), self.title, json.dumps(body, allow_nan=False).encode(), headers)
