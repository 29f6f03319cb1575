"""docker-compose.yml without a Docker engine: valid by the Compose schema, and in agreement with everything it repeats."""

from __future__ import annotations

import importlib.metadata
import json
import re
import tomllib
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from connectors.endpoints import OPTIONAL, VARIABLES
from connectors.kafka.topics import load_topics
from stack import clickhouse_server, flink, kafka, quality_tests
from stack.clickhouse.policy import READER_DEFAULTS
from stack.settings import DEFAULT_PORTS, StackSettings, port_variable

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = ROOT / "docker-compose.yml"
DOCKERFILE = ROOT / "docker" / "flink.Dockerfile"
ONE_SHOTS = {"init", "client"}
_VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?P<operator>:?[-?+])?(?P<word>[^}]*)\}")


def compose() -> dict[str, Any]:
    loaded = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
    assert isinstance(loaded, dict)
    return loaded


SERVICES: dict[str, dict[str, Any]] = compose()["services"]
BUILT = {name for name, service in SERVICES.items() if "build" in service}


def settings(tmp_path: Path) -> StackSettings:
    return StackSettings(tmp_path / "data", tmp_path / "build", dict(zip(DEFAULT_PORTS, range(21_001, 21_100), strict=False)))


def flink_properties() -> dict[str, Any]:
    loaded = yaml.safe_load(SERVICES["jobmanager"]["environment"]["FLINK_PROPERTIES"])
    assert isinstance(loaded, dict)
    return loaded


def pom(name: str) -> str:
    namespace = "{http://maven.apache.org/POM/4.0.0}"
    found = ET.parse(ROOT / "stack/maven/pom.xml").getroot().find(f"{namespace}properties/{namespace}{name}")  # noqa: S314
    assert found is not None
    assert found.text
    return found.text


def example() -> dict[str, str]:
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_valid_by_the_compose_specification() -> None:
    schema = json.loads((Path(__file__).with_name("compose-spec.json")).read_text(encoding="utf-8"))
    jsonschema.Draft7Validator.check_schema(schema)
    errors = [f"{error.json_path}: {error.message}" for error in jsonschema.Draft7Validator(schema).iter_errors(compose())]
    assert errors == []


def test_the_services_are_those_of_the_local_stack_grafana_and_two_one_shots() -> None:
    assert set(SERVICES) == {"kafka", "registry", "clickhouse", "jobmanager", "taskmanager", "quality", "grafana"} | ONE_SHOTS
    volumes = {volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])}
    assert {name for name in volumes if not name.startswith(".")} == set(compose()["volumes"])


@pytest.mark.parametrize("name", SERVICES)
def test_images_are_pinned(name: str) -> None:
    _, colon, tag = SERVICES[name]["image"].rpartition(":")
    assert colon
    assert re.search(r"\d+\.\d+\.\d+", tag), f"{name}: {tag} may move"


def test_base_images_are_pinned() -> None:
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE.read_text(encoding="utf-8"), re.MULTILINE)
    assert bases
    assert all(re.search(r":\d+\.\d+\.\d+-", base) for base in bases)


@pytest.mark.parametrize("name", sorted(set(SERVICES) - ONE_SHOTS))
def test_services_have_health_checks_limits_and_come_back(name: str) -> None:
    service = SERVICES[name]
    assert service["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL")
    assert {"interval", "timeout", "retries"} <= set(service["healthcheck"])
    assert service["deploy"]["resources"]["limits"].keys() == {"cpus", "memory"}
    assert service["restart"] == "unless-stopped"


def test_nothing_waits_for_what_cannot_tell() -> None:
    for name, service in SERVICES.items():
        for other, wanted in service.get("depends_on", {}).items():
            condition = wanted["condition"]
            if other in ONE_SHOTS:
                assert condition == "service_completed_successfully", name
            else:
                assert condition == "service_healthy", name
                assert "healthcheck" in SERVICES[other]


