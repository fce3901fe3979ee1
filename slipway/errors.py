"""The one tree of errors that a person may see. The API returns each one's code, the manual explains it."""

from collections.abc import Sequence
from typing import ClassVar


class SlipwayError(Exception):
    """Something a person must know: what happened, where, what still serves, what to do next.

    `status` is the HTTP status of the problem document; `code` never changes once it was published.
    """

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500

    def __init__(
        self, what: str, *, where: str = "", serving: str = "", next: str = "", lines: Sequence[str] = ()
    ) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.serving = serving
        self.next = next
        self.lines = tuple(lines)

    def shown(self) -> str:
        """The error as a person reads it, over several lines and without colour."""
        head = f"{self.where}: {self.what}" if self.where else self.what
        parts = [head, *(f"  | {line}" for line in self.lines)]
        if self.serving:
            parts.append(f"still serving: {self.serving}")
        if self.next:
            parts.append(f"next: {self.next}")
        return "\n".join(parts)


# What a caller of the API may do wrong.


class Invalid(SlipwayError):
    """A value that was given is not acceptable."""

    code = "invalid"
    status = 422


class Unauthenticated(SlipwayError):
    """No token, or one that is not known, expired or revoked."""

    code = "unauthenticated"
    status = 401


class NotAllowed(SlipwayError):
    """The token's role is too low."""

    code = "not-allowed"
    status = 403


class NotFound(SlipwayError):
    """Nothing of that name."""

    code = "not-found"
    status = 404


class Conflict(SlipwayError):
    """It exists already, or another change is under way."""

    code = "conflict"
    status = 409


class TooLarge(SlipwayError):
    """More bytes, files or output than a limit allows."""

    code = "too-large"
    status = 413


class TooSlow(SlipwayError):
    """A body that did not come in time."""

    code = "too-slow"
    status = 408


class PlanChanged(SlipwayError):
    """The facts are not those that the approved plan was made from."""

    code = "plan-changed"
    status = 409


# What may be wrong with a repo.


class SpecError(SlipwayError):
    """slipway.toml is wrong; `where` is `slipway.toml:LINE: key.path`."""

    code = "spec"
    status = 422


class CheckoutError(SlipwayError):
    """The source cannot be taken: a path or link out of the tree, a device, too many files, an odd URL."""

    code = "checkout"
    status = 422


class NotRecognised(SlipwayError):
    """No detector recognised the repo."""

    code = "not-recognised"
    status = 422


class DetectError(SlipwayError):
    """A file that a detector reads is broken or contradicts itself; `where` names it."""

    code = "detect"
    status = 422


class TemplateError(SlipwayError):
    """A template cannot be found, parsed or rendered; `where` is `layer template:line`."""

    code = "template"
    status = 422


class BuildFailed(SlipwayError):
    """The image could not be built; `lines` are the last lines of the failing step."""

    code = "build-failed"
    status = 422


class BuildTimeout(BuildFailed):
    """The build took longer than it may."""

    code = "build-timeout"


# What may be wrong with a server.


class ServerError(SlipwayError):
    """A server did not do what a plan asked of it."""

    code = "server"
    status = 502


class Unreachable(ServerError):
    """No TCP connection or no SSH banner from the server."""

    code = "server-unreachable"


class ConnectionLost(ServerError):
    """The SSH connection broke while work was under way."""

    code = "connection-lost"


class HostKeyChanged(ServerError):
    """The server shows another host key than the pinned one."""

    code = "host-key-changed"


class AccessRefused(ServerError):
    """The server refuses slipway's key, or sudo asks for a password."""

    code = "access-refused"


class StepFailed(ServerError):
    """A command of a plan ended with an error; `lines` are its last lines."""

    code = "step-failed"


class StepTimeout(StepFailed):
    """A command of a plan did not end in time."""

    code = "step-timeout"


class DiskFull(ServerError):
    """There is not enough space for what would be delivered."""

    code = "disk-full"


class PortTaken(ServerError):
    """Port 80 or 443 of the server belongs to another program."""

    code = "port-taken"


class Unhealthy(ServerError):
    """A new replica exited, never listened or answered with an error; `lines` are its last log lines."""

    code = "unhealthy"


class ReleaseCommandFailed(StepFailed):
    """The release command ended with an error, so nothing was switched."""

    code = "release-command-failed"


# What may end work.


class Cancelled(SlipwayError):
    """A person cancelled the change, or a newer push replaced it."""

    code = "cancelled"
    status = 409


class Interrupted(SlipwayError):
    """The control plane stopped in the middle and the change was ended instead of resumed."""

    code = "interrupted"
    status = 503
