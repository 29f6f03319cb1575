"""Messages for any other receiver: the alerts themselves as JSON, with their keys and what is known of each."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from alerts.alert import Alert
from alerts.digest import Digest, ordered
from alerts.facts import UNKNOWN, Facts, Known, values_of

# About 750 KB; what is more goes into the next message.
MAX_ALERTS = 500


def idempotency_key(alerts: Sequence[Alert]) -> str:
    """SHA-256 (hex) of the sorted keys, one a line: the same for the same alerts, in whatever order."""
    return hashlib.sha256("\n".join(sorted(alert.key for alert in alerts)).encode()).hexdigest()


def payload(alerts: Sequence[Alert], digest: Digest, known: Mapping[str, Known], dashboard: str) -> dict[str, Any]:
    """The JSON body: all alerts, the fastest first; `facts` has what chat messages say."""
    return {
        "schema": 1,
        "kind": alerts[0].kind,
        "title": digest.title,
        "idempotency_key": idempotency_key(alerts),
        "keys": [alert.key for alert in ordered(alerts)],
        "alerts": [
            {"key": alert.key, **alert.record, "facts": values_of(Facts(alert, known.get(alert.key, UNKNOWN), dashboard))}
            for alert in ordered(alerts)
        ],
        **({"dashboard_url": digest.link} if digest.link else {}),
    }
