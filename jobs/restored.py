"""Checks, before a job is planned, that what it shall go on from is whole: its metadata, and every file that this names.

Flink finds out when tasks restore, and then tries the same files again and again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from py4j.protocol import Py4JJavaError  # type: ignore[import-untyped]  # has no type hints
from pyflink.java_gateway import get_gateway
from pyflink.table import TableEnvironment

from connectors.errors import TokpulseError
from connectors.flink.rest import innermost
from jobs.failure import BROKEN

# What `flink run --fromSavepoint` sets.
_OPTION = "execution.state-recovery.path"


class BrokenStateError(TokpulseError):
    """A checkpoint or savepoint lacks a file, or part of one; the message names it."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"{path} {BROKEN}: {why}", "continue from the checkpoint before it, in the same folder")


def recovery_path(t_env: TableEnvironment) -> str:
    """The checkpoint or savepoint that the job shall go on from; "" for none."""
    return str(t_env.get_config().get(_OPTION, ""))


def check_restored(path: str) -> None:
    """Raises BrokenStateError unless the checkpoint or savepoint at `path`, if any, is whole: its metadata, and sizes of files."""
    if not path:
        return
    try:
        for handle in _handles(load(path)):
            _check_size(path, handle)
    except Py4JJavaError as error:
        raise BrokenStateError(path, _line(error)) from None


def load(path: str) -> Any:
    """Flink's CheckpointMetadata at `path`. Raises Py4JJavaError."""
    jvm = get_gateway().jvm
    location = jvm.org.apache.flink.runtime.state.filesystem.AbstractFsCheckpointStorageAccess.resolveCheckpointPointer(path)
    stream = jvm.java.io.DataInputStream(location.getMetadataHandle().openInputStream())
    try:
        loader = jvm.java.lang.Thread.currentThread().getContextClassLoader()
        return jvm.org.apache.flink.runtime.checkpoint.Checkpoints.loadCheckpointMetadata(stream, loader, path)
    finally:
        stream.close()


def _handles(metadata: Any) -> Iterator[Any]:
    """Every StreamStateHandle of the metadata."""
    kinds = get_gateway().jvm.org.apache.flink.runtime.state
    # Most, and what RocksDB makes of increments.
    plain, incremental = (kind._java_lang_class for kind in (kinds.StreamStateHandle, kinds.IncrementalRemoteKeyedStateHandle))
    for operator in metadata.getOperatorStates().toArray():
        for state in operator.getDiscardables():
            if plain.isInstance(state):
                yield state
            elif incremental.isInstance(state):
                yield state.getMetaDataStateHandle()
                for file in [*state.getSharedState().toArray(), *state.getPrivateState().toArray()]:
                    yield file.getHandle()


def _check_size(path: str, handle: Any) -> None:
    """Small states have no file: they are in the metadata."""
    place = handle.maybeGetPath()
    if not place.isPresent():
        return
    file = place.get()
    held, wanted = file.getFileSystem().getFileStatus(file).getLen(), handle.getStateSize()
    if held < wanted:
        raise BrokenStateError(path, f"{file.toString()} has {held:,} of {wanted:,} bytes")


def _line(error: Py4JJavaError) -> str:
    trace = str(error.java_exception.toString()) if error.java_exception is not None else str(error)
    return innermost(trace) or "unknown"
