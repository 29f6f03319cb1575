"""Variables for the JVMs of tests: what the optimizing compiler makes in minutes, a job of a few seconds never uses.

It took a third of the processor time of a TaskManager that ran one test's job after the other.
"""

from __future__ import annotations

_QUICK = "-XX:TieredStopAtLevel=1"
# Every `java` that the stack starts reads it.
STACK = {"JDK_JAVA_OPTIONS": _QUICK}
# Of the JVM that PyFlink starts for its own process.
PYFLINK = {"JVM_ARGS": f"{_QUICK} -XX:+UseSerialGC"}
