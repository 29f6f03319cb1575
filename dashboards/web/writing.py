"""Routes that write: only for who has the token of this start, and only with a body in the shape that the page sends."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connectors.errors import TokpulseError
from dashboards.web.guard import refused

WRITER_HEADER = "X-Tokpulse-Token"
Body = TypeVar("Body", bound=BaseModel)


class BodyError(TokpulseError):
    """The request is not what the page sends."""


def new_token() -> str:
    """Who has the address that the command printed may write; other users of this machine do not."""
    return secrets.token_urlsafe(24)


class Writing:
    """Makes such routes. `may` says what the page may not do without the token; bodies have at most `max_body` bytes.

    `refuse` makes the answer of an error that a route raised.
    """

    def __init__(self, token: str, may: str, max_body: int, refuse: Callable[[TokpulseError], Response]) -> None:
        self._token, self._may, self._max_body, self._refuse = token, may, max_body, refuse

    def route(self, path: str, shape: type[BaseModel] | None, answer: Callable[..., dict[str, Any]]) -> Route:
        """A route that answers with the JSON of `answer`: to a GET without a `shape`, else to a POST with the checked body."""

        async def handle(request: Request) -> Response:
            if not secrets.compare_digest(request.headers.get(WRITER_HEADER, "").encode(), self._token.encode()):
                return refused(403, f"this page may not {self._may}", "open the address that `tokpulse dashboard` printed")
            try:
                given = () if shape is None else (await self._body(request, shape),)
                return JSONResponse(await run_in_threadpool(answer, *given))
            except TokpulseError as error:
                return self._refuse(error)

        return Route(path, handle, methods=["GET"] if shape is None else ["POST"])

    async def _body(self, request: Request, shape: type[Body]) -> Body:
        if request.headers.get("content-type", "").split(";")[0] != "application/json":
            raise BodyError("the body is not JSON", "use the page")
        raw = b""
        async for part in request.stream():
            raw += part
            if len(raw) > self._max_body:
                raise BodyError(f"the body is larger than {self._max_body // 1024} KiB", "use the page")
        try:
            return shape.model_validate(json.loads(raw))
        except ValidationError as error:
            first = error.errors()[0]
            raise BodyError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}", "reload the page") from None
        except ValueError:
            raise BodyError("the body is not JSON", "use the page") from None
