"""Which package manager installs a Node repo's dependencies, and what it needs of the repo for that."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from builder.detect.folder import LOCK_BYTES, Folder, string, table
from builder.detect.versions import tools
from slipway.evidence import Decision, Evidence

MANIFEST = "package.json"
LOCKS = {
    "pnpm-lock.yaml": "pnpm",
    "yarn.lock": "yarn",
    "package-lock.json": "npm",
    "npm-shrinkwrap.json": "npm",
}
BESIDE = (".npmrc", ".yarnrc.yml", ".yarnrc", ".pnpmfile.cjs", "pnpm-workspace.yaml")
PINNED = re.compile(r"(npm|pnpm|yarn)@(\d{1,3}(?:\.\d{1,3}){0,2})")
HOOKS = ("preinstall", "install", "postinstall", "prepare")
ROOT_OF_LOCK = re.compile(r'"packages"\s*:\s*\{\s*""\s*:\s*')
# A package in a lock of pnpm or yarn: `name@1.0:`, `'@scope/name':`, `/name@1.0:`. Locks are long: one pass.
LOCKED_NAME = re.compile(r"""(?:^|[\s"',/])(@[^\s"',@:/]+/[^\s"',@:/]+|[^\s"',@:/]+)(?=[@:'"])""")
PNPM_FORMAT = re.compile(r"^lockfileVersion:\s*['\"]?(\d+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Manager:
    """How dependencies are installed; the words are those of `pymanager.Manager`.

    `version` pins the manager itself, `hooks` names the script that runs at each install, `berry` is True for
    yarn from version 2 on.
    """

    decision: Decision
    version: str
    lock: str
    in_step: bool
    copied: tuple[str, ...]
    everything: str
    hooks: str
    berry: bool
    warnings: tuple[str, ...]


def manager(folder: Folder, scripts: Mapping[str, str]) -> Manager:
    """The manager that `packageManager` names, or whose lock file is there, or npm."""
    decision, pinned = _decision(folder)
    name = decision.value
    lock = next((lock for lock, owner in LOCKS.items() if owner == name and folder.has(lock)), "")
    berry = name == "yarn" and _is_berry(folder, pinned)
    hooks = next((hook for hook in HOOKS if scripts.get(hook)), "")
    behind = _behind(folder, name, lock) if lock else None
    return Manager(
        decision=decision,
        version=pinned or _version(folder, name, lock, berry),
        lock=lock,
        in_step=behind is None,
        copied=(MANIFEST, *([lock] if lock else []), *(file for file in BESIDE if folder.has(file))),
        everything=_everything(folder, hooks),
        hooks=folder.json_evidence(f"{hooks} script", MANIFEST, "scripts", hooks).shown() if hooks else "",
        berry=berry,
        warnings=tuple(_warnings(folder, name, lock, behind)),
    )


def _decision(folder: Folder) -> tuple[Decision, str]:
    """The manager, and the version that `packageManager` pins ("" when it does not)."""
    asked = string(folder.json(MANIFEST).get("packageManager"))
    if pinned := PINNED.match(asked):
        evidence = folder.json_evidence("packageManager", MANIFEST, "packageManager")
        return Decision("node.manager", pinned[1], (evidence,), pinned[1]), pinned[2]
    lock = folder.first(*LOCKS)
    name = LOCKS.get(lock, "npm")
    evidence = Evidence("", lock) if lock else Evidence("no lock file")
    return Decision("node.manager", name, (evidence,), name), ""


def _is_berry(folder: Folder, pinned: str) -> bool:
    """Whether it is a yarn from version 2 on: by its pin, its settings or its lock's format."""
    if pinned:
        return not pinned.startswith("1")
    return folder.has(".yarnrc.yml") or "__metadata:" in folder.text("yarn.lock", LOCK_BYTES)


def _version(folder: Folder, name: str, lock: str, berry: bool) -> str:
    """The version of the manager that reads the lock, "" for npm, which comes with Node."""
    if name == "pnpm":
        written = PNPM_FORMAT.search(folder.text(lock, LOCK_BYTES)[:200]) if lock else None
        return tools("pnpm_by_lock").get(written[1] if written else "", tools()["pnpm"])
    if name == "yarn":
        return tools()["berry" if berry else "yarn"]
    return ""


def _everything(folder: Folder, hooks: str) -> str:
    """Why an install needs more of the repo than manifests, "" when it does not."""
    if hooks:
        return folder.json_evidence(f"{hooks} script", MANIFEST, "scripts", hooks).shown()
    if "workspaces" in folder.json(MANIFEST):
        return folder.json_evidence("workspaces", MANIFEST, "workspaces").shown()
    if folder.has("pnpm-workspace.yaml") and re.search(
        r"^packages:", folder.text("pnpm-workspace.yaml"), re.M
    ):
        return "workspaces, pnpm-workspace.yaml"
    inside = folder.line_of(MANIFEST, re.compile(r'"(?:file|link|portal|patch):'))
    if inside:
        return Evidence("a dependency in the repo itself", MANIFEST, inside).shown()
    return next((f"{name}/" for name in ("patches", "prisma", ".yarn") if folder.has_folder(name)), "")


def _warnings(folder: Folder, name: str, lock: str, behind: Evidence | None) -> list[str]:
    found = []
    others = [other for other in LOCKS if folder.has(other) and other != lock]
    if not lock:
        found.append("there is no lock file: versions are resolved anew by each build; commit one")
    if others:
        used = f"{lock} is used" if lock else f"{name} does not read it"
        found.append(f"{' and '.join(others)} is not read: {used}; delete the one that is stale")
    if behind:
        command = f"{name} install"
        found.append(
            f"{lock} is out of step with {behind.shown()}: it is resolved anew by each build; run `{command}`"
        )
    return found


def _behind(folder: Folder, name: str, lock: str) -> Evidence | None:
    """The first dependency that the lock was not made for. Anything unclear counts as in step."""
    manifest = folder.json(MANIFEST)
    text = folder.text(lock, LOCK_BYTES)
    locked = _npm_root(text) if name == "npm" else None
    names = set(LOCKED_NAME.findall(text)) if name != "npm" else set()
    for group in ("dependencies", "devDependencies"):
        for dependency, wanted in table(manifest.get(group)).items():
            if name == "npm":
                known = locked is None or table(locked.get(group)).get(dependency) == wanted
            else:
                known = dependency in names
            if not known:
                return folder.json_evidence(dependency, MANIFEST, group, dependency)
    return None


def _npm_root(text: str) -> dict[str, object] | None:
    """What package-lock.json says of the repo itself; only that block is parsed: locks are long."""
    match = ROOT_OF_LOCK.search(text)
    if match is None:
        return None
    try:
        value, _ = json.JSONDecoder().raw_decode(text, match.end())
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
