"""Threshold versions as the plain data that the reference takes: it must not share the product's model of them."""

from __future__ import annotations

import json
from typing import Any

from thresholds.model import Thresholds, ThresholdVersion


def plain_version(version: ThresholdVersion) -> dict[str, Any]:
    """`version` as simulator.reference.threshold_versions describes it."""
    return _plain(version.version, version.sequence, version.effective_from_ms, version.thresholds)


def always(thresholds: Thresholds, name: str = "v1") -> dict[str, Any]:
    """A version that is in force from 1970 on."""
    return _plain(name, 1, 0, thresholds)


def _plain(name: str, sequence: int, effective_from_ms: int, thresholds: Thresholds) -> dict[str, Any]:
    content = json.loads(thresholds.to_json())
    return {
        "version": name,
        "sequence": sequence,
        "effective_from_ms": effective_from_ms,
        "tiers": content["trending"]["tiers"],
        "unknown_authors": content["trending"]["unknown_authors"],
        "gains": content["followers"]["gains"],
        "momentum": content.get("momentum"),
    }
