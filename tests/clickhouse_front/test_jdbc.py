"""ClickHouse's own JDBC driver, as DBeaver uses it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from .conftest import WRITER, FrontProcess

pytestmark = [
    pytest.mark.clickhouse,
    pytest.mark.skipif(not all(map(shutil.which, ("mvn", "javac", "java"))), reason="no Maven or JDK"),
]

HERE = Path(__file__).parent / "jdbc"


@pytest.fixture(scope="module")
def classpath(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The driver's jars and the compiled program."""
    work = tmp_path_factory.mktemp("jdbc")
    fetch = [
        "mvn",
        "-q",
        "-B",
        "-f",
        str(HERE / "pom.xml"),
        "dependency:copy-dependencies",
        f"-DoutputDirectory={work / 'lib'}",
    ]
    subprocess.run(fetch, check=True, timeout=300)
    jars = f"{work / 'lib'}/*"
    subprocess.run(["javac", "-cp", jars, "-d", str(work), str(HERE / "FrontCheck.java")], check=True, timeout=120)
    return f"{jars}:{work}"


@pytest.mark.parametrize("options", [[], ["false"]], ids=["compressed", "plain"])
def test_a_database_tool_works(front: FrontProcess, classpath: str, options: list[str]) -> None:
    url = f"jdbc:ch://127.0.0.1:{front.port}/tokpulse"
    command = ["java", "-Xmx256m", "-cp", classpath, "FrontCheck", url, *WRITER, *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "product=ClickHouse",
        "counted=500 total=124750",
        "quoted=it's row \\ 7",
        "streamed=300000",
        "table=jdbc_check",
        "column=id UInt64",
        "column=name String",
        "column=at DateTime64(3, 'UTC')",
        "error=60 true",
    ]
