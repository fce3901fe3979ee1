"""What a Python repo runs: the word for it."""

from dataclasses import dataclass

from slipway.evidence import Decision, Evidence


@dataclass(frozen=True, slots=True)
class PythonApp:
    """A recognised app. `command` runs it as `process`; `server` is the program that serves it, "" for none.

    `collectstatic` is the line that asks for collected files. `path` is what must be on PYTHONPATH.
    `sure` is False when the process was guessed from a file's name alone.
    """

    name: str
    decision: Decision
    command: Decision
    server: str = ""
    process: str = "web"
    collectstatic: Evidence | None = None
    path: str = ""
    release_hint: str = ""
    warnings: tuple[str, ...] = ()
    sure: bool = True
