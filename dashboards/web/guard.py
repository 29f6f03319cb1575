"""What every request and every answer of the dashboard has to keep to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Everything the page needs comes from itself; charts are styled through the DOM, which needs no 'unsafe-inline'.
HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self';"
        " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
# A name that an attacker's DNS may point at loopback is not among them; any port is fine, for those who forward one.
_LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})


def refused(status: int, message: str, hint: str, **more: object) -> JSONResponse:
    """An error as the page reads it."""
    return JSONResponse({"error": {"message": message, "hint": hint, **more}}, status_code=status)


class Guard:
    """ASGI middleware: refuses what no page of this server would send, and adds HEADERS to every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles HTTP; other kinds of connections are not served."""
        if scope["type"] != "http":
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                if "cache-control" not in headers:
                    headers["Cache-Control"] = "no-store"
            await send(message)

        answer = _refusal(str(scope["method"]), Headers(scope=scope))
        await (answer or self._app)(scope, receive, send_with_headers)


def _refusal(method: str, headers: Headers) -> JSONResponse | None:
    host = headers.get("host", "")
    if _name(host) not in _LOOPBACK_NAMES:
        # DNS rebinding: a page of another site whose name now points here.
        return refused(421, f"the dashboard is not served as {host[:100]!r}", "open it as http://127.0.0.1:PORT/")
    if headers.get("sec-fetch-site") == "cross-site" and headers.get("sec-fetch-mode") != "navigate":
        return refused(403, "another site asked for this", "open the dashboard itself")
    if method == "POST":
        if headers.get("origin") != f"http://{host}":
            return refused(403, "the request does not come from the dashboard's own page", "use the page, not another site")
    elif method not in ("GET", "HEAD"):
        return refused(405, f"{method} is not served", "the dashboard only reads")
    return None


def _name(host: str) -> str:
    """`host` without its port."""
    return host if host.endswith("]") else host.rpartition(":")[0] or host
