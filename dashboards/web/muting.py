"""Mutes of alerts, for the page's button: what `tokpulse notify mute` does. Only with the token of this start."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

from clickhouse_connect.driver.client import Client
from pydantic import BaseModel, ConfigDict, Field, model_validator
from starlette.responses import Response
from starlette.routing import Route

from alerts.mutes import MAX_COMMENT, Mute, MuteError, Subject, add, in_force, remove
from connectors.clickhouse.client import ClickHouseUnavailableError, connect
from connectors.clock import wall_clock_ms
from connectors.endpoints import Endpoints
from connectors.errors import TokpulseError
from connectors.hashtags import hashtag_named
from dashboards.web.guard import refused
from dashboards.web.writing import BodyError, Writing
from thresholds.change import user

NEEDED = ("CLICKHOUSE_URL",)
_MAX_BODY = 16 * 1024
_ANSWER_WITHIN_S = 10


class Asked(BaseModel):
    """What is to be muted or heard again: a post or creator by its id, a hashtag by its name."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    what: Literal["post", "creator", "hashtag"]
    value: str = Field(min_length=1, max_length=150)

    @model_validator(mode="after")
    def _names_something(self) -> Asked:
        if not re.fullmatch(r"[0-9]{1,25}" if self.what != "hashtag" else r"[^\s#@/?&]+", self.value):
            raise ValueError(f"is no {self.what}" if self.what == "hashtag" else f"is no id of a {self.what}")
        return self

    @property
    def subject(self) -> Subject:
        """The same as the notifier has it."""
        return Subject(self.what, hashtag_named(self.value) if self.what == "hashtag" else self.value)


class Muted(Asked):
    """For so many minutes from now."""

    minutes: int = Field(ge=1, le=366 * 24 * 60)
    comment: str = Field(default="", max_length=MAX_COMMENT)


class Muting:
    """Answers the page. `endpoints` gives the addresses as they are now."""

    def __init__(self, endpoints: Callable[[], Endpoints], token: str) -> None:
        self._endpoints = endpoints
        self._writing = Writing(token, "mute alerts", _MAX_BODY, _refusal)

    def routes(self) -> list[Route]:
        """For create_app."""
        return [
            self._writing.route("/api/mutes", None, self._listed),
            self._writing.route("/api/mutes/add", Muted, self._added),
            self._writing.route("/api/mutes/remove", Asked, self._removed),
        ]

    def _listed(self) -> dict[str, Any]:
        with self._clickhouse() as (client, url):
            return {"mutes": [_shown(mute) for mute in in_force(client, url, wall_clock_ms())]}

    def _added(self, given: Muted) -> dict[str, Any]:
        with self._clickhouse() as (client, url):
            return _shown(add(client, url, given.subject, given.minutes * 60_000, user(), given.comment, wall_clock_ms()))

    def _removed(self, given: Asked) -> dict[str, Any]:
        with self._clickhouse() as (client, url):
            remove(client, url, given.subject, user(), wall_clock_ms())
        return {"what": given.what, "value": given.subject.value, "until_ms": None}

    @contextmanager
    def _clickhouse(self) -> Iterator[tuple[Client, str]]:
        url = self._endpoints().clickhouse_url
        client = connect(url, _ANSWER_WITHIN_S)
        try:
            yield client, url
        finally:
            client.close()


def _shown(mute: Mute) -> dict[str, Any]:
    """Without who made it, and why: a comment may name somebody."""
    return {"what": mute.subject.what, "value": mute.subject.value, "until_ms": mute.until_ms}


def _refusal(error: TokpulseError) -> Response:
    if isinstance(error, BodyError):
        status = 400
    elif isinstance(error, MuteError):
        status = 409
    else:
        status = 503 if isinstance(error, ClickHouseUnavailableError) else 502
    return refused(status, error.message, error.hint)
