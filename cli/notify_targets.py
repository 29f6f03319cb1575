"""The targets of `tokpulse notify`, by the environment and notify.yaml."""

from __future__ import annotations

import json
import os
from pathlib import Path

from alerts.message import Message
from alerts.posting import HttpPoster, Poster
from alerts.routes import FILE_NAME, NotifyFile, Routing, check_names, load_file, routing
from alerts.targets import VARIABLES, Target, load_targets
from connectors.errors import TokpulseError
from connectors.terminal import say


class NotifyError(TokpulseError):
    """An option or the environment is not as it must be."""


class PrintingPoster:
    """Prints what would be posted to `name`, at the masked address `shown`."""

    def __init__(self, name: str, shown: str) -> None:
        self._name, self._shown = name, shown

    def post(self, message: Message) -> int:
        """Always accepted."""
        headers = "".join(f"{name}: {value}\n" for name, value in message.headers.items())
        text = json.dumps(json.loads(message.body), indent=2, ensure_ascii=False)
        say(f"# {self._name}: {message.title}\nPOST {self._shown}\n{headers}\n{text}\n")
        return 200

    def close(self) -> None:
        """Nothing to close."""


def targets_of(file: Path | None, dry_run: bool, *, needed: bool = True) -> tuple[list[tuple[Target, Poster]], Routing]:
    """The targets that have addresses, how each is posted to, and which alerts go to which.

    Raises NotifyError where targets are `needed` and there are none; a dry run makes some up.
    """
    path = file or Path(FILE_NAME)
    read, lines = load_file(path) if file or path.exists() else (NotifyFile(), {})
    check_names(path, read, lines)
    channels = {name: (channel.service, channel.address) for name, channel in read.channels.items()}
    targets = load_targets(os.environ, channels)
    if not targets and needed and not dry_run:
        raise NotifyError(
            f"no target: none of {', '.join([*VARIABLES.values(), *(variable for _, variable in channels.values())])} is set",
            "set one (or <name>_FILE) to the address of an incoming webhook; --dry-run needs none",
        )
    if not targets and not needed:
        return [], Routing([])
    if not targets:
        every = {**{name: name for name in VARIABLES}, **{name: service for name, (service, _) in channels.items()}}
        targets = [Target(name, f"https://{service}.example/", service) for name, service in every.items()]
    posters: list[Poster] = [PrintingPoster(one.name, one.shown) if dry_run else HttpPoster(one) for one in targets]
    return list(zip(targets, posters, strict=True)), routing(path, read, lines, [target.name for target in targets])
