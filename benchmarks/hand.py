"""The same by hand: docker buildx build, docker pull, docker compose up, over one SSH connection."""

import shlex
import subprocess
from pathlib import Path
from typing import Self

from tests.acceptance.world import World

COMPOSE = """\
services:
  web:
    image: ${IMAGE}
    command: [python, main.py]
    environment: {PORT: "8000"}
    init: true
    ports: ["127.0.0.1:9000:8000"]
"""
START = """\
docker pull --quiet "$1" && IMAGE="$1" docker compose up --detach 2>&1 &&
until curl --silent http://127.0.0.1:9000/ | grep --quiet --fixed-strings "$2"; do sleep 0.02; done
"""
TUNNEL = 5999
"""The registry's port on the server; slipway's own tunnel has another."""


class Hand:
    """A person at the keyboard, who keeps a connection to the server open, with a tunnel to the registry."""

    def __init__(self, world: World, app: str) -> None:
        self._world = world
        self._name = f"hand/{app}"
        self._folder = f"/opt/hand/{app}"
        self._socket = world.folder / f"{app}.ssh"
        self._key = world.folder / f"{app}-key"

    def __enter__(self) -> Self:
        new = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self._key)]
        subprocess.run(new, check=True, stdin=subprocess.DEVNULL)
        public = self._key.with_suffix(".pub").read_text().strip()
        self._world.on(
            0, f"printf '\\n%s\\n' '{public}' >>/root/.ssh/authorized_keys; mkdir -p {self._folder}"
        )
        tunnel = f"{TUNNEL}:127.0.0.1:{self._world.plane.registry_port}"
        stay = self._ssh(["-M", "-N", "-f", "-R", tunnel])
        subprocess.run(stay, check=True, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.on("cat >compose.yaml", stdin=COMPOSE)
        return self

    def __exit__(self, *_: object) -> None:
        self.on("IMAGE=none docker compose down --timeout 5 2>&1")
        subprocess.run(self._ssh(["-O", "exit"]), check=False, capture_output=True)

    def build(self, tree: Path, dockerfile: Path, tag: str) -> str:
        """Build and push; the image's name on the server."""
        pushed = f"127.0.0.1:{self._world.plane.registry_port}/{self._name}:{tag}"
        argv = ["docker", "buildx", "build", "--push", f"--tag={pushed}", f"--file={dockerfile}", str(tree)]
        subprocess.run(argv, check=True, capture_output=True)
        return f"127.0.0.1:{TUNNEL}/{self._name}:{tag}"

    def start(self, image: str, says: str) -> None:
        """Fetch the image and start it in place of the old, until its page says something."""
        self.on(START, image, says)

    def local(self, image: str) -> str:
        """The name that an image of the server has on this machine."""
        return image.replace(f":{TUNNEL}/", f":{self._world.plane.registry_port}/")

    def load(self, image: str) -> None:
        """`docker save | ssh docker load` of a local image."""
        with subprocess.Popen(["docker", "save", image], stdout=subprocess.PIPE) as saving:
            load = self._ssh([], "docker load --quiet")
            subprocess.run(load, stdin=saving.stdout, check=True, capture_output=True)

    def on(self, script: str, *words: str, stdin: str = "") -> str:
        """Run a script in one's folder on the server."""
        line = f"cd {self._folder} && set -- {shlex.join(words)} && {script}"
        done = subprocess.run(
            self._ssh([], line), input=stdin, capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def _ssh(self, flags: list[str], *command: str) -> list[str]:
        options = {
            "ControlPath": self._socket,
            "StrictHostKeyChecking": "no",
            "UserKnownHostsFile": "/dev/null",
            "BatchMode": "yes",
            "LogLevel": "ERROR",
        }
        words = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
        port = str(self._world.servers[0].ssh_port)
        return [
            "ssh",
            "-F",
            "none",
            "-i",
            str(self._key),
            "-p",
            port,
            *words,
            *flags,
            "root@127.0.0.1",
            *command,
        ]
