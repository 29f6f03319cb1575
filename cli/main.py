"""The `tokpulse` command: options for all commands, and how every error ends.

Each command is a module of this package with a function `command` (a typer command), or an `app` (a typer.Typer) where it has
sub-commands. A module is imported when its command is used, so that `tokpulse --help` stays quick and one broken import breaks
one command.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import io
import logging
import os
import re
import sys
import traceback
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from connectors.errors import TokpulseError
from connectors.terminal import log_handler, say

# Name -> (module, what the list of commands says).
COMMANDS: dict[str, tuple[str, str]] = {
    "up": ("cli.up", "Start the local stack and create topics and tables."),
    "down": ("cli.down", "Stop the local stack; its data stays."),
    "init": ("cli.init", "Create topics, schemas and tables on existing services."),
    "status": ("cli.status", "Show each service with its port and health."),
    "submit": ("cli.submit", "Submit a job with `flink run`, and print that line."),
    "jobs": ("cli.jobs", "Show which jobs should run, and which do."),
    "stop": ("cli.stop", "End a job for good, with a savepoint."),
    "upgrade": ("cli.upgrade", "Take a change of a job's SQL or functions over."),
    "simulate": ("cli.simulate", "Write simulated data to Kafka or to a file."),
    "fake-upstream": ("cli.fake_upstream", "Serve simulated data as the upstream services do."),
    "poll": ("cli.poll", "Poll an upstream service into Kafka, by a watchlist."),
    "live": ("cli.live", "Follow LIVE rooms into Kafka, by a watchlist."),
    "fake-live": ("cli.fake_live", "Serve simulated LIVE rooms as tik.tools does."),
    "watch": ("cli.watch", "Edit the watchlist, and say what it costs."),
    "lag": ("cli.lag", "Show how long each consumer group is behind."),
    "import": ("cli.import_file", "Load captured API responses (JSONL) into Kafka."),
    "dashboard": ("cli.dashboard", "Serve the dashboards as a web page on this machine."),
    "thresholds": ("cli.thresholds", "Check, compare, publish and roll back thresholds."),
    "dlq": ("cli.dlq", "List, show, count and replay dead letters."),
    "privacy": ("cli.privacy", "Say whose names readers see; all others are masked."),
    "forget": ("cli.forget", "Remove a person from topics and tables; counts stay."),
    "evaluate": ("cli.evaluate", "Measure how right and how early the thresholds are."),
    "notify": ("cli.notify", "Send alerts to Slack, Teams or any webhook."),
    "sentiment": ("cli.sentiment", "Score the sentiment of texts from standard input."),
    "doctor": ("cli.doctor", "Find out why output is missing, late or wrong."),
    "quality": ("cli.quality", "Run the data quality tests on the tables."),
    "sentiment-server": ("cli.sentiment_server", "Serve a sentiment model over gRPC."),
    "demo": ("cli.demo", "Run the whole pipeline on simulated data."),
}


_VALUES = {"int": "number", "float": "number", "str": "text", "Path": "path"}


class LazyGroup(TyperGroup):
    """A group that knows the names and one-line helps of its commands, and imports a command only to run it."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        # Stand-ins that the list of commands and its suggestions show; `resolve_command` gives the real one.
        self.commands = {
            name: TyperCommand(name, help=text) for name, (module, text) in COMMANDS.items() if importlib.util.find_spec(module)
        }

    def list_commands(self, ctx: Any) -> list[str]:
        """The commands whose module is there, in the order of COMMANDS."""
        return list(self.commands)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The real command for the first word of `args`: its module is imported here."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, _load(name) if command is not None and name is not None else command, rest


def _load(name: str) -> Any:
    module = importlib.import_module(COMMANDS[name][0])
    own = getattr(module, "app", None)
    if own is None:
        own = typer.Typer(add_completion=False, rich_markup_mode=None)
        own.command(name=name, help=module.command.__doc__)(module.command)
    command = typer.main.get_command(own)
    command.name = name
    _name_values(command)
    return command


def _name_values(command: Any) -> None:
    """What a value is called in the help: `<number>` rather than `<int range>`."""
    for sub_command in getattr(command, "commands", {}).values():
        _name_values(sub_command)
    for parameter in command.params:
        kinds = [kind for name, kind in _VALUES.items() if re.search(rf"\b{name}\b", str(parameter.type_descriptor.annotation))]
        if kinds and parameter.metavar is None:
            parameter.display_type = partial(_named, kinds[0])


def _named(kind: str, context: object) -> str:
    return f"<{kind}>"


@dataclass
class Invocation:
    """Options before the command's name, where the end of the program finds them too."""

    debug: bool = False


app = typer.Typer(
    cls=LazyGroup,
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Near-real-time TikTok analytics: Kafka, PyFlink Table jobs, ClickHouse.",
)


def _print_version(wanted: bool) -> None:
    if wanted:
        say(f"tokpulse {importlib.metadata.version('tokpulse')}")
        raise typer.Exit


@app.callback()
def _options(
    ctx: typer.Context,
    debug: Annotated[bool, typer.Option("--debug", help="Show a stack trace when something fails.")] = False,
    data_dir: Annotated[
        Path | None, typer.Option("--data-dir", help="Folder of the local stack's state.  [default: TOKPULSE_DATA, else .stack]")
    ] = None,
    version: Annotated[bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")] = False,
) -> None:
    ctx.obj.debug = debug
    if data_dir is not None:
        # The environment is how every part, child processes included, finds the data directory.
        os.environ["TOKPULSE_DATA"] = str(data_dir.expanduser().resolve())


def main() -> int:
    """Runs the command line; the exit code is 0, 1 after an error, 2 after wrong usage, 130 after Ctrl-C."""
    invocation = Invocation()
    # What loggers without a handler say.
    logging.lastResort = log_handler(sys.stderr, "%(message)s")
    logging.lastResort.setLevel(logging.WARNING)
    _keep_loopback_off_proxies()
    try:
        code = typer.main.get_command(app).main(prog_name="tokpulse", obj=invocation, standalone_mode=False)
    except TokpulseError as error:
        return _fail(invocation, error.message, error.hint)
    except (typer.Abort, KeyboardInterrupt):
        say("interrupted", err=True)
        return 130
    except typer.TyperException as error:
        show = getattr(error, "show", None)
        if callable(show):
            usage = io.StringIO()
            show(file=usage)
            say(usage.getvalue(), err=True, end="")
        return int(getattr(error, "exit_code", 2))
    except Exception as error:  # the last resort: whatever it is, a user gets one line
        return _fail(invocation, f"{type(error).__name__}: {error}", "`tokpulse --debug COMMAND` shows the stack trace")
    return code if isinstance(code, int) else 0


def _keep_loopback_off_proxies() -> None:
    """A machine that downloads through a proxy must not send its own services' passwords there; child processes inherit this."""
    for name in ("no_proxy", "NO_PROXY"):
        os.environ[name] = ",".join(filter(None, (os.environ.get(name, ""), "127.0.0.1", "localhost")))


def _fail(invocation: Invocation, message: str, hint: str) -> int:
    if invocation.debug:
        say(traceback.format_exc(), err=True)
    one_line = " ".join(message.split())
    say(f"error: {one_line}", err=True)
    if hint:
        say(f"  hint: {' '.join(hint.split())}", err=True)
    return 1


if __name__ == "__main__":
    sys.exit(main())
