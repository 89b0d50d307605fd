#!/usr/bin/env bash
# Installs what this machine lacks, and only that, from Debian's own packages; says what and why before it does.
#
#   scripts/provide.sh run          to build and serve
#   scripts/provide.sh test         to run every test as well
#   scripts/provide.sh bench        to measure, too
#   scripts/provide.sh test --dry   only say what is missing; fails when something is
#
# Rust is not installed from here: rustup is the user's own.
set -euo pipefail

purpose=${1:-}
dry=${2:-}
missing=()
reasons=()

main() {
    case $purpose in
        run) to_run ;;
        test) to_run; to_test ;;
        bench) to_run; to_test; to_bench ;;
        *) fail "usage: scripts/provide.sh run|test|bench [--dry]" ;;
    esac
    install_missing
    if [ "$purpose" != run ]; then provide_nextest; fi
}

to_run() {
    command -v cargo >/dev/null || fail "Rust is missing (1.95 or newer): install it with rustup, see https://rustup.rs, then run this again."
    package build-essential "a C compiler and linker, for the bundled SQLite and libopus"
    program cmake cmake "to build the bundled libopus"
    program pkg-config pkg-config "to find GStreamer"
    package libgstreamer1.0-dev "GStreamer's headers"
    package libgstreamer-plugins-base1.0-dev "headers of its audio, RTP and SDP libraries"
    package libgstreamer-plugins-bad1.0-dev "headers of its WebRTC library"
    package libgstreamer1.0-0 "GStreamer itself"
    package gstreamer1.0-plugins-base "Opus, raw audio, app sources and sinks"
    package gstreamer1.0-plugins-good "RTP"
    package gstreamer1.0-plugins-bad "webrtcbin, DTLS, SRTP"
    package gstreamer1.0-nice "ICE for webrtcbin"
    package gstreamer1.0-tools "gst-inspect-1.0 and gst-launch-1.0"
}

to_test() {
    package libssl-dev "OpenSSL's headers, for the clients of the load generator"
    program ip iproute2 "network namespaces, one for each browser"
    program nft nftables "to block ways and to translate addresses in the laboratory"
    program chromium chromium "the first real browser"
    program firefox-esr firefox-esr "the second real browser"
    program pulseaudio pulseaudio "Firefox plays nothing without a sound server"
    if ! node_is_new_enough; then want nodejs "the browser tests and the page's own tests (Node 18.19 or newer)"; fi
    program npm npm "the browser driver and the type checker"
}

to_bench() {
    program janus janus "the mixing server that ours is measured against (Debian starts it as a service, too: systemctl disable --now janus)"
}

# A library or a set of plugins: only dpkg can tell whether it is here.
package() {
    command -v dpkg-query >/dev/null || return 0
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null || true)" = installed ] || want "$1" "$2"
}

# A program may have come from elsewhere than Debian, so ask for the program and not for its package.
program() {
    PATH=$PATH:/usr/sbin:/sbin command -v "$1" >/dev/null || want "$2" "$3"
}

node_is_new_enough() {
    command -v node >/dev/null || return 1
    node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 18 || (a === 18 && b >= 19) ? 0 : 1)'
}

want() {
    missing+=("$1")
    reasons+=("$1: $2")
}

install_missing() {
    [ ${#missing[@]} -gt 0 ] || return 0
    printf 'This machine lacks:\n' >&2
    printf '  %s\n' "${reasons[@]}" >&2
    [ "$dry" != --dry ] || exit 1
    command -v apt-get >/dev/null || fail "There is no apt-get here. Install what your system calls these packages: ${missing[*]}"
    as_root env DEBIAN_FRONTEND=noninteractive sh -ec 'apt-get update -q; apt-get install -q -y --no-install-recommends "$@"' sh "${missing[@]}" ||
        fail "Installing failed. Run this as root: apt-get update && apt-get install ${missing[*]}"
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        printf 'Installing with sudo.\n' >&2
        sudo "$@"
    else
        fail "Neither root nor sudo. Run this as root: apt-get update && apt-get install ${missing[*]}"
    fi
}

provide_nextest() {
    if cargo nextest --version >/dev/null 2>&1; then return 0; fi
    printf 'This machine lacks:\n  cargo-nextest: runs the Rust tests\n' >&2
    [ "$dry" != --dry ] || exit 1
    cargo install cargo-nextest --locked
}

fail() {
    printf '%s\n' "$1" >&2
    exit 1
}

main
