"""The command `slipway`. git asks it for a token at each push, so that answer loads nothing else."""

import sys


def main() -> None:
    """The entry point. Every error leaves as a message and an exit code, never as a traceback."""
    try:
        if sys.argv[1:2] == ["git-credential"] and sys.argv[2:] in (["get"], ["store"]):
            from api.cli.gitcredential import answer

            sys.stdout.write(answer(sys.argv[2], sys.stdin))
        else:
            from api.cli.commands import app

            app(prog_name="slipway")
    except Exception as error:
        from api.cli.problems import show_any

        show_any(error)
        sys.exit(1)
