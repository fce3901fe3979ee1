"""The processes of an app: what was guessed, under the Procfile's, under slipway.toml's, under what was scaled."""

from collections.abc import Mapping

from slipway.buildplan import BuildPlan
from slipway.command import argv
from slipway.errors import SpecError
from slipway.release import HealthCheck, Process
from slipway.spec import FILE, Health, ProcessSpec, Spec


def processes(plan: BuildPlan, spec: Spec, scale: Mapping[str, int]) -> tuple[Process, ...]:
    """Every process by name, `web` first. Raises `SpecError` for an app without any, or one without a command."""
    names = sorted({*plan.processes, *spec.processes}, key=lambda name: (name != "web", name))
    if not names:
        raise SpecError(
            "there is no process to run",
            where=FILE,
            next=f'say what to run: [processes.web] command = "…" in {FILE}, or a Procfile',
        )
    return tuple(
        _process(name, plan, spec.processes.get(name, ProcessSpec()), scale.get(name)) for name in names
    )


def _process(name: str, plan: BuildPlan, own: ProcessSpec, replicas: int | None) -> Process:
    guess = plan.processes.get(name)
    command = own.command if own.command is not None else (guess.command.value if guess else None)
    if command is None:
        raise SpecError("has no command", where=f"{FILE}: processes.{name}", next=f"set command in {FILE}")
    port = own.port or (guess.port if guess else None) or (8000 if name == "web" else None)
    return Process(
        name=name,
        argv=_argv(name, command) if command else (),
        port=port,
        replicas=own.replicas if replicas is None else replicas,
        memory=own.memory,
        cpus=own.cpus,
        stop_timeout=own.stop_timeout,
        health=_health(own.health),
    )


def _argv(name: str, command: str) -> tuple[str, ...]:
    try:
        return argv(command)
    except ValueError as error:
        raise SpecError(f"the command {error}", where=f"processes.{name}", next="mend the command") from None


def _health(health: Health) -> HealthCheck:
    first, _, last = health.status.partition("-")
    return HealthCheck(health.path, int(first), int(last or first), health.timeout, health.interval)
