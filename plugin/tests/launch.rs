//! The operators' scripts in `pipelines/launch` are run as they are, and what comes out is listened to.

#![allow(clippy::unwrap_used)]

mod common;
#[path = "launch/icecast.rs"]
mod icecast;
#[path = "launch/stage.rs"]
mod stage;

use std::path::PathBuf;

use common::{pipeline, run_to_eos, tones::power, until};
use gst::prelude::*;
use icecast::Icecast;
use stage::{Stage, TO_EAR, assert_finished, assert_hears, assert_lasts, listen, ports, scripts};

const RTP: &str = "application/x-rtp,media=audio,encoding-name=OPUS,clock-rate=48000,payload=111";

/// Half a second.
const HALF: usize = 24_000;

#[test]
fn files_are_mixed_into_one() {
    for out in ["mix.ogg", "mix.wav"] {
        let stage = Stage::new();
        let mut script = stage.script("mix.sh");
        script.arg(out);
        script.arg(stage.tone("with a space.wav", 440));
        script.arg(stage.tone("b.ogg", 660));
        script.arg(stage.tone("c.wav", 880));
        stage.run(script);
        let heard = stage.sound(out);
        assert_hears(out, &heard, &[440, 660, 880], &[1_100]);
        assert_lasts(out, &heard);
        if out.ends_with("ogg") {
            assert_finished(&stage.path(out));
        }
    }
}

#[test]
fn a_pause_stays_as_long_as_it_was() {
    let stage = Stage::new();
    let pause = stage.pause("pause.wav");
    let mut script = stage.script("mix.sh");
    script.arg("mix.ogg").args([&pause, &pause]);
    stage.run(script);
    let heard = stage.sound("mix.ogg");
    assert!(heard.len() > 5 * HALF - HALF / 2, "{} samples", heard.len());
    let (before, pause) = (&heard[..HALF], &heard[2 * HALF..3 * HALF]);
    assert!(power(before, 440.0) > -12.0);
    assert!(power(pause, 440.0) < -60.0);
}

#[test]
fn each_file_hears_the_others() {
    let stage = Stage::new();
    let mut script = stage.script("mix-minus.sh");
    script.arg("out");
    script.arg(stage.tone("a.wav", 440));
    script.arg(stage.tone("b.ogg", 660));
    script.arg(stage.tone("c.wav", 880));
    stage.run(script);
    for (file, others, own) in [
        (1, [660, 880], 440),
        (2, [440, 880], 660),
        (3, [440, 660], 880),
    ] {
        let name = format!("out/hears-{file}.ogg");
        let heard = stage.sound(&name);
        assert_hears(&name, &heard, &others, &[own]);
        assert_lasts(&name, &heard);
        assert_finished(&stage.path(&name));
    }
}

#[test]
fn talkers_are_relayed_one_by_one() {
    let stage = Stage::new();
    let tones = [440, 660, 880];
    let mut script = stage.script("relay.sh");
    script.arg("out");
    for tone in tones {
        script.arg(stage.tone(&format!("{tone}.wav"), tone));
    }
    stage.run(script);
    let talks = |slot: usize| {
        let name = format!("out/talker-{slot}.ogg");
        assert_finished(&stage.path(&name));
        let heard = stage.sound(&name);
        assert_lasts(&name, &heard);
        let middle = &heard[heard.len() / 2..][..9_600];
        let loud = |tone: &u32| power(middle, f64::from(*tone)) > -14.0;
        let tone = tones.into_iter().find(loud).unwrap();
        let others: Vec<_> = tones.into_iter().filter(|other| *other != tone).collect();
        assert_hears(&name, &heard, &[tone], &others);
        tone
    };
    let mut relayed = [talks(0), talks(1), talks(2)];
    relayed.sort_unstable();
    assert_eq!(relayed, tones);
}

#[test]
fn a_player_is_heard_and_one_does_not_hear_oneself() {
    let stage = Stage::new();
    let mut script = stage.script("player.sh");
    script
        .arg(stage.tone("a.wav", 440))
        .env("SOURCE", "audiotestsrc is-live=true freq=880 volume=0.25")
        .env(
            "SINK",
            "audio/x-raw,rate=48000 ! wavenc ! filesink location=heard.wav",
        );
    stage.run(script);
    let heard = stage.sound("heard.wav");
    assert_hears("the player", &heard, &[440], &[880]);
    assert_lasts("the player", &heard);
}

