"""Messages for any other receiver: the alerts themselves as JSON, with their keys."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from alerts.alert import Alert
from alerts.digest import Digest

# About 250 KB; what is more goes into the next message.
MAX_ALERTS = 500


def idempotency_key(alerts: Sequence[Alert]) -> str:
    """SHA-256 (hex) of the sorted keys, one a line: the same for the same alerts, in whatever order."""
    return hashlib.sha256("\n".join(sorted(alert.key for alert in alerts)).encode()).hexdigest()


def payload(alerts: Sequence[Alert], digest: Digest) -> dict[str, Any]:
    """The JSON body: all alerts, the fastest first."""
    ordered = sorted(alerts, key=lambda alert: (-alert.rate, alert.key))
    return {
        "schema": 1,
        "kind": ordered[0].kind,
        "title": digest.title,
        "idempotency_key": idempotency_key(alerts),
        "keys": [alert.key for alert in ordered],
        "alerts": [{"key": alert.key, **alert.record} for alert in ordered],
        **({"dashboard_url": digest.link} if digest.link else {}),
    }
