# Written by slipway. `slipway explain` says why each line is here, docs/templates.md how to change it.

# Stage 1 installs the dependencies; its tools and caches stay behind.
FROM python:3.13-slim AS build
WORKDIR /app
ENV UV_PROJECT_ENVIRONMENT=/opt/venv UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1 UV_PYTHON_DOWNLOADS=never
RUN pip install --no-cache-dir uv==0.13.9
COPY pyproject.toml uv.lock ./
RUN --mount=type=cache,id=shop-uv,target=/root/.cache/uv,sharing=locked \
    uv sync --locked --no-dev --no-install-project

# Stage 2 is what runs: the same Python, the dependencies, the source; no tools, not root.
FROM python:3.13-slim
RUN groupadd --gid 1000 app \
 && useradd --uid 1000 --gid app --create-home --shell /usr/sbin/nologin app \
 && install --directory --owner=app --group=app /app
WORKDIR /app
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONFAULTHANDLER=1 PORT=8000
ENV UVICORN_TIMEOUT_GRACEFUL_SHUTDOWN=20
COPY --from=build /opt/venv /opt/venv
COPY --chown=1000:1000 . .
USER 1000
EXPOSE 8000
CMD ["sh", "-c", "exec uvicorn main:app --host 0.0.0.0 --port $PORT"]
