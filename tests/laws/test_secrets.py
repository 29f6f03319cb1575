"""No password in what is shown: reprs, errors, rendered SQL, the job's arguments."""

from __future__ import annotations

import pytest

from connectors.endpoints import VARIABLES, Endpoints, mask_password
from jobs.build import parameters
from jobs.catalog import JOBS
from jobs.render import quote, render
from jobs.settings import JobSettings, parse, resolve

from .repository import ROOT

SENTINEL = "s3cret-sentinel"
# Every address carries a password here, also those that have none today.
ENVIRON = {name: f"http://user:{SENTINEL}@host:1/path" for name in VARIABLES if name.endswith("_URL")} | {
    "KAFKA_BOOTSTRAP_SERVERS": "k:1",
    "FLINK_HOME": "/f",
    "FLINK_CONF_DIR": "/f/conf",
    "TOKPULSE_DATA": "/nonexistent",
}
CREDENTIALS = ("CLICKHOUSE_URL", "CLICKHOUSE_READER_URL", "CLICKHOUSE_ADMIN_URL")


def settings(job: str) -> JobSettings:
    return resolve(parse(job, []), {**ENVIRON, "FLINK_REST_URL": "http://f:1"})


@pytest.mark.parametrize("show", [repr, str, "{}".format])
def test_endpoints_are_shown_without_passwords(show: object) -> None:
    assert callable(show)
    endpoints = Endpoints.from_env(ENVIRON)
    assert SENTINEL not in show(endpoints)
    assert "host:1" in show(endpoints)


@pytest.mark.parametrize("job", JOBS)
def test_settings_are_shown_without_passwords(job: str) -> None:
    assert SENTINEL not in repr(settings(job))


@pytest.mark.parametrize("job", JOBS)
def test_rendered_sql_has_no_password(job: str) -> None:
    """ClickHouse's address is in no DDL at all: the writer reads it from its own environment."""
    definition, found = JOBS[job], settings(job)
    values = parameters(definition, found)
    rendered = [render(file, values) for file in (*definition.statements, *definition.inserts)]
    for text in (*rendered, *map(quote, parameters(definition, found).values())):
        assert SENTINEL not in text
        assert "clickhouse" not in text.lower()


@pytest.mark.parametrize(
    "url",
    [
        f"http://tokpulse:{SENTINEL}@127.0.0.1:8123/tokpulse",
        f"error at http://u:{SENTINEL}@h, then at https://u:{SENTINEL}@h/x",
        f"http://u:{SENTINEL}@with@at@h:1/",
    ],
)
def test_masking(url: str) -> None:
    assert SENTINEL not in mask_password(url)
    assert "***" in mask_password(url)


def test_no_secret_in_the_examples() -> None:
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    values = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    assert all(values[name] == "" for name in values if "PASSWORD" in name)
