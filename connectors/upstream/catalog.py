"""Every upstream, by name. A further one is registered here and nowhere else: docs/upstreams.md says what it consists of."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from operator import or_
from typing import Any, Protocol

from connectors.upstream.codes import StatusMap
from connectors.upstream.model import Ask, Feed, Told, Upstream
from connectors.upstream.personal import PersonalFields
from connectors.upstream.tikapi import TikApi
from connectors.upstream.tikliveapi import TikLiveApi


class Dialect(Upstream, Protocol):
    """What a shipped upstream has beside what pollers need. `base_url` is where the service is; another address is a setting."""

    base_url: str
    feeds: frozenset[Feed]
    codes: StatusMap
    personal: PersonalFields

    def lookups(self, ask: Ask) -> int:
        """How many requests of a round find out what its feed is asked for by, before its first page."""

    def asked(self, endpoint: str, params: Mapping[str, str]) -> Ask | None:
        """The way back from `call`: what a request asked for, None for an endpoint that this upstream does not have.

        A subject that came without its parameter's name is under the empty one. What is not known stays empty.
        """

    def endpoints_of(self, body: Mapping[str, Any], params: Mapping[str, str], by: Told) -> list[str]:
        """The endpoints that answer with what such a body has, told by its keys; none where the keys are no evidence.

        Several for a body with the items of several; `by` says which keys count. Replies look like comments: the request's
        parameters tell them apart.
        """


UPSTREAMS: Mapping[str, Dialect] = {dialect.name: dialect for dialect in (TikLiveApi(), TikApi())}
# Of all of them: records, rows and dead letters do not say which upstream they came from.
PERSONAL: PersonalFields = reduce(or_, (dialect.personal for dialect in UPSTREAMS.values()))
