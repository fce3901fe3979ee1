"""Waiting until an old release has no request in flight."""

from runtime.ssh import Ssh
from slipway.cancel import Cancel
from slipway.plan import Drain
from templates.engine import Engine


def drain(step: Drain, ssh: Ssh, engine: Engine, cancel: Cancel) -> str:
    """Wait at most `step.timeout` seconds; says how it ended. Requests that are left are cut by the stop."""
    script = engine.render("server/drain.sh", {}).text
    arguments = (step.project, str(round(step.timeout * 1000)))
    return ssh.script(script, arguments, timeout=step.timeout + 30, cancel=cancel).output.strip()
