"""Tokens: stored as hashes, shown once."""

import hashlib
import secrets

from sqlmodel import Session, col, select, update

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
    return row


def is_to_be_noted(row: Token) -> bool:
    """Whether a token was last seen in another minute: a write for each request would be a lock for each."""
    return (row.last_used_at or "")[:SEEN_EVERY] != now()[:SEEN_EVERY]


def note_use(session: Session, name: str) -> None:
    """Write down that a token was used now."""
    session.exec(update(Token).where(col(Token.name) == name).values(last_used_at=now()))


def listed(session: Session) -> list[Token]:
    return list(session.exec(select(Token).order_by(Token.name)))


def remove(session: Session, name: str) -> Token:
    """Revoke a token, and answer with what it was. Raises `NotFound`, and `Conflict` for the last admin's."""
    row = session.get(Token, name)
    if row is None:
        raise NotFound(f"there is no token {name}", next="slipway tokens list")
    admins = [token.name for token in listed(session) if token.role == "admin"]
    if admins == [name]:
        raise Conflict(f"{name} is the last admin token", next="make another admin token first")
    session.delete(row)
    return row


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
