# Stand-in for python:3.13-slim where no hub can be reached: Debian's Python under the official image's names.
FROM debian:trixie-slim
RUN apt-get update \
 && apt-get install --yes --no-install-recommends python3 python3-pip python3-venv \
 && rm -rf /var/lib/apt/lists/* /usr/lib/python3*/EXTERNALLY-MANAGED \
 && ln -s python3 /usr/bin/python
CMD ["python3"]
