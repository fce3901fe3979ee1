"""One world for all tests of a worker: starting one takes seconds."""

from collections.abc import Iterator

import pytest

from tests.acceptance.world import World, a_world


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with a_world(tmp_path_factory.mktemp("world")) as made:
        yield made
