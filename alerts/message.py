"""One message to one target: the bytes and headers that are posted."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from alerts import slack, teams, webhook
from alerts.alert import Alert
from alerts.digest import digest
from alerts.targets import SLACK, TEAMS


@dataclass(frozen=True)
class Message:
    """What is posted for `alerts`, which are all of one kind."""

    alerts: Sequence[Alert]
    title: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


def message(target: str, alerts: Sequence[Alert], dashboard_url: str = "") -> Message:
    """The message about `alerts` (one kind, at least one) in the format of the target of that name."""
    content = digest(alerts, dashboard_url)
    # Without a charset Teams has been seen to count two bytes a character.
    headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "tokpulse-notify"}
    if target == SLACK:
        body = slack.payload(content)
    elif target == TEAMS:
        body = teams.payload(content)
    else:
        body = webhook.payload(alerts, content)
        headers["Idempotency-Key"] = webhook.idempotency_key(alerts)
    return Message(alerts, content.title, json.dumps(body, allow_nan=False).encode(), headers)
