"""Durations and sizes as people write them, and what may be a name."""

import ipaddress
import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
SIZE = re.compile(r"(\d+(?:\.\d+)?)([kmgt]?)i?b?")
BYTES = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
NAME = re.compile(r"[a-z](?:[a-z0-9-]{0,38}[a-z0-9])?")
ENV_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
DOMAIN = re.compile(
    r"(?=.{1,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?"
)

HOST_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
HOST = re.compile(rf"(?=.{{1,253}}\Z){HOST_LABEL}(?:\.{HOST_LABEL})*\.?")


def seconds(value: object) -> float:
    """`90`, `"90s"`, `"1.5m"` or `"1h"` as seconds."""
    if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
        return float(value)
    if isinstance(value, str) and (match := DURATION.fullmatch(value.strip())):
        return float(match[1]) * SECONDS[match[2]]
    raise ValueError(f'must be a duration such as "30s", "5m" or "1h", not {value!r}')


def size_bytes(value: object) -> int:
    """`"512m"`, `"2g"` or a number of bytes as bytes; powers of 1024, as Docker counts."""
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    if isinstance(value, str) and (match := SIZE.fullmatch(value.strip().lower())):
        return int(float(match[1]) * BYTES[match[2]])
    raise ValueError(f'must be a size such as "512m" or "2g", not {value!r}')


def one_line(value: str) -> str:
    """The text itself; a newline, NUL or other control character is refused."""
    if any(ord(char) < 32 or ord(char) in (0x7F, 0x85, 0x2028, 0x2029) for char in value):
        raise ValueError("must be one line without control characters")
    return value


def name(value: str) -> str:
    """A name of ours: it becomes part of file, network and container names."""
    if not NAME.fullmatch(value):
        raise ValueError(
            f"must be 1-40 small letters, digits and dashes, begin with a letter, end in no dash: {value!r}"
        )
    return value


def env_key(value: str) -> str:
    """The name of a config var."""
    if not ENV_KEY.fullmatch(value):
        raise ValueError(f"must be letters, digits and underscores and not begin with a digit, not {value!r}")
    return value


def domain(value: str) -> str:
    """A host name in ASCII and small letters (an international one in its xn-- form)."""
    if not DOMAIN.fullmatch(value):
        raise ValueError(f"must be a full host name such as shop.example.org, not {value!r}")
    return value


def host(value: str) -> str:
    """The address of a machine: a name, or an IP address without brackets.

    It becomes an argument of ssh and a part of known_hosts: no leading dash, no pattern, no blank.
    """
    try:
        address = ipaddress.ip_address(value)
    except ValueError:
        if HOST.fullmatch(value):
            return value
    else:
        if "%" not in value:
            return str(address)
    raise ValueError(f"must be a host name or an IP address, not {value!r}")


Seconds = Annotated[float, BeforeValidator(seconds)]
Bytes = Annotated[int, BeforeValidator(size_bytes)]
OneLine = Annotated[str, AfterValidator(one_line)]
Name = Annotated[str, AfterValidator(name)]
EnvKey = Annotated[str, AfterValidator(env_key)]
Domain = Annotated[str, AfterValidator(domain)]
