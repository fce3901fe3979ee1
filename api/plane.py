"""The parts of a running control plane, put together once."""

import secrets as random
import socket
from dataclasses import dataclass
from pathlib import Path

from api.settings import Settings
from api.store import deploys, secrets
from api.store.cipher import Cipher
from api.store.database import Database
from api.work.cancels import Cancels
from api.work.news import News
from builder.archive import Limits
from builder.image import BuildSettings
from builder.registry import Registry
from builder.render import BuildNetwork
from runtime.connections import Connections
from runtime.steps import Tools
from slipway.errors import Conflict
from slipway.secret import Secret
from templates.engine import Engine
from templates.layers import Layer, folder_layer


@dataclass(frozen=True)
class Plane:
    """What every door and every workflow uses."""

    settings: Settings
    database: Database
    operator_layers: tuple[Layer, ...]
    engine: Engine
    registry: Registry
    connections: Connections
    public_key: str
    news: News
    cancels: Cancels
    worker: str

    @property
    def tools(self) -> Tools:
        return Tools(self.engine, self.settings.registry_port)

    @property
    def limits(self) -> Limits:
        return Limits(
            files=self.settings.max_files,
            total_bytes=self.settings.max_tree_bytes,
            file_bytes=self.settings.max_file_bytes,
        )

    @property
    def build_settings(self) -> BuildSettings:
        return BuildSettings(
            network=self.settings.build_network,
            ca_bundle=self.settings.build_ca_bundle,
            env=self.settings.build_env,
            timeout=self.settings.build_timeout,
            memory=self.settings.build_memory,
            log_bytes=self.settings.build_log_bytes,
        )

    @property
    def build_network(self) -> BuildNetwork:
        return BuildNetwork(
            ca_bundle=self.settings.build_ca_bundle is not None,
            bases=self.settings.build_bases,
            env=self.settings.build_env,
        )

    @property
    def repos(self) -> Path:
        """The folder of all bare repos that are pushed to."""
        return self.settings.data_dir / "git"

    def repo(self, app: str) -> Path:
        return self.repos / f"{app}.git"

    def archive(self, deploy_id: str) -> Path:
        """Where the source of a deploy waits until it is built."""
        return self.settings.data_dir / "sources" / f"{deploy_id}.tar"


def put_together(settings: Settings) -> Plane:
    """Open the store (made when it is missing) and make the rest around it.

    Raises `Invalid` when the key file does not fit, `TemplateError` for an operator's broken template.
    """
    make_private(settings.data_dir)
    make_private(settings.data_dir / "sources")
    database = Database(settings.store_url, Cipher(settings.data_dir / "secrets.key"))
    database.migrate()
    private, public = _ssh_key(database)
    layers = (
        (folder_layer("operator", settings.templates_dir, "operator's templates"),)
        if settings.templates_dir
        else ()
    )

    def asked(ids: list[str]) -> dict[str, str]:
        with database.reading() as session:
            return deploys.asked_to_end(session, ids)

    return Plane(
        settings=settings,
        database=database,
        operator_layers=layers,
        engine=Engine(layers),
        registry=Registry(settings.registry_port, settings.registry_name),
        connections=Connections(private),
        public_key=public,
        news=News(),
        cancels=Cancels(asked),
        worker=_worker(settings.data_dir),
    )


def _ssh_key(database: Database) -> tuple[Secret, str]:
    try:
        with database.session() as session:
            return secrets.ssh_key(session, database.cipher)
    except Conflict:  # another control plane starts too, and made it just now
        with database.reading() as session:
            return secrets.ssh_key(session, database.cipher)


def make_private(folder: Path) -> None:
    """A folder for what other users of the machine must not read: sources, repos, the database."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)


def _worker(data_dir: Path) -> str:
    """The name for the durable engine: the same after a restart, so that it finds its own work."""
    file = data_dir / "worker"
    if not file.exists():
        file.write_text(f"{socket.gethostname()}-{random.token_hex(4)}\n")
    return file.read_text().strip()
