"""`tokpulse jobs`, `stop`, `upgrade` and the keeping of `submit`, against a Flink that answers as a test says."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from cli import down, jobs, stop, submit, upgrade
from cli import main as cli_main
from connectors.endpoints import Endpoints
from connectors.flink.rest import FlinkRest, FlinkRestError, SavepointError
from jobs import pipeline
from jobs.catalog import JOBS
from jobs.options import LIVE_RUN
from stack.ddl import graph
from stack.kept_jobs import KeptJob, KeptJobs, now
from stack.settings import StackSettings
from stack.submission import Client, Fit, code_version, submitted_id

URL = "http://127.0.0.1:1"
SAVEPOINT = "file:/data/savepoint-1"
# Of the clients that upgrades have started.
environments: list[dict[str, str]] = []


@dataclass
class FakeFlink:
    """Its jobs by id, what they say of themselves, and what it was asked to do."""

    states: dict[str, tuple[str, str]] = field(default_factory=dict)
    live: set[str] = field(default_factory=set)
    savepoint: dict[str, Any] = field(default_factory=lambda: {"location": SAVEPOINT})
    reachable: bool = True
    asked: list[str] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if not self.reachable:
            raise httpx.ConnectError("refused")
        path = request.url.path
        words = path.strip("/").split("/")
        if path == "/jobs/overview":
            found = [
                {"jid": job_id, "name": name, "state": state, "start-time": 1_000, "end-time": -1}
                for job_id, (name, state) in self.states.items()
            ]
            return httpx.Response(200, json={"jobs": found})
        job_id, name = words[1], self.states[words[1]][0]
        if request.method in ("PATCH", "POST"):
            self.asked.append(f"{words[-1] if request.method == 'POST' else 'cancel'} {job_id}")
            if request.method == "PATCH" or "location" in self.savepoint:
                self.states[job_id] = (name, "CANCELED" if request.method == "PATCH" else "FINISHED")
            return httpx.Response(202, json={"request-id": "r"})
        answers: dict[str, Any] = {
            "savepoints": {"status": {"id": "COMPLETED"}, "operation": self.savepoint},
            "config": {"execution-config": {"user-config": {LIVE_RUN: "r"} if job_id in self.live else {}}},
            "metrics": [{"id": "numRestarts", "value": "2"}],
            "plan": {"plan": {"nodes": []}},
            "checkpoints": {
                "counts": {"completed": 1, "failed": 0},
                "latest": {"completed": {"external_path": "file:/c/chk-8", "latest_ack_timestamp": 5_000}},
            },
        }
        return httpx.Response(200, json=answers[words[2]])


@dataclass
class Cli:
    flink: FakeFlink
    store: KeptJobs
    settings: StackSettings
    run: Callable[..., tuple[int, str, str]]

    def keep(self, **changed: Any) -> KeptJob:
        kept = KeptJob(
            job="engagement",
            run_id="run-1",
            parallelism=1,
            arguments=("--idle-timeout", "2 s"),
            submitted_at=now(),
            ids=("a",),
            jobmanager="1 1.0",
            code=code_version(),
        ).model_copy(update=changed)
        self.store.write(kept)
        for number in (7, 8):
            folder = self.store.folder("a") / f"chk-{number}"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "_metadata").touch()
        return kept


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    (tmp_path / "env").write_text(
        f"FLINK_REST_URL={URL}\nFLINK_HOME=/f\nFLINK_CONF_DIR=/f\nKAFKA_BOOTSTRAP_SERVERS=k:1\nSCHEMA_REGISTRY_URL=http://r\nCLICKHOUSE_URL=http://c\n"
    )
    (tmp_path / "ports.yaml").write_text("flink: 1\n")
    for name in ("FLINK_REST_URL", "TOKPULSE_FLINK_PORT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TOKPULSE_DATA", str(tmp_path))
    flink = FakeFlink()
    for module in (jobs, stop, submit, upgrade):
        monkeypatch.setattr(module, "FlinkRest", lambda url: FlinkRest(url, transport=httpx.MockTransport(flink)))
    for module in (submit, upgrade):
        monkeypatch.setattr(module, "check_services", lambda *_: None)
    settings = StackSettings.load(data=tmp_path)

    def run(*args: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["tokpulse", *args])
        code = cli_main.main()
        said = capsys.readouterr()
        return code, said.out, said.err

    return Cli(flink, KeptJobs(settings), settings, run)


def test_jobs_lists_what_should_run_and_what_does(cli: Cli) -> None:
    cli.keep(restarts=3, alarm="checkpoint x cannot be used", alarm_at=now())
    cli.flink.states = {
        "a": ("engagement", "RUNNING"),
        "b": ("velocity", "RUNNING"),
        "c": ("landing", "CANCELED"),
        "d": ("foreign", "RUNNING"),
    }
    code, out, _ = cli.run("jobs", "--json")
    kept, other = json.loads(out)
    assert code == 0
    assert (kept["job"], kept["should_run"], kept["state"], kept["since_s"]) == ("engagement", "yes", "RUNNING", 1.0)
    assert (kept["started_again"], kept["restarts"]) == (3, 2)
    assert kept["checkpoint"] == str(cli.store.folder("a") / "chk-8")
    assert "cannot be used" in kept["notes"][0]
    assert (other["job"], other["should_run"], other["checkpoint_s"]) == ("velocity", "no", 5.0)
    code, out, _ = cli.run("jobs")
    assert code == 0
    assert "engagement" in out
    assert "cannot be used" in out


def test_jobs_exits_with_1_while_one_does_not_run_and_says_how_it_goes_on(cli: Cli) -> None:
    cli.keep(given_up="6 attempts in a row have failed")
    code, out, _ = cli.run("jobs")
    assert code == 1
    assert "given up: 6 attempts" in out
    assert f"tokpulse submit engagement --from-savepoint {cli.store.folder('a') / 'chk-8'}" in out


def test_no_job_is_said(cli: Cli) -> None:
    code, out, _ = cli.run("jobs")
    assert code == 0
    assert out.startswith("no job runs, and none should")


def test_stop_ends_a_job_with_a_savepoint_and_says_how_it_goes_on(cli: Cli) -> None:
    cli.keep()
    cli.flink.states = {"a": ("engagement", "RUNNING")}
    code, out, _ = cli.run("stop", "engagement")
    assert (code, cli.flink.asked, cli.store.names()) == (0, ["stop a"], [])
    assert f"savepoint: {SAVEPOINT}\n" in out
    assert f"go on: tokpulse submit engagement --parallelism 1 --idle-timeout '2 s' --from-savepoint {SAVEPOINT}\n" in out


def test_a_job_that_cannot_take_a_savepoint_goes_on_unless_it_is_cancelled(cli: Cli) -> None:
    cli.keep()
    cli.flink.states = {"a": ("engagement", "RESTARTING")}
    cli.flink.savepoint = {"failure-cause": {"stack-trace": "a.B: outer\nCaused by: c.D: not all tasks run"}}
    code, _, err = cli.run("stop", "engagement")
    assert (code, cli.store.names()) == (1, ["engagement"])
    assert "not all tasks run; the job goes on" in err
    assert "--cancel" in err
    code, out, _ = cli.run("stop", "engagement", "--cancel")
    assert (code, cli.flink.asked, cli.store.names()) == (0, ["stop a", "cancel a"], [])
    assert "checkpoint: file:/c/chk-8" in out


def test_a_job_of_a_stopped_stack_can_be_kept_from_coming_back(cli: Cli) -> None:
    cli.keep()
    cli.flink.reachable = False
    code, out, _ = cli.run("stop", "engagement")
    assert (code, cli.store.names()) == (0, [])
    assert "did not run" in out
    assert str(cli.store.folder("a") / "chk-8") in out


def test_of_several_jobs_of_a_name_the_kept_one_is_meant_or_an_id(cli: Cli) -> None:
    cli.flink.states = {"a": ("engagement", "RUNNING"), "b": ("engagement", "RUNNING")}
    code, _, err = cli.run("stop", "engagement")
    assert (code, cli.flink.asked) == (1, [])
    assert "2 jobs are called engagement" in err
    cli.keep()
    assert cli.run("stop", "b")[0] == 0
    assert (cli.flink.asked, cli.store.names()) == (["stop b"], ["engagement"])
    assert cli.run("stop", "engagement")[0] == 0
    assert (cli.flink.asked, cli.store.names()) == (["stop b", "stop a"], [])
    code, _, err = cli.run("stop", "engagement")
    assert code == 1
    assert "no job 'engagement' runs" in err


def test_a_second_live_copy_is_refused_and_a_backfill_is_not_one(cli: Cli) -> None:
    endpoints = Endpoints.from_env({}, cli.settings.data)
    cli.flink.states = {"a": ("engagement", "RUNNING")}
    submit.check_copies(endpoints, cli.store, "engagement")
    cli.flink.live.add("a")
    with pytest.raises(submit.SubmitError, match=r"engagement \(a\) is RUNNING already"):
        submit.check_copies(endpoints, cli.store, "engagement")
    cli.flink.states = {}
    cli.keep()
    with pytest.raises(submit.SubmitError, match="about to be started again"):
        submit.check_copies(endpoints, cli.store, "engagement")
    cli.keep(given_up="why")
    submit.check_copies(endpoints, cli.store, "engagement")


def test_submit_keeps_what_the_environment_said_and_a_bounded_run_is_not_kept(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[list[str]] = []

    def accept(
        line: list[str], _: Endpoints, *, debug: bool = False, bounded: bool = False, kept: submit.Keeping | None = None
    ) -> None:
        lines.append(line)
        if kept:
            kept.accepted("0" * 32)

    monkeypatch.setattr(submit, "submit", accept)
    monkeypatch.setenv("TOKPULSE_LATE_BOUND", "3 h")
    monkeypatch.setenv("TOKPULSE_IDLE_TIMEOUT", "9 s")
    assert cli.run("submit", "engagement", "--bounded")[0] == 0
    assert cli.store.names() == []
    code, out, _ = cli.run("submit", "engagement", "--detached", "--run-id", "mine", "--idle-timeout", "1 s", "--parallelism", "2")
    kept = cli.store.read("engagement")
    assert kept is not None
    assert (code, kept.run_id, kept.parallelism, kept.ids) == (0, "mine", 2, ("0" * 32,))
    assert kept.arguments == ("--idle-timeout", "1 s", "--late-bound", "3 h")
    assert "tokpulse stop engagement" in out
    # The line itself is what it always was.
    assert lines[-1][-4:] == ["--run-id", "mine", "--idle-timeout", "1 s"]
    monkeypatch.setenv("FLINK_REST_URL", "http://another:8081")
    assert cli.run("submit", "velocity", "--detached")[0] == 0
    assert cli.store.names() == ["engagement"]


@pytest.mark.parametrize("variable", ["KAFKA_BOOTSTRAP_SERVERS", "SCHEMA_REGISTRY_URL", "CLICKHOUSE_URL", "FLINK_REST_URL"])
def test_a_job_of_other_services_is_not_kept(cli: Cli, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    submitted: list[submit.Keeping | None] = []
    monkeypatch.setattr(submit, "submit", lambda *_, kept=None, **__: submitted.append(kept))
    monkeypatch.setenv(variable, "http://another:8081")
    code, out, _ = cli.run("submit", "velocity", "--detached")
    assert (code, submitted, cli.store.names()) == (0, [None], [])
    assert out.splitlines()[-1].startswith(f"not kept: {variable}: not what ")


def test_sentiment_settings_are_kept_and_no_other_variable(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(submit, "submit", lambda *_, kept, **__: kept.accepted("0" * 32))
    # The same place under its other name.
    monkeypatch.setenv("FLINK_REST_URL", "http://localhost:1/")
    monkeypatch.setenv("TOKPULSE_SENTIMENT_MODEL", "lexicon")
    monkeypatch.setenv("TOKPULSE_SENTIMENT_TOKEN", "s3cret")
    assert cli.run("submit", "comments", "--detached")[0] == 0
    kept = cli.store.read("comments")
    assert kept is not None
    assert kept.environment == {"TOKPULSE_SENTIMENT_MODEL": "lexicon"}
    cli.flink.states = {"0" * 32: ("comments", "RUNNING")}
    assert "go on: TOKPULSE_SENTIMENT_MODEL=lexicon tokpulse submit comments " in cli.run("stop", "comments")[1]


@pytest.mark.parametrize("how", [["--detached"], ["--bounded"]])
def test_a_kept_job_that_is_lost_counts_as_a_writer(cli: Cli, monkeypatch: pytest.MonkeyPatch, how: list[str]) -> None:
    submitted: list[int] = []
    monkeypatch.setattr(submit, "submit", lambda *_, **__: submitted.append(1))
    cli.keep(job="pipeline")
    code, _, err = cli.run("submit", "followers", *how)
    assert (code, submitted) == (1, [])
    assert "job pipeline is about to be started again by itself and writes tiktok.followers.deltas in transactions" in err
    cli.keep(job="pipeline", given_up="why")
    assert cli.run("submit", "followers", *how)[0] == 0


def test_another_flink_has_nothing_to_do_with_what_is_kept_here(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    cli.keep()
    monkeypatch.setenv("FLINK_REST_URL", "http://another:8081")
    cli.flink.states = {"x": ("engagement", "RUNNING")}
    (line,) = json.loads(cli.run("jobs", "--json")[1])
    assert (line["id"], line["should_run"]) == ("x", "no")
    assert cli.run("stop", "engagement")[0] == 0
    assert (cli.flink.asked, cli.store.names()) == (["stop x"], ["engagement"])


@pytest.mark.parametrize("name", ["../x", "0" * 32])
def test_stop_and_upgrade_refuse_what_is_no_job(cli: Cli, name: str) -> None:
    for command in ("stop", "upgrade"):
        code, _, err = cli.run(command, name)
        assert code == 1
        assert "no job" in err
    assert not list(cli.settings.data.rglob("*.lock"))


def test_a_file_that_cannot_be_read_hides_no_other_job(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    cli.keep(alarm="checkpoint x cannot be used", alarm_at=now())
    cli.flink.states = {"a": ("engagement", "RUNNING")}
    (cli.settings.data / "jobs" / "velocity.json").write_text("{")
    (cli.settings.data / "jobs" / "former.json").write_text("{}")
    monkeypatch.setattr(down, "running_jobs", lambda _: [])
    monkeypatch.setattr(down, "down", lambda _: [])
    for command in ("jobs", "status", "down"):
        _, out, err = cli.run(command)
        assert "engagement" in out
        assert "velocity.json" in err
        assert "there is no job 'former'" in err
    assert cli.run("jobs")[0] == 1


def test_after_a_stop_that_flink_does_not_answer_the_job_may_still_end(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    cli.keep()
    cli.flink.states = {"a": ("engagement", "RUNNING")}

    def never(*_: Any) -> str:
        raise FlinkRestError("no savepoint of a within 180 s")

    monkeypatch.setattr(FlinkRest, "stop", never)
    code, _, err = cli.run("stop", "engagement")
    assert (code, cli.store.names()) == (1, ["engagement"])
    assert "may still end" in err
    assert "tokpulse jobs" in err


def test_an_attached_client_does_not_hold_the_lock_while_the_job_runs(cli: Cli) -> None:
    wanted = cli.keep(ids=())
    for attached in (True, False):
        with cli.store.held("engagement") as lock:
            submit.Keeping(cli.store, wanted, lock, attached).accepted("b" * 32)
            if attached:
                with cli.store.held("engagement"):
                    pass
            else:
                with pytest.raises(Exception, match="being started or stopped"), cli.store.held("engagement"):
                    pass


def test_upgrade_without_a_kept_or_running_job_says_so(cli: Cli) -> None:
    assert "is kept running" in cli.run("upgrade", "engagement")[2]
    cli.keep()
    assert "job engagement is lost" in cli.run("upgrade", "engagement")[2]


@pytest.fixture
def compared(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> tuple[Cli, list[list[str]], list[Fit]]:
    """Upgrades whose comparisons say what the list has; successors run as `b`."""
    cli.keep()
    cli.flink.states = {"a": ("engagement", "RUNNING")}
    lines: list[list[str]] = []
    fits: list[Fit] = []

    def accept(line: list[str], _: Endpoints, *, kept: submit.Keeping, env: dict[str, str]) -> None:
        lines.append(line)
        environments.append(env)
        cli.flink.states["b"] = ("engagement", "RUNNING")
        kept.accepted("b")

    monkeypatch.setattr(upgrade, "submit", accept)
    monkeypatch.setattr(Client, "compare", lambda *_: fits[0])
    monkeypatch.setattr(upgrade, "partition_offsets", lambda *_: {0: (0, 40_000), 1: (10_000, 20_000)})
    return cli, lines, fits


def test_an_upgrade_that_fits_goes_on_from_a_savepoint(compared: tuple[Cli, list[list[str]], list[Fit]]) -> None:
    cli, lines, fits = compared
    fits.append(Fit())
    assert cli.run("upgrade", "engagement", "--check")[0] == 0
    assert (lines, cli.flink.asked) == ([], [])
    code, out, err = cli.run("upgrade", "engagement")
    assert code == 0, err
    assert cli.flink.asked == ["stop a"]
    assert ("--fromSavepoint", SAVEPOINT) in zip(lines[0], lines[0][1:], strict=False)
    kept = cli.store.read("engagement")
    assert kept is not None
    assert (kept.ids, kept.run_id, kept.savepoint) == (("b",), "run-1", SAVEPOINT)
    assert "runs as b" in out


def test_an_upgrade_that_does_not_fit_says_what_a_replay_costs_and_changes_nothing(
    compared: tuple[Cli, list[list[str]], list[Fit]],
) -> None:
    cli, lines, fits = compared
    fits.append(Fit(("a window has state, and the new plan has no place for it",)))
    before = cli.store.read("engagement")
    code, out, _ = cli.run("upgrade", "engagement")
    assert (code, lines, cli.flink.asked, cli.store.read("engagement")) == (1, [], [], before)
    assert "does not fit: a window has state" in out
    assert "a replay reads 50,000 records, which takes about 2 s" in out
    assert "tiktok.engagement.hourly" in out
    code, _, err = cli.run("upgrade", "engagement", "--replay")
    assert code == 0, err
    kept = cli.store.read("engagement")
    assert kept is not None
    assert "--fromSavepoint" not in lines[0]
    assert (kept.ids, kept.savepoint, kept.run_id == "run-1") == (("b",), "", False)


def test_a_successor_that_flink_refuses_stays_the_supervisors_matter(
    compared: tuple[Cli, list[list[str]], list[Fit]], monkeypatch: pytest.MonkeyPatch
) -> None:
    cli, _, fits = compared
    fits.append(Fit())

    def refuse(*_: Any, **__: Any) -> None:
        raise submit.SubmitError("flink run failed: no memory")

    monkeypatch.setattr(upgrade, "submit", refuse)
    code, out, err = cli.run("upgrade", "engagement")
    kept = cli.store.read("engagement")
    assert kept is not None
    assert (code, kept.savepoint, kept.ids, kept.jobmanager) == (1, SAVEPOINT, (), "")
    assert SAVEPOINT in out
    assert "no memory" in err


def test_an_upgrade_marks_the_job_before_it_ends_it(
    compared: tuple[Cli, list[list[str]], list[Fit]], monkeypatch: pytest.MonkeyPatch
) -> None:
    cli, lines, fits = compared
    fits.append(Fit())
    marks: list[bool] = []
    problems = [SavepointError("not all tasks run"), FlinkRestError("no savepoint of a within 180 s")]

    def fails(*_: Any) -> str:
        kept = cli.store.read("engagement")
        marks.append(kept is not None and kept.replacing is not None)
        raise problems.pop(0)

    monkeypatch.setattr(FlinkRest, "stop", fails)
    for marked in (False, True):
        assert cli.run("upgrade", "engagement")[0] == 1
        kept = cli.store.read("engagement")
        assert kept is not None
        assert (kept.ids, kept.replacing is not None) == (("a",), marked)
    assert (marks, lines) == ([True, True], [])


def test_an_upgrade_keeps_the_settings_of_submit(
    compared: tuple[Cli, list[list[str]], list[Fit]], monkeypatch: pytest.MonkeyPatch
) -> None:
    cli, _, fits = compared
    fits.append(Fit())
    cli.keep(environment={"TOKPULSE_SENTIMENT_PAUSE": "9 s"})
    monkeypatch.setenv("TOKPULSE_LATE_BOUND", "3 h")
    monkeypatch.setenv("TOKPULSE_SENTIMENT_MODEL", "onnx")
    monkeypatch.setenv("CLICKHOUSE_ADMIN_URL", "http://default:s3cret@c")
    environments.clear()
    assert cli.run("upgrade", "engagement")[0] == 0
    (env,) = environments
    assert {name: value for name, value in env.items() if "SENTIMENT" in name} == {"TOKPULSE_SENTIMENT_PAUSE": "9 s"}
    assert "TOKPULSE_LATE_BOUND" not in env
    assert "CLICKHOUSE_ADMIN_URL" not in env
    kept = cli.store.read("engagement")
    assert kept is not None
    assert (kept.environment, kept.had_checkpoint) == ({"TOKPULSE_SENTIMENT_PAUSE": "9 s"}, True)


def test_a_checkpoint_that_is_gone_when_it_is_read_is_no_reason_to_give_up(
    compared: tuple[Cli, list[list[str]], list[Fit]], monkeypatch: pytest.MonkeyPatch
) -> None:
    cli, _, _ = compared
    read: list[str] = []

    def compare(_: Client, kept: KeptJob, checkpoint: str, plan: str) -> Fit:
        read.append(Path(checkpoint).name)
        if len(read) > 1:
            return Fit()
        shutil.rmtree(checkpoint)
        return Fit(problem=f"{checkpoint} cannot be restored: it does not exist")

    monkeypatch.setattr(Client, "compare", compare)
    assert cli.run("upgrade", "engagement", "--check")[0] == 0
    assert (read[0], len(read)) == ("chk-8", 2)
    monkeypatch.setattr(Client, "compare", lambda *_: Fit(problem="a broken file"))
    assert "a broken file" in cli.run("upgrade", "engagement", "--check")[2]


def test_a_replay_names_what_it_restates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upgrade, "partition_offsets", lambda *_: {0: (0, 1)})
    lines = upgrade.costs(Endpoints({"KAFKA_BOOTSTRAP_SERVERS": "k:1"}, Path()), pipeline.JOB.name)
    assert any("restates follower_deltas, trending_hourly:" in line for line in lines)
    (topics,) = [line for line in lines if "records again" in line]
    assert "tiktok.followers.deltas" in topics
    # Named records are there once, whoever writes them again.
    assert "tiktok.momentum.alerts" not in topics


def test_what_is_restated_has_revisions() -> None:
    tables = {name: file.text for name, file in graph().creators.items() if file.kind == "TABLE"}
    written = {sink.table for job in JOBS.values() for sink in job.clickhouse}
    assert {name for name in written if "revision" in tables[name]} == set(upgrade.RESTATED)


def test_a_savepoint_that_takes_too_long_is_no_savepoint() -> None:
    def never(request: httpx.Request) -> httpx.Response:
        body = {"request-id": "r"} if request.method == "POST" else {"status": {"id": "IN_PROGRESS"}}
        return httpx.Response(200, json=body)

    with FlinkRest(URL, transport=httpx.MockTransport(never)) as flink, pytest.raises(FlinkRestError, match="within 0 s"):
        flink.stop("a", timeout_s=0.0)


def test_the_id_of_an_accepted_job() -> None:
    assert submitted_id(f"Job has been submitted with JobID {'ab' * 16}\n") == "ab" * 16
    assert submitted_id("noise") == ""
