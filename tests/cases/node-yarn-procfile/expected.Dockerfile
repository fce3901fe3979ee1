# Written by slipway. `slipway explain` says why each line is here, docs/templates.md how to change it.

# This stage installs the dependencies; its tools and caches stay behind.
FROM node:22-slim AS dependencies
WORKDIR /app
RUN npm install --global --force yarn@1.22.22
COPY package.json yarn.lock ./
RUN --mount=type=cache,id=shop-yarn,target=/root/.yarn,sharing=locked \
    yarn install --frozen-lockfile --production --non-interactive --cache-folder /root/.yarn && mkdir -p node_modules

# The last stage is what runs: the same Node, the dependencies, the source; no tools, not root.
FROM node:22-slim
RUN install --directory --owner=node --group=node /app
WORKDIR /app
ENV PATH=/app/node_modules/.bin:$PATH NODE_ENV=production PORT=8000
COPY --from=dependencies /app/node_modules ./node_modules
COPY --chown=1000:1000 . .
USER 1000
EXPOSE 8000
CMD ["node", "app.js"]
