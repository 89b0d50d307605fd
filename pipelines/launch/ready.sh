# shellcheck shell=bash
# What the scripts beside this ask before they begin. Sourced, not run.

# The comment at the head of a script is its usage.
usage() {
    sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" >&2
    exit 2
}

fail() {
    printf '%s: %s\n' "$(basename "$0")" "$1" >&2
    exit 1
}

# need ELEMENT...: each is there, or it is said where it comes from.
need() {
    command -v gst-launch-1.0 >/dev/null || fail "gst-launch-1.0 is missing: apt install gstreamer1.0-tools"
    local element
    for element in "$@"; do
        # Not with --exists, which wants GStreamer's own version number of every plugin.
        if gst-inspect-1.0 "$element" >/dev/null 2>&1; then continue; fi
        case $element in
            convene*) fail "GStreamer does not find $element. Run \`make install-plugin\`, or \`cargo build --release -p gst-plugin-convene\` and \`export GST_PLUGIN_PATH=target/release\`." ;;
            *) fail "GStreamer does not find $element. On Debian: apt install gstreamer1.0-plugins-base gstreamer1.0-plugins-good" ;;
        esac
    done
}

# files FILE...: each can be read.
files() {
    local file
    for file in "$@"; do
        if [ ! -f "$file" ] || [ ! -r "$file" ]; then fail "there is no file $file, or it may not be read"; fi
    done
}

# port VALUE: it is a port of UDP or TCP.
port() {
    if [[ ! $1 =~ ^[0-9]{1,5}$ ]] || [ "$1" -lt 1 ] || [ "$1" -gt 65535 ]; then fail "$1 is no port"; fi
}
