"""A command as a person writes it, in a Procfile or slipway.toml, as the argv that a container runs."""

import re
import shlex

SHELL_SYNTAX = re.compile(r"[|&;<>()`*?\[\]{}~#]|\$\(|(?:^|\s)(?:if|for|while|case|exec|cd|export|set)\s")
QUOTED = re.compile(r"'[^']*'")
ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")


def argv(command: str) -> tuple[str, ...]:
    """The exec form of `command`.

    Plain words run directly. A command with variables runs as `sh -c 'exec …'`, so that the program and not a
    shell gets the signals. One with pipes or several commands runs in a shell as it stands.
    Raises `ValueError` when quotes do not close.
    """
    words = shlex.split(command)
    if not words:
        raise ValueError("is empty")
    if SHELL_SYNTAX.search(QUOTED.sub("_", command)):
        return ("sh", "-c", command)
    if ASSIGNMENT.match(command):
        return ("sh", "-c", f"exec env {command}")
    if "$" in command:
        return ("sh", "-c", f"exec {command}")
    return tuple(words)
