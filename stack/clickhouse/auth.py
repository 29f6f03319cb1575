"""Who may ask: users, their passwords, and how a request names them.

A users file (mode 0600) looks like
`users: {tokpulse: {password: ..., role: writer}, reader: {password_sha256_hex: ..., role: reader}}`,
in YAML or JSON. Without a file, TOKPULSE_CLICKHOUSE_USERS may hold the same as JSON.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from connectors.errors import TokpulseError
from stack.clickhouse import errors
from stack.clickhouse.errors import FrontError

# Also the names of the roles in users.xml.
ROLES: Final = ("admin", "writer", "reader")
_KEYS: Final = {"password", "password_sha256_hex", "role"}


@dataclass(frozen=True, slots=True)
class User:
    """A user; the password is kept as its SHA-256 only and never printed."""

    name: str
    role: str
    password_sha256: bytes = field(repr=False)

    @property
    def reads_only(self) -> bool:
        """True for a user who may change nothing."""
        return self.role == "reader"

    @property
    def administers(self) -> bool:
        """True for a user who may define what runs with other rights than those of whoever asks."""
        return self.role == "admin"


class Users:
    """The users of one front."""

    def __init__(self, users: Mapping[str, User]) -> None:
        self._users = dict(users)

    def __len__(self) -> int:
        return len(self._users)

    def authenticate(self, name: str, password: str) -> User:
        """Return the user, or raise FrontError 516; takes equally long for unknown names."""
        user = self._users.get(name)
        given = hashlib.sha256(password.encode()).digest()
        expected = user.password_sha256 if user is not None else bytes(32)
        if not hmac.compare_digest(given, expected) or user is None:
            raise FrontError(
                errors.AUTHENTICATION_FAILED,
                f"{_printable(name)}: Authentication failed: password is incorrect, or there is no user with such name.",
            )
        return user

    def identify(self, headers: Mapping[str, str], params: Mapping[str, str]) -> User:
        """Authenticate by Authorization: Basic, X-ClickHouse-User/Key, or user/password parameters.

        Raises FrontError 194 when the request names nobody, 516 when it names someone wrongly.
        """
        basic = headers.get("authorization", "")
        if basic:
            return self.authenticate(*_basic(basic))
        if "x-clickhouse-user" in headers or "x-clickhouse-key" in headers:
            name = headers.get("x-clickhouse-user", "default")
            return self.authenticate(name, headers.get("x-clickhouse-key", ""))
        if "user" in params or "password" in params:
            return self.authenticate(params.get("user", "default"), params.get("password", ""))
        raise FrontError(errors.REQUIRED_PASSWORD, "Authentication failed: give a user and a password.")


def load_users(path: Path) -> Users:
    """Read a users file. Raises TokpulseError naming the file and the key at fault."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        text = path.read_text()
    except OSError as exc:
        raise TokpulseError(f"cannot read the users file {path}: {exc.strerror}", "give --users-file") from exc
    if mode & 0o077:
        raise TokpulseError(f"the users file {path} is readable by others (mode {mode:04o})", f"chmod 600 {path}")
    return parse_users(text, str(path))


def parse_users(text: str, source: str) -> Users:
    """Parse YAML or JSON text; `source` names it in errors, which never quote a password."""
    try:
        loaded = yaml.safe_load(text)
    except yaml.YAMLError as exc:
        raise TokpulseError(f"{source}: not YAML or JSON", "see stack/clickhouse/auth.py") from exc
    entries = loaded.get("users") if isinstance(loaded, dict) else None
    if not isinstance(entries, dict) or not entries:
        raise TokpulseError(f"{source}: no `users` mapping", "users: {name: {password: ..., role: writer}}")
    return Users({str(name): _user(str(name), entry, source) for name, entry in entries.items()})


def _user(name: str, entry: Any, source: str) -> User:
    if not isinstance(entry, dict) or not set(entry) <= _KEYS:
        raise TokpulseError(f"{source}: users.{name}: unknown keys", f"allowed: {', '.join(sorted(_KEYS))}")
    role = entry.get("role", "reader")
    if role not in ROLES:
        raise TokpulseError(f"{source}: users.{name}.role is none of {', '.join(ROLES)}", "set a role")
    if isinstance(entry.get("password"), str) and entry["password"]:
        return User(name, role, hashlib.sha256(entry["password"].encode()).digest())
    digest = entry.get("password_sha256_hex")
    if isinstance(digest, str) and len(digest) == 64:
        try:
            return User(name, role, bytes.fromhex(digest))
        except ValueError:
            pass
    raise TokpulseError(
        f"{source}: users.{name} has no usable password",
        "give a quoted `password` or `password_sha256_hex` (64 digits)",
    )


def _basic(header: str) -> tuple[str, str]:
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        raise FrontError(errors.AUTHENTICATION_FAILED, "Authentication failed: only Basic authorization is served.")
    try:
        name, separator, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        separator = name = password = ""
    if not separator:
        raise FrontError(errors.AUTHENTICATION_FAILED, "Authentication failed: malformed Basic authorization.")
    return name or "default", password


def _printable(name: str) -> str:
    return "".join(c for c in name if c.isprintable())[:64]
