"""Why the dashboard's figures are behind, as `tokpulse doctor` finds it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from cli import doctor, doctor_exam, doctor_job, doctor_services
from cli.doctor_exam import Examination, Group
from cli.doctor_findings import Finding, Level
from connectors.endpoints import Endpoints
from dashboards.web.causes import Trouble
from stack.settings import StackSettings

# More reasons than these help nobody.
MOST: Final = 3
# A warning is a reason where it is about the way of the data; others are as true on good days.
_REASONS: Final = frozenset({"stack", "job", "watermark", "producer", "lag", "pressure", "kept jobs"})
# Who is there at all, and whether a job runs: quick enough to be asked all the time.
_SERVICES_AND_JOBS: Final = (Group("flink", (doctor_job.submitted, doctor_job.states), "flink", doctor_job.opened),)
_NEEDED: Final = ("KAFKA_BOOTSTRAP_SERVERS", "SCHEMA_REGISTRY_URL", "CLICKHOUSE_URL", "FLINK_REST_URL")


def known_to(endpoints: Endpoints) -> bool:
    """Whether all services are known here: a dashboard may know ClickHouse alone."""
    return all(endpoints.values.get(variable) for variable in _NEEDED)


def finder(settings: StackSettings, endpoints: Callable[[], Endpoints]) -> Callable[[bool], Sequence[Trouble]]:
    """What `Causes` asks: services and jobs, or where figures are behind all that doctor examines. No texts of others pass."""

    def find(behind: bool) -> Sequence[Trouble]:
        known = endpoints()
        if not known_to(known):
            return ()
        return troubles(doctor.examine(settings, known, time.time()) if behind else _quick(settings, known))

    return find


def _quick(settings: StackSettings, endpoints: Endpoints) -> list[Finding]:
    answers = doctor_services.ask_all(endpoints)
    answering = frozenset(answer.service for answer in answers if not answer.kind)
    local = doctor_services.is_local(settings, endpoints)
    examination = Examination(settings, endpoints, time.time(), local=local, answering=answering)
    found = list(doctor_services.services(examination, answers))
    return [*found, *doctor_exam.examine(_SERVICES_AND_JOBS, examination)]


def troubles(findings: Iterable[Finding]) -> Sequence[Trouble]:
    """The reasons among `findings`, failures first: what a cause means, not its text, in which there may be anything."""
    meanings = {cause.name: cause.means for cause in doctor.causes()}
    listed = [one for one in findings if one.cause in meanings]
    failed = [one for one in listed if one.level is Level.FAIL]
    warned = [one for one in listed if one.level is Level.WARN and one.subject in _REASONS]
    found = [Trouble(meanings[one.cause], one.about) for one in (*failed, *warned)]
    return tuple(dict.fromkeys(found))[:MOST]
