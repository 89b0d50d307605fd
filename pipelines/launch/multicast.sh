#!/usr/bin/env bash
# Sends the mix of sound files as RTP to a multicast group, or to one address, and writes a file for players.
#
#   multicast.sh [ADDRESS [PORT]] FILE...
#
#   ADDRESS  239.255.12.7 if not given; must be a number
#   PORT     5004
#
#   SDP        the file for players              [mix.sdp]:  vlc mix.sdp
#   INTERFACE  the network to send on            [the system's choice]
#   TTL        how many routers it may pass      [1]
set -euo pipefail
. "$(dirname "$0")/ready.sh"

address=239.255.12.7 to=5004 sdp=${SDP:-mix.sdp}
if [[ ${1:-} =~ ^[0-9]+(\.[0-9]+){3}$ ]]; then
    address=$1
    shift
    if [[ ${1:-} =~ ^[0-9]+$ ]]; then
        to=$1
        shift
    fi
fi
[ $# -ge 1 ] || usage
need conveneaudio udpsink decodebin
port "$to"
files "$@"

[[ $address =~ ^2(2[4-9]|3[0-9])\. ]] && scope=$address/${TTL:-1} || scope=$address
cat >"$sdp" <<END
v=0
o=- 1 1 IN IP4 $address
s=The mix of a conference
c=IN IP4 $scope
t=0 0
m=audio $to RTP/AVP 111
a=rtpmap:111 opus/48000/2
END

talkers=()
for file in "$@"; do
    talkers+=(filesrc location="$file" ! decodebin ! audioconvert ! audioresample
        ! conveneaudio conference=air participant="talker-${#talkers[@]}" max-talkers=$#)
done
exec gst-launch-1.0 -e "${talkers[@]}" \
    conveneaudio conference=air participant=air leave-when-alone=true max-talkers=$# bitrate=64000 \
    ! application/x-rtp,payload=111 \
    ! udpsink host="$address" port="$to" ttl-mc="${TTL:-1}" ${INTERFACE:+multicast-iface="$INTERFACE"}
