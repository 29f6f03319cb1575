"""Which port wins: flag over environment over file over default; 0 is picked once and remembered."""

from __future__ import annotations

from pathlib import Path

import pytest

from stack import settings as settings_module
from stack.settings import DEFAULT_PORTS, SettingsError, StackSettings


@pytest.fixture(autouse=True)
def free_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ports without sockets: 20001, 20002, ..."""
    picked = iter(range(20_001, 21_000))

    def pick(host: str, count: int, avoid: object = ()) -> list[int]:
        return [next(picked) for _ in range(count)]

    monkeypatch.setattr(settings_module, "pick_free_ports", pick)


def load(data: Path, environ: dict[str, str] | None = None, ports: dict[str, int] | None = None) -> StackSettings:
    return StackSettings.load(environ=environ or {}, data=data, ports=ports)


def test_defaults(tmp_path: Path) -> None:
    assert load(tmp_path).ports == DEFAULT_PORTS


def test_file_then_environment_then_flag(tmp_path: Path) -> None:
    (tmp_path / "ports.yaml").write_text("kafka: 1111\nregistry: 1112\nclickhouse: 1113\n")
    found = load(
        tmp_path,
        {"TOKPULSE_REGISTRY_PORT": "2112", "TOKPULSE_CLICKHOUSE_PORT": "2113"},
        {"clickhouse": 3113},
    )
    assert [found.ports[name] for name in ("kafka", "registry", "clickhouse", "flink")] == [1111, 2112, 3113, 8081]


def test_zero_is_picked_once_and_remembered(tmp_path: Path) -> None:
    environ = {"TOKPULSE_KAFKA_PORT": "0"}
    first = load(tmp_path, environ).with_free_ports()
    first.remember_ports()
    assert first.ports["kafka"] >= 20_001
    assert load(tmp_path, environ).ports["kafka"] == first.ports["kafka"]
    assert load(tmp_path).ports == first.ports
    assert load(tmp_path, environ).auto == {"kafka", "flink_rpc"}


def test_a_taken_port_is_chosen_anew(tmp_path: Path) -> None:
    found = load(tmp_path, {"TOKPULSE_KAFKA_PORT": "0"}).with_free_ports()
    moved = found.with_free_ports(frozenset({"kafka"}))
    assert moved.ports["kafka"] != found.ports["kafka"]
    assert {**moved.ports, "kafka": 0} == {**found.ports, "kafka": 0}


def test_data_directory_from_the_environment(tmp_path: Path) -> None:
    assert StackSettings.load(environ={"TOKPULSE_DATA": str(tmp_path / "elsewhere")}).data == tmp_path / "elsewhere"


@pytest.mark.parametrize("value", ["http", "-1", "65536", "80.5", "²"])
def test_a_bad_port_names_its_variable(tmp_path: Path, value: str) -> None:
    with pytest.raises(SettingsError, match="TOKPULSE_FLINK_PORT"):
        load(tmp_path, {"TOKPULSE_FLINK_PORT": value})


def test_two_services_on_one_port(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="TOKPULSE_KAFKA_PORT and TOKPULSE_FLINK_PORT are both 9092"):
        load(tmp_path, {"TOKPULSE_FLINK_PORT": "9092"})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("kafak: 1\n", "unknown key 'kafak'"),
        ("kafka: no\n", "kafka: 'False' is not a port"),
        ("- 1\n", "not a mapping"),
        ("kafka: [\n", "cannot read"),
    ],
)
def test_a_bad_file_is_named(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "ports.yaml").write_text(text)
    with pytest.raises(SettingsError) as raised:
        load(tmp_path)
    assert says in raised.value.message
    assert "ports.yaml" in raised.value.message
