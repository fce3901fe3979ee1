"""Waiting until an old release has no request in flight."""

from runtime.lowering import arguments, script_of
from runtime.ssh import Ssh
from slipway.cancel import Cancel
from slipway.errors import StepFailed
from slipway.plan import Drain
from templates.engine import Engine

GRACE_SECONDS = 30


def drain(step: Drain, ssh: Ssh, engine: Engine, cancel: Cancel) -> str:
    """Wait at most `step.timeout` seconds; says how it ended. Requests that are left are cut by the stop."""
    timeout = step.timeout + GRACE_SECONDS
    result = ssh.script(script_of(step, engine), arguments(step), timeout=timeout, cancel=cancel)
    if result.exit_code:
        raise StepFailed(
            f"{step.why}: ended with {result.exit_code}",
            where=ssh.address.name,
            lines=result.output.splitlines()[-5:],
            next="see the transcript",
        )
    return result.output.strip()
