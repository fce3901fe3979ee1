"""The processes of an app: what was guessed, under the Procfile's, under slipway.toml's, under the scale."""

from collections.abc import Mapping

from slipway.buildplan import BuildPlan
from slipway.command import argv
from slipway.errors import SpecError
from slipway.evidence import Decision, Evidence
from slipway.release import HealthCheck, Process
from slipway.spec import FILE, Health, ProcessSpec, Spec


def processes(plan: BuildPlan, spec: Spec, scale: Mapping[str, int]) -> tuple[Process, ...]:
    """Every process, `web` first. Raises `SpecError` when there is none, or one has no command."""
    names = sorted({*plan.processes, *spec.processes}, key=lambda name: (name != "web", name))
    if not names:
        raise SpecError(
            "there is no process to run",
            where=FILE,
            next=f'say what to run: [processes.web] command = "…" in {FILE}, or a Procfile',
        )
    return tuple(_process(name, plan, spec, scale.get(name)) for name in names)


def release_argv(plan: BuildPlan, spec: Spec) -> tuple[str, ...]:
    """The release command: slipway.toml's, else the Procfile's, else (). Raises `SpecError`."""
    named = plan.decision("process.release")
    if spec.release.command:
        return _argv(spec.release.command, f"{FILE}: release.command")
    return _argv(named.value, _place(named)) if named else ()


def command_of(plan: BuildPlan, spec: Spec, name: str) -> Decision | None:
    """The command of a process and who said so; "" is the image's own; None for no such process.

    Raises `SpecError` for a command whose quotes do not close.
    """
    own = spec.processes.get(name)
    guess = plan.processes.get(name)
    if own and own.command is not None:
        evidence = (Evidence(f"processes.{name}.command", FILE),)
        decision = Decision(f"process.{name}", own.command, evidence)
    elif guess:
        decision = guess.command
    else:
        return None
    if decision.value:
        _argv(decision.value, _place(decision))
    return decision


def _process(name: str, plan: BuildPlan, spec: Spec, replicas: int | None) -> Process:
    guess, own = plan.processes.get(name), spec.processes.get(name, ProcessSpec())
    command = command_of(plan, spec, name)
    if command is None:
        raise SpecError("has no command", where=f"{FILE}: processes.{name}", next=f"set command in {FILE}")
    value = plan.values.get("port")
    usual = value if name == "web" and isinstance(value, int) else None
    return Process(
        name=name,
        argv=argv(command.value) if command.value else (),
        port=own.port or (guess.port if guess else None) or usual,
        replicas=own.replicas if replicas is None else replicas,
        memory=own.memory,
        cpus=own.cpus,
        stop_timeout=own.stop_timeout,
        health=_health(own.health),
    )


def _argv(command: str, where: str) -> tuple[str, ...]:
    try:
        return argv(command)
    except ValueError as error:
        reason = str(error)[:1].lower() + str(error)[1:]
        raise SpecError(f"the command is no command: {reason}", where=where, next="mend its quotes") from None


def _place(decision: Decision) -> str:
    """The file and line of a command, and the key of slipway.toml that holds it."""
    found = decision.evidence[0]
    if found.file == FILE:
        return f"{FILE}: {found.what}"
    return f"{found.file}:{found.line}" if found.line else found.file


def _health(health: Health) -> HealthCheck:
    first, _, last = health.status.partition("-")
    return HealthCheck(health.path, int(first), int(last or first), health.timeout, health.interval)
