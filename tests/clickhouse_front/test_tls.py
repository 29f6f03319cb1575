"""ClickHouse behind TLS: clickhouse-connect gets in with the DSN that names the certificate, and nobody does without."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from connectors.clickhouse.client import ClickHouseUnavailableError, connect
from tests.tls.certificate import Certificate, make_certificate

from .conftest import WRITER, FrontProcess

pytestmark = pytest.mark.clickhouse


@dataclass
class SecureFront(FrontProcess):
    certificate: Certificate | None = field(default=None)

    def command(self) -> list[str]:
        assert self.certificate is not None
        tls = ["--tls-certificate", str(self.certificate.pem), "--tls-key", str(self.certificate.key)]
        return [*super().command(), *tls]

    def dsn(self, password: str = WRITER[1], trusted: str = "") -> str:
        return f"https://{WRITER[0]}:{password}@127.0.0.1:{self.port}/default{trusted}"


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureFront]:
    folder = tmp_path_factory.mktemp("tls")
    front = SecureFront(folder, certificate=make_certificate(folder))
    front.start()
    yield front
    front.stop()


def trusted(front: SecureFront) -> str:
    assert front.certificate is not None
    return f"?ca_cert={front.certificate.pem}"


def test_the_dsn_names_the_certificate_to_trust(secure: SecureFront) -> None:
    client = connect(secure.dsn(trusted=trusted(secure)))
    assert client.query("SELECT 1").result_rows == [(1,)]
    client.close()


def test_without_it_nobody_gets_in_and_the_reason_is_one_line(secure: SecureFront) -> None:
    with pytest.raises(ClickHouseUnavailableError, match="certificate") as raised:
        connect(secure.dsn())
    assert "\n" not in raised.value.message
    assert WRITER[1] not in str(raised.value)


def test_a_wrong_password_is_one_line(secure: SecureFront, tmp_path: Path) -> None:
    with pytest.raises(ClickHouseUnavailableError, match="user writer") as raised:
        connect(secure.dsn("a-wrong-one", trusted(secure)))
    assert "\n" not in raised.value.message
    assert "a-wrong-one" not in str(raised.value)
