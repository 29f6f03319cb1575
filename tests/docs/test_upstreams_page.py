"""docs/upstreams.md says what the dialects do."""

from __future__ import annotations

from connectors.upstream.catalog import UPSTREAMS
from connectors.upstream.model import Ask, Feed
from connectors.upstream.tables import FORMS
from docs import upstream_codes

PAGE = upstream_codes.PAGE.read_text(encoding="utf-8")


def test_tables_are_generated() -> None:
    assert upstream_codes.rendered(PAGE) == PAGE, "run `.venv/bin/python -m docs.upstream_codes`"
    for name in (*UPSTREAMS, "tiktok"):
        assert f"<!-- codes: {name} -->" in PAGE
    for topic in FORMS:
        assert f"<!-- fields: {topic} -->" in PAGE


def test_every_endpoint_is_named() -> None:
    for dialect in UPSTREAMS.values():
        assert dialect.base_url in PAGE
        for feed in Feed:
            if feed in dialect.feeds:
                call = dialect.call(Ask(feed, "MS4wLjAB", None, "1"))
                assert all(f"`{name}" in PAGE for name in (call.path, *call.params)), call
