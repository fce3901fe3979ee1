"""A page by the standard library alone; PORT and SLIPWAY_RELEASE come from the environment."""

import os
import signal
import sys
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

GREETING = "Hello from a Dockerfile"


class Home(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        release = escape(os.environ.get("SLIPWAY_RELEASE", "not released"))
        page = f"<!doctype html><title>{GREETING}</title><h1>{GREETING}</h1><p>Release: {release}</p>\n".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    ThreadingHTTPServer(("", int(os.environ.get("PORT", "8000"))), Home).serve_forever()
