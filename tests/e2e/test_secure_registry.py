"""A registry that wants TLS, a user and a password: commands and jobs get in; the password is in nothing that is shown or kept."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest

from tests.tls.certificate import make_certificate

from .secure_registry import PASSWORD, USER, secure_registry
from .stack_process import Stack, error_lines

pytestmark = [pytest.mark.kafka, pytest.mark.flink, pytest.mark.http, pytest.mark.e2e, pytest.mark.timeout(400)]


def test_commands_and_jobs_reach_a_secured_registry(stack: Stack, tmp_path: Path, registry_trust: Path) -> None:
    certificate = make_certificate(tmp_path)
    # Where the TaskManager looks.
    registry_trust.write_bytes(certificate.pem.read_bytes())
    with secure_registry(stack.endpoints.schema_registry_url, certificate) as registry:
        trust = {"TOKPULSE_REGISTRY_SSL_CA_LOCATION": str(registry_trust)}
        by_variables = {
            "SCHEMA_REGISTRY_URL": registry.url,
            "TOKPULSE_REGISTRY_USERNAME": USER,
            "TOKPULSE_REGISTRY_PASSWORD": PASSWORD,
            **trust,
        }
        in_address = {"SCHEMA_REGISTRY_URL": registry.url.replace("://", f"://{USER}:{quote(PASSWORD, safe='')}@"), **trust}
        shown = ""
        for command, way in (
            (("init",), by_variables),
            (("simulate", "--start", "-3h", "--hours", "3", "--posts", "20", "--creators", "4"), in_address),
            (("submit", "engagement", "--bounded"), in_address),
            (("submit", "trending", "--bounded"), by_variables),
            (("dlq", "list"), by_variables),
        ):
            done = stack.run(*command, **way)
            assert done.returncode == 0, (command, done.stdout, done.stderr)
            shown += done.stdout + done.stderr
        assert stack.query("SELECT count() FROM engagement_hourly")[0][0] > 20
        # The result topic's schema was registered by the job, through the same door.
        assert registry.answers["POST", 200] > 0
        assert not [status for _, status in registry.answers if status == 401]
        shown += "".join(path.read_text(errors="replace") for path in (stack.data / "logs").rglob("*") if path.is_file())
        assert PASSWORD not in shown

        for refused in (("simulate", "--start", "-1h", "--hours", "1"), ("submit", "engagement", "--detached")):
            (line,) = error_lines(stack.run(*refused, **by_variables | {"TOKPULSE_REGISTRY_PASSWORD": "a wrong one"}))
            assert "HTTP 401" in line, line
            assert "wrong one" not in line
            untrusted = {name: value for name, value in by_variables.items() if name not in trust}
            (line,) = error_lines(stack.run(*refused, **untrusted))
            assert "certificate" in line, line
