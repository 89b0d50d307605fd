//! Static registration is idempotent, and wins over a copy of the plugin that GStreamer finds by path: a process has one
//! set of conferences, whichever way the plugin came in.

#![allow(clippy::unwrap_used)]

use std::{path::PathBuf, process::Command};

use gst::prelude::*;

const ELEMENTS: [&str; 2] = ["conveneaudio", "convenevideo"];
const AGAIN: &str = "CONVENE_TEST_REGISTRATION";

/// The loadable plugin, which cargo builds beside this test.
fn loadable() -> PathBuf {
    let beside = std::env::current_exe()
        .unwrap()
        .with_file_name("libgstconvene.so");
    assert!(beside.exists(), "no {}", beside.display());
    beside
}

/// GStreamer reads its paths once per process, so the story is told in a process of its own.
fn in_own_process(test: &str) -> bool {
    if std::env::var_os(AGAIN).is_some() {
        return true;
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(loadable(), folder.path().join("libgstconvene.so")).unwrap();
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(AGAIN, "1")
        .env("GST_PLUGIN_PATH", folder.path())
        .env("GST_REGISTRY", folder.path().join("registry.bin"))
        .status()
        .unwrap();
    assert!(status.success());
    false
}

fn file_of(element: &str) -> Option<PathBuf> {
    gst::ElementFactory::find(element)
        .unwrap()
        .plugin()
        .unwrap()
        .filename()
}

#[test]
fn static_registration_wins_over_a_copy_found_by_path() {
    if !in_own_process("static_registration_wins_over_a_copy_found_by_path") {
        return;
    }
    gst::init().unwrap();
    for element in ELEMENTS {
        assert!(
            file_of(element).is_some(),
            "{element} is found by path before"
        );
    }
    for _ in 0..2 {
        gstconvene::plugin_register_static().unwrap();
        for element in ELEMENTS {
            assert_eq!(file_of(element), None, "{element} comes from the copy");
            gst::ElementFactory::make(element).build().unwrap();
        }
    }
}

#[test]
fn the_copy_found_by_path_works_on_its_own() {
    if !in_own_process("the_copy_found_by_path_works_on_its_own") {
        return;
    }
    gst::init().unwrap();
    for element in ELEMENTS {
        gst::ElementFactory::make(element).build().unwrap();
    }
}
