"""What the doors ask of the durable work."""

from typing import Protocol


class Work(Protocol):
    """Takes changes over; the deploy's row says what is to be done."""

    def enqueue(self, deploy_id: str) -> None:
        """Queue a deploy that is stored as `queued`; a newer push replaces a queued older one."""

    def cancel(self, deploy_id: str, reason: str) -> None:
        """Ask a queued or running deploy to end; returns at once."""
