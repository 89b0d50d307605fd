#!/usr/bin/env bash
# Relays instead of mixing: the listener gets each talker's own Opus packets on a pad of their own, neither decoded nor mixed.
#
#   relay.sh DIR FILE FILE...
#
#   DIR   gets talker-0.ogg, talker-1.ogg and so on, in the order in which they begin to talk
#   FILE  whatever GStreamer can decode; it is encoded once, where the talker sits
set -euo pipefail
. "$(dirname "$0")/ready.sh"
[ $# -ge 3 ] || usage
need conveneaudio opusenc rtpopusdepay opusparse oggmux decodebin

dir=$1
shift
files "$@"
mkdir -p "$dir"

pipeline=(conveneaudio name=listener conference=relay participant=listener mode=relay leave-when-alone=true max-talkers=$#)
slot=0
for file in "$@"; do
    pipeline+=(filesrc location="$file" ! decodebin ! audioconvert ! audioresample ! opusenc
        ! conveneaudio conference=relay participant="talker-$slot" max-talkers=$#
        "listener.src_$slot" ! application/x-rtp ! rtpopusdepay ! opusparse ! oggmux ! filesink location="$dir/talker-$slot.ogg")
    slot=$((slot + 1))
done
exec gst-launch-1.0 -e "${pipeline[@]}"
