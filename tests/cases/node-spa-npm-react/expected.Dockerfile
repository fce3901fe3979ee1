# Written by slipway. `slipway explain` says why each line is here, docs/templates.md how to change it.

# This stage installs the dependencies, those of the build too; its tools and caches stay behind.
FROM node:22-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN --mount=type=cache,id=shop-npm,target=/root/.npm,sharing=locked \
    npm ci --no-audit --no-fund

# This stage builds.
FROM dependencies AS build
COPY . .
RUN npm run build

# What runs: Caddy with the files, not root.
FROM caddy:2
ENV PORT=8080 XDG_CONFIG_HOME=/tmp/caddy XDG_DATA_HOME=/tmp/caddy
# The Caddyfile (templates/dockerfiles/caddyfile), checked once it is written.
RUN printf '%s\n' \
    '{' \
    '	admin off' \
    '	auto_https off' \
    '	persist_config off' \
    '}' \
    '' \
    ':{$PORT} {' \
    '	root * /srv' \
    '	encode zstd gzip' \
    '	header -Server' \
    '	header /static/* Cache-Control "public, max-age=31536000, immutable"' \
    '	try_files {path} {path}/ {path}.html' \
    '	file_server' \
    '	handle_errors 404 {' \
    '		rewrite * /404.html' \
    '		file_server {' \
    '			status 404' \
    '		}' \
    '	}' \
    '}' \
    > /etc/caddy/Caddyfile \
 && caddy validate --config /etc/caddy/Caddyfile
COPY --from=build --chown=1000:1000 /app/build /srv
USER 1000
EXPOSE 8080
CMD ["caddy", "run", "--config", "/etc/caddy/Caddyfile"]
