"""slipway's own SSH key, made at the first start and kept encrypted."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from sqlmodel import Session

from api.store.cipher import Cipher
from api.store.tables import Setting
from slipway.secret import Secret

PRIVATE = "ssh-private-key"
PUBLIC = "ssh-public-key"


def ssh_key(session: Session, cipher: Cipher) -> tuple[Secret, str]:
    """The private key in OpenSSH's format, and the public line for authorized_keys."""
    private, public = session.get(Setting, PRIVATE), session.get(Setting, PUBLIC)
    if private is None or public is None:
        private, public = _make(cipher)
        session.add_all([private, public])
    return cipher.decrypt(private.value, "slipway's SSH key"), cipher.decrypt(public.value).reveal()


def _make(cipher: Cipher) -> tuple[Setting, Setting]:
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode()
    public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    return (
        Setting(name=PRIVATE, value=cipher.encrypt(private)),
        Setting(name=PUBLIC, value=cipher.encrypt(f"{public} slipway")),
    )
