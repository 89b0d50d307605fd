#!/usr/bin/env bash
# Lets sound files meet in a conference: each gets a file with what he hears there, which is all of the others.
#
#   mix-minus.sh DIR FILE FILE...
#
#   DIR   gets hears-1.ogg, what the first one hears, hears-2.ogg, and so on; each is as long as his own file
#   FILE  whatever GStreamer can decode
set -euo pipefail
. "$(dirname "$0")/ready.sh"
[ $# -ge 3 ] || usage
need conveneaudio oggmux decodebin

dir=$1
shift
files "$@"
mkdir -p "$dir"

people=()
number=0
for file in "$@"; do
    number=$((number + 1))
    people+=(filesrc location="$file" ! decodebin ! audioconvert ! audioresample
        ! conveneaudio conference=mix participant="$number" max-talkers=$# dtx=false fec=false bitrate=64000
        ! audio/x-opus ! oggmux ! filesink location="$dir/hears-$number.ogg")
done
exec gst-launch-1.0 -e "${people[@]}"
