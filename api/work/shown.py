"""Plans as the API shows them."""

from collections.abc import Mapping
from typing import Any

from slipway.plan import Drain, Probe, Rollout, Run, Step, Switch, Write

KINDS = {Run: "run", Write: "write", Probe: "probe", Switch: "switch", Drain: "drain"}


def plan_shown(rollout: Rollout) -> dict[str, Any]:
    """The shape of `PlanShown`: every server with its steps in order; secrets masked."""
    steps: dict[str, list[dict[str, str]]] = {}
    for stage in rollout.stages:
        for plan in filter(lambda plan: plan.steps, stage.plans):
            steps.setdefault(plan.server, []).extend(_step(stage.name, step) for step in plan.steps)
    servers = [{"server": server, "steps": shown} for server, shown in sorted(steps.items())]
    return {"title": rollout.title, "hash": rollout.hash(), "servers": servers}


def plans_shown(before: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """Two plans of one deploy as one: of the title and hash of the first; a server's later plan wins."""
    servers = {plan["server"]: plan for plan in (*before.get("servers", ()), *more["servers"])}
    return {**more, **before, "servers": [servers[name] for name in sorted(servers)]}


def _step(stage: str, step: Step) -> dict[str, str]:
    return {
        "stage": stage,
        "kind": KINDS[type(step)],
        "command": step.shown(),
        "why": step.why,
        "diff": step.diff() if isinstance(step, Write) else "",
    }
