"""What the JVM knows of operators: those of a planned job, as Flink will number and name them, and those of a checkpoint."""

from __future__ import annotations

from pyflink.java_gateway import get_gateway
from pyflink.table import StatementSet, TableEnvironment

from jobs.definition import JobDefinition
from jobs.execution import stream_graph
from jobs.restored import load
from jobs.state_fit import Operator


def planned(t_env: TableEnvironment, statements: StatementSet, job: JobDefinition) -> tuple[Operator, ...]:
    """Every operator of the job that `statements` would become. Plans it, and executes nothing."""
    graph = stream_graph(t_env, statements, job)
    hasher = get_gateway().jvm.org.apache.flink.streaming.api.graph.StreamGraphHasherV2()
    hashes = hasher.traverseStreamGraphAndGenerateHashes(graph)
    return tuple(
        Operator(
            id=bytes(hashes[node.getId()]).hex(),
            name=str(node.getOperatorName()),
            text=str(node.getOperatorDescription() or ""),
            max_parallelism=int(node.getMaxParallelism()),
        )
        for node in graph.getStreamNodes().toArray()
    )


def stored(path: str) -> tuple[Operator, ...]:
    """The operators that the checkpoint or savepoint at `path` has state of. Raises Py4JJavaError."""
    return tuple(
        Operator(
            id=str(operator.getOperatorID().toHexString()),
            name=str(operator.getOperatorName().orElse("")),
            max_parallelism=int(operator.getMaxParallelism()),
        )
        for operator in load(path).getOperatorStates().toArray()
        if operator.getCoordinatorState() is not None or any(state.hasState() for state in operator.getStates().toArray())
    )
