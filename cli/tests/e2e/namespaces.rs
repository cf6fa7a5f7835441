//! Tests that mount, or make a network: they start themselves again in namespaces of their own. An ordinary user is there what a root of
//! a container without further ids is, so these run as everybody.

use std::process::Command;

use crate::harness::is_root;

/// Set where the test is the one that was started again.
const INSIDE: &str = "PIPE_TEST_INSIDE";

/// Runs a test, `module::name`, again in new namespaces, by the flags of `unshare` without a user namespace's, after a script that makes
/// them ready. Whether this is the process that is in there.
#[track_caller]
pub(crate) fn inside(test: &str, namespaces: &str, script: &str) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        return true;
    }
    let script = format!("{script} && exec \"$0\" --exact {test} --nocapture");
    let user = if is_root() { "" } else { "r" };
    let mut command = Command::new("unshare");
    command.args([&format!("-{user}{namespaces}"), "sh", "-c", &script]);
    let output = command.arg(std::env::current_exe().unwrap()).env(INSIDE, "1").output().unwrap();
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
    false
}
