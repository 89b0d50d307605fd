#!/usr/bin/env bash
# Records everyone who sends Opus by RTP to one of these UDP ports, mixed, until Ctrl-C.
#
#   record.sh OUT.ogg PORT...
#
#   ADDRESS  where to listen   [0.0.0.0]
#
# The recorder is one more participant: he sends nothing, so nobody hears him. What he hears is written as the conference
# encoded it.
set -euo pipefail
. "$(dirname "$0")/ready.sh"
[ $# -ge 2 ] || usage
need conveneaudio udpsrc oggmux

out=$1
shift
rtp=application/x-rtp,media=audio,encoding-name=OPUS,clock-rate=48000,payload=111
talkers=()
for port in "$@"; do
    port "$port"
    talkers+=(udpsrc address="${ADDRESS:-0.0.0.0}" port="$port" caps="$rtp"
        ! conveneaudio conference=demo participant="port-$port" max-talkers=$#)
done
# -e ends the recorder's stream on Ctrl-C, which finishes the file. Without dtx=false silence would be left out of it.
exec gst-launch-1.0 -e "${talkers[@]}" \
    conveneaudio conference=demo participant=recorder max-talkers=$# dtx=false bitrate=64000 \
    ! audio/x-opus ! oggmux ! filesink location="$out"
