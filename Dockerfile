# The control plane as an image: `docker compose up -d` runs it with PostgreSQL (docs/operations.md).
#
# Behind a company's proxy, lend the build your CA and the host's network; nothing of either stays in the image:
#   docker build --network=host --secret id=ca,src=/etc/ssl/certs/ca-certificates.crt --tag slipway .

# Stage 1 installs the locked Python packages and slipway itself; its tools and caches stay behind.
FROM python:3.13-slim AS build
WORKDIR /src
ENV UV_PROJECT_ENVIRONMENT=/opt/venv UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1 UV_PYTHON_DOWNLOADS=never
COPY pyproject.toml uv.lock ./
RUN --mount=type=secret,id=ca,target=/run/secrets/ca.crt \
    --mount=type=cache,target=/root/.cache/uv \
    if [ -s /run/secrets/ca.crt ]; then export PIP_CERT=/run/secrets/ca.crt SSL_CERT_FILE=/run/secrets/ca.crt; fi \
 && pip install --no-cache-dir uv \
 && uv sync --locked --no-dev --no-install-project
COPY . .
RUN --mount=type=secret,id=ca,target=/run/secrets/ca.crt \
    --mount=type=cache,target=/root/.cache/uv \
    if [ -s /run/secrets/ca.crt ]; then export SSL_CERT_FILE=/run/secrets/ca.crt; fi \
 && uv sync --locked --no-dev --no-editable

# Stage 2 is what runs: git takes pushes, docker and its buildx build images through the host's socket.
FROM python:3.13-slim
RUN apt-get update \
 && apt-get install --yes --no-install-recommends ca-certificates docker-buildx docker-cli git \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 1000 --create-home slipway \
 && install --directory --owner=slipway --group=slipway --mode=700 /data
COPY --from=build /opt/venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 SLIPWAY_DATA_DIR=/data
USER slipway
VOLUME ["/data"]
EXPOSE 7070
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:' + os.environ.get('SLIPWAY_PORT', '7070') + '/health', timeout=2)"]
CMD ["slipway", "serve"]
