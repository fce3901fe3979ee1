"""A release becomes the files of its folder, and its site for the proxy."""

from collections.abc import Mapping

from runtime import paths
from runtime.docker import RELEASE
from runtime.envfile import env_file
from slipway.release import Domain, Process, Release
from slipway.secret import Text
from templates.engine import Engine


def release_files(release: Release, engine: Engine) -> Mapping[str, Text]:
    """Name in the release's folder → text. `env` is a secret."""
    label = f"env of {release.app}, config {release.config_revision}"
    files: dict[str, Text] = {
        "compose.yaml": engine.render("server/compose.yaml", _compose(release)).text,
        "env": env_file(release.env, label),
    }
    if release.dockerfile:
        files["Dockerfile"] = release.dockerfile
    return files


def site(release: Release, engine: Engine) -> str | None:
    """The app's file for the proxy; None when it has no domain or nothing that listens."""
    if not release.web or not release.domains:
        return None
    domains = [{"address": _address(domain), "tls": domain.tls} for domain in release.domains]
    context = {
        "app": release.app,
        "domains": domains,
        "port": release.web.port,
        "serving_path": paths.serving(release.app),
    }
    return engine.render("server/site.caddy", context).text


def proxy_files(image: str, engine: Engine) -> Mapping[str, str]:
    """Path on the server → text of what the proxy needs."""
    compose = {
        "project": paths.PROXY_PROJECT,
        "container": paths.PROXY_CONTAINER,
        "image": image,
        "folder": paths.PROXY,
        "network": paths.EDGE_NETWORK,
        "volumes": list(paths.PROXY_VOLUMES),
    }
    return {
        paths.README: engine.render("server/README.md", {}).text,
        paths.CADDYFILE: engine.render("server/Caddyfile", {}).text,
        paths.PROXY_COMPOSE: engine.render("server/proxy.compose.yaml", compose).text,
    }


def _address(domain: Domain) -> str:
    return f"http://{domain.name}" if domain.tls == "off" else domain.name


def _compose(release: Release) -> dict[str, object]:
    services = [_service(process) for process in release.processes]
    if release.release_argv:
        services.append(_service(Process(RELEASE, release.release_argv), profile="release"))
    volumes = {
        name: {"name": paths.volume(release.app, name), "path": path}
        for name, path in sorted(release.volumes.items())
    }
    return {
        "app": release.app,
        "number": release.number,
        "project": release.project,
        "image": release.image.reference,
        "processes": services,
        "network": paths.network(release.app),
        "volumes": volumes,
        "commit": _flat(release.source.commit),
        "by": _flat(release.created_by),
        "at": _flat(release.created_at),
    }


def _service(process: Process, profile: str = "") -> dict[str, object]:
    return {
        "name": process.name,
        "command": [_literal(word) for word in process.argv],
        "port": process.port,
        "replicas": process.replicas,
        "memory": process.memory,
        "cpus": process.cpus,
        "stop_timeout": f"{max(process.stop_timeout, 0.001):.3f}".rstrip("0").rstrip("."),
        # With "unless-stopped" it stays off when dockerd crashed: Docker takes its end for a stop by hand.
        "restart": '"no"' if profile else "always",
        "profile": profile,
    }


def _literal(word: str) -> str:
    """Compose would expand a single dollar."""
    return word.replace("$", "$$")


def _flat(text: str) -> str:
    return _literal(" ".join(text.split()))
