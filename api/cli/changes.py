"""The end of every command that changes something; what draws it is loaded only then."""

from api.cli.client import Api, Reply


def started(api: Api, reply: Reply, *, verbose: bool = False) -> None:
    """Say what was stored, watch the deploy if there is one, and exit with its code when it failed."""
    from api.cli import follow

    follow.started(api, reply, verbose=verbose)
