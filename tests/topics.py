"""What tests take from the topics' schemas, so that a field that comes later is in their records too."""

from __future__ import annotations

import json
from typing import Any

from connectors.kafka.topics import load_topics


def defaults(topic: str) -> dict[str, Any]:
    """What the fields of `topic` are that a record leaves out."""
    fields = json.loads(load_topics()[topic].schema_text())["fields"]
    return {field["name"]: field["default"] for field in fields if "default" in field}
