"""Where an upstream may be: the key goes there, so nothing in between may read it."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from connectors.errors import TokpulseError


class UpstreamAddressError(TokpulseError):
    """A base URL that the key must not be sent to."""


def base_url_of(name: str, url: str) -> str:
    """`url` without a slash at its end. Raises UpstreamAddressError unless it is https, or http to this machine."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise UpstreamAddressError(f"base URL of {name}: not a URL", "give one like https://api.example.com") from None
    if parts.username is not None or parts.password is not None:
        raise UpstreamAddressError(f"base URL of {name}: has a user or a password in it", "the key goes into its own variable")
    if not host or parts.query or parts.fragment:
        raise UpstreamAddressError(f"base URL of {name}: {url!r} is not a plain address", "give one like https://api.example.com")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(host)):
        raise UpstreamAddressError(
            f"base URL of {name}: {url!r} would send the key in the clear", "use https; http is for 127.0.0.1 only"
        )
    return url.rstrip("/")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
