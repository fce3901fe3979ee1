# shellcheck shell=bash
# What the scripts know of the machine they run on. Sourced, never run:
#   say, fail, logged          talk to the person at the keyboard
#   build_environment          exports SLIPWAY_BUILD_NETWORK, SLIPWAY_BUILD_CA_BUNDLE and SLIPWAY_BUILD_ENV

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
LOGS=$ROOT/.slipway-data/logs
STAND_IN=slipway.stand-in # the label of an image that only stands in for an official one
export PATH="$ROOT/.venv/bin:$HOME/.local/bin:$PATH"

say() { printf '%s\n' "$@"; }

# fail WHAT [NEXT…]: what is wrong, then what to type.
fail() {
	printf 'error: %s\n' "$1" >&2
	shift
	[ $# -eq 0 ] || printf '  %s\n' "$@" >&2
	exit 1
}

# logged NAME WHAT COMMAND…: run it with its output in a log file, and tell how long it took.
# The log's end is shown when it fails. Bash ignores `set -e` in here, so a function that is run chains its steps with &&.
logged() {
	local log=$LOGS/$1.log what=$2 began=$EPOCHREALTIME
	shift 2
	mkdir -p "$LOGS"
	if "$@" >"$log" 2>&1 </dev/null; then
		say "  $what ($(seconds_since "$began") s)"
		return
	fi
	printf '  failed: %s\n  $ %s\n' "$what" "$*" >&2
	tail -n 30 "$log" >&2
	printf '  the whole log: %s\n' "$log" >&2
	return 1
}

seconds_since() {
	local now=${EPOCHREALTIME/[.,]/} then=${1/[.,]/}
	local tenths=$(((now - then) / 100000))
	printf '%d.%d' $((tenths / 10)) $((tenths % 10))
}

has() { command -v "$1" >/dev/null 2>&1; }

is_root() { [ "$(id -u)" -eq 0 ]; }

runs_systemd() { [ -d /run/systemd/system ]; }

# Packages of the machine's own distribution.
apt_install() {
	apt_lists && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "$@"
}

# The lists are fetched once per run, and only when something is missing.
apt_lists() {
	[ -z "${APT_LISTS_FETCHED:-}" ] || return 0
	apt-get update && APT_LISTS_FETCHED=1
}

# Where the machine's own apt gets Debian from: a mirror that it is known to reach. Empty when it uses none.
debian_mirror() {
	if [ -n "${SLIPWAY_DEBIAN_MIRROR:-}" ]; then
		printf '%s\n' "$SLIPWAY_DEBIAN_MIRROR"
	elif has apt-get; then
		# Who a mirror serves is said by the lists that were fetched from it; a machine may have none yet.
		apt_origins | grep -q . || ! is_root || apt_lists >/dev/null
		apt_origins | sed -n 's/^Debian|//p' | grep -v security | head -n 1 || true
	fi
}

apt_origins() {
	# shellcheck disable=SC2016 # these are apt's own placeholders
	apt-get indextargets --format '$(ORIGIN)|$(REPO_URI)' 'Created-By: Packages' 2>/dev/null | grep -v '^|' || true
}

# The CA bundle that this machine was told to trust, by whichever name it was told.
told_ca_bundle() {
	local name
	for name in SLIPWAY_BUILD_CA_BUNDLE SSL_CERT_FILE REQUESTS_CA_BUNDLE CURL_CA_BUNDLE PIP_CERT NODE_EXTRA_CA_CERTS; do
		if [ -s "${!name:-}" ]; then
			printf '%s\n' "${!name}"
			return
		fi
	done
}

# The same, or what the distribution trusts.
ca_bundle() {
	local told
	told=$(told_ca_bundle)
	printf '%s\n' "${told:-/etc/ssl/certs/ca-certificates.crt}"
}

uses_stand_ins() {
	[ -n "$(docker image ls --quiet --filter "label=$STAND_IN" 2>/dev/null)" ]
}

# A machine that reaches the world by a way of its own (a proxy, a private CA, mirrors) must lend that way to builds.
# What the person has set already stays as it is.
build_environment() {
	local bundle
	bundle=$(told_ca_bundle)
	if [ -n "$bundle" ]; then export SLIPWAY_BUILD_CA_BUNDLE=$bundle; fi
	if [ -n "$bundle" ] || uses_stand_ins; then export SLIPWAY_BUILD_NETWORK=${SLIPWAY_BUILD_NETWORK:-host}; fi
	export SLIPWAY_BUILD_ENV=${SLIPWAY_BUILD_ENV:-$(way_to_registries)}
}

# As a JSON object: the variables by which proxies and package mirrors are named, where this machine has them.
# Paths of certificates are not among them: those are paths of this machine, and the CA bundle is handed over as a file.
way_to_registries() {
	python3 - <<-'END'
		import json, os
		proxies = ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"]
		mirrors = ["PIP_INDEX_URL", "UV_INDEX_URL", "UV_DEFAULT_INDEX", "NPM_CONFIG_REGISTRY", "npm_config_registry"]
		print(json.dumps({name: os.environ[name] for name in proxies + mirrors if os.environ.get(name)}))
	END
}
