"""Starts what a StatementSet declares, with operators that are named after our views.

Flink's Table API knows no names for operators, so this takes the three steps of `StatementSet.execute()` one by one, and names what
the planner made in between. Only names and descriptions change: where state belongs is told by uids and by the shape of the graph.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pyflink.common.job_client import JobClient
from pyflink.table import StatementSet, TableEnvironment
from pyflink.util.java_utils import get_field_value

from jobs.definition import JobDefinition
from jobs.naming import PLANNED, Operator, operator_names


def execute(t_env: TableEnvironment, statements: StatementSet, job: JobDefinition) -> JobClient:
    """Submits the job, and returns while it runs. Raises py4j's errors."""
    graph = stream_graph(t_env, statements, job)
    return JobClient(get_field_value(t_env._j_tenv, "execEnv").executeAsync(graph))


def stream_graph(t_env: TableEnvironment, statements: StatementSet, job: JobDefinition | None) -> Any:
    """Flink's StreamGraph of `statements` (a Java object), named after the views of `job`; by None as the planner names it."""
    t_env._before_execute()
    j_tenv = t_env._j_tenv
    transformations = j_tenv.getPlanner().translate(statements._j_statement_set.getOperations())
    if job is not None:
        _name(transformations, job)
    configuration = t_env.get_config()._j_table_config.getConfiguration()
    return get_field_value(j_tenv, "execEnv").createPipeline(transformations, configuration, "")


def _name(roots: Any, job: JobDefinition) -> None:
    found = {each.getId(): each for root in roots for each in _behind(root)}
    sources = {file.name for file in job.sources}
    planned = {number: name for number, each in found.items() if (name := _planned(str(each.getName()), sources))}

    def inputs(number: int) -> Iterator[int]:
        for each in found[number].getInputs():
            # Exchanges and unions are no operators.
            yield from (each.getId(),) if each.getId() in planned else inputs(each.getId())

    operators = [
        Operator(number, name, str(found[number].getDescription()), tuple(inputs(number))) for number, name in planned.items()
    ]
    for number, name in operator_names(job, operators).items():
        found[number].setName(name)
        found[number].setDescription(f"{name.partition(':')[0]}: {found[number].getDescription()}")
    for operator in operators:
        if operator.name != str(found[operator.id].getName()) and operator.kind in sources:
            found[operator.id].setName(operator.kind)


def _planned(name: str, sources: Iterable[str]) -> str:
    """The name that the planner gave, "" for none. A source has one of its connector, like `KafkaSource-catalog.database.table`."""
    if PLANNED.fullmatch(name):
        return name
    return next((f"{source}[0]" for source in sources if name.endswith(f".{source}")), "")


def _behind(root: Any) -> Iterator[Any]:
    """`root` and all that it reads, each once."""
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        each = waiting.pop()
        if each.getId() not in seen:
            seen.add(each.getId())
            yield each
            waiting += list(each.getInputs())
