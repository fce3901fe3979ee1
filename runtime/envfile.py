"""Config vars as Compose's `env_file` reads them.

Compose's parser (compose-go's dotenv) expands `$`, takes quotes off and knows `#`. Inside double quotes every
value can be written: backslash, quote and dollar are escaped, line ends become `\\n` and `\\r`.
"""

from collections.abc import Mapping

from slipway.secret import MASK, Secret

ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "$": "\\$", "\n": "\\n", "\r": "\\r"})


def quoted(value: str) -> str:
    """A value as the right side of a line. A NUL cannot be in an environment: `ValueError`."""
    if "\0" in value:
        raise ValueError("a config var cannot hold a NUL")
    return '"' + value.translate(ESCAPES) + '"'


def env_file(env: Mapping[str, Secret], label: str) -> Secret:
    """The whole file as a secret, and its masked form for plans."""
    keys = sorted(env)
    text = "".join(f"{key}={quoted(env[key].reveal())}\n" for key in keys)
    return Secret(text, label, "".join(f"{key}={MASK}\n" for key in keys))
