"""Saved views: addresses of the dashboard by name, in a file. Only with the token of this start."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import BaseModel, ConfigDict, Field, field_validator
from starlette.responses import Response
from starlette.routing import Route

from connectors.errors import TokpulseError
from connectors.files import replace_file
from dashboards.web.guard import refused
from dashboards.web.writing import BodyError, Writing

MOST_VIEWS: Final = 200
_HEAD = "# Views of `tokpulse dashboard` by name: the page, and what is chosen on it.\n"
_MAX_BODY = 16 * 1024


class ViewError(TokpulseError):
    """A view that does not exist, or one too many."""


class ViewsFileError(TokpulseError):
    """The file cannot be read or written, or is not what this dashboard writes."""


class Named(BaseModel):
    """A view by its name."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)
    name: str = Field(min_length=1, max_length=80)

    @field_validator("name")
    @classmethod
    def _is_one_line(cls, name: str) -> str:
        if not name.isprintable():
            raise ValueError("is not one line of text")
        return name


class Saved(Named):
    """A page of this dashboard, with what is chosen on it."""

    # Of this server alone: `//host` and `https:` lead elsewhere. An address is ASCII; a browser writes nothing else.
    address: str = Field(pattern=r"^/[a-z0-9_]*(\?[!-~]*)?$", max_length=4_000)


class Views:
    """Answers the page from `file`, which need not be there yet."""

    def __init__(self, file: Path, token: str) -> None:
        self._file = file
        self._changing = threading.Lock()
        self._writing = Writing(token, "save views", _MAX_BODY, _refusal)

    def routes(self) -> list[Route]:
        """For create_app."""
        return [
            self._writing.route("/api/views", None, self._listed),
            self._writing.route("/api/views/save", Saved, self._saved),
            self._writing.route("/api/views/remove", Named, self._removed),
        ]

    def _listed(self) -> dict[str, Any]:
        return {"views": [{"name": name, "address": address} for name, address in self._read().items()]}

    def _saved(self, given: Saved) -> dict[str, Any]:
        with self._changing:
            views = {**self._read(), given.name: given.address}
            if len(views) > MOST_VIEWS:
                raise ViewError(f"there are {MOST_VIEWS} views", "remove one first")
            self._write(views)
        return self._listed()

    def _removed(self, given: Named) -> dict[str, Any]:
        with self._changing:
            views = self._read()
            if given.name not in views:
                raise ViewError(f"no view {given.name!r}", "somebody has removed it; reload the page")
            del views[given.name]
            self._write(views)
        return self._listed()

    def _read(self) -> dict[str, str]:
        """Name -> address, as saved. Raises ViewsFileError; what people have written by hand has to be what the page may send."""
        try:
            text = self._file.read_text(encoding="utf-8")
        except FileNotFoundError:
            return {}
        except (OSError, UnicodeDecodeError) as error:
            raise ViewsFileError(
                f"cannot read {self._file.name}", f"{type(error).__name__}; move the file away to begin anew"
            ) from error
        try:
            content: Any = yaml.safe_load(text) or {}
            saved = [Saved(name=str(name), address=address) for name, address in content.items()]
        except (yaml.YAMLError, AttributeError, ValueError) as error:
            raise ViewsFileError(f"{self._file.name} is not a list of views", "each line is `name: /page?...`") from error
        return {view.name: view.address for view in saved}

    def _write(self, views: dict[str, str]) -> None:
        try:
            replace_file(self._file, _HEAD + yaml.safe_dump(views, allow_unicode=True, sort_keys=False, width=10_000), durable=True)
        except OSError as error:
            raise ViewsFileError(f"cannot write {self._file.name}: {error.strerror}", "may this user write there?") from error


def _refusal(error: TokpulseError) -> Response:
    status = 400 if isinstance(error, BodyError) else 409 if isinstance(error, ViewError) else 500
    return refused(status, error.message, error.hint)
