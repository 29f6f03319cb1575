"""The faults. One function each: it does the harm, waits until it is over, and returns the proof that it landed.

A kind is registered by the line above it. It may raise: then the trial has failed.
"""

from __future__ import annotations

import os
import random
import resource
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import psutil
from confluent_kafka import IsolationLevel, TopicPartition
from confluent_kafka.admin import AdminClient, NewPartitions, OffsetSpec

from connectors.kafka.producer import AvroProducer
from simulator.delivery import Delivery
from simulator.settings import COMMENTS
from tests.e2e.records import producing
from tests.e2e.throttle import throttled
from tests.waiting import until

from .cluster import AWAY, Cluster, wait_stopped
from .given import TOPICS, Given, add_comments, poison, replay
from .proxy import Proxy

DELTAS = "tiktok.followers.deltas"


@dataclass
class Scene:
    """What a fault may need. `sent` are the records of this trial so far."""

    cluster: Cluster
    producer: AvroProducer
    given: Given
    name: str
    at_ms: int
    dice: random.Random
    sent: list[Delivery]


@dataclass(frozen=True)
class Hit:
    """`landed` is False where the proof was not found. `lasted_s` is how long the fault itself held on; `over_at` is when it ended,
    by the monotonic clock: recovery is measured from there."""

    landed: bool
    proof: str
    over_at: float
    lasted_s: float = 0.0


Fault = Callable[[Scene], Hit]
KINDS: dict[str, Fault] = {}


def kind(name: str) -> Callable[[Fault], Fault]:
    """Registers a kind."""

    def register(fault: Fault) -> Fault:
        KINDS[name] = fault
        return fault

    return register


@kind("none")
def none(scene: Scene) -> Hit:
    """The control."""
    return Hit(True, "nothing was done", time.monotonic())


def killed(service: str) -> Fault:
    """kill -9 of a service that the supervisor starts again."""

    def fault(scene: Scene) -> Hit:
        old, busy = scene.cluster.pid(service), under_way(scene.cluster)
        at = time.monotonic()
        proof = scene.cluster.kill(service)
        scene.cluster.await_service(service, old)
        return Hit("SIGKILL" in proof, f"{proof}{busy}", at)

    return fault


for _service in ("taskmanager", "kafka", "registry", "clickhouse"):
    kind(f"kill-{_service}")(killed(_service))


def under_way(cluster: Cluster) -> str:
    """Words for the proof: whether a checkpoint is under way, and how many deltas are in a transaction that is open."""
    try:
        checkpoint = cluster.stack.rest(f"/jobs/{cluster.job()}/checkpoints")["counts"]["in_progress"]
    except AWAY:
        checkpoint = 0
    return f"{', during a checkpoint' if checkpoint else ''}, {uncommitted(cluster, [DELTAS])} deltas uncommitted"


@kind("kill-jobmanager")
def kill_jobmanager(scene: Scene) -> Hit:
    """The job ends with it, and the stack submits it again from its newest checkpoint."""
    old, job, at = scene.cluster.pid("jobmanager"), scene.cluster.job(), time.monotonic()
    proof = scene.cluster.kill("jobmanager")
    scene.cluster.await_service("jobmanager", old)
    return Hit("SIGKILL" in proof, f"{proof}; {scene.cluster.resumed(job)}", at)


@kind("kill-everything")
def kill_everything(scene: Scene) -> Hit:
    """The supervisor first, then every process of the stack; then `tokpulse up`, and the job from its newest checkpoint."""
    cluster, job, at = scene.cluster, scene.cluster.job(), time.monotonic()
    os.kill(cluster.pid("supervisor"), signal.SIGKILL)
    victims = cluster.stack.processes()
    for victim in victims:
        if victim.is_running():
            victim.kill()
    gone, left = psutil.wait_procs(victims, timeout=20)
    cluster.up()
    return Hit(not left, f"supervisor and {len(gone)} processes killed; `tokpulse up`; {cluster.resumed(job)}", at)


