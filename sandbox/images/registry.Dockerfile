# Stand-in for registry:2 where no hub can be reached: Debian's build of the same program.
FROM debian:trixie-slim
RUN apt-get update \
 && apt-get install --yes --no-install-recommends docker-registry \
 && rm -rf /var/lib/apt/lists/* \
 && ln -s docker-registry /usr/bin/registry \
 && mkdir -p /var/lib/registry
RUN printf '%s\n' 'version: 0.1' 'log: {level: warn}' \
    'storage: {filesystem: {rootdirectory: /var/lib/registry}, delete: {enabled: true}}' \
    'http: {addr: ":5000"}' > /etc/docker/registry/config.yml
VOLUME ["/var/lib/registry"]
EXPOSE 5000
ENTRYPOINT ["registry"]
CMD ["serve", "/etc/docker/registry/config.yml"]
