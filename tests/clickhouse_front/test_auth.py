"""Users files, and how requests name their user."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import pytest

from connectors.errors import TokpulseError
from stack.clickhouse.auth import load_users, parse_users
from stack.clickhouse.errors import FrontError

DIGEST = hashlib.sha256(b"look").hexdigest()
USERS = parse_users(f"users:\n  w: {{password: 'se:cret', role: writer}}\n  r: {{password_sha256_hex: {DIGEST}}}\n", "test")


def basic(text: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(text.encode()).decode()}


@pytest.mark.parametrize(
    ("headers", "params"),
    [
        (basic("w:se:cret"), {}),
        ({"x-clickhouse-user": "w", "x-clickhouse-key": "se:cret"}, {}),
        ({}, {"user": "w", "password": "se:cret"}),
    ],
)
def test_three_ways_to_log_in(headers: dict[str, str], params: dict[str, str]) -> None:
    user = USERS.identify(headers, params)
    assert (user.name, user.reads_only) == ("w", False)


def test_a_hashed_password_and_the_default_role() -> None:
    assert USERS.identify(basic("r:look"), {}).reads_only


@pytest.mark.parametrize(
    "headers",
    [basic("w:wrong"), basic("nobody:x"), basic("w:"), {"authorization": "Basic ???"}, {"authorization": "Bearer x"}],
)
def test_wrong_credentials_are_516_with_status_401(headers: dict[str, str]) -> None:
    with pytest.raises(FrontError) as caught:
        USERS.identify(headers, {})
    assert (caught.value.code, caught.value.status) == (516, 401)


def test_no_credentials_are_194() -> None:
    with pytest.raises(FrontError) as caught:
        USERS.identify({}, {})
    assert (caught.value.code, caught.value.status) == (194, 401)


def test_passwords_are_not_printed() -> None:
    assert "secret" not in repr(USERS.authenticate("w", "se:cret"))
    assert hashlib.sha256(b"se:cret").hexdigest() not in repr(USERS.authenticate("w", "se:cret"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "users: []",
        "users: {a: {password: x, role: owner}}",
        "users: {a: {role: writer}}",
        "users: {a: {password: 12, role: writer}}",
        "users: {a: {password_sha256_hex: abc}}",
        "users: {a: {password: hunter2, rule: writer}}",
        "users: {a: !!python/object/apply:os.system [ls]}",
        "{",
    ],
)
def test_a_bad_users_file_is_refused_without_quoting_it(text: str) -> None:
    with pytest.raises(TokpulseError) as caught:
        parse_users(text, "u.yaml")
    assert "u.yaml" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_a_users_file_must_be_private(tmp_path: Path) -> None:
    path = tmp_path / "users.json"
    path.write_text('{"users": {"w": {"password": "x", "role": "writer"}}}')
    path.chmod(0o644)
    with pytest.raises(TokpulseError, match="readable by others"):
        load_users(path)
    path.chmod(0o600)
    assert len(load_users(path)) == 1
    with pytest.raises(TokpulseError, match="cannot read"):
        load_users(tmp_path / "none")
