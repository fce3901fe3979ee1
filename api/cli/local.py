"""A work tree detected and rendered on this machine, without a server, in the API's shapes."""

from pathlib import Path

from api.cli.theapp import of_folder
from api.schemas import Explained, FileShown, LineExplained
from builder.detect import detect, load_spec
from builder.explain import explain
from builder.render import BuildNetwork, RenderedImage, render, repo_layer
from slipway.buildplan import BuildPlan
from slipway.errors import CheckoutError
from slipway.spec import Spec
from templates.engine import Engine


def build_plan(folder: Path) -> BuildPlan:
    """What a folder is. Raises `SpecError`, `NotRecognised`, `DetectError`."""
    return _decided(folder)[1]


def dockerfile(folder: Path) -> FileShown:
    """The Dockerfile that a folder's image is built from: the rendered one, or the repo's own."""
    spec, plan = _decided(folder)
    rendered = _rendered(folder, spec, plan).dockerfile
    if rendered is None:
        return FileShown(name=plan.dockerfile, text=_own(folder, plan))
    return FileShown(name="Dockerfile", text=rendered.text)


def explained(folder: Path) -> Explained:
    """Where each line of the Dockerfile comes from, and why it is there."""
    spec, plan = _decided(folder)
    rendered = _rendered(folder, spec, plan).dockerfile
    if rendered is None:
        lines = [
            LineExplained(line=at, text=text, template=f"{plan.dockerfile}:{at}", layer="repo", why=[])
            for at, text in enumerate(_own(folder, plan).splitlines(), 1)
        ]
    else:
        lines = [
            LineExplained(
                line=item.line, text=item.text, template=item.template, layer=item.layer, why=list(item.why)
            )
            for item in explain(rendered)
        ]
    return Explained(headline=plan.headline(), warnings=list(plan.warnings), lines=lines)


def _decided(folder: Path) -> tuple[Spec, BuildPlan]:
    if not folder.is_dir():
        raise CheckoutError("is no folder", where=str(folder), next="name the work tree by --dir")
    spec = load_spec(folder)
    return spec, detect(folder, spec)


def _rendered(folder: Path, spec: Spec, plan: BuildPlan) -> RenderedImage:
    app = spec.app or of_folder(folder) or "app"
    return render(app, folder, plan, spec, BuildNetwork(), Engine([repo_layer(folder)]))


def _own(folder: Path, plan: BuildPlan) -> str:
    return (folder / plan.root / plan.dockerfile).read_text("utf-8", "replace")