def test_ports_are_open_to_this_machine_only_and_can_be_moved() -> None:
    published = {}
    for name, service in SERVICES.items():
        assert service.get("network_mode") != "host"
        for port in service.get("ports", []):
            match = re.fullmatch(r"127\.0\.0\.1:\$\{(\w+):-(\d+)\}:(\d+)", port)
            assert match, f"{name}: {port}"
            published[match[1]] = int(match[2])
    names = ("kafka", "registry", "clickhouse", "flink")
    # The local stack has no Grafana: it has `tokpulse dashboard`.
    grafana = {"TOKPULSE_GRAFANA_PORT": 3000}
    assert published == {port_variable(name): DEFAULT_PORTS[name] for name in names} | grafana


def test_passwords_have_no_default() -> None:
    text = COMPOSE.read_text(encoding="utf-8")
    for match in _VARIABLE.finditer(text):
        if re.search(r"PASSWORD|SECRET|TOKEN|CLUSTER_ID", match["name"]):
            assert match["operator"] == ":?", match.group()
            assert match["word"] == f"set {match['name']} in .env"
    for service in SERVICES.values():
        for key, value in service.get("environment", {}).items():
            if "PASSWORD" in key:
                assert _VARIABLE.fullmatch(value), key
    assert not re.search(r"://[^/\s:]+:(?!\$\{)[^@\s]+@", text)


def test_every_variable_is_in_the_example_and_the_other_way_round() -> None:
    used: dict[str, str] = {}
    for match in _VARIABLE.finditer(COMPOSE.read_text(encoding="utf-8")):
        default = match["word"] if match["operator"] == ":-" else ""
        assert used.setdefault(match["name"], default) == default, match["name"]
    assert used == example()
    assert ".env" in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert ".env" in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()


def test_versions_are_those_of_the_pom_and_of_the_python_package() -> None:
    assert SERVICES["kafka"]["image"] == f"apache/kafka:{pom('kafka.version')}"
    assert SERVICES["registry"]["image"] == f"apicurio/apicurio-registry-kafkasql:{pom('registry.version')}"
    dockerfile = DOCKERFILE.read_text(encoding="utf-8")
    assert f"FROM flink:{pom('flink.version')}-scala_2.12-java{pom('java.release')} AS flink" in dockerfile
    assert re.search(rf"FROM maven:[\d.]+-eclipse-temurin-{pom('java.release')} AS jars", dockerfile)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    python = re.search(r"FROM python:(\d+)\.(\d+)\.", dockerfile)
    assert python
    low, below = re.findall(r"3\.(\d+)", project["requires-python"])
    assert int(low) <= int(python[2]) < int(below)
    assert {SERVICES[name]["image"] for name in BUILT} == {f"tokpulse-flink:{project['version']}"}


def test_the_server_is_of_the_embedded_engines_line_and_has_the_fix() -> None:
    tag = tuple(map(int, SERVICES["clickhouse"]["image"].rpartition(":")[2].split(".")))
    # chdb's version is its own; the engine's is in its core package.
    engine = tuple(map(int, importlib.metadata.version("chdb-core").split(".")[:2]))
    assert tag[:2] == engine
    # CVE-2026-116366, a hole before authentication, is closed from these on.
    fixed: dict[tuple[int, ...], tuple[int, ...]] = {(26, 9): (26, 9, 27, 3), (26, 10): (26, 10, 3, 7)}
    assert tag >= fixed[engine]


def test_the_image_takes_flink_conf_as_it_is() -> None:
    assert "COPY --chown=flink:flink flink-conf.yaml /opt/flink/conf/config.yaml" in DOCKERFILE.read_text(encoding="utf-8")
    project = yaml.safe_load(flink.FLINK_CONF.read_text(encoding="utf-8"))
    assert set(project).isdisjoint(flink_properties()), "what flink-conf.yaml says is said there"
    for name in BUILT:
        assert SERVICES[name]["environment"]["FLINK_PROPERTIES"] == SERVICES["jobmanager"]["environment"]["FLINK_PROPERTIES"]


