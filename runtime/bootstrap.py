"""What makes a bare machine ready for apps, and repairs one that lost a part of it. Pure."""

from runtime import caddy, docker, paths
from runtime.files import proxy_files
from runtime.serverfacts import ServerFacts
from slipway.errors import PortTaken, ServerError
from slipway.plan import Plan, Rollout, Run, Stage, Step, Write
from templates.engine import Engine

APT = ("env", "DEBIAN_FRONTEND=noninteractive", "apt-get")
# Packages that bring Docker, its client and its Compose plugin, and the first version that has them.
# (Debian 12's docker-compose is the old program of that name, no plugin.)
PACKAGES: dict[str, tuple[int, tuple[str, ...]]] = {
    "debian": (13, ("docker.io", "docker-cli", "docker-compose")),
    "ubuntu": (22, ("docker.io", "docker-compose-v2")),
}
WANTED_FILES = (paths.README, paths.CADDYFILE, paths.PROXY_COMPOSE, paths.DAEMON_JSON)
FOLDERS = (paths.SITES, paths.SERVING, f"{paths.PROXY}/run", f"{paths.ROOT}/apps")


def bootstrap(facts: ServerFacts, proxy_image: str, engine: Engine) -> Rollout:
    """The steps that install Docker and the proxy; empty when the server is ready.

    Raises `PortTaken` when another program listens on 80 or 443, `ServerError` for a system that it does
    not know.
    """
    for port, holder in facts.port_holders.items():
        raise PortTaken(
            f"port {port} belongs to {holder}; slipway's proxy needs 80 and 443",
            where=facts.server,
            next=f"stop it (`slipway ssh {facts.server}`), or give slipway another server",
        )
    steps = [*_docker(facts, engine), *_proxy(facts, proxy_image, engine)]
    return Rollout(
        f"set up {facts.server}", (Stage("bootstrap", (Plan(facts.server, "set up", tuple(steps)),)),)
    )


def _docker(facts: ServerFacts, engine: Engine) -> list[Step]:
    if facts.docker and facts.compose and facts.curl:
        return []
    packages = _packages(facts.os)
    if not packages:
        raise ServerError(
            f"runs {facts.os or 'an unknown system'} without "
            + ", ".join(name for name, there in _parts(facts) if not there),
            where=facts.server,
            next="install Docker with its Compose plugin and curl there (Docker's own packages have both), "
            "then run this again; Debian 13 and Ubuntu 22.04 or newer are set up without",
        )
    missing = [] if facts.docker and facts.compose else list(packages)
    missing += [] if facts.curl else ["curl"]
    steps: list[Step] = []
    if not facts.docker and facts.files.get(paths.DAEMON_JSON) is None:
        settings = engine.render("server/daemon.json", {}).text
        steps.append(Write("many small networks and bounded logs", paths.DAEMON_JSON, settings))
    return [
        *steps,
        Run("learn which packages there are", (*APT, "update", "--quiet"), timeout=300),
        Run(
            f"install {', '.join(missing)}",
            (*APT, "install", "--yes", "--quiet", "--no-install-recommends", *missing),
            timeout=900,
        ),
    ]


def _packages(system: str) -> tuple[str, ...]:
    """What brings Docker on a system such as "debian 13"; () where its own packages do not have all of it."""
    name, _, version = system.partition(" ")
    first, packages = PACKAGES.get(name, (0, ()))
    major = version.partition(".")[0]
    return packages if major.isdigit() and int(major) >= first else ()


def _parts(facts: ServerFacts) -> list[tuple[str, bool]]:
    return [("Docker", bool(facts.docker)), ("its Compose plugin", bool(facts.compose)), ("curl", facts.curl)]


def _proxy(facts: ServerFacts, image: str, engine: Engine) -> list[Step]:
    wanted = proxy_files(image, engine)
    changed = {path: text for path, text in wanted.items() if facts.files.get(path) != text}
    steps: list[Step] = []
    if changed:
        steps.append(Run("slipway's folders, in plain sight", ("mkdir", "-p", *FOLDERS)))
    whys = {
        paths.README: "say what this folder is",
        paths.CADDYFILE: "the proxy's own configuration; apps' are in sites/",
        paths.PROXY_COMPOSE: "how the proxy runs",
    }
    steps += [Write(whys[path], path, text, 0o644, facts.files.get(path)) for path, text in changed.items()]
    if paths.EDGE_NETWORK not in facts.networks:
        why = "the proxy's own network; it sorts before the apps' so that its ports never move"
        steps.append(Run(why, docker.create_network(paths.EDGE_NETWORK)))
    for volume in paths.PROXY_VOLUMES:
        if volume not in facts.volumes:
            steps.append(Run("certificates and state of the proxy", ("docker", "volume", "create", volume)))
    if image not in facts.images:
        steps.append(
            Run(
                "fetch the proxy's image through the SSH connection",
                docker.pull(image),
                timeout=1800,
                tunnel=True,
            )
        )
    if not facts.proxy_running or paths.PROXY_COMPOSE in changed:
        steps.append(Run("start the proxy", docker.proxy("up", "--detach", "--wait"), timeout=120))
    elif paths.CADDYFILE in changed:
        steps += [Run("check it", caddy.validate()), Run("let the proxy take it", caddy.reload())]
    return [*steps, *_joins(facts, replaced=not facts.proxy_running or paths.PROXY_COMPOSE in changed)]


def _joins(facts: ServerFacts, *, replaced: bool) -> list[Step]:
    """A proxy that was made anew must join the apps' networks again."""
    apps = sorted(name for name in facts.networks if name.startswith("slipway-app-"))
    lost = apps if replaced else [name for name in apps if name not in facts.proxy_networks]
    return [
        Run("let the proxy reach the app again", docker.connect(name, paths.PROXY_CONTAINER)) for name in lost
    ]
