"""What a probe, a switch or a drain is on a server: a shell script and its arguments. Pure.

Both who runs it (`runtime/steps.py`) and who shows it (`runtime/script.py`) take it from here.
"""

from runtime import paths
from slipway.plan import Drain, Probe, Switch
from templates.engine import Engine

Scripted = Probe | Switch | Drain


def script_of(step: Scripted, engine: Engine) -> str:
    """The script's text."""
    names = {Probe: "server/probe.sh", Switch: "server/switch.sh", Drain: "server/drain.sh"}
    return engine.render(names[type(step)], {}).text


def arguments(step: Scripted) -> list[str]:
    """What the script is given, in its order; times are in milliseconds."""
    match step:
        case Switch():
            return [paths.serving(step.app), step.to]
        case Drain():
            return [step.project, _milliseconds(step.timeout)]
        case Probe():
            return [
                step.project,
                step.process,
                str(step.replicas),
                str(step.port or 0),
                step.path,
                step.host,
                str(step.first),
                str(step.last),
                _milliseconds(step.timeout),
                _milliseconds(step.interval),
            ]


def _milliseconds(seconds: float) -> str:
    return str(round(seconds * 1000))
