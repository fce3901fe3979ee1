# Stand-in for postgres:17 where no hub can be reached: Debian's build of the same program, with as much of the official
# image's entrypoint as slipway needs: POSTGRES_USER, POSTGRES_PASSWORD and POSTGRES_DB at the first start.
FROM debian:trixie-slim
ENV PATH=/usr/lib/postgresql/17/bin:$PATH PGDATA=/var/lib/postgresql/data
RUN apt-get update \
 && mkdir -p /etc/postgresql-common \
 && echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.conf \
 && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends postgresql-17 \
 && rm -rf /var/lib/apt/lists/* \
 && install --directory --owner=postgres --group=postgres --mode=700 /var/lib/postgresql/data
COPY postgres/docker-entrypoint.sh /usr/local/bin/
USER postgres
VOLUME ["/var/lib/postgresql/data"]
EXPOSE 5432
CMD ["docker-entrypoint.sh"]