def test_flinks_machine_options_are_those_that_the_local_stack_sets(tmp_path: Path) -> None:
    # Ports are fixed inside a container; a resource id is its host name there, and Python workers' loopback is the container's.
    local = set(flink.machine_options(settings(tmp_path))) - {
        *("jobmanager.rpc.port", "rest.port", "rest.bind-port", "taskmanager.host", "taskmanager.resource-id"),
        *("io.tmp.dirs", "env.log.dir", "env.pid.dir", "env.java.default-opts.jobmanager", "env.java.default-opts.taskmanager"),
    }
    assert set(flink_properties()) == local | {"taskmanager.rpc.port"}
    assert str(flink_properties()["taskmanager.rpc.port"]) in " ".join(SERVICES["taskmanager"]["healthcheck"]["test"])


def test_memory_limits_hold_what_flink_is_told_to_use() -> None:
    project = yaml.safe_load(flink.FLINK_CONF.read_text(encoding="utf-8"))
    units = {"m": 1, "g": 1024}
    for name in ("jobmanager", "taskmanager"):
        limit = SERVICES[name]["deploy"]["resources"]["limits"]["memory"]
        wanted = project[f"{name}.memory.process.size"]
        assert int(limit[:-1]) * units[limit[-1]] > int(wanted[:-1]) * units[wanted[-1]]


def test_the_cluster_and_the_commands_know_the_services() -> None:
    dockerfile = DOCKERFILE.read_text(encoding="utf-8")
    for name in BUILT:
        environment = SERVICES[name]["environment"]
        # FLINK_HOME and FLINK_CONF_DIR are the image's.
        for variable in set(VARIABLES) - set(OPTIONAL):
            assert variable in environment or re.search(rf"\b{variable}=/opt/flink", dockerfile), variable
        hosts = re.findall(r"(?:@|://|^)([a-z]+):\d+", environment["CLICKHOUSE_URL"] + "\n" + environment["FLINK_REST_URL"])
        assert set(hosts) <= set(SERVICES)
    assert SERVICES["init"]["command"] == ["tokpulse", "init"]
    # Jobs write; what an admin may do is none of theirs.
    assert {name for name in BUILT if "CLICKHOUSE_ADMIN_URL" in SERVICES[name]["environment"]} == {"init", "client"}


def test_kafka_is_configured_as_the_local_broker(tmp_path: Path) -> None:
    local = kafka.server_properties(settings(tmp_path))
    places = {"listeners", "advertised.listeners", "listener.security.protocol.map", "inter.broker.listener.name", "log.dirs"}
    for variable, value in SERVICES["kafka"]["environment"].items():
        key = variable.removeprefix("KAFKA_").lower().replace("_", ".")
        if variable.startswith("KAFKA_") and variable != "KAFKA_HEAP_OPTS" and key not in places | {"controller.quorum.voters"}:
            assert local[key] == value, key
    assert local["auto.create.topics.enable"] == SERVICES["kafka"]["environment"]["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"


def test_the_tests_of_the_tables_run_as_in_the_local_stack(tmp_path: Path) -> None:
    local = quality_tests.service(settings(tmp_path), {}).argv
    assert SERVICES["quality"]["command"] == ["python", *local[1:5], "tokpulse", *quality_tests.COMMAND]


def test_topics_come_from_topics_yaml_alone() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in (COMPOSE, DOCKERFILE, ROOT / ".env.example"))
    assert [topic.name for topic in load_topics() if topic.name in text] == []


