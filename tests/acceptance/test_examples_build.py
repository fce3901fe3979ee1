"""Each example becomes an image, and the image does what a server will ask of it."""

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import docker
import docker.errors
import httpx
import pytest
from docker.models.containers import Container

from builder.detect import detect, load_spec
from builder.image import BuildRequest, BuildSettings, build
from builder.processes import processes, release_argv
from builder.registry import Registry
from builder.render import BuildNetwork, render, repo_layer
from slipway.cancel import Cancel
from slipway.release import Image, Process
from templates.engine import Engine
from tests.acceptance.world import wait_until

pytestmark = pytest.mark.acceptance

EXAMPLES = Path(__file__).parent.parent.parent / "examples"
WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
REGISTRY_PORT = 5078 + WORKER
PORT = 9123
Volumes = dict[str, dict[str, str]]
LAYERS_OF_ONE_LINE = 1
STOP_SECONDS = 3.0


@dataclass(frozen=True)
class Example:
    """What is expected of one: the greeting, the file with it, the compressed bytes above the base image."""

    name: str
    greeting: str
    file: str
    base: str
    own_bytes: int


EXPECTED = (
    Example("fastapi", "Hello from FastAPI", "main.py", "python:3.13-slim", 20 << 20),
    Example("flask", "Hello from Flask", "templates/home.html", "python:3.13-slim", 10 << 20),
    Example("django", "Hello from Django", "shop/templates/home.html", "python:3.13-slim", 40 << 20),
    Example("node", "Hello from Node", "server.js", "node:22-slim", 10 << 20),
    Example("vite", "Hello from Vite", "index.html", "caddy:2", 1 << 20),
    Example("static", "Hello from a static site", "index.html", "caddy:2", 1 << 20),
    Example("dockerfile", "Hello from a Dockerfile", "server.py", "python:3.13-slim", 1 << 20),
    Example("worker", "Hello from web and worker", "web.py", "python:3.13-slim", 10 << 20),
)


@dataclass(frozen=True)
class Built:
    """An example as an image, and what runs of it."""

    image: Image
    processes: dict[str, Process]
    release: tuple[str, ...]
    volumes: dict[str, str]


@pytest.fixture(scope="module")
def registry() -> Iterator[Registry]:
    name = f"slipway-test-registry-{REGISTRY_PORT}"
    registry = Registry(REGISTRY_PORT, name)
    registry.ensure()
    yield registry
    client = docker.from_env()
    for image in client.images.list():
        for tag in [*image.tags, *image.attrs["RepoDigests"]]:
            if tag.startswith(registry.address):
                with suppress(docker.errors.ImageNotFound):  # gone with the tag before
                    client.images.remove(tag, force=True)
    client.containers.get(name).remove(force=True, v=True)
    client.volumes.get(name).remove()
    client.close()
    registry.close()


def test_every_example_is_built_here() -> None:
    assert {example.name for example in EXPECTED} == {
        path.name for path in EXAMPLES.iterdir() if path.is_dir()
    }


@pytest.mark.parametrize("example", EXPECTED, ids=lambda example: example.name)
def test_example(example: Example, registry: Registry, tmp_path: Path) -> None:
    folder = tmp_path / example.name
    shutil.copytree(EXAMPLES / example.name, folder)
    built = _built(example.name, folder, registry)
    assert built.image.size - _size(registry, example.base) < example.own_bytes

    with _volumes(built, tmp_path) as volumes:
        _release(built, volumes)
        with _started(built, "web", volumes) as web:
            assert example.greeting in (page := _page(web))
            assert "v7" in page
            _assert_not_root(web)
            _assert_stops(web)
        if "worker" in built.processes:
            with _started(built, "worker", volumes) as worker:
                _wait(lambda: b"worker of v7: parcel 1" in worker.logs())
                _assert_stops(worker)
                assert b"asked to stop" in worker.logs()

        file = folder / example.file
        file.write_text(file.read_text().replace(example.greeting, "Hello again"))
        changed = _built(example.name, folder, registry)
        assert changed.image.new_layers == LAYERS_OF_ONE_LINE
        with _started(changed, "web", volumes) as web:
            assert "Hello again" in _page(web)


