"""Ten deploys under load: what fails, and what is slowest."""

import asyncio
from collections import Counter
from collections.abc import Callable

from benchmarks.load import APP, Load
from benchmarks.tables import Table
from tests.acceptance.world import World

DEPLOYS = 10
CONNECTIONS = 100


def cutover(world: World) -> list[Table]:
    """Requests over keep-alive connections, and those that cross each cutover."""
    repo = world.repo("busy", {path.name: path.read_text() for path in APP.iterdir() if path.is_file()})
    repo.push()

    def change(number: int) -> Callable[[], object]:
        def push() -> str:
            repo.replace("main.py", f"VERSION = {number - 1}", f"VERSION = {number}")
            return repo.push()

        return push

    load = Load(world.servers[0].http_port, "busy.localhost", CONNECTIONS)
    seen = asyncio.run(load.during([change(number) for number in range(1, DEPLOYS + 1)]))
    for failure, count in Counter(seen.failures).items():
        print(f"{count} x {failure}")
    crossed = sum(seen.crossed, Counter())
    rows = (
        ("requests", f"{seen.requests:,}"),
        ("of these failed or reset", f"{len(seen.failures)}"),
        ("the slowest page", f"{seen.slowest:.2f} s"),
        *((f"crossed a cutover: {kind}", f"{crossed[kind]}") for kind in ("slow", "upload", "websocket")),
    )
    note = (
        f"{DEPLOYS} deploys under {CONNECTIONS} keep-alive connections that ask 5 times a second each. "
        "Each cutover is crossed by requests that take 8 s, uploads of 10 MB and WebSockets, begun on the "
        "release before."
    )
    return [Table("cutover", ("", ""), rows, (note,))]
