# Written by slipway. `slipway explain` says why each line is here, docs/templates.md how to change it.

# This stage installs the dependencies, those of the build too; its tools and caches stay behind.
FROM node:22-slim AS dependencies
WORKDIR /app
RUN npm install --global --force yarn@1.22.22
COPY . .
RUN --mount=type=cache,id=shop-yarn,target=/root/.yarn,sharing=locked \
    yarn install --frozen-lockfile --non-interactive --cache-folder /root/.yarn && mkdir -p node_modules

# This stage builds.
FROM dependencies AS build
RUN rm -rf node_modules

# This stage has the dependencies without those that only the build needed.
FROM dependencies AS production
RUN yarn install --production --ignore-scripts --prefer-offline --non-interactive && mkdir -p node_modules

# The last stage is what runs: the same Node, the dependencies, the source; no tools, not root.
FROM node:22-slim
RUN install --directory --owner=node --group=node /app
WORKDIR /app
ENV PATH=/app/node_modules/.bin:$PATH NODE_ENV=production PORT=8000
COPY --from=production /app/node_modules ./node_modules
COPY --from=build --chown=1000:1000 /app ./
USER 1000
EXPOSE 8000
CMD ["node", "lib/server.js"]
