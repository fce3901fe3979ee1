"""Config vars, encrypted at rest. Every change makes a new revision."""

from collections.abc import Mapping, Sequence

from sqlmodel import Session, select

from api.clock import now
from api.store.cipher import Cipher
from api.store.tables import App, ConfigValue
from slipway.errors import NotFound
from slipway.secret import Secret


def listed(session: Session, app: str) -> list[ConfigValue]:
    return list(session.exec(select(ConfigValue).where(ConfigValue.app == app).order_by(ConfigValue.key)))


def values(session: Session, cipher: Cipher, app: str) -> dict[str, Secret]:
    """Every config var, decrypted."""
    return {row.key: cipher.decrypt(row.value, f"{row.key} of {app}") for row in listed(session, app)}


def change(
    session: Session, cipher: Cipher, app: App, given: Mapping[str, str], gone: Sequence[str], by: str
) -> dict[str, list[str]]:
    """Set and unset config vars; returns the keys that were added, changed and removed.

    Raises `NotFound` for a key to unset that is not there; nothing is changed then.
    """
    there = {row.key: row for row in listed(session, app.name)}
    missing = sorted(set(gone) - set(there))
    if missing:
        raise NotFound(f"{app.name} has no config var {', '.join(missing)}", next="slipway config list")
    difference: dict[str, list[str]] = {"added": [], "changed": [], "removed": sorted(set(gone) - set(given))}
    for key, value in sorted(given.items()):
        row = there.get(key)
        if row and cipher.decrypt(row.value).reveal() == value:
            continue
        difference["changed" if row else "added"].append(key)
        row = row or ConfigValue(app=app.name, key=key, set_by=by, set_at=now())
        row.value, row.set_by, row.set_at = cipher.encrypt(value), by, now()
        session.add(row)
    for key in difference["removed"]:
        session.delete(there[key])
    if any(difference.values()):
        app.config_revision += 1
        session.add(app)
    return {name: keys for name, keys in difference.items() if keys}


def replace(
    session: Session, cipher: Cipher, app: App, wanted: Mapping[str, str], by: str
) -> dict[str, list[str]]:
    """Make the config vars exactly those of `wanted`."""
    gone = [row.key for row in listed(session, app.name) if row.key not in wanted]
    return change(session, cipher, app, wanted, gone, by)
