# Stand-in for node:20-slim where no hub can be reached: Debian's Node with npm and corepack from their own packages.
FROM debian:trixie-slim AS npm
RUN apt-get update \
 && apt-get install --yes --no-install-recommends nodejs npm \
 && rm -rf /var/lib/apt/lists/*
RUN --mount=type=secret,id=ca,target=/run/secrets/ca.crt \
    NODE_EXTRA_CA_CERTS=/run/secrets/ca.crt npm install --global --prefix /opt/node npm@10 corepack@0.31

FROM debian:trixie-slim
RUN apt-get update \
 && apt-get install --yes --no-install-recommends nodejs \
 && rm -rf /var/lib/apt/lists/* \
 && groupadd --gid 1000 node \
 && useradd --uid 1000 --gid node --shell /bin/bash --create-home node
COPY --from=npm /opt/node/ /usr/local/
CMD ["node"]
