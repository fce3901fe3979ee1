FROM --platform=linux/amd64 debian:trixie-slim AS base
EXPOSE 3000/tcp
FROM base AS web
CMD ["./web"]
FROM debian:trixie-slim AS tools
EXPOSE 9999
