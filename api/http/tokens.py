"""Tokens and who one is."""

from fastapi import APIRouter, Request

from api.http.auth import Admin, Viewer
from api.http.parts import ThePlane, TokenName, problems
from api.schemas import Role, TokenInfo, TokenMade, TokenNew, Who
from api.store import audit, tokens

router = APIRouter(tags=["tokens"], responses=problems(404, 409))


@router.get("/whoami", summary="Whose token this is")
def whoami(actor: Viewer, request: Request) -> Who:
    return Who(name=actor.name, role=Role(request.state.token.role))


@router.get("/tokens", summary="Every token, without its text")
def list_tokens(actor: Admin, plane: ThePlane) -> list[TokenInfo]:
    del actor
    with plane.database.reading() as session:
        return [TokenInfo.model_validate(row) for row in tokens.listed(session)]


@router.post("/tokens", summary="Make a token; its text is in this answer and nowhere else", status_code=201)
def make_token(actor: Admin, plane: ThePlane, wanted: TokenNew) -> TokenMade:
    with plane.database.session() as session:
        row, text = tokens.make(session, wanted.name, wanted.role.value, actor.name)
        audit.note(session, actor, "token.made", {"token": wanted.name, "role": wanted.role.value})
        return TokenMade(**TokenInfo.model_validate(row).model_dump(), token=text)


@router.delete("/tokens/{name}", summary="Revoke a token", status_code=204)
def remove_token(actor: Admin, plane: ThePlane, name: TokenName) -> None:
    with plane.database.session() as session:
        row = tokens.remove(session, name)
        audit.note(session, actor, "token.removed", {"token": name, "role": row.role})
