from pathlib import Path

BASE_DIR = Path(__file__).parent.parent.parent
# STATIC_ROOT is below
WSGI_APPLICATION = "config.wsgi.application"
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
