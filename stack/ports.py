"""Free ports, and who holds a port that is not free."""

from __future__ import annotations

import random
import socket
from collections.abc import Collection

import psutil

# Below Linux's range of ephemeral ports (32768 up): the kernel would hand those to any outgoing connection between the
# moment one is picked and the moment the service binds it.
_FIRST, _LAST = 20_000, 32_000


def is_free(host: str, port: int) -> bool:
    """Whether a server could bind `host:port` now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: a port that only has connections in TIME_WAIT is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def pick_free_ports(host: str, count: int, avoid: Collection[int] = ()) -> list[int]:
    """`count` different ports that are free now and not in `avoid`."""
    candidates = random.sample(range(_FIRST, _LAST), k=_LAST - _FIRST)
    picked: list[int] = []
    for port in candidates:
        if len(picked) == count:
            return picked
        if port not in avoid and is_free(host, port):
            picked.append(port)
    raise OSError(f"fewer than {count} free ports between {_FIRST} and {_LAST} on {host}")


def holder(port: int) -> str:
    """`pid 123 (java)` of the process that listens on `port`, or "" where the system does not tell."""
    try:
        for connection in psutil.net_connections(kind="tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr and connection.laddr.port == port:
                if connection.pid is None:
                    return ""
                return f"pid {connection.pid} ({psutil.Process(connection.pid).name()})"
    except psutil.Error:
        return ""
    return ""
