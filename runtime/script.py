"""A rollout's steps for one server as a bash script that a person can read and run."""

import shlex

from runtime.lowering import arguments, script_of
from slipway.plan import Drain, Plan, Probe, Rollout, Run, Step, Switch, Write
from slipway.secret import Secret, Text, shown
from templates.engine import Engine

MARK = "SLIPWAY_END"
MEMBERS = "{{range .Containers}}{{println .Name}}{{end}}"
FUNCTIONS = {Probe: "probe", Switch: "switch", Drain: "drain"}


def as_script(rollout: Rollout, server: str, engine: Engine | None = None) -> str:
    """The steps of one server. No secret is in it: a step that needs one says what is to be filled in."""
    engine = engine or Engine()
    plans = [(stage.name, plan) for stage in rollout.stages for plan in stage.plans if plan.server == server]
    stages = [_stage(name, plan) for name, plan in plans if plan.steps]
    used = {type(step): step for _, plan in plans for step in plan.steps if isinstance(step, _SCRIPTED)}
    functions = {FUNCTIONS[kind]: script_of(step, engine).rstrip("\n") for kind, step in used.items()}
    context = {
        "title": rollout.title,
        "server": server,
        "stages": stages,
        "functions": functions,
        "mark": _mark("\n".join(functions.values())),
    }
    return engine.render("server/transcript.sh", context).text


_SCRIPTED = (Probe, Switch, Drain)


def _stage(name: str, plan: Plan) -> dict[str, object]:
    return {
        "name": name,
        "steps": [{"why": step.why, "text": _lines(step)} for step in plan.steps],
        "undo": [f"{step.shown()}  # {step.why}" for step in plan.on_failure],
    }


def _lines(step: Step) -> str:
    match step:
        case Run():
            return _run(step)
        case Write():
            return _write(step)
        case Probe() | Switch() | Drain():
            return " ".join([FUNCTIONS[type(step)], *map(shlex.quote, arguments(step))])


def _run(step: Run) -> str:
    command = " ".join(_word(word) for word in step.argv)
    if done := _done(step.argv):
        command = f"{done} ||\n  {command}"
    if isinstance(step.stdin, Secret):
        return f"{_missing('what is to be typed into the next command')}\n{command}"
    return f"{command} <<'{_mark(step.stdin)}'\n{_closed(step.stdin)}" if step.stdin else command


def _done(argv: tuple[Text, ...]) -> str:
    """The test whether a command's work is done, for those that Docker refuses a second time; "" for others.

    A pull is one of them: by hand there is no tunnel to the registry, and most often the image is there.
    """
    last = _word(argv[-1])
    match argv[:3]:
        case ("docker", "pull", _):
            return f"docker image inspect {last} >/dev/null 2>&1"
        case ("docker", "image", "rm"):
            return f"! docker image inspect {last} >/dev/null 2>&1"
        case ("docker", "network", "create"):
            return f"docker network inspect {last} >/dev/null 2>&1"
        case ("docker", "network", "rm"):
            return f"! docker network inspect {last} >/dev/null 2>&1"
        case ("docker", "network", "connect"):
            return f"docker network inspect --format '{MEMBERS}' {_word(argv[3])} | grep -x {last} >/dev/null"
        case ("docker", "network", "disconnect"):
            return (
                f"! docker network inspect --format '{MEMBERS}' {_word(argv[3])} | grep -x {last} >/dev/null"
            )
    return ""


def _write(step: Write) -> str:
    path = shlex.quote(step.path)
    if isinstance(step.content, Secret):
        lines = [f"#   {line}" for line in shown(step.content).splitlines()]
        head = f"# It holds secrets: fill it in by hand (mode {step.mode:04o}); its lines are"
        return "\n".join([head, *lines, f"test -f {path} || {_stop(f'fill in {step.path} first')}"])
    install = f"install -D -m {step.mode:04o} /dev/stdin {path}"
    if not step.content:
        return f"{install} </dev/null"
    # A here-document ends in a newline; a text that does not is given one, which is taken off again.
    cut = "" if step.content.endswith("\n") else " | head --bytes=-1"
    return f"cat <<'{_mark(step.content)}'{cut} | {install}\n{_closed(step.content)}"


def _word(word: Text) -> str:
    if isinstance(word, Secret):
        return f'"${{SECRET:?{_plain(word.label or "a secret")} is to be set as SECRET}}"'
    return shlex.quote(word)


def _missing(what: str) -> str:
    return f"{_stop(f'fill in {what}')}  # a secret, which is not in here"


def _stop(what: str) -> str:
    return f"{{ echo {shlex.quote(what)} >&2; exit 1; }}"


def _plain(label: str) -> str:
    return "".join(char for char in label if char.isalnum() or char in " .,-")


def _closed(text: str) -> str:
    return f"{text if text.endswith(chr(10)) else text + chr(10)}{_mark(text)}"


def _mark(text: Text) -> str:
    """A line that ends a here-document: none of the text's own."""
    lines = set(str(text).splitlines())
    mark, number = MARK, 1
    while mark in lines:
        number += 1
        mark = f"{MARK}_{number}"
    return mark
