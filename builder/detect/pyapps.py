"""Which framework a Python repo uses, and where its app object is.

Sources are parsed (`ast`), never imported: a detector runs no code of the repo.
"""

import ast
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping

from builder.detect.django import django
from builder.detect.folder import Folder, string, table
from builder.detect.pyapp import PythonApp
from builder.detect.pyserver import Target, serve
from slipway.errors import DetectError
from slipway.evidence import Decision, Evidence

# dependency → the class of its app object, its title, the protocol it is served by
FRAMEWORKS = {
    "fastapi": ("FastAPI", "FastAPI", "asgi"),
    "starlette": ("Starlette", "Starlette", "asgi"),
    "litestar": ("Litestar", "Litestar", "asgi"),
    "quart": ("Quart", "Quart", "asgi"),
    "flask": ("Flask", "Flask", "wsgi"),
}
ENTRY_FILES = ("main.py", "app.py", "server.py", "wsgi.py", "asgi.py")
SCRIPTS = {"main.py": "web", "app.py": "web", "server.py": "web", "start.py": "web", "bot.py": "worker"}
# What a tenth of a second parses. The app object of a real repo is among the first files that could hold one.
PARSED_CHARS = 300_000
FACTORIES = ("create_app", "make_app", "get_app", "build_app", "app_factory", "application_factory")


def find(folder: Folder, dependencies: Mapping[str, Evidence]) -> PythonApp | None:
    """The app of the repo: Django's, a framework's app object, a script; None when there is none."""
    return (
        django(folder, dependencies)
        or _framework(folder, dependencies)
        or _project_script(folder)
        or _script(folder)
    )


def _framework(folder: Folder, dependencies: Mapping[str, Evidence]) -> PythonApp | None:
    wanted = {name: facts for name, facts in FRAMEWORKS.items() if name in dependencies}
    if not wanted:
        return None
    classes = "|".join(class_ for class_, _, _ in wanted.values())
    made = re.compile(rf"\b(?:{classes})\(")
    # Only a statement that begins its line can make an app object, or a function that does.
    makes = (made, re.compile(rf"^(?:def |\w[^\n]{{0,200}}\b(?:{classes})\()", re.MULTILINE))
    for file, tree in _trees(folder, makes):
        for name, (class_, title, kind) in wanted.items():
            if found := _app_object(tree, class_):
                return _served(file, found, (name, title, kind), dependencies)
    return None


def _served(
    file: str,
    found: tuple[str, int, bool],
    framework: tuple[str, str, str],
    dependencies: Mapping[str, Evidence],
) -> PythonApp:
    target_name, line, factory = found
    name, title, kind = framework
    evidence = Evidence("app factory" if factory else "app object", file, line)
    path, module = ("src", file.removeprefix("src/")) if file.startswith("src/") else ("", file)
    dotted = module.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
    target = Target(dotted, target_name, kind, factory)
    flask = f"flask --app {target} run --host 0.0.0.0 --port $PORT" if name == "flask" else ""
    command, server, told = serve(target, evidence, dependencies, flask)
    decision = Decision("python.framework", name, (evidence,), title)
    return PythonApp(name, decision, command, server, path=path, warnings=told)


def _project_script(folder: Folder) -> PythonApp | None:
    """The one command that an installable project declares, unless an entry file says more."""
    project = folder.toml("pyproject.toml")
    scripts = table(table(project.get("project")).get("scripts"))
    if len(scripts) != 1 or "build-system" not in project or folder.first(*SCRIPTS):
        return None
    name = string(next(iter(scripts)))
    if not re.fullmatch(r"[A-Za-z0-9][\w.-]*", name):
        return None
    evidence = folder.toml_evidence("project.scripts", "pyproject.toml", "project", "scripts", name)
    decision = Decision("python.entry", name, (evidence,), f"`{name}`")
    return PythonApp("script", decision, Decision("process.web", name, (evidence,)), sure=False)


def _script(folder: Folder) -> PythonApp | None:
    name = folder.first(*SCRIPTS)
    if not name:
        return None
    evidence = Evidence("", name)
    process = SCRIPTS[name]
    decision = Decision("python.entry", name, (Evidence("entry file"),), name)
    command = Decision(f"process.{process}", f"python {name}", (evidence,))
    return PythonApp("script", decision, command, process=process, sure=False)


def _trees(folder: Folder, makes: Iterable[re.Pattern[str]]) -> Iterator[tuple[str, ast.Module]]:
    """The parsed sources that hold the patterns, entry files first, until enough were parsed."""
    entries = (name for name in ENTRY_FILES if folder.has(name))
    left = PARSED_CHARS
    for name in dict.fromkeys([*entries, *folder.sources(".py")]):
        try:
            text = folder.text(name)
            if left > 0 and all(pattern.search(text) for pattern in makes):
                left -= len(text)
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # what Python thinks of the repo's string escapes
                    yield name, ast.parse(text)
        except (DetectError, SyntaxError, ValueError, RecursionError, MemoryError):
            continue


def _app_object(tree: ast.Module, class_: str) -> tuple[str, int, bool] | None:
    """Name and line of a top-level `app = Class(…)`, or of a factory that makes one; True for a factory."""
    for node in tree.body:
        target, value = _assigned(node)
        if target and isinstance(value, ast.Call) and _called(value) == class_:
            return target, node.lineno, False
    factories = [node for node in tree.body if isinstance(node, ast.FunctionDef) and _callable_bare(node)]
    made = {node.name: node for node in factories if _makes(node, class_)}
    for node in tree.body:
        target, value = _assigned(node)
        if target and isinstance(value, ast.Call) and _called(value) in made:
            return target, node.lineno, False
    named = next((made[name] for name in FACTORIES if name in made), None)
    return (named.name, named.lineno, True) if named else None


def _makes(function: ast.FunctionDef, class_: str) -> bool:
    return any(isinstance(node, ast.Call) and _called(node) == class_ for node in ast.walk(function))


def _callable_bare(function: ast.FunctionDef) -> bool:
    """Whether a function can be called without arguments."""
    given = function.args
    required = len(given.posonlyargs) + len(given.args) - len(given.defaults)
    return required == 0 and all(default is not None for default in given.kw_defaults)


def _assigned(node: ast.stmt) -> tuple[str, ast.expr | None]:
    if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id, node.value
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return node.target.id, node.value
    return "", None


def _called(call: ast.Call) -> str:
    function = call.func
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
