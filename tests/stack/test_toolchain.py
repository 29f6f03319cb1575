"""Versions as the tools print them, and one clear line when one is missing or too old."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from stack import toolchain

JAVA = [
    ('openjdk version "17.0.15" 2025-04-15\nOpenJDK Runtime Environment (build 17.0.15+6)', 17),
    ('openjdk version "21" 2023-09-19 LTS', 21),
    ('java version "1.8.0_392"\nJava(TM) SE Runtime Environment', 8),
    ('openjdk version "11.0.2" 2019-01-15', 11),
    ('Picked up JAVA_TOOL_OPTIONS: -Xmx1g\nopenjdk version "25-ea" 2025-09-16', 25),
    ("bash: java: command not found", None),
]


@pytest.mark.parametrize(("text", "version"), JAVA)
def test_parse_java_version(text: str, version: int | None) -> None:
    assert toolchain.parse_java_version(text) == version


def test_parse_maven_version() -> None:
    coloured = "\x1b[1mApache Maven 3.8.7\x1b[m\nMaven home: /usr/share/maven\n"
    assert toolchain.parse_maven_version(coloured) == (3, 8, 7)
    assert toolchain.parse_maven_version("The JAVA_HOME environment variable is not defined correctly") is None


@pytest.mark.parametrize(("version", "good"), [((3, 10, 9), False), ((3, 11, 0), True), ((3, 12, 4), True), ((3, 13, 0), False)])
def test_python(version: tuple[int, ...], good: bool) -> None:
    problem = toolchain.python_problem(version, "python3")
    assert (problem is None) == good
    assert good or "Python 3.11" in str(problem)


def fake_tools(monkeypatch: pytest.MonkeyPatch, outputs: dict[str, str]) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setattr(toolchain, "_output", lambda argv: outputs.get(argv[0]))


GOOD = {"java": 'openjdk version "17.0.15"', "javac": "javac 17.0.15", "mvn": "Apache Maven 3.8.7"}


@pytest.mark.parametrize(
    ("tools", "says"),
    [
        ({"java": ""}, "says nothing like a version"),
        ({"java": 'openjdk version "11.0.2"'}, "Java 11 at java is too old"),
        ({"javac": None}, "a JRE and not a JDK"),
        ({"java": None, "javac": None}, "no Java on PATH"),
        ({"mvn": None}, "no Maven (mvn) on PATH"),
        ({"mvn": "Apache Maven 3.0.5"}, "Maven 3.0.5 is too old"),
    ],
)
def test_each_problem_is_one_line(monkeypatch: pytest.MonkeyPatch, tools: dict[str, str | None], says: str) -> None:
    fake_tools(monkeypatch, {name: text for name, text in {**GOOD, **tools}.items() if text is not None})
    problems = [problem for problem in (toolchain.jdk_problem(), toolchain.maven_problem()) if problem]
    assert len(problems) == 1
    assert says in problems[0]
    assert "install" in problems[0]
    assert "\n" not in problems[0]


def test_maven_without_java_is_one_problem_not_two(monkeypatch: pytest.MonkeyPatch) -> None:
    fake_tools(monkeypatch, {"mvn": "The JAVA_HOME environment variable is not defined correctly"})
    assert toolchain.maven_problem() is None
    assert "no Java" in str(toolchain.jdk_problem())


def test_old_pythons_can_parse_it() -> None:
    ast.parse(Path(toolchain.__file__).read_text(encoding="utf-8"), feature_version=(3, 6))
