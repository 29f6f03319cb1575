"""What a job shall go on from is checked before it is planned: one line says what is missing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pyflink.java_gateway import get_gateway

from jobs.failure import BROKEN
from jobs.operators import stored
from jobs.restored import BrokenStateError, check_restored
from tests.sql.local_flink import LocalFlink

pytestmark = [pytest.mark.sql, pytest.mark.timeout(300)]

STATE = b"state of one task"


@pytest.fixture
def checkpoint(local_flink: LocalFlink, tmp_path: Path) -> Path:
    """A checkpoint as Flink writes it: one operator, whose one task has one file."""
    jvm = get_gateway().jvm
    runtime = jvm.org.apache.flink.runtime
    file = tmp_path / "state"
    file.write_bytes(STATE)
    handle = runtime.state.filesystem.FileStateHandle(jvm.org.apache.flink.core.fs.Path(file.as_uri()), len(STATE))
    keyed = runtime.state.KeyGroupsStateHandle(runtime.state.KeyGroupRangeOffsets(0, 127), handle)
    task = runtime.checkpoint.OperatorSubtaskState.builder().setManagedKeyedState(keyed).build()
    operator_id = runtime.jobgraph.OperatorID.fromJobVertexID(runtime.jobgraph.JobVertexID.fromHexString("ab" * 16))
    operator = runtime.checkpoint.OperatorState("GlobalWindowAggregate[9]", None, operator_id, 1, 128)
    operator.putState(0, task)
    states: Any = jvm.java.util.ArrayList()
    states.add(operator)
    masters: Any = jvm.java.util.ArrayList()
    stream = jvm.java.io.FileOutputStream(str(tmp_path / "_metadata"))
    metadata = runtime.checkpoint.metadata.CheckpointMetadata(7, states, masters)
    runtime.checkpoint.Checkpoints.storeCheckpointMetadata(metadata, jvm.java.io.DataOutputStream(stream))
    stream.close()
    return tmp_path


def test_a_whole_checkpoint_is_fine_and_its_operators_are_known(checkpoint: Path) -> None:
    check_restored("")
    check_restored(str(checkpoint))
    check_restored(checkpoint.as_uri())
    (operator,) = stored(str(checkpoint))
    assert (operator.id, operator.name, operator.number, operator.max_parallelism) == (
        "ab" * 16,
        "GlobalWindowAggregate[9]",
        9,
        128,
    )


def test_metadata_cut_at_any_byte_are_told_in_one_line(checkpoint: Path) -> None:
    file = checkpoint / "_metadata"
    whole = file.read_bytes()
    for length in range(len(whole)):
        file.write_bytes(whole[:length])
        with pytest.raises(BrokenStateError) as raised:
            check_restored(str(checkpoint))
        assert raised.value.message.startswith(f"{checkpoint} {BROKEN}: ")
        assert "\n" not in raised.value.message


def test_a_state_file_that_is_gone_or_too_short(checkpoint: Path) -> None:
    (checkpoint / "state").write_bytes(STATE[:-1])
    with pytest.raises(BrokenStateError, match=r"state has 16 of 17 bytes"):
        check_restored(str(checkpoint))
    (checkpoint / "state").unlink()
    with pytest.raises(BrokenStateError, match=r"cannot be restored: .*state"):
        check_restored(str(checkpoint))


def test_a_path_where_nothing_is(local_flink: LocalFlink, tmp_path: Path) -> None:
    with pytest.raises(BrokenStateError, match=BROKEN):
        check_restored(str(tmp_path / "nowhere"))
