"""Request bodies that become files, within a limit."""

from pathlib import Path

from fastapi import Request

from slipway.errors import TooLarge


async def receive(request: Request, path: Path, limit: int) -> None:
    """Write a request's body to a new file of mode 0600. Raises `TooLarge`; nothing is left then."""
    path.touch(mode=0o600)
    size = 0
    try:
        with path.open("wb") as file:
            async for chunk in request.stream():
                size += len(chunk)
                if size > limit:
                    raise TooLarge(
                        f"the archive is larger than {limit >> 20} MB",
                        next="keep large files out of the repo, or raise SLIPWAY_MAX_PUSH_BYTES",
                    )
                file.write(chunk)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
