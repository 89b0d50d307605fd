#!/usr/bin/env bash
# Sends the mix of sound files to an Icecast server, as Ogg/Opus. Ends with the last file.
#
#   icecast.sh http://USER:PASSWORD@HOST:PORT/MOUNT FILE...
#
#   USER is `source` on most servers; listeners open http://HOST:PORT/MOUNT
set -euo pipefail
. "$(dirname "$0")/ready.sh"
[ $# -ge 2 ] || usage
need conveneaudio oggmux shout2send decodebin

[[ $1 =~ ^http://([^:@/]+):([^@/]+)@([^:/]+):([0-9]+)(/.+)$ ]] || fail "$1 is not http://USER:PASSWORD@HOST:PORT/MOUNT"
server=(username="${BASH_REMATCH[1]}" password="${BASH_REMATCH[2]}" ip="${BASH_REMATCH[3]}" port="${BASH_REMATCH[4]}" mount="${BASH_REMATCH[5]}")
shift
files "$@"

talkers=()
for file in "$@"; do
    talkers+=(filesrc location="$file" ! decodebin ! audioconvert ! audioresample
        ! conveneaudio conference=air participant="talker-${#talkers[@]}" max-talkers=$#)
done
exec gst-launch-1.0 -e "${talkers[@]}" \
    conveneaudio conference=air participant=air leave-when-alone=true max-talkers=$# dtx=false fec=false bitrate=64000 \
    ! audio/x-opus ! oggmux ! shout2send "${server[@]}"
