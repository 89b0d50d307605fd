#!/usr/bin/env bash
# Joins a conference on another machine (host.sh) by RTP, with the microphone or a file. Needs no plugin of ours.
#
#   join.sh HOST PORT MY-PORT [FILE]
#
#   HOST PORT  where host.sh takes your sound
#   MY-PORT    the UDP port here where it sends what you hear
#   FILE       is played into the conference in place of your microphone
#
#   SOURCE   where your own sound comes from   [autoaudiosrc]
#   SINK     where what you hear goes          [autoaudiosink]
#   ADDRESS  where to listen                   [0.0.0.0]
set -euo pipefail
. "$(dirname "$0")/ready.sh"
[ $# -eq 3 ] || [ $# -eq 4 ] || usage
need opusenc rtpopuspay rtpjitterbuffer udpsrc udpsink

host=$1 port=$2 mine=$3
port "$port"
port "$mine"
if [ $# -eq 4 ]; then
    files "$4"
    source=(filesrc location="$4" ! decodebin)
else
    read -ra source <<<"${SOURCE:-autoaudiosrc}"
fi
read -ra sink <<<"${SINK:-autoaudiosink}"

rtp=application/x-rtp,media=audio,encoding-name=OPUS,clock-rate=48000,payload=111
# async=false: who sends does not wait until something is heard, or two would wait for each other.
exec gst-launch-1.0 -e \
    "${source[@]}" ! audioconvert ! audioresample ! opusenc inband-fec=true ! rtpopuspay pt=111 \
    ! udpsink host="$host" port="$port" async=false \
    udpsrc address="${ADDRESS:-0.0.0.0}" port="$mine" caps="$rtp" ! rtpjitterbuffer latency=60 \
    ! rtpopusdepay ! opusdec use-inband-fec=true plc=true ! audioconvert ! audioresample ! "${sink[@]}"
