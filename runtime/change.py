"""What a rollout is asked for."""

from dataclasses import dataclass

from slipway.release import Release
from templates.engine import Engine


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be there (`wanted`), and what was live before it.

    `release_command` is False where it is not due: it ran before a crash, or only settings change.
    """

    wanted: Release
    previous: Release | None
    engine: Engine
    release_command: bool = True
