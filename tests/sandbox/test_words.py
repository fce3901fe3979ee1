"""What a person reads of a server: its line, its fingerprint, and which names it may have."""

from dataclasses import replace

import pytest

from sandbox.__main__ import line
from sandbox.servers import Server, fingerprint, valid_name
from slipway.errors import Invalid

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIErnzXGFZ2mFH2VUmdWGepC2qYk1nsdxdkam82lXeUB5"
PRINTED = "SHA256:peZ2FDmC4DcRqpaMX/DAFDjdXikcofopwKSPl1WVthE"
SERVER = Server("web-1", "127.0.0.1", 2201, 8001, 8002, KEY, PRINTED, "running")


def test_a_fingerprint_is_what_ssh_keygen_prints() -> None:
    assert fingerprint(KEY) == PRINTED


def test_a_line_says_how_to_log_in() -> None:
    web = "http://127.0.0.1:8001  https://127.0.0.1:8002"
    assert line(SERVER) == f"web-1  running  ssh -p 2201 root@127.0.0.1  {web}  {PRINTED}"
    assert line(replace(SERVER, state="exited", host_key="", fingerprint="")) == "web-1  exited"


@pytest.mark.parametrize("name", ["a", "web-1", "0", "a" * 32])
def test_names_of_hosts_are_valid(name: str) -> None:
    assert valid_name(name) == name


@pytest.mark.parametrize("name", ["", "-a", "a-", "a.b", "A", "a_b", "a" * 33, "a\n", "../a"])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(Invalid):
        valid_name(name)
