"""Caddy's commands as argv; it runs in the proxy's container."""

from runtime.paths import PROXY_CONTAINER

INSIDE = "/etc/caddy/Caddyfile"


def validate() -> tuple[str, ...]:
    return ("docker", "exec", PROXY_CONTAINER, "caddy", "validate", "--config", INSIDE)


def reload() -> tuple[str, ...]:
    return ("docker", "exec", PROXY_CONTAINER, "caddy", "reload", "--config", INSIDE)
