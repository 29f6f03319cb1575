"""The files that the services read: flat Flink options, a loopback-only broker, passwords only where they belong."""

from __future__ import annotations

import json
import stat
import tomllib
from pathlib import Path

import pytest
import yaml

from connectors.endpoints import Endpoints
from connectors.paths import REPOSITORY
from stack import clickhouse_server, flink, kafka, services
from stack.flink_options import known_options
from stack.settings import StackSettings


@pytest.fixture
def settings(tmp_path: Path) -> StackSettings:
    numbers = range(21_001, 21_100)
    names = ("kafka", "kafka_controller", "registry", "clickhouse", "flink", "flink_rpc")
    return StackSettings(tmp_path / "data", tmp_path / "build", dict(zip(names, numbers, strict=False)))


def test_flink_config_is_flat_and_keeps_the_packaged_java_options(settings: StackSettings) -> None:
    text = flink.render_config(flink.FLINK_CONF, flink.machine_options(settings))
    options = yaml.safe_load(text)
    assert all(isinstance(value, str | int | float) for value in options.values())
    packaged = yaml.safe_load((flink.pyflink_folder() / "conf" / "config.yaml").read_text())
    for flag in packaged["env"]["java"]["opts"]["all"].split():
        assert flag in options["env.java.opts.all"].split()
    # One line per key: Flink's start scripts read the file line by line.
    assert len(text.splitlines()) == len(options)


def test_flink_listens_on_loopback_only(settings: StackSettings) -> None:
    options = yaml.safe_load(flink.render_config(flink.FLINK_CONF, flink.machine_options(settings)))
    for key in (
        "rest.bind-address",
        "jobmanager.bind-host",
        "taskmanager.bind-host",
        "jobmanager.rpc.address",
        "taskmanager.host",
    ):
        assert options[key] == "127.0.0.1"
    assert options["web.submit.enable"] is False


def test_machine_options_win(tmp_path: Path) -> None:
    project = tmp_path / "flink-conf.yaml"
    project.write_text("rest.port: 1\nparallelism.default: 2\n")
    assert yaml.safe_load(flink.render_config(project, {"rest.port": 5})) == {"parallelism.default": 2, "rest.port": 5}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("state:\n  backend: hashmap\n", "state: not a plain value"),
        ("a: [1\n", "not YAML"),
        ("- a\n", "not a mapping"),
        ("a:\n", "a: not a plain value"),
    ],
)
def test_a_bad_flink_config_names_file_and_key(tmp_path: Path, text: str, says: str) -> None:
    project = tmp_path / "flink-conf.yaml"
    project.write_text(text)
    with pytest.raises(flink.FlinkConfigError) as raised:
        flink.render_config(project, {})
    assert str(project) in raised.value.message
    assert says in raised.value.message


def test_an_unknown_flink_option_names_line_key_and_the_likely_one(tmp_path: Path) -> None:
    project = tmp_path / "flink-conf.yaml"
    project.write_text("# parallelism\nrest.port: 1\nparalelism.default: 2\n")
    with pytest.raises(flink.FlinkConfigError) as raised:
        flink.render_config(project, {})
    assert raised.value.message == f"{project}:3: unknown option paralelism.default"
    assert raised.value.hint == "did you mean parallelism.default?"
    project.write_text("1: 2\n")
    with pytest.raises(flink.FlinkConfigError, match="unknown option 1") as raised:
        flink.render_config(project, {})
    assert raised.value.hint == f"remove it, or see the options of Flink {known_options().version}"


def test_every_key_that_the_project_sets_is_known(settings: StackSettings) -> None:
    """Machine options are written unchecked, so they are checked here."""
    keys = {*yaml.safe_load(flink.FLINK_CONF.read_text()), *flink.machine_options(settings)}
    assert [key for key in keys if not known_options().knows(key)] == []


@pytest.mark.parametrize(
    "key", ["s3.endpoint", "metrics.reporter.prom.port", "containerized.taskmanager.env.TZ", "state.checkpoints.dir"]
)
def test_free_suffixes_and_former_names_are_known(key: str) -> None:
    assert known_options().knows(key)


