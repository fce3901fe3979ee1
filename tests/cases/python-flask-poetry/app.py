from flask import Flask


def create_app(test: bool = False) -> Flask:
    return Flask(__name__)
