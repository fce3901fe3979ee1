# Written by slipway. `slipway explain` says why each line is here, docs/templates.md how to change it.

# This stage installs the dependencies; its tools and caches stay behind.
FROM node:22-slim AS dependencies
WORKDIR /app
RUN npm install --global --force pnpm@10
COPY package.json ./
RUN --mount=type=cache,id=shop-pnpm,target=/root/.pnpm-store,sharing=locked \
    pnpm install --no-frozen-lockfile --prod --store-dir /root/.pnpm-store --package-import-method copy && mkdir -p node_modules

# The last stage is what runs: the same Node, the dependencies, the source; no tools, not root.
FROM node:22-slim
RUN install --directory --owner=node --group=node /app
WORKDIR /app
ENV PATH=/app/node_modules/.bin:$PATH NODE_ENV=production PORT=8000
COPY --from=dependencies /app/node_modules ./node_modules
COPY --chown=1000:1000 . .
USER 1000
EXPOSE 8000
CMD ["node", "a.js"]
