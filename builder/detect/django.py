"""Django: the settings that manage.py names, the application object in them, static files."""

import re
from collections.abc import Mapping

from builder.detect.folder import Folder
from builder.detect.pyapp import PythonApp
from builder.detect.pyserver import Target, serve
from slipway.evidence import Decision, Evidence

SETTINGS = re.compile(r"""DJANGO_SETTINGS_MODULE["']\s*,\s*["']([\w.]+)["']""")
APPLICATION = re.compile(r"""^(WSGI|ASGI)_APPLICATION\s*=\s*["']([\w.]+)["']""", re.MULTILINE)
STATIC_ROOT = re.compile(r"^STATIC_ROOT\s*=", re.MULTILINE)
MIGRATE = "python manage.py migrate --noinput"


def django(folder: Folder, dependencies: Mapping[str, Evidence]) -> PythonApp | None:
    """The app of a repo with Django's manage.py; None for any other."""
    match = SETTINGS.search(folder.text("manage.py"))
    if match is None:
        return None
    files = _settings_files(folder, match[1])
    target, evidence = _application(folder, files, match[1], dependencies)
    fallback = "python manage.py runserver --noreload 0.0.0.0:$PORT" if target.kind == "wsgi" else ""
    command, server, warnings = serve(target, evidence, dependencies, fallback)
    return PythonApp(
        name="django",
        decision=Decision("python.framework", "django", (evidence,), "Django"),
        command=command,
        server=server,
        collectstatic=_static_root(folder, files),
        release_hint=MIGRATE,
        warnings=warnings,
    )


def _settings_files(folder: Folder, module: str) -> list[str]:
    """The settings' own file first, then those beside it, which it often imports from."""
    path = module.replace(".", "/")
    file = folder.first(f"{path}.py", f"{path}/__init__.py")
    parent = path if file.endswith("/__init__.py") else path.rpartition("/")[0]
    beside = [f"{parent}/{name}.py" for name in ("base", "common", "settings", "production", "prod")]
    return list(dict.fromkeys(name for name in (file, *beside) if name and folder.has(name)))


def _application(
    folder: Folder, files: list[str], module: str, dependencies: Mapping[str, Evidence]
) -> tuple[Target, Evidence]:
    targets: dict[str, tuple[str, Evidence]] = {}
    for file in files:
        for match in APPLICATION.finditer(folder.text(file)):
            line = folder.text(file).count("\n", 0, match.start()) + 1
            found = (match[2], Evidence(f"{match[1]}_APPLICATION", file, line))
            targets.setdefault(match[1].lower(), found)
    asgi_server = any(name in dependencies for name in ("uvicorn", "hypercorn", "daphne"))
    kind = "asgi" if "asgi" in targets and asgi_server and "gunicorn" not in dependencies else "wsgi"
    package = module.partition(".")[0]
    settings = folder.evidence("DJANGO_SETTINGS_MODULE", "manage.py", "DJANGO_SETTINGS_MODULE")
    dotted, evidence = targets.get(kind, (f"{package}.{kind}.application", settings))
    name, _, attribute = dotted.rpartition(".")
    return Target(name, attribute, kind), evidence


def _static_root(folder: Folder, files: list[str]) -> Evidence | None:
    for file in files:
        if line := folder.line_of(file, STATIC_ROOT):
            return Evidence("STATIC_ROOT", file, line)
    return None
