"""slipway tokens …: who may do what."""

from typing import Annotated

import typer

from api.cli.client import connect, path
from api.cli.options import AsJson
from api.cli.shown import ago, note, out, table

app = typer.Typer(help="Tokens and their roles: viewer, developer, operator, admin.")


@app.command("list")
def list_tokens(as_json: AsJson = False) -> None:
    """List the tokens: role, by whom, when last used. The tokens themselves are stored by their hash only."""
    reply = connect().get("/tokens")
    if as_json:
        return out(reply.text)
    from api.schemas import TokenInfo

    rows = [
        (
            (info.name, "bold"),
            info.role,
            ago(info.created_at),
            info.created_by,
            ago(info.last_used_at) or "never",
        )
        for info in reply.read(list[TokenInfo])
    ]
    return table(("name", "role", "created", "by", "last used"), rows, empty="There is no token.")


@app.command("create")
def create_token(
    name: Annotated[str, typer.Argument(help="Whose it is: a person or a machine.", show_default=False)],
    role: Annotated[
        str, typer.Option(help="What it may do: viewer, developer, operator or admin.", show_default=True)
    ] = "developer",
) -> None:
    """Make a token and print it on stdout, this one time."""
    from api.schemas import TokenMade

    made = connect().post("/tokens", {"name": name, "role": role}).read(TokenMade)
    note(f"The token of {made.name} ({made.role}), shown this one time:")
    out(made.token)


@app.command("remove")
def remove_token(
    name: Annotated[str, typer.Argument(help="The token's name.", show_default=False)],
) -> None:
    """Revoke a token at once."""
    connect().delete(path("tokens", name))
    out(f"The token {name} is revoked.")
