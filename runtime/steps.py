"""How each step runs on a server: one place that lowers a step to a command. Also what `as_script` shows."""

from dataclasses import dataclass

from runtime import paths
from runtime.drain import drain
from runtime.probe import probe
from runtime.ssh import Ssh
from slipway.cancel import Cancel
from slipway.errors import DiskFull, PortTaken, ReleaseCommandFailed, StepFailed, StepTimeout
from slipway.plan import Drain, Probe, Run, Step, Switch, Write
from templates.engine import Engine


@dataclass(frozen=True, slots=True)
class Tools:
    """What steps need beside the connection: the scripts' engine, and the port of the registry on both sides."""

    engine: Engine
    registry_port: int


def perform(step: Step, ssh: Ssh, tools: Tools, cancel: Cancel) -> str:
    """Do one step; returns its output. Raises the error that a person understands when it fails."""
    match step:
        case Run():
            return _run(step, ssh, tools, cancel)
        case Write():
            script = tools.engine.render("server/write.sh", {}).text
            words = ("sh", "-c", script, "write", step.path, f"{step.mode:04o}")
            return _ok(step, ssh, ssh.run(words, stdin=step.content, timeout=60, cancel=cancel))
        case Switch():
            script = tools.engine.render("server/switch.sh", {}).text
            return _ok(step, ssh, ssh.script(script, (paths.serving(step.app), step.to), timeout=20))
        case Probe():
            return probe(step, ssh, tools.engine, cancel)
        case Drain():
            return drain(step, ssh, tools.engine, cancel)


def _run(step: Run, ssh: Ssh, tools: Tools, cancel: Cancel) -> str:
    try:
        if step.tunnel:
            with ssh.tunnel(tools.registry_port, tools.registry_port):
                result = ssh.run(step.argv, stdin=step.stdin, timeout=step.timeout, cancel=cancel)
        else:
            result = ssh.run(step.argv, stdin=step.stdin, timeout=step.timeout, cancel=cancel)
    except StepTimeout as error:
        what = f"{step.why}: `{step.shown()}` did not end within {step.timeout:g}s"
        raise StepTimeout(what, where=ssh.address.name, lines=error.lines, next=error.next) from None
    return _ok(step, ssh, result)


def _ok(step: Step, ssh: Ssh, result: object) -> str:
    code, output = getattr(result, "exit_code", 1), str(getattr(result, "output", ""))
    if code == 0:
        return output
    raise failure(step, ssh.address.name, code, output)


def failure(step: Step, server: str, code: int, output: str) -> StepFailed | DiskFull | PortTaken:
    """The error for a command that ended with `code`, by what its output says."""
    lines = [line for line in output.splitlines() if line.strip()][-20:]
    if "no space left on device" in output.lower():
        return DiskFull(
            "its disk is full", where=server, lines=lines[-5:], next=f"make room: slipway ssh {server}"
        )
    if "port is already allocated" in output or "address already in use" in output:
        next_ = f"find what listens there: slipway ssh {server}, then `ss -ltnp`"
        return PortTaken("a port is taken by another program", where=server, lines=lines[-5:], next=next_)
    if isinstance(step, Run) and "--profile" in step.argv and "release" in step.argv and "run" in step.argv:
        what = f"the release command failed with exit code {code}; nothing was switched"
        return ReleaseCommandFailed(what, where=server, lines=lines, next="mend it and deploy again")
    hint = (
        "is Docker running there?"
        if "Cannot connect to the Docker daemon" in output
        else "see the transcript"
    )
    return StepFailed(f"{step.why}: `{step.shown()}` ended with {code}", where=server, lines=lines, next=hint)
