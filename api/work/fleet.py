"""The servers of a change, side by side: connections and facts."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from api.plane import Plane
from api.store.tables import Server
from runtime.address import Address
from runtime.facts import gather
from runtime.serverfacts import ServerFacts
from runtime.ssh import Ssh
from slipway.errors import SlipwayError

AT_ONCE = 32


def address(row: Server) -> Address:
    return Address(row.name, row.host, row.port, row.user, row.host_key)


def connected(plane: Plane, rows: Sequence[Server]) -> Callable[[str], Ssh]:
    """What gives the connection to each of the servers by name."""
    by_name = {row.name: address(row) for row in rows}
    return lambda name: plane.connections.get(by_name[name])


def read_all(
    plane: Plane, rows: Sequence[Server], files: Sequence[str] = ()
) -> Mapping[str, ServerFacts | SlipwayError]:
    """Every server as it is now, or why it could not be read; by name."""

    def read(row: Server) -> ServerFacts | SlipwayError:
        try:
            return gather(plane.connections.get(address(row)), plane.engine, files)
        except SlipwayError as error:
            return error

    with ThreadPoolExecutor(max_workers=min(AT_ONCE, max(1, len(rows)))) as pool:
        return dict(zip((row.name for row in rows), pool.map(read, rows), strict=True))


def facts_of(plane: Plane, rows: Sequence[Server], files: Sequence[str] = ()) -> Mapping[str, ServerFacts]:
    """Every server as it is now. Raises the error of the first that could not be read."""
    found: dict[str, ServerFacts] = {}
    for name, facts in read_all(plane, rows, files).items():
        if isinstance(facts, SlipwayError):
            raise facts
        found[name] = facts
    return found
