"""`slipway serve`: the control plane as a process."""

import fcntl
import logging
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from pydantic import ValidationError

from api.app import create
from api.plane import Plane, make_private, put_together
from api.schemas import Role
from api.settings import Settings
from api.store import audit, tokens
from slipway.errors import Conflict, Invalid, SlipwayError

FIRST = "admin"


def serve() -> None:
    """Serve the API until a signal ends it; everything is set by the environment (docs/settings.md)."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("paramiko").setLevel(logging.ERROR)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    with _told(), _data(alone=False) as settings:
        plane = put_together(settings)
        config = uvicorn.Config(
            create(plane),
            host=settings.host,
            port=settings.port,
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=5,
            server_header=False,
        )
        listening = _listen(settings)
        _welcome(plane)
        uvicorn.Server(config).run(sockets=[listening])


def _listen(settings: Settings) -> socket.socket:
    """The socket to serve on, before anything is printed: a taken port is said in our words."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(2048)
    except OSError as error:
        where = f"{settings.host}:{settings.port}"
        next_ = "is slipway running already? SLIPWAY_HOST and SLIPWAY_PORT choose another address"
        raise SlipwayError(f"cannot be listened on: {error.strerror}", where=where, next=next_) from None
    return listening


def rotate_keys() -> None:
    """Encrypt all secrets of the store anew with a new key; refused while the control plane runs."""
    with _told(), _data(alone=True) as settings:
        plane = put_together(settings)
        plane.database.rotate()
        plane.database.close()
    sys.stdout.write("every secret is encrypted with a new key; the old one is gone\n")


def read_settings() -> Settings:
    """The settings of the environment. Raises `Invalid` with the variable's name."""
    try:
        return Settings()
    except ValidationError as error:
        found = error.errors()[0]
        name = "SLIPWAY_" + "_".join(str(part) for part in found["loc"]).upper()
        raise Invalid(found["msg"], where=name, next="docs/settings.md explains every variable") from None


@contextmanager
def _told() -> Iterator[None]:
    """Errors of the start for the person who starts it, without a traceback."""
    try:
        yield
    except SlipwayError as error:
        sys.stderr.write(error.shown() + "\n")
        raise SystemExit(1) from None


@contextmanager
def _data(*, alone: bool) -> Iterator[Settings]:
    """The settings, while their data folder is held: by any number of control planes, or by one who is alone.

    One that ran through a rotation would go on to encrypt with a key that is gone. Raises `Conflict`.
    """
    settings = read_settings()
    make_private(settings.data_dir)
    with (settings.data_dir / "in-use").open("w") as file:
        try:
            fcntl.flock(file, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict(
                "a control plane runs" if alone else "the keys are being rotated",
                where=str(settings.data_dir),
                next="stop it first" if alone else "wait until that has ended, then start again",
            ) from None
        yield settings


def _welcome(plane: Plane) -> None:
    """The first start prints the one admin token that it makes; there is no default password."""
    text = _first_token(plane)
    sys.stdout.write(f"slipway serves {plane.settings.url} (data in {plane.settings.data_dir})\n")
    if text:
        sys.stdout.write(
            f"\nadmin token, shown this one time:\n\n    {text}\n\nnext: slipway login {plane.settings.url}\n"
        )
    sys.stdout.flush()


def _first_token(plane: Plane) -> str:
    """The text of the first token; "" when there are some, or another process makes it in this moment."""
    try:
        with plane.database.session() as session:
            if tokens.listed(session):
                return ""
            _, text = tokens.make(session, FIRST, Role.ADMIN.value, "slipway")
            detail = {"token": FIRST, "role": "admin"}
            audit.note(session, audit.Actor("slipway", "start"), "token.made", detail)
            return text
    except Conflict:
        return ""
