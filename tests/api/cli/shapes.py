"""Answers of the API, as short as the tests need them."""

from api.schemas import (
    AppInfo,
    DeployInfo,
    DeployKind,
    DeployStarted,
    DomainInfo,
    EndEvent,
    LineEvent,
    Problem,
    ServerInfo,
    SourceInfo,
    State,
)

AT = "2026-01-02T03:04:05+00:00"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIH"
FINGERPRINT = "SHA256:abcdef"


def deploy(state: State = State.QUEUED, id: str = "k3v9x2m7qa", error: Problem | None = None) -> DeployInfo:
    return DeployInfo(
        id=id,
        app="shop",
        kind=DeployKind.CODE,
        state=state,
        release=12,
        source=SourceInfo(commit="3f2c1ab9", author="Ann <ann@example.org>", subject="Sell shoes"),
        by="ann",
        door="cli",
        created_at=AT,
        started_at=AT,
        finished_at="2026-01-02T03:04:11.5+00:00",
        error=error,
    )


def started() -> DeployStarted:
    return DeployStarted(deploy=deploy())


def said(text: str, kind: str = "out") -> tuple[str, LineEvent]:
    return "line", LineEvent(text=text, kind=kind)


def end(state: str = "live", exit_code: int = 0) -> tuple[str, EndEvent]:
    return "end", EndEvent(state=state, exit_code=exit_code)


def app(name: str = "shop") -> AppInfo:
    return AppInfo(
        name=name,
        release=12,
        servers=["web1", "web2"],
        domains=[DomainInfo(name="shop.localhost", tls="off")],
        git_url=f"http://127.0.0.1:7070/git/{name}.git",
        branch="main",
        created_at=AT,
    )


def server() -> ServerInfo:
    return ServerInfo(
        name="web1",
        host="192.0.2.7",
        port=2201,
        user="root",
        host_key=KEY,
        fingerprint=FINGERPRINT,
        known_hosts=f"[192.0.2.7]:2201 {KEY}",
        added_by="ann",
        added_at=AT,
    )


def problem(**fields: str | list[str]) -> Problem:
    given = {"detail": "the build failed", **fields}
    return Problem.model_validate(
        {"type": "about:blank", "title": "Build", "status": 422, "code": "build-failed", **given}
    )
