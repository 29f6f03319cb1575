"""Addresses from the environment, else from the env file; a missing one is named, a password never shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.endpoints import Endpoints, EnvFileError, MissingEndpointError, data_dir, mask_password
from connectors.paths import DEFAULT_DATA_DIR


def test_the_environment_goes_before_the_file(tmp_path: Path) -> None:
    (tmp_path / "env").write_text("# a comment\n\nKAFKA_BOOTSTRAP_SERVERS=file:1\nFLINK_HOME='/a b'\n")
    found = Endpoints.from_env({"TOKPULSE_DATA": str(tmp_path), "KAFKA_BOOTSTRAP_SERVERS": "environment:1"})
    assert found.kafka_bootstrap_servers == "environment:1"
    assert found.flink_home == Path("/a b")


def test_a_missing_variable_is_named_with_what_to_do(tmp_path: Path) -> None:
    found = Endpoints.from_env({}, tmp_path)
    with pytest.raises(MissingEndpointError) as raised:
        _ = found.clickhouse_url
    assert raised.value.variable == "CLICKHOUSE_URL"
    assert "CLICKHOUSE_URL is not set" in raised.value.message
    assert "tokpulse up" in raised.value.hint
    with pytest.raises(MissingEndpointError, match="KAFKA_BOOTSTRAP_SERVERS"):
        found.require()


def test_require_only_what_is_needed(tmp_path: Path) -> None:
    found = Endpoints.from_env({"KAFKA_BOOTSTRAP_SERVERS": "k:1"}, tmp_path)
    assert found.require("KAFKA_BOOTSTRAP_SERVERS") is found


def test_a_torn_line_is_named_but_not_shown(tmp_path: Path) -> None:
    (tmp_path / "env").write_text("FLINK_HOME=/x\nhunter2\n")
    with pytest.raises(EnvFileError) as raised:
        Endpoints.from_env({}, tmp_path)
    assert "env:2" in raised.value.message
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize("password", ["secret", "se@ret", "s:cret", "%2Fx"])
def test_no_password_in_repr(tmp_path: Path, password: str) -> None:
    url = f"http://user:{password}@host:8123/tokpulse"
    found = Endpoints.from_env({"CLICKHOUSE_URL": url}, tmp_path)
    assert password not in repr(found)
    assert "host:8123" in repr(found)
    assert found.clickhouse_url == url
    assert mask_password("http://host:1/x") == "http://host:1/x"


def test_data_dir() -> None:
    assert data_dir({}) == DEFAULT_DATA_DIR
    assert data_dir({"TOKPULSE_DATA": "/x/y"}) == Path("/x/y")
