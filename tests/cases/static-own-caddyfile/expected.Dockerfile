# Written by slipway. `slipway explain` says why each line is here, docs/templates.md how to change it.

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
    '	try_files {path} {path}/ {path}.html' \
    '	header X-Frame-Options DENY' \
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
COPY --chown=1000:1000 . /srv
USER 1000
EXPOSE 8080
CMD ["caddy", "run", "--config", "/etc/caddy/Caddyfile"]
