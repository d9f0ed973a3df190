# Tallyhouse as a service, for a database of its own (DATABASE_URL): docs/operations.md says how.
# What it works with, and nothing else, lies in /workspace.
FROM node:20-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Not `npm ci`, which refuses a lock file that leaves out another platform's binaries.
RUN npm install --ignore-scripts --no-progress
COPY tsconfig.json ./
COPY scripts/bundle.js scripts/
COPY src src
# The optional packages are the embedded PostgreSQL: 70 MB that a container has no use for.
RUN npm run build && npm prune --omit=dev --omit=optional --ignore-scripts

FROM node:20-bookworm-slim
ENV NODE_ENV=production TALLY_WORKSPACE=/workspace TALLY_HTTP_HOST=0.0.0.0 TALLY_HTTP_PORT=7117 TALLY_LOG_TO=stderr
WORKDIR /app
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist/bundle dist/bundle
COPY package.json schedule.yaml agencies.yaml .env.example ./
COPY bin bin
COPY docs/*.schema.json docs/
COPY feeds feeds
COPY migrations migrations
COPY samples samples
COPY sql sql
RUN ln -s /app/bin/tally.js /usr/local/bin/tally && install -d -o node -g node /workspace
USER node
WORKDIR /workspace
VOLUME /workspace
EXPOSE 7117
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.TALLY_HTTP_PORT}/health/ready`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["tally"]
CMD ["start"]
