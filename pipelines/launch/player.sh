#!/usr/bin/env bash
# A file player as a participant beside you: you hear the file, and whoever else is in the conference hears both of you.
#
#   player.sh FILE            ends with the file
#
#   SOURCE  where your own sound comes from   [autoaudiosrc]
#   SINK    where what you hear goes          [autoaudiosink]
#           for example SINK='wavenc ! filesink location=heard.wav'
#
# Elements meet by the name of their conference, in one process. Who is in another process or on another machine comes by
# RTP: host.sh and join.sh.
set -euo pipefail
. "$(dirname "$0")/ready.sh"
[ $# -eq 1 ] || usage
need conveneaudio decodebin

files "$1"
read -ra source <<<"${SOURCE:-autoaudiosrc}"
read -ra sink <<<"${SINK:-autoaudiosink}"

exec gst-launch-1.0 -e \
    filesrc location="$1" ! decodebin ! audioconvert ! audioresample ! conveneaudio conference=demo participant=player \
    "${source[@]}" ! audioconvert ! audioresample \
    ! conveneaudio conference=demo participant=you leave-when-alone=true ! audioconvert ! audioresample ! "${sink[@]}"
