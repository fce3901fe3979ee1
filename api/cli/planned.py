"""A plan as a person reads it before approving it."""

import typer

from api.cli.client import Api, Reply, path
from api.cli.follow import watched as followed
from api.cli.shown import line, out
from api.schemas import DeployStarted, PlanShown, ServerPlan, StepShown

DIFF_STYLES = {"+": "green", "-": "red", "@": "cyan"}


def watched(api: Api, reply: Reply, app: str) -> None:
    """Watch a deploy up to its plan, show that and how to apply it."""
    change = reply.read(DeployStarted)
    if change.message:
        out(change.message)
    if change.deploy is None:
        return
    if code := followed(api, change.deploy.id):
        raise typer.Exit(code)
    plan = api.get(path("deploys", change.deploy.id, "plan")).read(PlanShown)
    out()
    draw(plan)
    if plan.servers:
        out(
            f"Nothing was executed. To run exactly this: slipway deploy --app {app} --apply {plan.hash}",
            "bold",
        )


def draw(plan: PlanShown) -> None:
    """Draw a plan: server by server, each step with its reason, each file as a diff."""
    out(plan.title, "bold")
    if not any(server.steps for server in plan.servers):
        out("Nothing to do.", "dim")
    for server in plan.servers:
        if server.steps:
            _server(server)
    out(f"hash {plan.hash}", "dim")


def _server(server: ServerPlan) -> None:
    out()
    out(f"-----> {server.server}: {len(server.steps)} steps", "bold cyan")
    stage = ""
    for number, step in enumerate(server.steps, 1):
        if step.stage != stage:
            stage = step.stage
            out(f"       [{stage}]", "dim")
        _step(number, step)


def _step(number: int, step: StepShown) -> None:
    out(f"  {number:>3}. # {step.why}", "dim")
    out(f"       {step.command}")
    for text in step.diff.splitlines():
        line((("         ", ""), (text, DIFF_STYLES.get(text[:1], "dim"))))
