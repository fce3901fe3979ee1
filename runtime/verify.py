"""Whether a server is as a release says. What it answers was read from the server."""

from runtime.serverfacts import ServerFacts
from slipway.release import Release


def verify(release: Release, facts: ServerFacts) -> list[str]:
    """What differs, as sentences; empty when the server runs and serves exactly this release."""
    found = []
    for process in release.processes:
        there = [item for item in facts.of(release.app, release.number) if item.process == process.name]
        running = [item for item in there if item.state == "running"]
        if len(running) != process.replicas:
            found.append(f"{process.name}: {len(running)} of {process.replicas} replicas run")
        found += [
            f"{process.name}: runs {item.image} instead of {release.image.reference}"
            for item in running
            if item.image != release.image.reference
        ]
    if not facts.proxy_running:
        found.append("the proxy does not run")
    if release.web and facts.serving.get(release.app) != release.serving_name:
        found.append(f"the proxy serves {facts.serving.get(release.app) or 'nothing'}")
    return found
