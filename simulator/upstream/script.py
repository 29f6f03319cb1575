"""Scripts of bad days: which endpoints misbehave in what way, when, and how often. YAML files, or the same models in Python."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from connectors.errors import TokpulseError

FOLDER = Path(__file__).parent
SHIPPED = {"bad-day": FOLDER / "bad_day.yaml", "quiet": FOLDER / "quiet.yaml", "rough": FOLDER / "rough.yaml"}
_CLOCK = re.compile(r"^(\d{1,3}):([0-5]\d)$")


class ScriptError(TokpulseError):
    """A script that is not what it must be; the message names the file and the key."""


def _minutes(value: object) -> object:
    if isinstance(value, str) and (match := _CLOCK.match(value)):
        return int(match[1]) * 60 + int(match[2])
    # YAML itself reads an unquoted 10:30 as 630 (to the base of 60), which is what is meant.
    return value


# Minutes since the start of the universe, written 02:30 or 150.
Minutes = Annotated[int, BeforeValidator(_minutes), Field(ge=0)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=True)


class Spell(_Strict):
    """From `begin` to `end` (not included), each request to an `endpoint` that matches is hit with `probability`.

    `endpoint` is a pattern as of file names: `/user-posts/`, `/public/*`, `*`.
    """

    begin: Minutes = Field(alias="from")
    end: Minutes = Field(alias="to")
    endpoint: Annotated[str, Field(min_length=1)] = "*"
    probability: Annotated[float, Field(gt=0, le=1)] = 1.0

    @model_validator(mode="after")
    def _has_length(self) -> Spell:
        if self.end <= self.begin:
            raise ValueError("`to` must be later than `from`")
        return self

    def covers(self, minute: float, path: str) -> bool:
        """Is the spell on at `minute` for `path`?"""
        return self.begin <= minute < self.end and fnmatchcase(path, self.endpoint)


class RateLimit(Spell):
    """429. `retry_after_s` goes into Retry-After as it is, whatever the speed of simulated time; None for no such header."""

    kind: Literal["rate_limit"] = "rate_limit"
    retry_after_s: Annotated[int, Field(ge=0)] | None = None


class ServerError(Spell):
    """A 5xx with a page of HTML, as gateways write it."""

    kind: Literal["server_error"] = "server_error"
    status: Annotated[int, Field(ge=500, le=599)] = 503


class Stall(Spell):
    """No answer at all: the connection stays open until the client gives up."""

    kind: Literal["stall"] = "stall"


class Truncated(Spell):
    """A body that ends too early: `length` closes the connection before Content-Length is reached, `json` is whole HTTP."""

    kind: Literal["truncated"] = "truncated"
    how: Literal["length", "json"] = "length"


class EmptyBody(Spell):
    """200 with nothing in it."""

    kind: Literal["empty_body"] = "empty_body"


class Html(Spell):
    """200 with a page of HTML."""

    kind: Literal["html"] = "html"


class Drift(Spell):
    """Items that are not as documented: of each answer that is hit, a `share` of the items, at least one.

    `new` adds a field, `missing` takes a counter away, `text` gives it as a string of digits, `object` as an object.
    """

    kind: Literal["drift"] = "drift"
    how: Literal["new", "missing", "text", "object"] = "new"
    share: Annotated[float, Field(gt=0, le=1)] = 0.2


class CreditDrain(Spell):
    """A request costs `cost` credits."""

    kind: Literal["credit_drain"] = "credit_drain"
    cost: Annotated[int, Field(ge=2)] = 25


class TopUp(Spell):
    """Somebody pays: once, at `from`, each account gets `credits` more. Where and how often have no meaning."""

    kind: Literal["top_up"] = "top_up"
    credits: Annotated[int, Field(ge=1)]


class SessionExpired(Spell):
    """428: the account's session has ended."""

    kind: Literal["session_expired"] = "session_expired"


class Refused(Spell):
    """403 with the service's own code."""

    kind: Literal["refused"] = "refused"
    status_code: int = 10101


class Deleted(Spell):
    """403 as for a deleted post."""

    kind: Literal["deleted"] = "deleted"
    status_code: Literal[2054, 10204, 10241] = 2054


class Private(Spell):
    """403 as for a private account or post."""

    kind: Literal["private"] = "private"
    status_code: Literal[10216, 10242] = 10216


class DuplicatePage(Spell):
    """The page before once more, with the cursor that was asked with. The same request gets it once only."""

    kind: Literal["duplicate_page"] = "duplicate_page"


class Reordered(Spell):
    """`items` mixes the items of a page, `pages` swaps neighbouring pages."""

    kind: Literal["reordered"] = "reordered"
    how: Literal["items", "pages"] = "items"


class MovingCursor(Spell):
    """Pages after the first begin `shift` items too early: the head has grown. Negative: too late, so that items are missed."""

    kind: Literal["moving_cursor"] = "moving_cursor"
    shift: int = 3


AnySpell = Annotated[
    RateLimit
    | ServerError
    | Stall
    | Truncated
    | EmptyBody
    | Html
    | Drift
    | CreditDrain
    | TopUp
    | SessionExpired
    | Refused
    | Deleted
    | Private
    | DuplicatePage
    | Reordered
    | MovingCursor,
    Field(discriminator="kind"),
]


class Script(_Strict):
    """`spells` in order: where several give an answer of their own, the first one counts; the others add up."""

    name: str = "quiet"
    spells: tuple[AnySpell, ...] = Field(default=(), strict=False)


QUIET = Script()


def load_script(source: str | Path) -> Script:
    """A shipped script by name (`bad-day`, `rough`, `quiet`), or that of a file. Raises ScriptError."""
    path = SHIPPED.get(str(source), Path(source))
    try:
        raw: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        hint = f"give a file, or one of {', '.join(SHIPPED)}"
        raise ScriptError(f"cannot read the script {path}: {error.strerror}", hint) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}" if mark else str(path)
        raise ScriptError(f"{where}: {getattr(error, 'problem', None) or 'not YAML'}", "see docs/fake-upstream.md") from error
    try:
        return Script.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "(top level)"
        hint = f"{error.error_count()} problem(s) in the file; see docs/fake-upstream.md"
        raise ScriptError(f"{path}: {key}: {first['msg']}", hint) from error
