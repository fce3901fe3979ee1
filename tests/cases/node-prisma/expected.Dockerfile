# Written by slipway. `slipway explain` says why each line is here, docs/templates.md how to change it.

# This stage installs the dependencies, those of the build too; its tools and caches stay behind.
FROM node:22-slim AS dependencies
WORKDIR /app
RUN apt-get update \
 && apt-get install --yes --no-install-recommends ca-certificates openssl \
 && rm -rf /var/lib/apt/lists/*
COPY . .
RUN --mount=type=cache,id=shop-npm,target=/root/.npm,sharing=locked \
    npm ci --no-audit --no-fund && mkdir -p node_modules

# This stage builds.
FROM dependencies AS build
RUN npm run build

# This stage has the dependencies without those that only the build needed.
FROM build AS production
RUN npm prune --omit=dev --ignore-scripts --no-audit --no-fund && mkdir -p node_modules && mv node_modules /opt/node_modules

# The last stage is what runs: the same Node, the dependencies, the source; no tools, not root.
FROM node:22-slim
RUN apt-get update \
 && apt-get install --yes --no-install-recommends ca-certificates openssl \
 && rm -rf /var/lib/apt/lists/*
RUN install --directory --owner=node --group=node /app
WORKDIR /app
ENV PATH=/app/node_modules/.bin:$PATH NODE_ENV=production PORT=8000
COPY --from=production /opt/node_modules ./node_modules
COPY --from=production --chown=1000:1000 /app ./
USER 1000
EXPOSE 8000
CMD ["next", "start"]
