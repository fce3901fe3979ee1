"""A folder of files for the browser."""

from builder.detect.folder import Folder
from slipway.buildplan import BuildPlan, Guess
from slipway.evidence import Decision, Evidence
from slipway.spec import Spec

PORT = 8080
FOLDERS = (".", "public", "dist", "_site")


def detect(folder: Folder, spec: Spec) -> BuildPlan | None:
    """A plan when there is an index.html here, or in the folder that static sites are kept in."""
    del spec
    for name in FOLDERS:
        index = "index.html" if name == "." else f"{name}/index.html"
        if folder.has(index):
            return static_plan((Decision("static.root", name, (Evidence("", index),), "static site"),), name)
    return None


def static_plan(decisions: tuple[Decision, ...], root: str) -> BuildPlan:
    """The plan of a site that Caddy serves out of `root`."""
    evidence = (Evidence("static files are served by Caddy"),)
    return BuildPlan(
        stack="static",
        template="dockerfiles/static",
        decisions=decisions,
        values={"root": root, "port": PORT},
        processes={"web": Guess(Decision("process.web", "", evidence), PORT)},
    )