@kind("kill-worker")
def kill_worker(scene: Scene) -> Hit:
    """A Python worker of the TaskManager."""
    workers = scene.cluster.workers()
    if not workers:
        return Hit(False, "there is no Python worker", time.monotonic())
    victim, job = scene.dice.choice(workers), scene.cluster.job()
    before, at = scene.cluster.stack.attempts(job), time.monotonic()
    victim.kill()
    victim.wait(20)
    restarted = until(lambda: max(scene.cluster.stack.attempts(job)) > max(before), 60, "the job restarts", ignoring=AWAY)
    return Hit(restarted, f"worker pid {victim.pid} killed, the job restarted (attempt {max(before) + 1})", at)


@kind("kill-poller")
def kill_poller(scene: Scene) -> Hit:
    """Between produce and commit: it stands still until a transaction of its is open that has records."""
    poller, at = scene.cluster.poller, time.monotonic()
    process = poller.process
    assert process is not None
    open_records, deadline = 0, time.monotonic() + 20
    while not open_records and time.monotonic() < deadline:
        os.kill(process.pid, signal.SIGSTOP)
        wait_stopped(process.pid)
        open_records = uncommitted(scene.cluster)
        if not open_records:
            os.kill(process.pid, signal.SIGCONT)
            threading.Event().wait(scene.dice.uniform(0.005, 0.05))
    process.kill()
    process.wait(20)
    poller.start()
    return Hit(open_records > 0, f"poller pid {process.pid} killed with {open_records} records of an open transaction", at)


def uncommitted(cluster: Cluster, topics: Sequence[str] = TOPICS) -> int:
    """Records of `topics` (the input's) that are behind the first one of an open transaction, at least.

    The end of each partition is asked for first: what producers add meanwhile cannot look like an open transaction.
    """
    admin = AdminClient({"bootstrap.servers": cluster.stack.endpoints.kafka_bootstrap_servers})
    known = admin.list_topics(timeout=20).topics
    places = [TopicPartition(name, partition) for name in topics for partition in known[name].partitions]
    found = []
    for level in (IsolationLevel.READ_UNCOMMITTED, IsolationLevel.READ_COMMITTED):
        asked = admin.list_offsets(dict.fromkeys(places, OffsetSpec.latest()), isolation_level=level, request_timeout=20)
        found.append({(place.topic, place.partition): int(future.result(20).offset) for place, future in asked.items()})
    ends, stable = found
    return sum(max(0, ends[place] - stable[place]) for place in ends)


def stopped(service: str, least_s: float, most_s: float) -> Fault:
    """SIGSTOP for some seconds, then SIGCONT."""

    def fault(scene: Scene) -> Hit:
        return stand_still(scene, scene.cluster.pid(service), service, least_s, most_s)

    return fault


kind("stop-clickhouse")(stopped("clickhouse", 5, 20))
kind("stop-taskmanager")(stopped("taskmanager", 5, 20))
kind("stop-kafka")(stopped("kafka", 5, 15))
# Longer than the heartbeat's timeout of 50 s: it comes back when it has been given up.
kind("stop-taskmanager-long")(stopped("taskmanager", 60, 75))


@kind("stop-worker")
def stop_worker(scene: Scene) -> Hit:
    """A Python worker stands still, and the barrier behind it."""
    workers = scene.cluster.workers()
    if not workers:
        return Hit(False, "there is no Python worker", time.monotonic())
    return stand_still(scene, scene.dice.choice(workers).pid, "worker", 5, 20)


def stand_still(scene: Scene, pid: int, who: str, least_s: float, most_s: float) -> Hit:
    """Stops one process."""
    seconds, begun = scene.dice.uniform(least_s, most_s), time.monotonic()
    os.kill(pid, signal.SIGSTOP)
    try:
        proof = wait_stopped(pid)
        threading.Event().wait(seconds)
        proof += f", {psutil.Process(pid).status()} after {seconds:.1f} s"
    finally:
        os.kill(pid, signal.SIGCONT)
    return Hit("stopped" in proof, f"{who} {proof}", time.monotonic(), time.monotonic() - begun)


