"""What an operator sets, by environment variables `SLIPWAY_…`; docs/settings.md explains each."""

from functools import cached_property
from pathlib import Path
from typing import Annotated

from platformdirs import user_data_path
from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

MIB = 1 << 20


class Settings(BaseSettings):
    """Sizes in bytes, durations in seconds. Raises pydantic's `ValidationError` for what cannot be."""

    model_config = SettingsConfigDict(env_prefix="SLIPWAY_", extra="ignore")

    data_dir: Annotated[Path, AfterValidator(lambda path: path.expanduser().absolute())] = user_data_path(
        "slipway"
    )
    database_url: str = ""
    host: str = "127.0.0.1"
    port: int = Field(7070, ge=1, le=65535)
    public_url: str = ""
    registry_port: int = Field(5077, ge=1, le=65535)
    proxy_image: str = "caddy:2"
    deploy_branch: str = "main"
    templates_dir: Path | None = None
    git_private_hosts: bool = False
    apps_domain: str = ""
    apps_http_port: int = Field(80, ge=1, le=65535)
    apps_https_port: int = Field(443, ge=1, le=65535)
    deploys_at_once: int = Field(8, ge=1, le=64)

    build_network: str = "default"
    build_ca_bundle: Path | None = None
    build_env: dict[str, str] = {}
    build_bases: dict[str, str] = {}
    build_timeout: float = Field(1800.0, gt=0)
    build_memory: int = Field(2048 * MIB, ge=64 * MIB)
    build_log_bytes: int = Field(4 * MIB, ge=1024)

    max_push_bytes: int = Field(512 * MIB, ge=MIB)
    max_tree_bytes: int = Field(1024 * MIB, ge=MIB)
    max_file_bytes: int = Field(100 * MIB, ge=1024)
    max_files: int = Field(50_000, ge=1)

    @cached_property
    def store_url(self) -> str:
        """SQLAlchemy's URL of the store: the one that was set, or a SQLite file in the data folder."""
        url = self.database_url or f"sqlite:///{self.data_dir / 'slipway.db'}"
        for plain in ("postgres://", "postgresql://"):
            if url.startswith(plain):
                return "postgresql+psycopg://" + url.removeprefix(plain)
        return url

    @cached_property
    def engine_url(self) -> str:
        """The durable engine's: the same PostgreSQL, or a SQLite file of its own."""
        if self.store_url.startswith("sqlite"):
            return f"sqlite:///{self.data_dir / 'work.db'}"
        return self.store_url

    @cached_property
    def url(self) -> str:
        """Where people reach the API, without a slash at the end."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::", "") else self.host  # noqa: S104 - compared, not bound
        return (self.public_url or f"http://{host}:{self.port}").rstrip("/")

    @cached_property
    def registry_name(self) -> str:
        """The registry's container: one for each port, so that several control planes can share a machine."""
        return "slipway-registry" if self.registry_port == 5077 else f"slipway-registry-{self.registry_port}"

    def url_of(self, domain: str, tls: str) -> str:
        """Where people reach an app's domain."""
        scheme, port, usual = (
            ("http", self.apps_http_port, 80) if tls == "off" else ("https", self.apps_https_port, 443)
        )
        return f"{scheme}://{domain}" + (f":{port}" if port != usual else "")
