"""How each step runs on a server, and which error a person is told when it fails."""

from dataclasses import dataclass

from runtime.docker import RELEASE
from runtime.drain import drain
from runtime.lowering import arguments, script_of
from runtime.probe import probe
from runtime.ssh import Result, Ssh
from slipway.cancel import Cancel
from slipway.errors import DiskFull, PortTaken, ReleaseCommandFailed, StepFailed, StepTimeout
from slipway.plan import Drain, Probe, Run, Step, Switch, Write
from slipway.secret import reveal
from templates.engine import Engine

NO_DOCKER = "Cannot connect to the Docker daemon"


@dataclass(frozen=True, slots=True)
class Tools:
    """What steps need beside the connection: the scripts' engine, the registry's port on both sides."""

    engine: Engine
    registry_port: int


def perform(step: Step, ssh: Ssh, tools: Tools, cancel: Cancel) -> str:
    """Do one step; returns its output. Raises the error that a person understands when it fails."""
    try:
        return _perform(step, ssh, tools, cancel)
    except StepTimeout as error:
        what = f"{step.why}: `{step.shown()}` did not end in time"
        if isinstance(step, Run):
            what = f"{step.why}: `{step.shown()}` did not end within {step.timeout:g}s"
        raise StepTimeout(
            what, where=ssh.address.name, lines=error.lines, next=error.next or "see the transcript"
        ) from None


def _perform(step: Step, ssh: Ssh, tools: Tools, cancel: Cancel) -> str:
    match step:
        case Run():
            return _ok(step, ssh, _run(step, ssh, tools, cancel))
        case Write():
            script = tools.engine.render("server/write.sh", {}).text
            size = len(reveal(step.content).encode())
            words = ("sh", "-c", script, "write", step.path, f"{step.mode:04o}", str(size))
            return _ok(step, ssh, ssh.run(words, stdin=step.content, timeout=60, cancel=cancel))
        case Switch():
            script = script_of(step, tools.engine)
            return _ok(step, ssh, ssh.script(script, arguments(step), timeout=20))
        case Probe():
            return probe(step, ssh, tools.engine, cancel)
        case Drain():
            return drain(step, ssh, tools.engine, cancel)


def _run(step: Run, ssh: Ssh, tools: Tools, cancel: Cancel) -> Result:
    if not step.tunnel:
        return ssh.run(step.argv, stdin=step.stdin, timeout=step.timeout, cancel=cancel)
    with ssh.tunnel(tools.registry_port, tools.registry_port):
        return ssh.run(step.argv, stdin=step.stdin, timeout=step.timeout, cancel=cancel)


def _ok(step: Step, ssh: Ssh, result: Result) -> str:
    if result.exit_code == 0:
        return result.output
    raise failure(step, ssh.address.name, result.exit_code, result.output)


def failure(step: Step, server: str, code: int, output: str) -> StepFailed | DiskFull | PortTaken:
    """The error for a command that ended with `code`, by what its output says."""
    lines = [line for line in output.splitlines() if line.strip()][-20:]
    if "no space left on device" in output.lower():
        return DiskFull(
            "its disk is full", where=server, lines=lines[-5:], next=f"make room: slipway ssh {server}"
        )
    if isinstance(step, Run) and "run" in step.argv and step.argv[-1] == RELEASE:
        what = f"the release command failed with exit code {code}; nothing was switched"
        return ReleaseCommandFailed(what, where=server, lines=lines, next="mend it and deploy again")
    if "port is already allocated" in output or "address already in use" in output:
        next_ = f"find what listens there: slipway ssh {server}, then `ss -ltnp`"
        return PortTaken("a port is taken by another program", where=server, lines=lines[-5:], next=next_)
    hint = "is Docker running there?" if NO_DOCKER in output else "see the transcript"
    return StepFailed(f"{step.why}: `{step.shown()}` ended with {code}", where=server, lines=lines, next=hint)
