"""A change is watched until it ended: its lines as they come, and its exit code."""

import time
from collections.abc import Callable, Iterator

import typer

from api.cli import shown
from api.cli.client import Api, Reply, path
from api.cli.problems import NoAnswer, of_problem, show
from api.cli.sse import Message, messages
from api.schemas import DeployInfo, DeployStarted, EndEvent, LineEvent, StepEvent
from slipway.progress import Kind, Line

TRIES = 10
LONGEST_WAIT_SECONDS = 5.0
DETACHED = 130
STYLES = {Kind.HEAD: "bold", Kind.OUT: "", Kind.WARN: "yellow", Kind.ERROR: "bold red"}


def started(api: Api, reply: Reply, *, verbose: bool = False) -> None:
    """Say what was stored, watch the deploy if there is one, and exit with its code when it failed."""
    change = reply.read(DeployStarted)
    if change.message:
        shown.out(change.message)
    if change.deploy is not None and (code := watched(api, change.deploy.id, verbose=verbose)):
        raise typer.Exit(code)


def watched(api: Api, deploy: str, *, verbose: bool = False) -> int:
    """Draw a deploy's lines until it ended; returns its exit code. Ctrl-C stops the watching only."""
    told = False
    try:
        for message in events(api, path("deploys", deploy, "events")):
            if message.event == "line":
                told |= _line(LineEvent.model_validate_json(message.data))
            elif message.event == "step":
                _step(StepEvent.model_validate_json(message.data), verbose)
            elif message.event == "end":
                return _ended(api, deploy, EndEvent.model_validate_json(message.data), told)
    except KeyboardInterrupt:
        shown.out(err=True)
        shown.note("Detached. The deploy goes on.")
        _how_on(deploy)
        return DETACHED
    except NoAnswer as error:
        show(error)
        shown.note("The deploy goes on without being watched.")
        _how_on(deploy)
    return 1


def events(api: Api, at: str, wait: Callable[[float], None] = time.sleep) -> Iterator[Message]:
    """The messages of a stream up to `end`; a broken connection is made again where it broke off.

    Raises `NoAnswer` when ten tries in a row brought nothing.
    """
    last, failed = "", 0
    while True:
        reason = NoAnswer(f"{api.url} ends the stream again and again")
        try:
            with api.stream("GET", at, headers={"Last-Event-ID": last} if last else {}) as chunks:
                for message in messages(chunks):
                    last, failed = message.id, 0
                    yield message
                    if message.event == "end":
                        return
        except NoAnswer as error:
            reason = error
        failed += 1
        if failed > TRIES:
            raise reason
        if failed == 1:
            shown.note(f"The connection to {api.url} broke; it is tried again.")
        wait(min(LONGEST_WAIT_SECONDS, 0.1 * 2**failed))


def _line(event: LineEvent) -> bool:
    """Draw a line; returns whether it tells of an error."""
    kind = Kind(event.kind) if event.kind in list(Kind) else Kind.OUT
    drawn = Line(event.text, kind, event.phase).drawn()
    if kind is Kind.OUT:
        shown.program(drawn)
    else:
        shown.out(drawn, STYLES[kind])
    return kind is Kind.ERROR


def _step(event: StepEvent, verbose: bool) -> None:
    if verbose:
        ended = (
            (f"{event.seconds:.1f}s ", "green") if event.ok else (f"failed {event.seconds:.1f}s ", "bold red")
        )
        place = (f"       {event.server} ", "cyan")
        shown.line((place, ended, (event.command, ""), (f"  # {event.why}", "dim")))


def _ended(api: Api, deploy: str, end: EndEvent, told: bool) -> int:
    """The exit code; a failure that no line told of is read from the deploy."""
    if end.exit_code and not told:
        info = api.get(path("deploys", deploy)).read(DeployInfo)
        if info.error:
            show(of_problem(info.error.model_dump()))
        else:
            shown.note(f"Deploy {deploy} ended: {end.state}")
    return end.exit_code


def _how_on(deploy: str) -> None:
    shown.note(f"  watch again: slipway follow {deploy}")
    shown.note(f"  cancel:      slipway cancel {deploy}")
