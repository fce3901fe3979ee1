"""What is written for a release: YAML and Caddy's syntax stay what they are, whatever a value holds."""

from dataclasses import replace
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime import files, paths
from slipway.errors import TemplateError
from slipway.release import Domain, Image, Process, Release, Source
from slipway.secret import Secret
from templates.engine import Engine
from tests.runtime.shop import ENGINE, V2

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0\ufdd0\ufdd1\ufdd2"), max_size=30)
HOSTILE = [
    "it's",
    '"',
    "$HOME ${X} $$",
    "a: b",
    "- x",
    "#",
    "two\nlines",
    "{{ 7 * 7 }}",
    "\u2028",
    "ü😀",
    "\\",
    "!!x",
]


def compose(release: Release) -> dict[str, Any]:
    text = files.release_files(release, ENGINE)["compose.yaml"]
    assert isinstance(text, str)
    found: dict[str, Any] = yaml.safe_load(text)
    return found


def read_by_compose(words: object) -> object:
    """Compose takes `$$` for a dollar, and a single one for a variable."""
    assert isinstance(words, list)
    assert not any("$" in word.replace("$$", "") for word in words)
    return [word.replace("$$", "$") for word in words]


def test_a_compose_file_says_everything_of_a_release() -> None:
    web = Process("web", ("serve", "--now"), 8000, 2, memory=512 << 20, cpus=0.5, stop_timeout=90.0)
    found = compose(
        replace(
            V2,
            processes=(web,),
            volumes={"data": "/data"},
            source=Source(commit="c0ffee"),
            created_by="ann",
            created_at="2026-11-24T20:00:00Z",
        )
    )
    service = found["services"]["web"]
    assert found["name"] == "shop-v2"
    assert (service["image"], service["command"]) == (V2.image.reference, ["serve", "--now"])
    assert service["environment"] == {
        "SLIPWAY_APP": "shop",
        "SLIPWAY_RELEASE": "v2",
        "SLIPWAY_PROCESS": "web",
        "PORT": "8000",
    }
    assert (service["mem_limit"], service["cpus"], service["stop_grace_period"]) == (512 << 20, 0.5, "90s")
    assert (service["deploy"], service["init"]) == ({"replicas": 2}, True)
    assert service["networks"] == {"app": {"aliases": [V2.serving_name]}}
    assert service["volumes"] == ["data:/data"]
    assert service["labels"] == {
        "slipway.app": "shop",
        "slipway.release": "2",
        "slipway.process": "web",
        "slipway.commit": "c0ffee",
        "slipway.by": "ann",
        "slipway.at": "2026-11-24T20:00:00Z",
    }
    assert found["networks"] == {"app": {"name": "slipway-app-shop", "external": True}}
    assert found["volumes"] == {"data": {"name": "slipway-shop-data", "external": True}}


def test_no_release_publishes_a_port_or_asks_for_privileges() -> None:
    service = compose(V2)["services"]["web"]
    assert not {"ports", "privileged", "network_mode", "pid", "cap_add"} & service.keys()


def test_the_release_command_is_a_service_that_only_its_profile_starts() -> None:
    service = compose(replace(V2, release_argv=("migrate", "$DB")))["services"]["release_command"]
    assert (service["profiles"], service["restart"]) == (["release"], "no")
    assert read_by_compose(service["command"]) == ["migrate", "$DB"]
    assert "deploy" not in service


def test_a_process_may_have_any_name_that_a_name_can_be() -> None:
    names = ("no", "on", "yes", "null", "true", "release", "web")
    release = replace(
        V2, processes=tuple(map(Process, names)), release_argv=("x",), volumes={"null": "/a", "no": "/b"}
    )
    found = compose(release)
    assert set(found["services"]) == {*names, "release_command"}
    assert set(found["volumes"]) == {"no", "null"}


