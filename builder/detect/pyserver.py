"""The command that serves a Python app object: by the server that the repo depends on."""

from collections.abc import Mapping
from dataclasses import dataclass

from slipway.evidence import Decision, Evidence

ASGI = {
    "uvicorn": "uvicorn {target} --host 0.0.0.0 --port $PORT --proxy-headers --forwarded-allow-ips='*'",
    "hypercorn": "hypercorn --bind 0.0.0.0:$PORT --graceful-timeout 20 {target}",
    "granian": "granian --interface asgi --host 0.0.0.0 --port $PORT {target}",
    "daphne": "daphne --bind 0.0.0.0 --port $PORT --proxy-headers {target}",
}
# Threads, so that one slow request does not hold up the others and the health check.
WSGI = {
    "gunicorn": "gunicorn --bind 0.0.0.0:$PORT --threads 4 --graceful-timeout 20"
    " --worker-tmp-dir /dev/shm --access-logfile - {target}",
    "waitress": "waitress-serve --listen=0.0.0.0:$PORT {target}",
    "granian": "granian --interface wsgi --host 0.0.0.0 --port $PORT {target}",
}
# How each is told that the target is a function that makes the app.
FACTORY = {"uvicorn": "{target} --factory", "granian": "{target} --factory", "gunicorn": "'{target}()'"}
FACTORY |= {"hypercorn": "'{target}()'", "waitress": "--call {target}"}


@dataclass(frozen=True, slots=True)
class Target:
    """An app object `module:name`; `kind` is "asgi" or "wsgi", a factory makes the app when called."""

    module: str
    name: str
    kind: str
    factory: bool = False

    def __str__(self) -> str:
        return f"{self.module}:{self.name}"


def serve(
    target: Target, evidence: Evidence, dependencies: Mapping[str, Evidence], fallback: str = ""
) -> tuple[Decision, str, tuple[str, ...]]:
    """The command for a target, the server's name, and warnings.

    `fallback` is the framework's own development server, for a repo that brings no other.
    """
    servers = ASGI if target.kind == "asgi" else WSGI
    server = next((name for name in servers if name in dependencies), "")
    if server:
        because = (evidence, dependencies[server])
        return Decision("process.web", _command(servers, server, target), because), server, ()
    wanted = next(iter(servers))
    if fallback:
        warning = f"{wanted} is no dependency, so the development server runs: add it to the dependencies"
        return Decision("process.web", fallback, (evidence,)), "", (warning,)
    warning = f"{wanted} is no dependency, and the command needs it: add it to the dependencies"
    return Decision("process.web", _command(servers, wanted, target), (evidence,)), wanted, (warning,)


def _command(servers: Mapping[str, str], server: str, target: Target) -> str:
    text = FACTORY.get(server, "{target}").format(target=target) if target.factory else str(target)
    return servers[server].format(target=text)
