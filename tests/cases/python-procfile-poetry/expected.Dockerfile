# Written by slipway. `slipway explain` says why each line is here, docs/templates.md how to change it.

# Stage 1 installs the dependencies; its tools and caches stay behind.
FROM python:3.13-slim AS build
WORKDIR /app
RUN python -m venv /opt/poetry && /opt/poetry/bin/pip install --no-cache-dir poetry==2.5.1
ENV PATH=/opt/poetry/bin:$PATH VIRTUAL_ENV=/opt/venv POETRY_VIRTUALENVS_CREATE=false POETRY_NO_INTERACTION=1
RUN python -m venv --without-pip /opt/venv
COPY pyproject.toml poetry.lock ./
RUN --mount=type=cache,id=shop-poetry,target=/root/.cache/pypoetry,sharing=locked \
    poetry install --only main --compile --no-root

# Stage 2 is what runs: the same Python, the dependencies, the source; no tools, not root.
FROM python:3.13-slim
RUN groupadd --gid 1000 app \
 && useradd --uid 1000 --gid app --create-home --shell /usr/sbin/nologin app \
 && install --directory --owner=app --group=app /app
WORKDIR /app
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONFAULTHANDLER=1 PORT=8000
COPY --from=build /opt/venv /opt/venv
COPY --chown=1000:1000 . .
USER 1000
EXPOSE 8000
CMD ["python", "bot.py"]
