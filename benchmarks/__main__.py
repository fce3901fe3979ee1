"""`python -m benchmarks [NAME…]`: run the benchmarks and write their tables into docs/benchmarks.md."""

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks import cutover, delivery, idle, machine, push
from benchmarks.tables import Table, write
from tests.acceptance.world import World, a_world

BENCHMARKS: dict[str, Callable[[World], list[Table]]] = {
    "push": push.push,
    "rollback": push.rollback,
    "delivery": delivery.delivery,
    "cutover": cutover.cutover,
    "idle": idle.idle,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)}; all without one"
    )
    parser.add_argument("--print", action="store_true", help="only print, and leave docs/benchmarks.md alone")
    given = parser.parse_args()
    if unknown := set(given.names) - set(BENCHMARKS):
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}")
    taken = machine.described()
    with (
        tempfile.TemporaryDirectory(prefix="slipway-bench-") as folder,
        a_world(Path(folder), servers=1) as world,
    ):
        for name in given.names or BENCHMARKS:
            tables = BENCHMARKS[name](world)
            for table in tables:
                print(f"\n{table.markdown()}", flush=True)
            if not given.print:
                write(tables, taken)
    print(f"\n{taken}")


if __name__ == "__main__":
    main()
