"""Debian packages that a dependency needs: some while it is built, some while it runs."""

from collections.abc import Iterable, Mapping

from slipway.evidence import Decision, Evidence

# dependency → packages to build it, packages to run it
Table = Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]


def needed(system: Table, found: Mapping[str, Evidence]) -> list[Decision]:
    """One decision for each dependency of the table that was found; those that want the same share one."""
    decisions: dict[str, Decision] = {}
    for name, (build, run) in system.items():
        value = " ".join([*(f"build:{item}" for item in build), *(f"run:{item}" for item in run)])
        if name in found and value not in decisions:
            title = ", ".join(run or build)
            decisions[value] = Decision(f"packages.{name}", value, (found[name],), title)
    return list(decisions.values())


def named(decisions: Iterable[Decision], phase: str) -> list[str]:
    """The packages that the decisions want for "build" or "run"."""
    words = (word for decision in decisions for word in decision.value.split())
    return [word.removeprefix(f"{phase}:") for word in words if word.startswith(f"{phase}:")]
