#!/usr/bin/env bash
# Hosts a conference whose participants come by RTP, from any machine: each hears all of the others.
#
#   host.sh PORT:HOST:PORT PORT:HOST:PORT...
#
# For each participant: the UDP port here that he sends Opus to, and where he wants what he hears. On his machine:
#
#   join.sh THIS-MACHINE PORT HIS-PORT
#
#   ADDRESS  where to listen   [0.0.0.0]
set -euo pipefail
. "$(dirname "$0")/ready.sh"
[ $# -ge 1 ] || usage
need conveneaudio udpsrc udpsink

rtp=application/x-rtp,media=audio,encoding-name=OPUS,clock-rate=48000,payload=111
people=()
for participant in "$@"; do
    [[ $participant =~ ^([0-9]+):(.+):([0-9]+)$ ]] || fail "$participant is not PORT:HOST:PORT"
    in=${BASH_REMATCH[1]} host=${BASH_REMATCH[2]} out=${BASH_REMATCH[3]}
    port "$in"
    port "$out"
    people+=(udpsrc address="${ADDRESS:-0.0.0.0}" port="$in" caps="$rtp"
        ! conveneaudio conference=demo participant="port-$in"
        ! "$rtp" ! udpsink host="$host" port="$out" sync=false async=false)
done
exec gst-launch-1.0 -e "${people[@]}"