def _built(app: str, folder: Path, registry: Registry) -> Built:
    settings, network = _settings()
    spec = load_spec(folder)
    plan = detect(folder, spec)
    files = render(app, folder, plan, spec, network, Engine([repo_layer(folder)]))
    request = BuildRequest(
        app=app,
        context=folder / plan.root,
        dockerfile=files.dockerfile.text if files.dockerfile else (folder / plan.dockerfile).read_text(),
        dockerignore=files.dockerignore.text,
        target=plan.target,
    )
    image = build(request, settings, registry, print, Cancel())
    return Built(
        image,
        {process.name: process for process in processes(plan, spec, {})},
        release_argv(plan, spec),
        dict(spec.volumes),
    )


def _settings() -> tuple[BuildSettings, BuildNetwork]:
    """As scripts/test says; else by what this machine was told to trust."""
    told = os.environ.get("SLIPWAY_BUILD_CA_BUNDLE") or os.environ.get("SSL_CERT_FILE")
    bundle = Path(told) if told else None
    network = os.environ.get("SLIPWAY_BUILD_NETWORK") or ("host" if bundle else "default")
    env = json.loads(os.environ.get("SLIPWAY_BUILD_ENV") or "{}")
    return BuildSettings(network, bundle, env, timeout=540), BuildNetwork(bool(bundle), env=env)


def _size(registry: Registry, base: str) -> int:
    repository, _, digest = registry.pin(base).reference.partition("/")[2].partition("@")
    manifest = registry.manifest(repository, digest)
    assert manifest
    return sum(manifest.layers.values())


@contextmanager
def _volumes(built: Built, tmp_path: Path) -> Iterator[Volumes]:
    client = docker.from_env()
    names = {name: f"slipway-test-{tmp_path.name}-{name}" for name in built.volumes}
    yield {names[name]: {"bind": path, "mode": "rw"} for name, path in built.volumes.items()}
    for name in names.values():
        client.volumes.get(name).remove()
    client.close()


def _release(built: Built, volumes: Volumes) -> None:
    if built.release:
        client = docker.from_env()
        client.containers.run(built.image.reference, list(built.release), volumes=volumes, remove=True)
        client.close()


@contextmanager
def _started(built: Built, process: str, volumes: Volumes) -> Iterator[Container]:
    client = docker.from_env()
    container = client.containers.run(
        built.image.reference,
        list(built.processes[process].argv),
        detach=True,
        environment={"PORT": str(PORT), "SLIPWAY_RELEASE": "v7"},
        ports={f"{PORT}/tcp": ("127.0.0.1", 0)},
        volumes=volumes,
    )
    try:
        yield container
    finally:
        container.remove(force=True)
        client.close()


def _page(container: Container) -> str:
    container.reload()
    published = container.ports[f"{PORT}/tcp"]
    assert published
    url = f"http://127.0.0.1:{published[0]['HostPort']}/"
    with httpx.Client(trust_env=False, timeout=5) as client:

        def answers() -> bool:
            try:
                return client.get(url).status_code == httpx.codes.OK
            except httpx.TransportError:
                return False

        _wait(answers, container)
        return client.get(url).text


def _assert_not_root(container: Container) -> None:
    """Process 1 is the app itself, no shell around it, and none of its processes is root's."""
    container.reload()
    rows = container.top(ps_args="-o uid,pid,comm")["Processes"]
    assert {uid for uid, _, _ in rows} == {"1000"}
    first = next(comm for _, pid, comm in rows if int(pid) == container.attrs["State"]["Pid"])
    assert first not in ("sh", "bash", "npm", "tini")


def _assert_stops(container: Container) -> None:
    began = time.monotonic()
    container.stop(timeout=20)
    assert time.monotonic() - began < STOP_SECONDS
    container.reload()
    assert container.attrs["State"]["ExitCode"] in (0, 143)


def _wait(done: Callable[[], bool], container: Container | None = None) -> None:
    def settled() -> bool:
        if container:
            container.reload()
            assert container.status == "running", container.logs(tail=20).decode()
        return done()

    wait_until(settled, 30, container.logs(tail=20).decode() if container else "it")
