//! The files that a Janus reads when it starts: AudioBridge and a socket to speak to it, and nothing else. Pure.

use std::path::Path;

use crate::server::Codec;

/// All of Debian's that are not wanted; each would have threads and memory of its own.
const PLUGINS: [&str; 11] = [
    "duktape",
    "echotest",
    "lua",
    "nosip",
    "recordplay",
    "sip",
    "streaming",
    "textroom",
    "videocall",
    "videoroom",
    "voicemail",
];
const TRANSPORTS: [&str; 5] = ["http", "mqtt", "nanomsg", "rabbitmq", "websockets"];
const LOGGERS: [&str; 1] = ["jsonlog"];

/// What is written where: names of files and their contents, for rooms 0 to `rooms` − 1 that hold the first packets of
/// each participant back until there are more than so many (`None`: as it does by itself), so many event loops, and a
/// socket that it is to bind.
pub fn files(
    codec: Codec,
    (rooms, held): (usize, Option<u32>),
    loops: usize,
    socket: &Path,
) -> [(&'static str, String); 3] {
    [
        ("janus.jcfg", core(loops)),
        ("janus.plugin.audiobridge.jcfg", bridge(codec, rooms, held)),
        ("janus.transport.pfunix.jcfg", transport(socket)),
    ]
}

/// It forgets nobody: the session lives as long as the process.
fn core(loops: usize) -> String {
    let [plugins, transports, loggers] = [&PLUGINS[..], &TRANSPORTS, &LOGGERS].map(disabled);
    format!(
        "general: {{ event_loops = {loops}; session_timeout = 0; debug_level = 3 }}\n\
         plugins: {{ disable = \"{plugins}\" }}\n\
         transports: {{ disable = \"{transports}\" }}\n\
         loggers: {{ disable = \"{loggers}\" }}\n\
         events: {{ broadcast = false }}\n"
    )
}

fn disabled(names: &[&str]) -> String {
    let files: Vec<_> = names
        .iter()
        .map(|name| format!("libjanus_{name}.so"))
        .collect();
    files.join(",")
}

fn bridge(codec: Codec, rooms: usize, held: Option<u32>) -> String {
    let loss = if codec.fec { codec.loss } else { 0 };
    let held = held.map_or(String::new(), |packets| {
        format!("; default_prebuffering = {packets}")
    });
    let mut text = String::from("general: { events = false }\n");
    for room in 0..rooms {
        text.push_str(&format!(
            "room-{}: {{ sampling_rate = 48000; default_bitrate = {}; default_expectedloss = {loss}{held} }}\n",
            super::room(room),
            codec.bitrate
        ));
    }
    text
}

fn transport(socket: &Path) -> String {
    format!(
        "general: {{ enabled = true; json = \"compact\"; type = \"SOCK_SEQPACKET\"; path = \"{}\" }}\n\
         admin: {{ admin_enabled = false }}\n",
        socket.display()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_room_is_set_as_the_codec_says() {
        let codec = Codec {
            bitrate: 32_000,
            complexity: 5,
            fec: true,
            loss: 5,
            frame: 20,
        };
        let [core, bridge, transport] =
            files(codec, (2, None), 4, Path::new("/a/b")).map(|file| file.1);
        assert!(core.starts_with("general: { event_loops = 4; "), "{core}");
        assert!(
            core.contains("libjanus_sip.so,libjanus_streaming.so"),
            "{core}"
        );
        assert!(
            !core.contains("audiobridge") && !core.contains("pfunix"),
            "{core}"
        );
        let set = "{ sampling_rate = 48000; default_bitrate = 32000; default_expectedloss = 5 }";
        let expected = format!("general: {{ events = false }}\nroom-1: {set}\nroom-2: {set}\n");
        assert_eq!(bridge, expected);
        let [_, quick, _] = files(codec, (1, Some(0)), 4, Path::new("/a/b")).map(|file| file.1);
        assert!(quick.ends_with("; default_prebuffering = 0 }\n"), "{quick}");
        assert!(transport.contains("path = \"/a/b\""), "{transport}");
    }
}
