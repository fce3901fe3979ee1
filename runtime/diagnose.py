"""Why a replica is not healthy, in words that say what to mend."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from runtime.ssh import Ssh
from slipway.errors import ServerError, Unhealthy
from slipway.plan import Probe
from templates.engine import Engine

if TYPE_CHECKING:
    from runtime.probe import Verdict

EXITS = {
    126: "the command cannot be executed (is it a script without a shebang, or without its x bit?)",
    127: "the command was not found in the image",
    137: "it was killed",
    139: "it crashed (segmentation fault)",
    143: "it was asked to end",
}
LOOPBACK = {"127.0.0.1", "::1"}


def diagnose(step: Probe, verdict: "Verdict", ssh: Ssh, engine: Engine) -> Unhealthy:
    """The error for a probe that failed, with the app's last log lines."""
    parts: Mapping[str, str] = {}
    if verdict.container != "-":
        script = engine.render("server/diagnose.sh", {}).text
        arguments = (verdict.container, str(step.port or 0), step.path, step.host)
        try:
            output = ssh.script(script, arguments, timeout=20).output
            parts = dict(_parts(output))
        except ServerError as error:
            parts = {"logs": f"(the container could not be looked at: {error.what})"}
    what, next_ = explain(step, verdict, parts)
    lines = [line for line in parts.get("logs", "").splitlines() if line.strip()]
    return Unhealthy(what, where=ssh.address.name, lines=lines[-20:], next=next_)


def explain(step: Probe, verdict: "Verdict", parts: Mapping[str, str]) -> tuple[str, str]:
    """What happened and what to do, from the verdict and what was read of the container."""
    state = [*parts.get("state", "").split(), *[""] * 6]
    name = f"{step.process} of {step.project}"
    if verdict.word == "missing":
        return f"{name} did not start: {verdict.detail}", "see the transcript"
    if verdict.word == "ended" or state[0] in ("exited", "dead", "restarting"):
        return _ended(name, step.process, *_end_of(state, parts.get("died", "")))
    listening = sockets(parts.get("sockets", ""))
    status, body = _answer(parts.get("answer", ""))
    waited = f"{name} {verdict.detail}"
    if status:
        return _answered(waited, step, status, body)
    ports = {port for _, port in listening}
    here = f"processes.{step.process}"
    if not ports:
        why = f"{waited}: it never listened on a port"
        return why, f"let it listen on 0.0.0.0:$PORT (PORT is {step.port}), or raise {here}.health.timeout"
    if step.port not in ports:
        shown = ", ".join(str(port) for port in sorted(ports))
        why = f"{waited}: it listens on port {shown}, and was asked on {step.port}"
        return why, f"let it listen on $PORT, or set {here}.port in slipway.toml"
    if all(address in LOOPBACK for address, port in listening if port == step.port):
        why = f"{waited}: it listens on 127.0.0.1:{step.port} only, where nobody outside its container"
        return f"{why} reaches it", "let it listen on 0.0.0.0"
    why = f"{waited}: it listens on {step.port} but does not answer"
    return why, f"is it busy or stuck? raise {here}.health.timeout"


def sockets(text: str) -> list[tuple[str, int]]:
    """Address and port of each listening socket, from the hex of /proc/net/tcp and tcp6."""
    found = []
    for line in text.split():
        address, _, port = line.partition(":")
        if port:
            found.append((_address(address), int(port, 16)))
    # Docker's own resolver listens inside every container.
    return [(address, port) for address, port in found if address != "127.0.0.11"]


def _address(text: str) -> str:
    raw = bytes.fromhex(text)
    if len(raw) == 4:
        return ".".join(str(byte) for byte in reversed(raw))
    if not any(raw):
        return "::"
    return "::1" if raw == bytes(12) + b"\x01\x00\x00\x00" else "other"


def _end_of(state: list[str], died: str) -> tuple[int, bool]:
    """The exit code, and whether memory ran out; of the last end where Docker started it again since."""
    events = [(*line.split(), "", "")[:2] for line in died.splitlines()]
    codes = [code for action, code in events if action == "die"]
    code = codes[-1] if state[0] == "running" and codes else state[1]
    out_of_memory = state[2] == "true" or any(action == "oom" for action, _ in events)
    return int(code) if code.isdigit() else 0, out_of_memory


def _ended(name: str, process: str, code: int, out_of_memory: bool) -> tuple[str, str]:
    if out_of_memory:
        next_ = f"let it use less memory, or raise processes.{process}.memory in slipway.toml"
        return f"{name} was killed for using more memory than it may", next_
    meaning = EXITS.get(code, "")
    shown = f"{name} exited at once with code {code}" + (f": {meaning}" if meaning else "")
    next_ = (
        "its last lines above say why; mend it and push again"
        if code
        else "a process must stay in the foreground"
    )
    return shown, next_


def _answered(waited: str, step: Probe, status: int, body: str) -> tuple[str, str]:
    asked = f"GET {step.path} (Host: {step.host})"
    if step.first <= status <= step.last:
        why = f"{waited}: it answers by now ({status})"
        return why, f"let it start faster, or raise processes.{step.process}.health.timeout in slipway.toml"
    why = f"{waited}: it answered {status} to {asked}" + (f": {body[:120]}" if body else "")
    if status == 400:
        return why, f"does it refuse the host name? allow {step.host} (Django: ALLOWED_HOSTS)"
    if status in (301, 302, 307, 308, 401, 403, 404):
        return why, (
            f"set processes.{step.process}.health.path to a page that answers, "
            "or health.status to what is right"
        )
    return why, "mend the error above; a config var may be missing: slipway config set KEY=VALUE"


def _answer(text: str) -> tuple[int, str]:
    head, _, body = text.replace("\r\n", "\n").partition("\n\n")
    words = head.split()
    status = int(words[1]) if len(words) > 1 and words[1].isdigit() else 0
    return status, body.strip().partition("\n")[0]


def _parts(output: str) -> list[tuple[str, str]]:
    pieces = (piece.partition("\n") for piece in output.split("\x1e")[1:])
    return [(name.strip(), text.strip("\n")) for name, _, text in pieces]