#[test]
fn who_comes_by_rtp_is_recorded_until_interrupted() {
    let stage = Stage::new();
    let ports: [u16; 2] = ports();
    let mut script = stage.script("record.sh");
    script
        .arg("talk.ogg")
        .args(ports.map(|port| port.to_string()));
    let mut recorder = stage.start(script);
    ports.iter().for_each(|port| recorder.listens(*port));
    let sender = |hertz: u32, port: u16| {
        format!(
            "audiotestsrc is-live=true freq={hertz} volume=0.25 num-buffers=100 samplesperbuffer=960 ! audio/x-raw,rate=48000 \
             ! opusenc ! rtpopuspay pt=111 ! udpsink host=127.0.0.1 port={port} "
        )
    };
    run_to_eos(&pipeline(&(sender(440, ports[0]) + &sender(660, ports[1]))));
    recorder.interrupt();
    assert_finished(&stage.path("talk.ogg"));
    let heard = stage.sound("talk.ogg");
    assert_hears("the recording", &heard, &[440, 660], &[880]);
    assert_lasts("the recording", &heard);
}

#[test]
fn two_machines_hold_a_conference_by_rtp() {
    let stage = Stage::new();
    let [ann_in, ben_in, ann, ben] = ports();
    let mut script = stage.script("host.sh");
    script.args([
        format!("{ann_in}:127.0.0.1:{ann}"),
        format!("{ben_in}:127.0.0.1:{ben}"),
    ]);
    let mut host = stage.start(script);
    host.listens(ann_in);
    host.listens(ben_in);
    let joins = |to: u16, mine: u16, tone: u32| {
        let mut script = stage.script("join.sh");
        script
            .args(["127.0.0.1", &to.to_string(), &mine.to_string()])
            .arg(stage.tone(&format!("{tone}.wav"), tone))
            .env(
                "SINK",
                format!("audio/x-raw,rate=48000 ! wavenc ! filesink buffer-mode=unbuffered location=hears-{tone}.wav"),
            );
        stage.start(script)
    };
    // Each hears the other for as long as both are there, so both begin before one is waited for.
    let mut both = [joins(ann_in, ann, 440), joins(ben_in, ben, 660)];
    for tone in [440, 660] {
        let file = stage.path(&format!("hears-{tone}.wav"));
        until("a second was heard", || {
            std::fs::metadata(&file).is_ok_and(|file| file.len() > 4 * HALF as u64)
        });
    }
    both.iter_mut().for_each(|one| one.interrupt());
    host.interrupt();
    assert_hears("Ann", &stage.sound("hears-440.wav"), &[660], &[440]);
    assert_hears("Ben", &stage.sound("hears-660.wav"), &[440], &[660]);
}

#[test]
fn a_player_opens_the_file_and_hears_the_mix() {
    let stage = Stage::new();
    let [port] = ports();
    let mut script = stage.script("multicast.sh");
    script
        .args(["127.0.0.1", &port.to_string()])
        .arg(stage.tone("a.wav", 440))
        .arg(stage.tone("b.wav", 660))
        .env("SDP", "talk.sdp");
    let mut air = stage.start(script);
    let sdp = stage.path("talk.sdp");
    until("the file for players", || {
        std::fs::read_to_string(&sdp).is_ok_and(|sdp| sdp.contains("a=rtpmap:111"))
    });
    let player = pipeline(&format!(
        "filesrc location=\"{}\" ! sdpdemux ! rtpopusdepay ! opusdec ! {TO_EAR}",
        sdp.display()
    ));
    let heard = listen(&player, HALF);
    player.set_state(gst::State::Null).unwrap();
    air.succeeds();
    assert_hears("the player", &heard, &[440, 660], &[880]);
}

