"""Every upstream, by name. A further one is a module, a line here, a file of codes and its recorded cases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from connectors.upstream.codes import StatusMap
from connectors.upstream.model import Feed, Upstream
from connectors.upstream.tikapi import TikApi
from connectors.upstream.tikliveapi import TikLiveApi


class Dialect(Upstream, Protocol):
    """What a shipped upstream has beside what pollers need. `base_url` is where the service is; another address is a setting."""

    base_url: str
    feeds: frozenset[Feed]
    codes: StatusMap


UPSTREAMS: Mapping[str, Dialect] = {dialect.name: dialect for dialect in (TikLiveApi(), TikApi())}