def test_clickhouse_users_are_those_of_the_local_stack() -> None:
    root = ET.parse(ROOT / "docker/clickhouse/users.xml").getroot()  # noqa: S314 - our own file
    users = root.find("users")
    assert users is not None
    default, *others = users
    assert (default.tag, default.attrib) == ("default", {"remove": "remove"})
    assert [user.tag for user in others] == [clickhouse_server.WRITER, clickhouse_server.READER, clickhouse_server.ADMIN]
    environment = SERVICES["clickhouse"]["environment"]
    for user in others:
        password = user.find("password")
        assert password is not None
        assert not password.text
        assert password.attrib["from_env"] in environment
        shared = user.tag == clickhouse_server.READER
        assert user.findtext("default_database") == (clickhouse_server.SHARED_DATABASE if shared else clickhouse_server.DATABASE)
    writer, reader, _ = ([query.text or "" for query in user.iter("query")] for user in others)
    assert [grant.rpartition(" ON ")[2] for grant in reader] == [f"{clickhouse_server.SHARED_DATABASE}.*"]
    assert not re.search(r"INSERT|ALTER|CREATE|DROP|TRUNCATE|ALL\b", " ".join(reader))
    assert not [grant for grant in writer if "_private" in grant or "*.*" in grant]
    assert root.findtext("profiles/tokpulse_reader/readonly") == "2"
    limits = [name for name in READER_DEFAULTS if name.startswith("max_")]
    assert "max_result_bytes" in limits
    for limit in limits:
        assert root.findtext(f"profiles/tokpulse_reader/{limit}") == READER_DEFAULTS[limit]
        assert root.find(f"profiles/tokpulse_reader/constraints/{limit}/max") is not None
    assert root.find("quotas/tokpulse_reader/interval/queries") is not None
    mounted = [volume for volume in SERVICES["clickhouse"]["volumes"] if volume.startswith("./")]
    assert mounted == ["./docker/clickhouse/users.xml:/etc/clickhouse-server/users.d/tokpulse.xml:ro"]


@pytest.mark.clickhouse
def test_clickhouse_grants_are_grants() -> None:
    """The engine's own parser reads every GRANT of the users file."""
    from chdb import session

    root = ET.parse(ROOT / "docker/clickhouse/users.xml").getroot()  # noqa: S314 - our own file
    engine: Any = session.Session()  # type: ignore[no-untyped-call]
    try:
        for query in root.iter("query"):
            literal = (query.text or "").replace("'", "''") + " TO somebody"
            assert "GRANT" in str(engine.query(f"SELECT formatQuery('{literal}')"))
    finally:
        engine.close()


def test_everything_the_image_copies_is_there() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE.read_text(encoding="utf-8"), re.MULTILINE):
        words = [word for word in line.split() if not word.startswith("--")]
        for source in words[:-1]:
            assert (ROOT / source).exists(), source
            assert source not in ignored


def test_the_image_does_not_run_as_root() -> None:
    """Flink's entry point drops to its user; nothing else is started before it."""
    text = DOCKERFILE.read_text(encoding="utf-8")
    assert 'ENTRYPOINT ["tini", "-g", "--", "/docker-entrypoint.sh"]' in text
    assert "gosu" in text


def test_grafana_finds_its_files_and_pins_its_plugin() -> None:
    grafana = SERVICES["grafana"]
    assert re.fullmatch(r"grafana-clickhouse-datasource@\d+\.\d+\.\d+", grafana["environment"]["GF_PLUGINS_PREINSTALL_SYNC"])
    mounted = {
        target: ROOT / source
        for source, target, *_ in (volume.split(":") for volume in grafana["volumes"])
        if source.startswith(".")
    }
    assert all(path.exists() for path in mounted.values())
    (provider,) = yaml.safe_load((ROOT / "docker/grafana/dashboards.yml").read_text(encoding="utf-8"))["providers"]
    home = grafana["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"].replace(provider["options"]["path"], "")
    assert (mounted[provider["options"]["path"]] / home.strip("/")).is_file()
    (source,) = yaml.safe_load((ROOT / "docker/grafana/datasources.yml").read_text(encoding="utf-8"))["datasources"]
    assert source["jsonData"]["host"] in SERVICES
    assert source["jsonData"]["username"] == clickhouse_server.READER
    variable = source["secureJsonData"]["password"].removeprefix("$")
    assert variable in grafana["environment"]