#[test]
fn a_group_hears_the_mix() {
    let stage = Stage::new();
    let [port] = ports();
    let group = format!("239.255.{}.{}", port >> 8, port & 0xff);
    let member = pipeline(&format!(
        "udpsrc address={group} port={port} multicast-iface=lo caps={RTP} ! rtpopusdepay ! opusdec ! {TO_EAR}"
    ));
    let mut script = stage.script("multicast.sh");
    script
        .args([&group, &port.to_string()])
        .arg(stage.tone("a.wav", 440))
        .arg(stage.tone("b.wav", 660))
        .envs([("INTERFACE", "lo"), ("TTL", "0")]);
    let mut air = stage.start(script);
    let heard = listen(&member, HALF);
    member.set_state(gst::State::Null).unwrap();
    air.succeeds();
    assert_hears("the group", &heard, &[440, 660], &[880]);
    let sdp = std::fs::read_to_string(stage.path("mix.sdp")).unwrap();
    assert!(sdp.contains(&format!("c=IN IP4 {group}/0\n")), "{sdp}");
}

#[test]
fn icecast_gets_the_mix() {
    let stage = Stage::new();
    let server = Icecast::start("/mix.ogg", "c291cmNlOmhhY2ttZQ==");
    let mut script = stage.script("icecast.sh");
    script
        .arg(format!(
            "http://source:hackme@127.0.0.1:{}/mix.ogg",
            server.port
        ))
        .arg(stage.tone("a.wav", 440))
        .arg(stage.tone("b.ogg", 660));
    stage.run(script);
    std::fs::write(stage.path("heard.ogg"), server.heard()).unwrap();
    let heard = stage.sound("heard.ogg");
    assert_hears("Icecast", &heard, &[440, 660], &[880]);
    assert_lasts("Icecast", &heard);
}

#[test]
fn ben_sees_ann() {
    let stage = Stage::new();
    let mut script = stage.script("pictures.sh");
    script
        .env("CAMERA", "videotestsrc is-live=true pattern=red")
        .env("SINK", "videoconvert ! video/x-raw,format=RGB ! pngenc snapshot=true ! filesink location=seen.png");
    stage.run(script);
    let reader = pipeline(&format!(
        "filesrc location=\"{}\" ! pngdec ! videoconvert ! video/x-raw,format=RGB ! appsink name=eye sync=false",
        stage.path("seen.png").display()
    ));
    let eye: gst_app::AppSink = reader.by_name("eye").unwrap().downcast().unwrap();
    reader.set_state(gst::State::Playing).unwrap();
    let seen = eye
        .try_pull_sample(gst::ClockTime::from_seconds(10))
        .unwrap();
    let map = seen.buffer().unwrap().map_readable().unwrap();
    let middle = &map[map.len() / 2..][..3];
    assert!(
        middle[0] > 200 && middle[1] < 50 && middle[2] < 50,
        "{middle:?}"
    );
    drop(map);
    reader.set_state(gst::State::Null).unwrap();
}

/// The scripts that are run, without the piece they share.
fn all() -> Vec<PathBuf> {
    let names = std::fs::read_dir(scripts())
        .unwrap()
        .map(|file| file.unwrap().path());
    names.filter(|path| !path.ends_with("ready.sh")).collect()
}

#[test]
fn each_script_stands_in_the_readme() {
    let readme = std::fs::read_to_string(scripts().join("../../README.md")).unwrap();
    for script in all() {
        let name = script.file_name().unwrap().to_str().unwrap();
        assert!(
            readme.contains(&format!("pipelines/launch/{name}")),
            "{name}"
        );
    }
}

#[test]
fn what_is_missing_is_said() {
    let stage = Stage::new();
    let says = |arguments: &[&str], code: i32, words: &str| {
        let mut script = stage.script("mix.sh");
        script.args(arguments);
        let (status, said) = stage.start(script).ends();
        assert_eq!(status.code(), Some(code), "{said}");
        assert!(said.contains(words), "{said}");
    };
    says(&[], 2, "mix.sh OUT FILE FILE...\n");
    says(
        &["mix.ogg", "no.wav", "no.wav"],
        1,
        "there is no file no.wav",
    );
    stage.tone("a.wav", 440);
    says(&["mix.mp3", "a.wav", "a.wav"], 1, "mix.mp3 ends neither");
    std::fs::remove_file(stage.path("plugins/libgstconvene.so")).unwrap();
    says(
        &["mix.ogg", "a.wav", "a.wav"],
        1,
        "Run `make install-plugin`",
    );
}