@kind("slow-clickhouse")
def slow_clickhouse(scene: Scene) -> Hit:
    """It runs a tenth of the time."""
    pid, begun, seen = scene.cluster.pid("clickhouse"), time.monotonic(), 0
    with throttled(lambda: pid, 0.1):
        while time.monotonic() < begun + 10:
            seen += psutil.Process(pid).status() == psutil.STATUS_STOPPED
            threading.Event().wait(0.05)
    return Hit(seen > 20, f"clickhouse pid {pid} found standing still {seen} times in 10 s", time.monotonic(), 10.0)


@kind("reset-clickhouse")
def reset_clickhouse(scene: Scene) -> Hit:
    """Every connection to it is reset, again and again, for some seconds."""
    proxy, cut, begun = the_proxy(scene), 0, time.monotonic()
    while time.monotonic() < begun + 6:
        cut += proxy.reset_all()
        threading.Event().wait(scene.dice.uniform(0.02, 0.3))
    return Hit(cut > 0, f"{cut} connections reset", time.monotonic(), 6.0)


@kind("lost-replies")
def lost_replies(scene: Scene) -> Hit:
    """ClickHouse executes inserts, and nobody hears of it."""
    proxy, begun = the_proxy(scene), time.monotonic()
    proxy.dropped.clear()
    proxy.drop_replies = True
    threading.Event().wait(scene.dice.uniform(2, 8))
    proxy.drop_replies = False
    done = [line for line in proxy.dropped if " 200 " in f"{line} "]
    proof = f"{len(done)} replies to inserts dropped that said {done[0] if done else 'nothing'}"
    return Hit(bool(done), proof, time.monotonic(), time.monotonic() - begun)


@kind("late-replies")
def late_replies(scene: Scene) -> Hit:
    """Each chunk on the way to ClickHouse and back is late."""
    proxy, begun, delay_s = the_proxy(scene), time.monotonic(), scene.dice.uniform(0.1, 0.5)
    proxy.delayed, proxy.delay_s = 0, delay_s
    threading.Event().wait(8)
    proxy.delay_s = 0.0
    return Hit(proxy.delayed > 0, f"{proxy.delayed} chunks {delay_s:.2f} s late", time.monotonic(), time.monotonic() - begun)


def the_proxy(scene: Scene) -> Proxy:
    """The one before ClickHouse."""
    assert scene.cluster.proxy is not None, "this stack has no proxy"
    return scene.cluster.proxy


@kind("replay")
def replayed(scene: Scene) -> Hit:
    """A tenth of what was sent comes again."""
    count = replay(scene.producer, scene.given, scene.sent, scene.dice)
    return Hit(count > 0, f"{count} records sent again", time.monotonic())


@kind("poison")
def poisoned(scene: Scene) -> Hit:
    """Records that are bad in eight ways."""
    count = poison(scene.producer, scene.given, scene.name, scene.at_ms)
    return Hit(count > 0, f"{count} bad records of 8 kinds sent", time.monotonic())


