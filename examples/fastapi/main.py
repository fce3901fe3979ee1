"""A page and a health check; PORT and SLIPWAY_RELEASE come from the environment."""

import os
from html import escape

from fastapi import FastAPI
from fastapi.responses import HTMLResponse

app = FastAPI(title="Shop")
GREETING = "Hello from FastAPI"


@app.get("/", response_class=HTMLResponse)
def home() -> str:
    release = escape(os.environ.get("SLIPWAY_RELEASE", "not released"))
    return f"<!doctype html><title>{GREETING}</title><h1>{GREETING}</h1><p>Release: {release}</p>\n"


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}