@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_value_is_only_a_value(value: str) -> None:
    release = replace(
        V2,
        processes=(Process("web", ("sh", "-c", value), 8000),),
        source=Source(commit=value),
        created_by=value,
        created_at=value,
        volumes={"data": f"/data/{value}"},
    )
    found = compose(release)
    service = found["services"]["web"]
    labels = service["labels"]
    assert isinstance(labels, dict)
    assert read_by_compose(service["command"]) == ["sh", "-c", value]
    assert read_by_compose([labels["slipway.by"]]) == [" ".join(value.split())]
    assert read_by_compose(service["volumes"]) == [f"data:/data/{value}"]
    assert set(found) == {"name", "services", "networks", "volumes"}


@settings(deadline=None)
@given(st.lists(TEXT.filter(bool), min_size=1, max_size=3))
def test_every_word_of_a_command_comes_back(words: list[str]) -> None:
    release = replace(V2, processes=(Process("web", tuple(words), 8000),))
    assert read_by_compose(compose(release)["services"]["web"]["command"]) == words


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(30.0, "30s"), (0.5, "0.5s"), (1e-6, "0.001s"), (3600.0, "3600s")],
)
def test_a_stop_timeout_is_a_duration_as_compose_reads_it(seconds: float, shown: str) -> None:
    release = replace(V2, processes=(replace(V2.processes[0], stop_timeout=seconds),))
    assert compose(release)["services"]["web"]["stop_grace_period"] == shown


def test_config_is_a_secret_file_of_its_own_and_in_no_other() -> None:
    found = files.release_files(replace(V2, dockerfile="FROM x\n"), ENGINE)
    assert sorted(found) == ["Dockerfile", "compose.yaml", "env"]
    assert isinstance(found["env"], Secret)
    assert found["env"].reveal() == 'KEY="hunter22"\n'
    assert "hunter22" not in repr(found)


def test_the_image_of_a_folder_is_found_again_by_the_line_that_facts_read() -> None:
    text = files.release_files(V2, ENGINE)["compose.yaml"]
    assert f'    image: "{V2.image.reference}"' in str(text).splitlines()


SITE = """\
# shop: who serves is the one line in /opt/slipway/proxy/serving/shop, read on each request.
(shop-app) {
	reverse_proxy {
		dynamic a {
			name {file./etc/caddy/serving/shop}
			port 8000
			refresh 1s
		}
		lb_try_duration 5s
		lb_try_interval 100ms
		stream_close_delay 5m
	}
}

http://shop.example.org {
	import shop-app
}

in.example.org {
	tls internal
	import shop-app
}

open.example.org {
	import shop-app
}
"""


def test_a_site_names_its_snippet_before_the_domains_that_use_it() -> None:
    domains = (*V2.domains, Domain("in.example.org", "internal"), Domain("open.example.org", "acme"))
    assert files.site(replace(V2, domains=domains), ENGINE) == SITE


def test_a_site_does_not_change_with_the_release() -> None:
    later = replace(V2, number=99, image=Image("x@sha256:1"), config_revision=8)
    assert files.site(V2, ENGINE) == files.site(later, ENGINE)


@pytest.mark.parametrize("release", [replace(V2, domains=()), replace(V2, processes=V2.processes[1:])])
def test_without_a_domain_or_a_web_process_there_is_no_site(release: Release) -> None:
    assert files.site(release, ENGINE) is None


@pytest.mark.parametrize("name", ["a {\n}", "a\nimport /etc/passwd", "{$HOME}", "a{b"])
def test_a_domain_that_would_be_more_than_a_domain_is_refused(name: str) -> None:
    with pytest.raises(TemplateError):
        files.site(replace(V2, domains=(Domain(name),)), ENGINE)


def test_the_proxy_publishes_ports_on_a_network_that_sorts_before_every_apps() -> None:
    image = "127.0.0.1:5077/base/caddy@sha256:1"
    written = files.proxy_files(image, Engine())
    service = yaml.safe_load(written[paths.PROXY_COMPOSE])["services"]["caddy"]
    assert service["image"] == image
    assert service["ports"] == ["80:80", "443:443", "443:443/udp"]
    assert service["container_name"] == paths.PROXY_CONTAINER
    assert paths.network("a") > paths.EDGE_NETWORK
    assert "admin unix//etc/caddy/run/admin.sock" in written[paths.CADDYFILE]
    assert set(written) == {paths.README, paths.CADDYFILE, paths.PROXY_COMPOSE}