@kind("corrupt-checkpoint")
def corrupt_checkpoint(scene: Scene) -> Hit:
    """The JobManager dies, and the newest checkpoint is cut short or has a byte changed: the job goes on from an older one."""
    cluster, job, at = scene.cluster, scene.cluster.job(), time.monotonic()
    old = cluster.pid("jobmanager")
    proof = cluster.kill("jobmanager")
    newest = cluster.checkpoints()[0] / "_metadata"
    whole = newest.read_bytes()
    place = scene.dice.randrange(len(whole) * 9 // 10)
    newest.write_bytes(whole[:place])
    cluster.await_service("jobmanager", old)
    how = cluster.resumed(job)
    refused = cluster.supervisor_lines(f"checkpoint {newest.parent} cannot be used, an older one is taken")
    return Hit(bool(refused) and "SIGKILL" in proof, f"{proof}; newest checkpoint cut at byte {place} of {len(whole)}; {how}", at)


@kind("add-partition")
def add_partition(scene: Scene) -> Hit:
    """The topic of comments gets a partition more, with comments in it; the JobManager dies, and finds it when it is back."""
    cluster, job, at = scene.cluster, scene.cluster.job(), time.monotonic()
    admin = AdminClient({"bootstrap.servers": cluster.stack.endpoints.kafka_bootstrap_servers})
    partition = len(admin.list_topics(timeout=20).topics[COMMENTS].partitions)
    for future in admin.create_partitions([NewPartitions(COMMENTS, partition + 1)]).values():
        future.result(30)
    until(lambda: len(admin.list_topics(timeout=20).topics[COMMENTS].partitions) > partition, 30, "the partition is there")
    # A client of before does not know it yet.
    with producing(cluster.stack.endpoints) as producer:
        add_comments(producer, scene.given, f"added-{scene.name}", scene.at_ms, partition)
    old = cluster.pid("jobmanager")
    proof = cluster.kill("jobmanager")
    cluster.await_service("jobmanager", old)
    return Hit(True, f"partition {partition} added, with 20 comments; {proof}; {cluster.resumed(job)}", at)


@contextmanager
def no_file_grows(*pids: int) -> Iterator[None]:
    """Every write to a file fails in these processes, as on a full disk (RLIMIT_FSIZE; the error is EFBIG, not ENOSPC)."""
    before = {pid: psutil.Process(pid).rlimit(resource.RLIMIT_FSIZE) for pid in pids}
    for pid, (_, hard) in before.items():
        psutil.Process(pid).rlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        for pid, limits in before.items():
            if psutil.pid_exists(pid):
                psutil.Process(pid).rlimit(resource.RLIMIT_FSIZE, limits)


@kind("full-checkpoints")
def full_checkpoints(scene: Scene) -> Hit:
    """No checkpoint can be written for some seconds."""
    cluster, begun = scene.cluster, time.monotonic()
    path = f"/jobs/{cluster.job()}/checkpoints"
    failed = int(cluster.stack.rest(path)["counts"]["failed"])
    with no_file_grows(cluster.pid("jobmanager"), cluster.pid("taskmanager")):
        more = until(
            lambda: int(cluster.stack.rest(path)["counts"]["failed"]) > failed, 30, "a checkpoint has failed", ignoring=AWAY
        )
        threading.Event().wait(scene.dice.uniform(0, 6))
    return Hit(more, "checkpoints failed: no file could grow", time.monotonic(), time.monotonic() - begun)


@kind("full-clickhouse")
def full_clickhouse(scene: Scene) -> Hit:
    """ClickHouse can write nothing for some seconds."""
    cluster, begun = scene.cluster, time.monotonic()
    with no_file_grows(cluster.pid("clickhouse")):
        threading.Event().wait(scene.dice.uniform(4, 15))
        refused = refuses_rows(cluster)
    return Hit(bool(refused), f"an insert was refused: {refused}", time.monotonic(), time.monotonic() - begun)


def refuses_rows(cluster: Cluster) -> str:
    """The reason why ClickHouse takes no row, "" when it does."""
    try:
        with cluster.stack.clickhouse() as client:
            client.command("INSERT INTO quality_results_log (checked_at) SELECT now64(3, 'UTC')")
    except Exception as error:
        return " ".join(str(error).split())[:120]
    return ""


@kind("full-kafka")
def full_kafka(scene: Scene) -> Hit:
    """The broker can write nothing, and stops; the supervisor starts another one, which can."""
    cluster, at = scene.cluster, time.monotonic()
    old = cluster.pid("kafka")
    with no_file_grows(old):
        found = until(lambda: cluster.supervisor_lines(f"kafka (pid {old}) died"), 60, "the broker has stopped")
    cluster.await_service("kafka", old)
    return Hit("SIGKILL" not in found[-1], found[-1].partition("kafka (pid")[2][:80], at)