@pytest.mark.parametrize("key", ["s3.", "s3", "metrics.reporter", "env.java.opt.all", "python.fn-execution.bundle.tiem"])
def test_a_prefix_alone_or_a_misspelt_key_is_unknown(key: str) -> None:
    assert not known_options().knows(key)


def test_the_known_options_are_those_of_the_flink_that_is_installed() -> None:
    pinned = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]["dependencies"]
    assert f"apache-flink=={known_options().version}" in pinned


def test_every_kafka_listener_is_on_loopback(settings: StackSettings) -> None:
    properties = kafka.server_properties(settings)
    for listener in properties["listeners"].split(",") + properties["advertised.listeners"].split(","):
        assert listener.split("://")[1].startswith("127.0.0.1:")
    assert properties["auto.create.topics.enable"] == "false"
    assert int(properties["message.max.bytes"]) == int(properties["replica.fetch.max.bytes"]) == 16 * 1024 * 1024


def test_passwords_are_generated_once_and_private(settings: StackSettings) -> None:
    first = clickhouse_server.credentials(settings)
    assert clickhouse_server.credentials(settings) == first
    assert len({first.writer, first.reader, first.admin}) == 3
    assert first.writer not in repr(first)
    assert stat.S_IMODE(clickhouse_server.users_file(settings).stat().st_mode) == 0o600


def test_a_users_file_of_two_gets_the_third_and_keeps_their_passwords(settings: StackSettings) -> None:
    file = clickhouse_server.users_file(settings)
    file.parent.mkdir(parents=True)
    two = {"tokpulse": {"password": "w", "role": "writer"}, "dashboard": {"password": "r", "role": "reader"}}
    file.write_text(json.dumps({"users": two}))
    found = clickhouse_server.credentials(settings)
    assert (found.writer, found.reader) == ("w", "r")
    users = json.loads(file.read_text())["users"]
    assert {name: users[name] for name in two} == two
    assert users["admin"] == {"password": found.admin, "role": "admin"}
    assert clickhouse_server.credentials(settings) == found


def test_jobs_do_not_get_the_admins_password(settings: StackSettings) -> None:
    (settings.build / "registry").mkdir(parents=True)
    (settings.build / "registry" / "x-runner.jar").touch()
    admin = clickhouse_server.credentials(settings).admin
    for service in services.all_services(settings):
        assert admin not in "".join(service.env.values())


def test_env_file_is_private_and_read_back(settings: StackSettings) -> None:
    services.write_env_file(settings)
    assert stat.S_IMODE((settings.data / "env").stat().st_mode) == 0o600
    found = Endpoints.from_env({}, settings.data).require()
    password = clickhouse_server.credentials(settings).writer
    assert found.clickhouse_url == f"http://tokpulse:{password}@127.0.0.1:21004/tokpulse"
    assert password not in repr(found)
    assert found.clickhouse_reader_url.startswith("http://dashboard:")
    assert found.clickhouse_reader_url.endswith("/tokpulse_shared")
    assert found.clickhouse_admin_url.startswith("http://admin:")
    assert found.schema_registry_url == "http://127.0.0.1:21003/apis/ccompat/v7"
    assert found.flink_home == settings.flink_home


def test_no_password_on_a_command_line(settings: StackSettings) -> None:
    (settings.build / "registry").mkdir(parents=True)
    (settings.build / "registry" / "x-runner.jar").touch()
    secrets = clickhouse_server.credentials(settings)
    for service in services.all_services(settings):
        shown = " ".join(service.argv) + repr(service)
        assert secrets.writer not in shown
        assert secrets.reader not in shown
        assert secrets.admin not in shown


def test_services_inherit_little(settings: StackSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    environment = flink.environment(settings, {"CLICKHOUSE_URL": "u"})
    assert "AWS_SECRET_ACCESS_KEY" not in environment
    assert environment["CLICKHOUSE_URL"] == "u"
