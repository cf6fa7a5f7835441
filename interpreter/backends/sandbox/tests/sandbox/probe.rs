//! What the machine offers, and what is said when it does not.

use std::process::{Command, Stdio};

use pipe_engine::BackendError;
use pipe_sandbox::{Sandbox, SandboxOptions};

use crate::lab::{Lab, make_store};

/// Set in the process that lives without what it needs.
const POOR: &str = "PIPE_TEST_POOR";

/// Not a test: a process that says why it cannot start.
#[test]
fn poor() {
    let Some(store) = std::env::var_os(POOR) else { return };
    let mut options = SandboxOptions::new(store.as_ref());
    options.program = env!("CARGO_BIN_EXE_pipe-sandbox-supervisor").into();
    match Sandbox::new(options).start() {
        Err(BackendError::Unsupported { what, help }) => eprintln!("{what}\n{help}"),
        other => eprintln!("{other:?}"),
    }
}

#[test]
fn a_limit_of_no_namespaces_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let store = make_store(folder.path());
    // In a namespace of its own, so that the machine's limit stays as it is.
    let script = "echo 0 > /proc/sys/user/max_user_namespaces && exec \"$0\" --exact probe::poor --nocapture";
    let said = Command::new("unshare")
        .args(["-Ur", "sh", "-c", script])
        .arg(std::env::current_exe().unwrap())
        .env(POOR, &store)
        .stdout(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8(said.stderr).unwrap();
    assert!(said.contains("user.max_user_namespaces = 0"), "{said}");
    assert!(said.contains("sudo sysctl user.max_user_namespaces="), "{said}");
}

#[tokio::test]
async fn a_single_id_is_enough_and_warned_about() {
    if rustix::process::geteuid().is_root() {
        eprintln!("SKIP a_single_id_is_enough_and_warned_about: root always has a range");
        return;
    }
    let warnings = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let kept = warnings.clone();
    let lab = Lab::with(|options| {
        options.ids = pipe_sandbox::IdRange::Single;
        options.warn = std::sync::Arc::new(move |warning| kept.lock().unwrap().push(warning.to_owned()));
    });
    assert_eq!(
        lab.output("id -u; echo x > /f; stat -c %u /f; cat /proc/self/uid_map | wc -l").await,
        "0\n0\n1\n"
    );
    let ran = lab.run(lab.script("chown 7 /tmp")).await.unwrap();
    assert_ne!(ran.code(), 0);
    assert_eq!(lab.output("grep NoNewPrivs /proc/self/status").await, "NoNewPrivs:\t1\n");
    // It was asked for.
    assert!(warnings.lock().unwrap().is_empty());
}
