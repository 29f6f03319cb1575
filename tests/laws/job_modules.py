"""The jobs that there are."""

from __future__ import annotations

import ast
import importlib

from jobs.definition import JobDefinition

from .repository import modules, parsed


def job_definitions() -> list[JobDefinition]:
    """The JOB of every module of `jobs/` that declares one."""
    found = []
    for path in modules("jobs"):
        names = {
            target.id
            for node in parsed(path).body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        if "JOB" in names:
            found.append(importlib.import_module(f"jobs.{path.stem}").JOB)
    return found
