# The command line as an image: what the pods of `tidewater produce --manifest k8s` run.
#   docker build -t tidewater .
FROM node:22-bookworm-slim AS build
WORKDIR /workspace
COPY package.json pnpm-lock.yaml pnpm-workspace.yaml .npmrc tsconfig.base.json tsup.base.ts ./
COPY scripts ./scripts
COPY spark ./spark
COPY packages ./packages
# The lockfile is of the whole workspace.
COPY examples/package.json ./examples/
COPY bench/package.json ./bench/
RUN node scripts/pnpm.mjs install --frozen-lockfile \
  && node scripts/pnpm.mjs --filter 'tidewater...' build \
  && node scripts/pnpm.mjs --filter tidewater --prod deploy --legacy /deployed

FROM node:22-bookworm-slim
ENV NODE_ENV=production
COPY --from=build /deployed /tidewater
# The image's user `node`, by number, by which Kubernetes sees that it is not root.
USER 1000
ENTRYPOINT ["node", "/tidewater/dist/main.js"]
