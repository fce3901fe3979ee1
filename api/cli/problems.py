"""Errors as a person reads them: what, where, the lines, what still serves, what to do next."""

import json
import os
from collections.abc import Mapping

from api.cli.shown import line, note, out
from slipway.errors import SlipwayError


class Refused(SlipwayError):
    """The API answered with a problem document."""

    code = "refused"


class NoAnswer(SlipwayError):
    """Nothing that speaks slipway's API answered."""

    code = "no-answer"


def of_problem(document: Mapping[str, object]) -> Refused:
    """The error that a problem document (RFC 9457) describes."""
    given = {name: str(document.get(name) or "") for name in ("detail", "title", "where", "serving", "next")}
    lines = document.get("lines")
    return Refused(
        given["detail"] or given["title"] or "refused",
        where=given["where"],
        serving=given["serving"],
        next=given["next"],
        lines=[str(item) for item in lines] if isinstance(lines, list) else (),
    )


def of_answer(url: str, status: int, reason: str, body: str) -> SlipwayError:
    """The error of an answer that is no success; `url` is where the API should be."""
    try:
        document = json.loads(body)
    except ValueError:
        document = None
    if isinstance(document, dict) and ("detail" in document or "title" in document):
        error = of_problem(document)
        if status == 401 and not error.next:
            error.next = f"slipway login {url}"
        return error
    return NoAnswer(
        f"{url} answered {status} {reason}, and not as slipway does",
        lines=body.splitlines()[:3],
        next="check the address: slipway whoami shows which one is used, slipway login URL changes it",
    )


def show(error: SlipwayError) -> None:
    """Print an error on stderr."""
    head = f"{error.where}: {error.what}" if error.where else error.what
    line(((" !     ", "bold red"), (head.replace("\n", "\n       "), "bold")), err=True)
    for text in error.lines:
        line((("       | ", "dim"), (text, "")), err=True)
    if error.serving:
        line((("       still serving: ", "green"), (error.serving, "")), err=True)
    if error.next:
        line((("       next: ", "cyan"), (error.next, "")), err=True)


def show_any(error: Exception) -> None:
    """Print an error, whatever it is, on stderr."""
    if isinstance(error, SlipwayError):
        show(error)
    else:
        show_unforeseen(error)


def show_unforeseen(error: BaseException) -> None:
    """Print what nobody foresaw, without a traceback unless SLIPWAY_DEBUG asks for it."""
    if os.environ.get("SLIPWAY_DEBUG"):
        import traceback

        out("".join(traceback.format_exception(error)).rstrip(), err=True)
        return
    out(f" !     this is a fault in slipway: {type(error).__name__}: {error}", "bold red", err=True)
    note("       next: run it again with SLIPWAY_DEBUG=1, and report the output with `slipway --version`")
