# The program alone: dist/src, the migrations and the production dependencies, on the current LTS of Node.
# Checked without a container engine by test/deploy/dockerfile.test.ts, which runs these steps in a clean directory.
# Same bytes from the same sources: docker buildx build --build-arg SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
#   --output type=image,rewrite-timestamp=true .
ARG NODE_IMAGE=node:24.21.0-trixie-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json ./
COPY scripts ./scripts
COPY src ./src
RUN npm run build && find dist/src -name '*.map' -delete

# For the platform that is built for: npm leaves out the native modules of the others. What no program reads goes too,
# and the back ends of recheck that are not used.
FROM ${NODE_IMAGE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund \
  && find node_modules -type f \( -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' -o -name '*.map' \) -delete \
  && rm -rf node_modules/recheck-jar node_modules/recheck-linux-* \
  && find node_modules -type d \( -name test -o -name tests -o -name benchmark -o -name benchmarks \) -prune -exec rm -r {} +

FROM ${NODE_IMAGE}
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="LogCollector" \
  org.opencontainers.image.description="Logs and events from Kafka into plain Postgres, every record exactly once" \
  org.opencontainers.image.licenses="Apache-2.0" \
  org.opencontainers.image.version="${VERSION}"
ENV NODE_ENV=production LOGCOLLECTOR_HTTP_HOST=0.0.0.0
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=build /build/dist/src ./dist/src
COPY package.json LICENSE ./
COPY sql ./sql
# The user "node" of the image, by number so that runAsNonRoot can see it. Nothing is ever written.
USER 1000:1000
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.LOGCOLLECTOR_HTTP_PORT || 8080) + '/healthz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/src/main.js"]
CMD ["run"]
