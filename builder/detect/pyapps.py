"""Which framework a Python repo uses, where its app object is, and the command that serves it.

Sources are parsed (`ast`), never imported: a detector runs no code of the repo.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from builder.detect.folder import Folder
from slipway.evidence import Decision, Evidence

FRAMEWORKS = {
    "fastapi": ("FastAPI", "FastAPI", "asgi"),
    "starlette": ("Starlette", "Starlette", "asgi"),
    "litestar": ("Litestar", "Litestar", "asgi"),
    "quart": ("Quart", "Quart", "asgi"),
    "flask": ("Flask", "Flask", "wsgi"),
}
ENTRY_FILES = ("main.py", "app.py", "server.py", "bot.py", "start.py")
SETTINGS = re.compile(r"""DJANGO_SETTINGS_MODULE["'],\s*["']([\w.]+)["']""")
APPLICATION = re.compile(r"""^(WSGI|ASGI)_APPLICATION\s*=\s*["']([\w.]+)["']""", re.MULTILINE)
UVICORN = "uvicorn {target} --host 0.0.0.0 --port $PORT --proxy-headers --forwarded-allow-ips='*'"
GUNICORN = "gunicorn --bind 0.0.0.0:$PORT --graceful-timeout 20 --access-logfile - {target}"


@dataclass(frozen=True, slots=True)
class PythonApp:
    """A recognised app: `command` serves it; `collectstatic` is the line that asks for it, if any."""

    name: str
    decision: Decision
    command: Decision
    collectstatic: str | None = None
    warnings: tuple[str, ...] = ()


def find(folder: Folder, dependencies: Mapping[str, Evidence]) -> PythonApp | None:
    """The app of the repo: Django's, a framework's app object, or a plain entry file; None when there is none."""
    return _django(folder, dependencies) or _framework(folder, dependencies) or _script(folder)


def _django(folder: Folder, dependencies: Mapping[str, Evidence]) -> PythonApp | None:
    if not folder.has("manage.py"):
        return None
    match = SETTINGS.search(folder.text("manage.py"))
    module = match[1] if match else ""
    settings = _module_file(folder, module)
    text = folder.text(settings)
    targets = {kind: target for kind, target in APPLICATION.findall(text)}
    kind = (
        "asgi"
        if "ASGI" in targets and "uvicorn" in dependencies and "gunicorn" not in dependencies
        else "wsgi"
    )
    package = module.partition(".")[0] or "config"
    target = targets.get(kind.upper(), f"{package}.{kind}.application")
    evidence = Evidence(
        f"{kind.upper()}_APPLICATION", settings, folder.line_of(settings, f"{kind.upper()}_APPLICATION")
    )
    if not evidence.line:
        evidence = Evidence(
            "DJANGO_SETTINGS_MODULE", "manage.py", folder.line_of("manage.py", "DJANGO_SETTINGS_MODULE")
        )
    command, warnings = _server(kind, target.rpartition("."), dependencies, evidence)
    static = folder.line_of(settings, "STATIC_ROOT")
    return PythonApp(
        "django",
        Decision("python.framework", "django", (evidence,), "Django"),
        command,
        f"STATIC_ROOT, {settings}:{static}" if static else None,
        warnings,
    )


def _framework(folder: Folder, dependencies: Mapping[str, Evidence]) -> PythonApp | None:
    wanted = {name: FRAMEWORKS[name] for name in FRAMEWORKS if name in dependencies}
    for file, tree in _trees(folder) if wanted else ():
        for name, (title, class_, kind) in wanted.items():
            if found := _app_object(tree, class_):
                target, line, factory = found
                evidence = Evidence("app factory" if factory else "app object", file, line)
                command, warnings = _server(
                    kind, (_module(file), ".", target), dependencies, evidence, factory
                )
                decision = Decision("python.framework", name, (evidence,), title)
                return PythonApp(name, decision, command, None, warnings)
    return None


def _script(folder: Folder) -> PythonApp | None:
    for name in ENTRY_FILES:
        if folder.has(name):
            evidence = Evidence("", name)
            command = Decision("process.web", f"python {name}", (evidence,))
            return PythonApp("script", Decision("python.entry", name, (evidence,), name), command)
    return None


def _server(
    kind: str,
    target: tuple[str, str, str],
    dependencies: Mapping[str, Evidence],
    evidence: Evidence,
    factory: bool = False,
) -> tuple[Decision, tuple[str, ...]]:
    """The command that serves `module:object`, by the server that the repo depends on."""
    spec = f"{target[0]}:{target[2]}"
    if kind == "asgi":
        command = UVICORN.format(target=spec) + (" --factory" if factory else "")
        missing = (
            () if "uvicorn" in dependencies else ("uvicorn is not a dependency: add it, or set a command",)
        )
        return Decision("process.web", command, (evidence,)), missing
    called = f"'{spec}()'" if factory else spec
    missing = (
        () if "gunicorn" in dependencies else ("gunicorn is not a dependency: add it, or set a command",)
    )
    return Decision("process.web", GUNICORN.format(target=called), (evidence,)), missing


def _trees(folder: Folder) -> Iterator[tuple[str, ast.Module]]:
    names = list(dict.fromkeys([*(name for name in ENTRY_FILES if folder.has(name)), *folder.sources(".py")]))
    for name in names:
        try:
            yield name, ast.parse(folder.text(name))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue


def _app_object(tree: ast.Module, class_: str) -> tuple[str, int, bool] | None:
    """Name and line of `app = Class(…)` at the top level, or of a factory `create_app` that makes one."""
    for node in tree.body:
        target, value = _assigned(node)
        if target and isinstance(value, ast.Call) and _called(value) == class_:
            return target, node.lineno, False
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name in ("create_app", "make_app", "get_app"):
            calls = (item for item in ast.walk(node) if isinstance(item, ast.Call))
            if any(_called(call) == class_ for call in calls):
                return node.name, node.lineno, True
    return None


def _assigned(node: ast.stmt) -> tuple[str, ast.expr | None]:
    if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id, node.value
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return node.target.id, node.value
    return "", None


def _called(call: ast.Call) -> str:
    function = call.func
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")


def _module(file: str) -> str:
    dotted = file.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
    return dotted.removeprefix("src.")


def _module_file(folder: Folder, module: str) -> str:
    path = module.replace(".", "/")
    return next(
        (name for name in (f"{path}.py", f"{path}/__init__.py") if module and folder.has(name)), f"{path}.py"
    )
