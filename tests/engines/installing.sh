# What the programs here that install something share; each sources it, by bash, from its own folder. NAME is what they
# say that they are.
# shellcheck shell=bash

say() { echo "$NAME: $*" >&2; }

# Run a command silently; show the end of what it said where it fails.
quietly() {
    local log
    log=$(mktemp)
    "$@" >"$log" 2>&1 || {
        tail -n 20 "$log" >&2
        say "failed: $*"
        rm -f "$log"
        return 1
    }
    rm -f "$log"
}

demand_root() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || {
        say "needs root on Debian"
        exit 1
    }
}

# Others may be installing as well.
apt() { quietly apt-get -o DPkg::Lock::Timeout=600 -qq "$@"; }

# Say which packages are missing. Each is given as PATH:PACKAGE, where PATH is a file or folder that it brings.
missing_packages() {
    local entry
    for entry; do
        [ -e "${entry%%:*}" ] || echo "${entry#*:}"
    done
}

# Install those that are missing.
install_packages() {
    local missing
    mapfile -t missing < <(missing_packages "$@")
    [ "${#missing[@]}" -gt 0 ] || return 0
    demand_root
    say "installing ${missing[*]}"
    apt update
    DEBIAN_FRONTEND=noninteractive apt install -y --no-install-recommends "${missing[@]}"
}
