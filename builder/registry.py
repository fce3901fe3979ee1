"""The registry on 127.0.0.1 that images wait in until servers fetch them (docs/decisions/0003).

Protocol: the OCI distribution specification, v1.1.
"""

import threading
import time
from contextlib import closing
from dataclasses import dataclass

import docker
import docker.errors
import httpx

from slipway.errors import BuildFailed
from slipway.release import Image

NAME = "slipway-registry"
SOURCE = "registry:2"
MANIFESTS = ", ".join(
    (
        "application/vnd.docker.distribution.manifest.v2+json",
        "application/vnd.oci.image.manifest.v1+json",
    )
)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an image consists of: its digest, and the compressed size in bytes of each layer by digest."""

    digest: str
    layers: dict[str, int]


class Registry:
    """A registry at `127.0.0.1:port`, started as a container of ours when nothing answers there."""

    def __init__(self, port: int, name: str = NAME) -> None:
        self.port = port
        self.address = f"127.0.0.1:{port}"
        self._name = name
        self._http = httpx.Client(base_url=f"http://{self.address}", timeout=10, trust_env=False)
        self._pinned: dict[str, str] = {}
        self._starting = threading.Lock()
        self._pinning = threading.Lock()

    def close(self) -> None:
        """Let go of the connections to it; the container runs on."""
        self._http.close()

    def ensure(self) -> None:
        """Start the registry's container unless it answers. Raises `BuildFailed` when it cannot be."""
        with self._starting:
            if not self._answers():
                self._bring_up()

    def _bring_up(self) -> None:
        try:
            with closing(docker.from_env()) as client:
                self._start(client)
        except docker.errors.DockerException as error:
            raise BuildFailed(
                f"the registry for images could not be started: {error}",
                next=f"see `docker logs {self._name}`; port {self.port} must be free (SLIPWAY_REGISTRY_PORT)",
            ) from None
        deadline = time.monotonic() + 20
        while not self._answers():
            if time.monotonic() > deadline:
                raise BuildFailed("the registry does not answer", next=f"see `docker logs {self._name}`")
            time.sleep(0.05)

    def manifest(self, repository: str, reference: str) -> Manifest | None:
        """The manifest of a tag or digest; None when there is none."""
        answer = self._http.get(f"/v2/{repository}/manifests/{reference}", headers={"Accept": MANIFESTS})
        if answer.status_code != httpx.codes.OK:
            return None
        layers = {layer["digest"]: int(layer["size"]) for layer in answer.json().get("layers", ())}
        return Manifest(answer.headers["Docker-Content-Digest"], layers)

    def tag(self, repository: str, digest: str, tag: str) -> None:
        """Let a tag name a manifest that is there."""
        path = f"/v2/{repository}/manifests/"
        found = self._http.get(path + digest, headers={"Accept": MANIFESTS})
        headers = {"Content-Type": found.headers["Content-Type"]}
        self._http.put(path + tag, content=found.content, headers=headers).raise_for_status()

    def pin(self, image: str) -> Image:
        """Put an image of the local Docker (pulled when it is missing) here; its reference for servers."""
        with self._pinning:
            if image not in self._pinned:
                self._pinned[image] = self._put(image)
            return Image(self._pinned[image])

    def _put(self, image: str) -> str:
        repository, _, tag = image.rpartition(":")
        repository = f"base/{repository.replace('.', '-')}"
        self.ensure()
        try:
            with closing(docker.from_env()) as client:
                try:
                    local = client.images.get(image)
                except docker.errors.ImageNotFound:
                    local = client.images.pull(image)
                local.tag(f"{self.address}/{repository}", tag)
                told = client.images.push(f"{self.address}/{repository}", tag, stream=True, decode=True)
                failed = next((line["error"] for line in told if "error" in line), "")
        except docker.errors.DockerException as error:
            failed = str(error)
        found = None if failed else self.manifest(repository, tag)
        if found is None:
            what = f"{image} could not be put into the registry" + (f": {failed}" if failed else "")
            raise BuildFailed(what, next=f"see `docker images` and `docker logs {self._name}`")
        return f"{self.address}/{repository}@{found.digest}"

    def _answers(self) -> bool:
        try:
            return self._http.get("/v2/", timeout=2).status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False

    def _start(self, client: docker.DockerClient) -> None:
        try:
            client.containers.get(self._name).start()
        except docker.errors.NotFound:
            client.containers.run(  # type: ignore[call-overload]  # its stub knows no "unless-stopped"
                SOURCE,
                name=self._name,
                detach=True,
                ports={"5000/tcp": ("127.0.0.1", self.port)},
                volumes={self._name: {"bind": "/var/lib/registry", "mode": "rw"}},
                environment={"REGISTRY_STORAGE_DELETE_ENABLED": "true", "OTEL_TRACES_EXPORTER": "none"},
                restart_policy={"Name": "unless-stopped"},
                labels={"slipway.registry": str(self.port)},
            )
