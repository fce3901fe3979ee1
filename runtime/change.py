"""What a rollout is asked for."""

from dataclasses import dataclass

from slipway.release import Release
from templates.engine import Engine


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be there (`wanted`), and what was live before it."""

    wanted: Release
    previous: Release | None
    engine: Engine
