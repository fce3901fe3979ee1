"""A page; gunicorn serves `app`, on the port that PORT names."""

import os

from flask import Flask, render_template

app = Flask(__name__)


@app.get("/")
def home() -> str:
    return render_template("home.html", release=os.environ.get("SLIPWAY_RELEASE", "not released"))
