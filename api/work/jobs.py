"""The durable engine: DBOS. It knows ids and the order of steps; what a step does is in change.py.

One change per app at a time: the queue is partitioned by app. Its state lies in the same PostgreSQL database
as ours, or in a second SQLite file beside ours. docs/decisions/0001-durable-engine.md says why this engine.
"""

from collections.abc import Callable
from typing import ClassVar

from dbos import DBOS, DBOSConfig, SetEnqueueOptions, SetWorkflowID

VERSION = "1"
"""Of the workflow, not of slipway: jobs queued before an upgrade go on after it, unless the steps changed."""

QUEUE = "changes"
Step = Callable[[str], bool]


class Jobs:
    """Runs `steps` in order for each deploy id; a step that returns False ends the workflow.

    Steps must be re-entrant: after a crash the one that was interrupted runs again from its beginning.
    """

    def __init__(self, database_url: str, steps: dict[str, Step], *, worker: str, at_once: int) -> None:
        self._url = database_url
        self._steps = steps
        self._worker = worker
        self._at_once = at_once

    def start(self) -> None:
        """Resume what a crash interrupted and begin to take queued work."""
        DBOS(config=self._config())
        _Steps.current = self._steps
        DBOS.launch()
        DBOS.register_queue(
            QUEUE, partition_concurrency=1, worker_concurrency=self._at_once, polling_interval_sec=0.25
        )

    def enqueue(self, deploy_id: str, app_id: str) -> None:
        """Queue a deploy behind the others of its app; a second call for the same id does nothing."""
        with SetWorkflowID(deploy_id), SetEnqueueOptions(queue_partition_key=app_id):
            DBOS.enqueue_workflow(QUEUE, change, deploy_id)

    def resume(self, worker: str) -> list[str]:
        """Queue again, what a worker that is dead was doing; returns the ids."""
        left = DBOS.list_workflows(status="PENDING", executor_id=worker, load_input=False, load_output=False)
        ids = [workflow.workflow_id for workflow in left]
        if ids:
            DBOS.resume_workflows(ids, queue_name=QUEUE)
        return ids

    def stop(self) -> None:
        """Stop taking work. What runs is resumed by the next start."""
        DBOS.destroy(workflow_completion_timeout_sec=0)

    def _config(self) -> DBOSConfig:
        return {
            "name": "slipway",
            "system_database_url": self._url,
            "application_version": VERSION,
            "executor_id": self._worker,
            "log_level": "ERROR",
        }


class _Steps:
    current: ClassVar[dict[str, Step]] = {}


@DBOS.workflow(name="change")
def change(deploy_id: str) -> None:
    """Bring one change of an app to its servers."""
    for name in _Steps.current:
        if not step(name, deploy_id):
            return


@DBOS.step(name="step", retries_allowed=True, interval_seconds=1.0, max_attempts=8, backoff_rate=2.0)
def step(name: str, deploy_id: str) -> bool:
    """One named step of the change; its answer is what the engine remembers.

    What goes wrong with a change is no exception here, but a database that was away: the step runs again.
    """
    return _Steps.current[name](deploy_id)
