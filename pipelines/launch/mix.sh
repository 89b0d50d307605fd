#!/usr/bin/env bash
# Mixes sound files into one, as if each were somebody in a conference: the recorder hears them all.
#
#   mix.sh OUT FILE FILE...
#
#   OUT   mix.ogg or mix.opus (Opus) or mix.wav
#   FILE  whatever GStreamer can decode
set -euo pipefail
. "$(dirname "$0")/ready.sh"
[ $# -ge 3 ] || usage
need conveneaudio oggmux wavenc decodebin

out=$1
shift
files "$@"
case $out in
    *.ogg | *.opus) write=(audio/x-opus ! oggmux) ;;
    *.wav) write=("audio/x-raw,format=S16LE,channels=1" ! wavenc) ;;
    *) fail "$out ends neither in .ogg, .opus nor .wav" ;;
esac

talkers=()
for file in "$@"; do
    talkers+=(filesrc location="$file" ! decodebin ! audioconvert ! audioresample
        ! conveneaudio conference=mix participant="talker-${#talkers[@]}" max-talkers=$#)
done
# The recorder sends nothing, so nobody hears him, and leaves with the last talker, which finishes the file. Without dtx=false
# silence would be left out of it. -e finishes it on Ctrl-C, too.
exec gst-launch-1.0 -e "${talkers[@]}" \
    conveneaudio conference=mix participant=recorder leave-when-alone=true max-talkers=$# dtx=false fec=false bitrate=64000 \
    ! "${write[@]}" ! filesink location="$out"
