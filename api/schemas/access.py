"""Tokens, and who one is."""

from api.schemas.words import Answer, Given, Role
from slipway.units import Name


class Who(Answer):
    """Whose token was shown."""

    name: str
    role: Role


class TokenNew(Given):
    name: Name
    role: Role


class TokenInfo(Answer):
    name: str
    role: Role
    created_at: str
    created_by: str
    last_used_at: str | None


class TokenMade(TokenInfo):
    """`token` is shown this one time."""

    token: str
