"""Following a deploy: what is in the store, then each event as it comes, until the last one."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator

from fastapi.concurrency import run_in_threadpool

from api.plane import Plane
from api.store import deploys
from api.store.tables import DeployEvent

POLL_SECONDS = 1.0
"""Only for what another process of the control plane writes: this one's own events wake followers at once."""


async def events(plane: Plane, deploy_id: str, last: int = 0) -> AsyncIterator[DeployEvent]:
    """Every event after the one numbered `last`; ends after the event called `end`, or when that was seen."""

    def read(after: int) -> tuple[bool, list[DeployEvent]]:
        with plane.database.reading() as session:
            # In this order: what had ended before the events were read has all its events.
            ended = deploys.get(session, deploy_id).state in deploys.FINAL
            if after and deploys.was_told_the_end(session, deploy_id, after):
                # What is noted after the end, as the release before goes, is in the transcript.
                return True, []
            return ended, deploys.events_after(session, deploy_id, after)

    async with plane.news.following(deploy_id) as news:
        while True:
            news.clear()
            ended, found = await run_in_threadpool(read, last)
            for event in found:
                yield event
                last = event.id or last
                if event.name == "end":
                    return
            if not found and ended:
                return
            if not found:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(news.wait(), POLL_SECONDS)


async def server_sent(plane: Plane, deploy_id: str, last: int) -> AsyncIterator[dict[str, str]]:
    """The events as sse-starlette takes them."""
    async for event in events(plane, deploy_id, last):
        yield {"id": str(event.id), "event": event.name, "data": json.dumps(event.data)}
