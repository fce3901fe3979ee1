"""The web process: a page; PORT and SLIPWAY_RELEASE come from the environment."""

import os
from html import escape

from flask import Flask

GREETING = "Hello from web and worker"
app = Flask(__name__)


@app.get("/")
def home() -> str:
    release = escape(os.environ.get("SLIPWAY_RELEASE", "not released"))
    return f"<!doctype html><title>{GREETING}</title><h1>{GREETING}</h1><p>Release: {release}</p>\n"
