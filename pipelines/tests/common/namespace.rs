//! A network of a test's own. libnice ignores the loopback device (and all called `veth…`), and nothing of a test may reach a real network; so
//! the test executes itself again in a new network namespace with one pair of virtual devices.

use std::{env, future::Future, process::Command};

const INSIDE: &str = "CONVENE_TEST_NAMESPACE";

/// The one address in there.
pub const ADDRESS: &str = "10.77.0.1";

const SET_UP: &str = "ip link set lo up && ip link add leg0 type veth peer name leg1 \
    && ip link set leg0 addrgenmode none && ip link set leg1 addrgenmode none && ip addr add 10.77.0.1/24 dev leg0 && ip link set leg0 up && ip link set leg1 up && exec \"$0\" \"$@\"";

/// Runs `story`, which is the body of the test called `name`, in a namespace. Where none can be made the test is
/// skipped, but not in CI.
pub fn within<F: Future<Output = ()>>(name: &str, story: impl FnOnce() -> F) {
    within_traced(name, "", story);
}

/// The same, with these tracers of GStreamer's.
pub fn within_traced<F: Future<Output = ()>>(name: &str, tracers: &str, story: impl FnOnce() -> F) {
    if env::var_os(INSIDE).is_some() {
        convene_pipelines::init().unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        return runtime.block_on(story());
    }
    let Some(flags) = flags() else {
        assert!(
            env::var_os("CI").is_none(),
            "no network namespace can be made"
        );
        eprintln!("skipped: no network namespace can be made (unshare -n, unshare -rn)");
        return;
    };
    let status = Command::new("unshare")
        .args([flags, "sh", "-c", SET_UP])
        .arg(env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture", "--test-threads=1"])
        .env(INSIDE, "1")
        .env("GST_TRACERS", tracers)
        .status()
        .unwrap();
    assert!(
        status.success(),
        "the test failed in its namespace: {status}"
    );
}

/// How one may make a namespace here: as root, or as a user who is root in it.
fn flags() -> Option<&'static str> {
    let may = |flags: &&str| {
        let make = Command::new("unshare").args([flags, "ip", "link"]).output();
        make.is_ok_and(|made| made.status.success())
    };
    ["-n", "-rn"].into_iter().find(may)
}
