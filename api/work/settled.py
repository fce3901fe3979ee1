"""Whether a release runs after its rollout as it says; what is believed was read from the servers."""

import time
from collections.abc import Callable, Mapping

from runtime.serverfacts import ServerFacts
from runtime.verify import verify
from slipway.errors import ServerError
from slipway.release import Release

SETTLE_SECONDS = 20.0


def settled(release: Release, read: Callable[[], Mapping[str, ServerFacts]]) -> None:
    """Return when all is there; containers that Docker starts again are given time.

    Raises `ServerError` with what differs.
    """
    deadline = time.monotonic() + SETTLE_SECONDS
    while True:
        try:
            return _check(release, read())
        except ServerError:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.5)


def _check(release: Release, facts: Mapping[str, ServerFacts]) -> None:
    for name, server in facts.items():
        if differences := verify(release, server):
            raise ServerError(
                f"is not as v{release.number} says after the rollout",
                where=name,
                lines=differences,
                next=f"slipway status {release.app}; deploy again, or slipway rollback {release.app}",
            )
