# Written by slipway. `slipway explain` says why each line is here, docs/templates.md how to change it.

# This stage installs the dependencies, those of the build too; its tools and caches stay behind.
FROM node:22-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN --mount=type=cache,id=shop-npm,target=/root/.npm,sharing=locked \
    npm ci --no-audit --no-fund && mkdir -p node_modules

# This stage builds.
FROM dependencies AS build
COPY . .
RUN npm run build && rm -rf node_modules

# This stage has the dependencies without those that only the build needed.
FROM dependencies AS production
RUN npm prune --omit=dev --ignore-scripts --no-audit --no-fund && mkdir -p node_modules

# The last stage is what runs: the same Node, the dependencies, the source; no tools, not root.
FROM node:22-slim
RUN install --directory --owner=node --group=node /app
WORKDIR /app
ENV PATH=/app/node_modules/.bin:$PATH NODE_ENV=production PORT=8000
COPY --from=production /app/node_modules ./node_modules
COPY --from=build --chown=1000:1000 /app ./
USER 1000
EXPOSE 8000
CMD ["node", "dist/index.js"]
