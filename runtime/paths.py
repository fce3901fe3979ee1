"""Every path and name on a server, in one place; design: everything in plain sight under /opt/slipway."""

ROOT = "/opt/slipway"
README = f"{ROOT}/README.md"
PROXY = f"{ROOT}/proxy"
PROXY_COMPOSE = f"{PROXY}/compose.yaml"
CADDYFILE = f"{PROXY}/Caddyfile"
SITES = f"{PROXY}/sites"
SERVING = f"{PROXY}/serving"
ADMIN_SOCKET = f"{PROXY}/run/admin.sock"
DAEMON_JSON = "/etc/docker/daemon.json"

PROXY_PROJECT = "slipway-proxy"
PROXY_CONTAINER = "slipway-proxy"
# Sorts before every app's network: Docker publishes the proxy's ports through the first by name.
EDGE_NETWORK = "slipway-0-edge"
PROXY_VOLUMES = ("slipway-caddy-data", "slipway-caddy-config")


def app_folder(app: str) -> str:
    return f"{ROOT}/apps/{app}"


def current(app: str) -> str:
    return f"{app_folder(app)}/current"


def release_folder(app: str, number: int) -> str:
    return f"{app_folder(app)}/releases/{number}"


def site(app: str) -> str:
    return f"{SITES}/{app}.caddy"


def serving(app: str) -> str:
    return f"{SERVING}/{app}"


def network(app: str) -> str:
    return f"slipway-app-{app}"


def volume(app: str, name: str) -> str:
    """Named after the app, never after a release: no `down` can remove it."""
    return f"slipway-{app}-{name}"


def project(app: str, number: int) -> str:
    return f"{app}-v{number}"


def alias(app: str, number: int) -> str:
    """The name on the app's network that a serving file holds for a release: `shop-v12-web`."""
    return f"{project(app, number)}-web"


def release_container(app: str, number: int) -> str:
    """The container that the release command runs in."""
    return f"{project(app, number)}-release-command"
