"""A certificate for 127.0.0.1 that nobody knows, made with the JDK."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

STORE_PASSWORD = "only for a test"
_ALIAS = "server"


@dataclass(frozen=True)
class Certificate:
    """`store` is PKCS12 with key and certificate, `pem` the certificate, `key` its key (PEM)."""

    store: Path
    pem: Path
    key: Path


def make_certificate(folder: Path) -> Certificate:
    """Writes all three into `folder`."""
    store, pem, key = folder / "server.p12", folder / "server.pem", folder / "server.key"
    common = ["-alias", _ALIAS, "-keystore", str(store), "-storepass", STORE_PASSWORD]
    made = ["-genkeypair", *common, "-keyalg", "RSA", "-storetype", "PKCS12", "-dname", "CN=127.0.0.1", "-ext", "san=ip:127.0.0.1"]
    subprocess.run(["keytool", *made], check=True, capture_output=True)
    subprocess.run(["keytool", "-exportcert", "-rfc", *common, "-file", str(pem)], check=True, capture_output=True)
    program = ["java", str(Path(__file__).with_name("PrivateKeyPem.java")), str(store), STORE_PASSWORD, _ALIAS]
    key.write_bytes(subprocess.run(program, check=True, capture_output=True).stdout)
    key.chmod(0o600)
    return Certificate(store, pem, key)
