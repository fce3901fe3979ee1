"""Reading a server: one script, one round trip."""

import base64
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from runtime.serverfacts import Container, ServerFacts
from runtime.ssh import Ssh
from slipway.errors import ServerError
from templates.engine import Engine

EXITED = re.compile(r"Exited \((\d+)\)")
HOLDER = re.compile(r':(80|443)\s.*users:\(\("([^"]+)"')
NOT_HOLDERS = {"docker-proxy", "caddy"}


def gather(ssh: Ssh, engine: Engine, files: Sequence[str] = ()) -> ServerFacts:
    """The server as it is now, with the text of `files`. Raises `ServerError` when it cannot be read."""
    script = engine.render("server/facts.sh", {}).text
    result = ssh.script(script, files, timeout=60)
    parts = _parts(result.output)
    if "end" not in parts:
        raise ServerError(
            "could not be read",
            where=ssh.address.name,
            lines=result.output.splitlines()[-5:],
            next="try again",
        )
    return parse(ssh.address.name, parts)


def parse(server: str, parts: Mapping[str, str]) -> ServerFacts:
    """Facts from the parts of the script's output, by name."""
    system = [*parts.get("system", "").splitlines(), *[""] * 8]
    disk = system[7].split() or ["0", "0"]
    proxy = _table(parts.get("docker containers/slipway-proxy/json", ""))
    releases, images = _releases(parts.get("releases", ""))
    return ServerFacts(
        server=server,
        uid=_int(system[0]),
        os=system[1].strip(),
        arch=system[2],
        cpus=_int(system[3]) or 1,
        load=float(system[4] or 0),
        memory_total=_int(system[5]) * 1024,
        memory_free=_int(system[6]) * 1024,
        disk_free=_int(disk[0]),
        disk_total=_int(disk[-1]),
        read_at=system[8],
        curl=bool(parts.get("curl", "").strip()),
        compose=parts.get("compose", "").strip(),
        docker=str(_table(parts.get("docker version", "")).get("Version", "")),
        port_holders=_holders(parts.get("ports", ""), proxy),
        containers=tuple(_containers(_listing(parts.get("docker containers/json?all=1", "")))),
        images=tuple(sorted(_digests(_listing(parts.get("docker images/json", ""))))),
        networks=tuple(sorted(item["Name"] for item in _listing(parts.get("docker networks", "")))),
        volumes=tuple(sorted(item["Name"] for item in _volumes(parts))),
        proxy_running=bool(proxy.get("State", {}).get("Running")),
        proxy_networks=tuple(sorted(proxy.get("NetworkSettings", {}).get("Networks", {}))),
        serving=dict(_words(line) for line in parts.get("serving", "").splitlines() if " " in line),
        releases=releases,
        release_images=images,
        current={
            app: _int(number) for app, number in map(_words, parts.get("current", "").splitlines()) if number
        },
        files={
            name.removeprefix("file "): _text(text)
            for name, text in parts.items()
            if name.startswith("file ")
        },
    )


def _parts(output: str) -> dict[str, str]:
    parts = {}
    for piece in output.split("\x1e")[1:]:
        name, _, text = piece.partition("\n")
        parts[name.strip()] = text.strip("\n")
    return parts


def _table(text: str) -> dict[str, Any]:
    """Docker's answer as an object; empty when there is none. `{"message": …}` says what is not there."""
    value = _json(text)
    return value if isinstance(value, dict) and "message" not in value else {}


def _listing(text: str) -> list[Any]:
    value = _json(text)
    return value if isinstance(value, list) else []


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return None


def _volumes(parts: Mapping[str, str]) -> list[Any]:
    return _table(parts.get("docker volumes", "")).get("Volumes") or []


def _containers(listed: list[Any]) -> list[Container]:
    found = []
    for item in listed:
        labels = item.get("Labels") or {}
        if "slipway.app" not in labels:
            continue
        networks = (item.get("NetworkSettings") or {}).get("Networks") or {}
        exited = EXITED.search(item.get("Status", ""))
        found.append(
            Container(
                id=item["Id"][:12],
                app=labels["slipway.app"],
                release=_int(labels.get("slipway.release", "")),
                process=labels.get("slipway.process", ""),
                image=item.get("Image", ""),
                state=item.get("State", ""),
                address=next((net["IPAddress"] for net in networks.values() if net.get("IPAddress")), ""),
                exit_code=int(exited[1]) if exited else 0,
                started_at=item.get("Status", ""),
                oneoff="slipway.oneoff" in labels or labels.get("com.docker.compose.oneoff") == "True",
            )
        )
    return sorted(found, key=lambda item: (item.app, item.release, item.process, item.id))


def _digests(listed: list[Any]) -> set[str]:
    return {digest for item in listed for digest in item.get("RepoDigests") or ()}


def _holders(text: str, proxy: Mapping[str, Any]) -> dict[int, str]:
    """Programs on 80 and 443 that are not the proxy's own."""
    ours = bool(proxy.get("State", {}).get("Running"))
    found = {int(port): name for port, name in HOLDER.findall(text)}
    return {port: name for port, name in found.items() if not (ours and name in NOT_HOLDERS)}


def _releases(text: str) -> tuple[dict[str, tuple[int, ...]], dict[str, dict[int, str]]]:
    images: dict[str, dict[int, str]] = {}
    for line in text.splitlines():
        app, number, image = [*line.split(" "), "", ""][:3]
        if number.isdigit():
            images.setdefault(app, {})[int(number)] = image
    return {app: tuple(sorted(numbers)) for app, numbers in images.items()}, images


def _text(encoded: str) -> str | None:
    return base64.b64decode(encoded).decode("utf-8", "replace") if encoded.strip() else None


def _words(line: str) -> tuple[str, str]:
    first, _, second = line.partition(" ")
    return first, second.strip()


def _int(text: str) -> int:
    return int(text) if text.strip().isdigit() else 0
