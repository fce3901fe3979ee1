"""The one clock of the control plane, as the API writes times."""

from datetime import UTC, datetime


def now() -> str:
    """ISO 8601 in UTC, in milliseconds: `2026-11-24T12:00:00.123Z`."""
    return at(datetime.now(UTC).timestamp())


def at(seconds: float) -> str:
    """Seconds since 1970 in the same form."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
