"""Taking an app off a server. Its volumes stay: removing one is a command of its own."""

from runtime import caddy, docker, paths
from runtime.serverfacts import ServerFacts
from slipway.plan import Plan, Rollout, Run, Stage, Step


def remove(app: str, facts: ServerFacts) -> Rollout:
    """The steps that stop an app's containers and remove its site, network and folders."""
    steps: list[Step] = []
    if facts.files.get(paths.site(app)) is not None:
        steps.append(Run("its domains", ("rm", "-f", paths.site(app))))
        steps.append(Run("let the proxy forget them", caddy.reload()))
    if app in facts.serving:
        steps.append(Run("who served", ("rm", "-f", paths.serving(app))))
    numbers = {item.release for item in facts.containers if item.app == app}
    steps += [
        Run(f"stop v{number}", docker.gone(facts, app, number), timeout=120) for number in sorted(numbers)
    ]
    if paths.network(app) in facts.networks:
        if paths.network(app) in facts.proxy_networks:
            words = ("docker", "network", "disconnect", paths.network(app), paths.PROXY_CONTAINER)
            steps.append(Run("the proxy leaves its network", words))
        steps.append(Run("its network", ("docker", "network", "rm", paths.network(app))))
    if app in facts.releases:
        steps.append(Run("its folders; volumes stay", ("rm", "-rf", paths.app_folder(app))))
    return Rollout(f"remove {app}", (Stage("remove", (Plan(facts.server, f"remove {app}", tuple(steps)),)),))
