"""Fills the build folder with the jars of the stack: `python -m stack.install`, the last step of `make install`."""

from __future__ import annotations

import sys

from connectors.errors import TokpulseError
from connectors.terminal import say
from stack.class_training import archive_classes
from stack.maven_build import build_jars
from stack.report import Report
from stack.settings import StackSettings


def main() -> int:
    """0 when everything is installed; else one line on stderr and 1."""
    try:
        with Report() as report:
            build = StackSettings.load().build
            with report.step("jars", "building (the first time downloads 250 MB)", "installed"):
                build_jars(build)
            archive_classes(build, report)
    except TokpulseError as error:
        say(f"error: {error.message}\n  hint: {error.hint}" if error.hint else f"error: {error.message}", err=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
