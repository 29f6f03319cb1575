"""One message to one target: the bytes and headers that are posted."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from alerts import slack, teams, webhook
from alerts.alert import Alert
from alerts.digest import digest
from alerts.facts import Known
from alerts.targets import SLACK, TEAMS

# Without a charset Teams has been seen to count two bytes a character.
HEADERS: Mapping[str, str] = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "tokpulse-notify"}


@dataclass(frozen=True)
class Message:
    """What is posted for `alerts`, which are all of one kind; without any it is about the pipeline itself."""

    alerts: Sequence[Alert]
    title: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Form:
    """How messages to a target look: `service` is SLACK, TEAMS or WEBHOOK; `dashboard` is the address for links, if any."""

    service: str
    dashboard: str = ""

    def message(self, alerts: Sequence[Alert], known: Mapping[str, Known]) -> Message:
        """The message about `alerts` (one kind, at least one), with what is `known` of each by its key."""
        content = digest(alerts, known, self.dashboard)
        headers = dict(HEADERS)
        if self.service == SLACK:
            body = slack.payload(content)
        elif self.service == TEAMS:
            body = teams.payload(content)
        else:
            body = webhook.payload(alerts, content, known, self.dashboard)
            headers["Idempotency-Key"] = webhook.idempotency_key(alerts)
        return Message(alerts, content.title, json.dumps(body, allow_nan=False).encode(), headers)
