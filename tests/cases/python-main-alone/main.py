from http.server import HTTPServer, SimpleHTTPRequestHandler
import os

HTTPServer(("", int(os.environ["PORT"])), SimpleHTTPRequestHandler).serve_forever()
