"""A one-line change of a large image on its way to a server, against `docker save | ssh docker load`."""

import secrets
import statistics
import time
from collections.abc import Callable
from functools import partial

from benchmarks.hand import Hand
from benchmarks.push import greet, quiet
from benchmarks.tables import Table, seconds
from builder.registry import Registry
from tests.acceptance.world import WEB, World

ROUNDS = 5
ROUNDS_BY_HAND = 3
DOCKERFILE = """\
FROM python:3.13-slim
RUN head --bytes=200M /dev/urandom >/large
COPY . /app
WORKDIR /app
USER 1000
CMD ["python", "main.py"]
"""
ASSETS = 5 << 20
"""Bytes in the layer of the app's own files; like the 200 MB below it no compression makes them smaller."""


def delivery(world: World) -> list[Table]:
    """Bytes that reach the server's network card, and seconds."""
    repo = world.repo("large", {"main.py": WEB, "Dockerfile": DOCKERFILE})
    (repo.folder / "assets.bin").write_bytes(secrets.token_bytes(ASSETS))
    repo.write({}, "Assets")
    repo.push()
    layers = _layers(world, repo.app)
    changed: list[int] = []
    sent: list[int] = []
    took: list[float] = []
    for at in range(ROUNDS):
        quiet(world, repo.app)
        greet(repo, f"round {at}")
        sent.append(_received(world, repo.push))
        took.append(world.deploys(repo.app)[0]["timings"]["delivery"])
        before, layers = layers, _layers(world, repo.app)
        changed.append(sum(size for digest, size in layers.items() if digest not in before))
    image = sum(layers.values())
    hand_sent: list[int] = []
    hand_took: list[float] = []
    with Hand(world, repo.app) as hand:
        for at in range(ROUNDS_BY_HAND):
            greet(repo, f"by hand {at}")
            built = hand.build(repo.folder, repo.folder / "Dockerfile", str(at))
            started = time.monotonic()
            hand_sent.append(_received(world, partial(hand.load, hand.local(built))))
            hand_took.append(time.monotonic() - started)
    return [_table(image, changed, (sent, took), (hand_sent, hand_took))]


def _layers(world: World, app: str) -> dict[str, int]:
    """The layers of an app's newest image with their sizes, as they travel."""
    registry = Registry(world.plane.registry_port)
    manifest = registry.manifest(app, "last")
    registry.close()
    assert manifest is not None
    return manifest.layers


def _received(world: World, act: Callable[[], object]) -> int:
    """Bytes that the server's network card receives meanwhile: layers, SSH, TCP and all."""
    count = "cat /sys/class/net/eth0/statistics/rx_bytes"
    before = int(world.on(0, count))
    act()
    return int(world.on(0, count)) - before


def _table(
    image: int,
    changed: list[int],
    ours: tuple[list[int], list[float]],
    by_hand: tuple[list[int], list[float]],
) -> Table:
    layer = statistics.median(changed)
    sent = statistics.median(ours[0])
    loaded = statistics.median(by_hand[0])
    rows = (
        ("the changed layer itself", _megabytes(layer), "", ""),
        (
            "`docker save` and `ssh … docker load`, by hand",
            _megabytes(loaded),
            f"{100 * (loaded / layer - 1):+.0f} %",
            seconds(by_hand[1]),
        ),
        ("slipway", _megabytes(sent), f"{100 * (sent / layer - 1):+.1f} %", seconds(ours[1])),
    )
    note = (
        f"An image of {_megabytes(image)} (compressed layers) of which one line changed. Slipway's bytes are "
        f"those of the whole deploy: facts, files, probes and the layer. "
        f"{ROUNDS} rounds, {ROUNDS_BY_HAND} by hand."
    )
    return Table("delivery", ("", "bytes to the server", "more than the layer", "seconds"), rows, (note,))


def _megabytes(size: float) -> str:
    return f"{size / 1e6:.2f} MB"
