"""Tokens: stored as hashes, shown once."""

import hashlib
import secrets

from sqlmodel import Session, select

from api.clock import now
from api.store.tables import Token
from slipway.errors import Conflict, NotFound, Unauthenticated

PREFIX = "slw_"
SEEN_EVERY = 16  # characters of the time that must differ before `last_used_at` is written: minutes


def make(session: Session, name: str, role: str, by: str) -> tuple[Token, str]:
    """A new token and its text, which is not stored. Raises `Conflict` when the name is taken."""
    if session.get(Token, name):
        raise Conflict(f"there is a token {name} already", next="choose another name, or remove it first")
    text = PREFIX + secrets.token_urlsafe(32)
    row = Token(name=name, role=role, hash=_hash(text), created_at=now(), created_by=by)
    session.add(row)
    return row, text


def find(session: Session, text: str) -> Token:
    """The token of that text. Raises `Unauthenticated`."""
    row = session.exec(select(Token).where(Token.hash == _hash(text))).first()
    if row is None:
        raise Unauthenticated("the token is not known", next="slipway login, with a token an admin made")
    used = now()
    if (row.last_used_at or "")[:SEEN_EVERY] != used[:SEEN_EVERY]:
        row.last_used_at = used
        session.add(row)
    return row


def listed(session: Session) -> list[Token]:
    return list(session.exec(select(Token).order_by(Token.name)))


def remove(session: Session, name: str) -> None:
    """Revoke a token. Raises `NotFound`, and `Conflict` for the last admin's."""
    row = session.get(Token, name)
    if row is None:
        raise NotFound(f"there is no token {name}", next="slipway tokens list")
    admins = [token.name for token in listed(session) if token.role == "admin"]
    if admins == [name]:
        raise Conflict(f"{name} is the last admin token", next="make another admin token first")
    session.delete(row)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
