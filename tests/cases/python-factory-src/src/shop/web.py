from flask import Flask


def needs(config):
    return Flask(config)


def create_app(config=None, *, debug=False) -> Flask:
    app = Flask(__name__)
    return app
