"""A folder of files for the browser, served as they are."""

from builder.detect.folder import Folder
from slipway.buildplan import BuildPlan, Guess
from slipway.evidence import Decision, Evidence
from slipway.spec import Spec

PORT = 8080
FOLDERS = (".", "public", "dist", "_site", "site", "build")
INDEXES = tuple("index.html" if name == "." else f"{name}/index.html" for name in FOLDERS)


def detect(folder: Folder, spec: Spec) -> BuildPlan | None:
    """A plan when there is an index.html here, or in a folder that static sites are kept in."""
    del spec
    index = folder.first(*INDEXES)
    if not index:
        return None
    root = FOLDERS[INDEXES.index(index)]
    served = Decision("process.web", "", (Evidence("Caddy serves the files"),))
    return BuildPlan(
        stack="static",
        template="dockerfiles/static",
        decisions=(Decision("static.root", root, (Evidence("", index),), "static site"),),
        values={"port": PORT, "router": "", "hashed": ""},
        processes={"web": Guess(served, PORT)},
    )
