# A server of the sandbox: a container with sshd, cron and a Docker of its own, as a rented machine has them.
FROM debian:trixie-slim
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends \
    ca-certificates cron curl docker-cli docker-compose docker.io iproute2 iptables openssh-server procps sudo tini \
 && rm -rf /var/lib/apt/lists/* /etc/ssh/ssh_host_* \
 && mkdir -p /run/sshd /root/.ssh \
 && chmod 700 /root/.ssh
COPY server/ /
RUN chmod 755 /usr/local/sbin/server-init /etc/init.d/docker
EXPOSE 22 80 443
STOPSIGNAL SIGTERM
ENTRYPOINT ["tini", "-g", "--", "/usr/local/sbin/server-init"]
