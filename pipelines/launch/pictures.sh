#!/usr/bin/env bash
# A picture that goes through this server, since nobody has said that the two reach each other directly (policy=claimed).
#
#   pictures.sh
#
#   CAMERA  where Ann's picture comes from   [videotestsrc is-live=true pattern=ball]
#   SINK    where what Ben sees goes         [autovideosink]
#           for example SINK='videoconvert ! pngenc snapshot=true ! filesink location=seen.png'
set -euo pipefail
. "$(dirname "$0")/ready.sh"
[ $# -eq 0 ] || usage
need convenevideo vp8enc vp8dec rtpvp8pay rtpvp8depay
read -ra camera <<<"${CAMERA:-videotestsrc is-live=true pattern=ball}"
read -ra sink <<<"${SINK:-autovideosink}"

exec gst-launch-1.0 -e \
    "${camera[@]}" ! videoconvert ! vp8enc deadline=1 keyframe-max-dist=60 ! rtpvp8pay picture-id-mode=15-bit \
    ! convenevideo conference=demo participant=ann policy=claimed \
    convenevideo conference=demo participant=ben policy=claimed ! rtpvp8depay ! vp8dec ! "${sink[@]}"
