"""`docker buildx build`: a tree and a Dockerfile become an image in the registry, named by digest."""

import os
import re
import signal
import subprocess
import tempfile
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from builder.buildlog import BuildLog
from builder.limits import limit_builds
from builder.registry import Registry
from slipway.cancel import Cancel
from slipway.errors import BuildFailed, BuildTimeout
from slipway.progress import Progress
from slipway.release import Image
from slipway.secret import Scrubber, Secret

LAST = "last"
KILLED = "exit code: 137"
EXIT_CODE = re.compile(r"exit code: \d+$")
SAID = "ERROR: failed to solve: "


@dataclass(frozen=True, slots=True)
class BuildSettings:
    """What an operator says of builds: seconds each, `memory` of all at once, bytes of log each."""

    network: str = "default"
    ca_bundle: Path | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    timeout: float = 1800.0
    memory: int = 2 << 30
    log_bytes: int = 4 << 20


@dataclass(frozen=True, slots=True)
class BuildRequest:
    """One build. `dockerfile` and `dockerignore` are texts; None leaves the repo's .dockerignore in force."""

    app: str
    context: Path
    dockerfile: str
    dockerignore: str | None
    target: str = ""
    args: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, Secret] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    timeout: float | None = None


def build(
    request: BuildRequest, settings: BuildSettings, registry: Registry, progress: Progress, cancel: Cancel
) -> Image:
    """Build and push; returns the image by digest, with how much of it is new to the registry.

    Raises `BuildFailed` with the failing instruction and its last lines, `BuildTimeout`, `Cancelled`.
    """
    registry.ensure()
    limit_builds(settings.memory)
    before = registry.manifest(request.app, LAST)
    tag = f"{registry.address}/{request.app}:{LAST}"
    log = BuildLog(progress, Scrubber(request.secrets.values()), settings.log_bytes)
    with tempfile.TemporaryDirectory(prefix="slipway-build-") as scratch:
        argv, environment = _command(request, settings, tag, Path(scratch))
        _run(argv, environment, log, request.timeout or settings.timeout, cancel)
    after = registry.manifest(request.app, LAST)
    if after is None:
        raise BuildFailed("the image did not arrive in the registry", next="see the registry's log")
    new = {digest: size for digest, size in after.layers.items() if not before or digest not in before.layers}
    return Image(
        reference=f"{registry.address}/{request.app}@{after.digest}",
        size=sum(after.layers.values()),
        layers=len(after.layers),
        new_layers=len(new),
        new_bytes=sum(new.values()),
    )


def _command(
    request: BuildRequest, settings: BuildSettings, tag: str, scratch: Path
) -> tuple[list[str], dict[str, str]]:
    """The argv, and the environment: values of secrets are only there, never in the argv."""
    dockerfile = scratch / "Dockerfile"
    dockerfile.write_text(request.dockerfile)
    if request.dockerignore is not None:
        (scratch / "Dockerfile.dockerignore").write_text(request.dockerignore)
    argv = [
        "docker",
        "buildx",
        "build",
        "--progress=rawjson",
        "--push",
        f"--tag={tag}",
        f"--file={dockerfile}",
    ]
    argv += [f"--network={settings.network}"] if settings.network != "default" else []
    argv += [f"--target={request.target}"] if request.target else []
    argv += [f"--secret=id=slipway-ca,src={settings.ca_bundle}"] if settings.ca_bundle else []
    environment = {**os.environ, "BUILDX_NO_DEFAULT_ATTESTATIONS": "1"}
    for number, (name, secret) in enumerate(sorted(request.secrets.items())):
        environment[f"SLIPWAY_SECRET_{number}"] = secret.reveal()
        argv.append(f"--secret=id={name},env=SLIPWAY_SECRET_{number}")
    for name, value in sorted({**settings.env, **request.args}.items()):
        argv.append(f"--build-arg={name}={value}")
    argv += [f"--label={name}={value}" for name, value in sorted(request.labels.items())]
    return [*argv, str(request.context)], environment


def _run(argv: list[str], environment: dict[str, str], log: BuildLog, timeout: float, cancel: Cancel) -> None:
    process = subprocess.Popen(
        argv,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    late = threading.Event()

    def too_late() -> None:
        late.set()
        _kill(process)

    timer = threading.Timer(timeout, too_late)
    timer.start()
    threading.Thread(target=_end_with, args=(process,), name="buildx", daemon=True).start()
    forget = cancel.on_set(lambda: _kill(process))
    try:
        assert process.stdout is not None  # noqa: S101 - it was asked for as a pipe
        with process.stdout:
            for line in process.stdout:
                log.feed(line)
        code = process.wait()
    finally:
        timer.cancel()
        forget()
        _kill(process)
    cancel.check()
    if late.is_set():
        raise too_long(log, timeout)
    if code:
        raise failed(log, code)


def _kill(process: subprocess.Popen[str]) -> None:
    """End buildx and whatever it started; BuildKit ends the build when its client is gone."""
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def _end_with(process: subprocess.Popen[str]) -> None:
    """When `docker` ends, however it ends, the plugin that it started ends too: it holds our pipe open."""
    process.wait()
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def too_long(log: BuildLog, timeout: float) -> BuildTimeout:
    """The error for a build that did not end within `timeout` seconds."""
    where, lines = _under_way(log)
    return BuildTimeout(
        f"the build was ended after {timeout:g}s{where}",
        lines=lines,
        next="make it faster, or raise [build] timeout in slipway.toml",
    )


def _under_way(log: BuildLog) -> tuple[str, list[str]]:
    """The instruction that a build was in, in words, and its last lines."""
    running = log.failed or next((step for step in log.steps() if not step.ended), None)
    return (f" in `{running.text}`", list(running.tail)) if running else ("", [])


def failed(log: BuildLog, code: int) -> BuildFailed:
    """The error for a build that ended with `code`, by what its log says."""
    # Who kills buildx's client ends its build too: that the instruction was killed is then no word of memory.
    if log.failed is None or (code < 0 and KILLED in log.failure):
        died = f"buildx was killed by signal {-code}" if code < 0 else f"buildx ended with {code}"
        said = next((line for line in log.rest if line.startswith(SAID)), "").removeprefix(SAID)
        if said:
            return BuildFailed(said, lines=list(log.rest)[-10:], next="mend it and push again")
        where, lines = _under_way(log)
        next_ = "deploy again; is Docker running? (`docker info`)"
        return BuildFailed(died + where, lines=[*lines, *log.rest][-10:], next=next_)
    tail = [line for line in log.failed.tail if line.strip()]
    if KILLED in log.failure:
        what = f"`{log.failed.text}` was killed, most likely for using too much memory"
        return BuildFailed(what, lines=tail, next="let it use less, or raise SLIPWAY_BUILD_MEMORY")
    code_said = EXIT_CODE.search(log.failure)
    reason = code_said[0] if code_said else log.failure
    return BuildFailed(f"`{log.failed.text}` failed: {reason}", lines=tail, next="mend it and push again")
