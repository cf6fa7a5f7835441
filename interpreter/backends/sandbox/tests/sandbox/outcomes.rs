//! How steps end.

use std::time::Duration;

use pipe_engine::{BackendError, Base, Exit, MountSource, MountSpec};
use tokio_util::sync::CancellationToken;

use crate::lab::Lab;

#[tokio::test]
async fn a_command_prints_and_exits() {
    let lab = Lab::new();
    let ran = lab.run(lab.script("echo out; echo err >&2; exit 7")).await.unwrap();
    assert_eq!((ran.code(), ran.stdout.as_str(), ran.stderr.as_str()), (7, "out\n", "err\n"));
    assert!(ran.outcome.root.is_none(), "{:?}", ran.outcome.root);
    assert!(ran.outcome.elapsed > Duration::ZERO);
}

#[tokio::test]
async fn a_signal_is_128_and_its_number() {
    let lab = Lab::new();
    assert_eq!(lab.run(lab.script("kill -TERM $$")).await.unwrap().code(), 128 + 15);
    assert_eq!(lab.run(lab.script("kill -KILL $$")).await.unwrap().code(), 128 + 9);
}

#[tokio::test]
async fn signals_are_as_a_fresh_login_has_them() {
    let lab = Lab::new();
    // `yes` would complain to standard error if SIGPIPE were ignored.
    let ran = lab.run(lab.script("yes | head -n1; trap '' TERM; trap")).await.unwrap();
    assert_eq!((ran.code(), ran.stdout.contains("y\n"), ran.stderr.as_str()), (0, true, ""));
    assert_eq!(
        lab.output("grep -E 'Sig(Blk|Ign)' /proc/self/status | grep -c 0000000000000000").await,
        "2\n"
    );
}

#[tokio::test]
async fn a_program_that_is_not_there_is_named() {
    let lab = Lab::new();
    for program in ["no-such-program", "/no/such/program", "/etc/passwd/x"] {
        let ran = lab.run(lab.command(&[program, "x"])).await.unwrap();
        assert_eq!(ran.outcome.exit, Exit::ProgramMissing { program: program.to_owned() });
    }
    // A shell that does not find a command is a command that fails.
    assert_eq!(lab.run(lab.script("no-such-program")).await.unwrap().code(), 127);
}

#[tokio::test]
async fn a_script_without_a_shell_names_the_shell() {
    let lab = Lab::new();
    let mut spec = lab.script("true");
    spec.base = Base::Scratch;
    let ran = lab.run(spec).await.unwrap();
    assert_eq!(ran.outcome.exit, Exit::ShellMissing { shell: "/bin/sh".to_owned() });
}

#[tokio::test]
async fn what_cannot_be_run_says_why() {
    let lab = Lab::new();
    let files = lab
        .tree("echo x > plain; cp plain text; chmod +x text; printf '#!/no/interpreter\\n' > script; chmod +x script")
        .await;
    for (program, reason) in [
        ("/t/plain", "it is not executable"),
        ("/t/text", "it is neither a program"),
        ("/t/script", "the interpreter or loader that it names is not in the root"),
    ] {
        let spec = Lab::mounted(lab.command(&[program]), "/t", std::slice::from_ref(&files));
        match lab.run(spec).await {
            Err(BackendError::Step(message)) => assert!(message.contains(reason), "{message}"),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_static_program_runs_in_an_empty_root() {
    let Some(busybox) = ["/bin/busybox", "/usr/bin/busybox"].into_iter().find(|path| is_static(path)) else {
        eprintln!("SKIP a_static_program_runs_in_an_empty_root: no static busybox");
        return;
    };
    let lab = Lab::new();
    let root = lab.tree(&format!("mkdir bin; cp {busybox} bin/sh; cp bin/sh bin/ls")).await;
    let mut spec = lab.script("ls -A /; echo /proc/self/fd/*; test -c /dev/null");
    (spec.base, spec.root) = (Base::Scratch, vec![root]);
    let ran = lab.run(spec).await.unwrap();
    assert_eq!(
        (ran.code(), ran.stdout.lines().take(4).collect::<Vec<_>>()),
        (0, vec!["bin", "dev", "proc", "sys"])
    );
}

fn is_static(path: &str) -> bool {
    let output = std::process::Command::new("ldd").arg(path).output();
    output.is_ok_and(|output| !output.status.success() && std::path::Path::new(path).exists())
}

#[tokio::test]
async fn standard_input_is_what_was_given() {
    let lab = Lab::new();
    assert_eq!(lab.output("cat").await, "");
    let mut spec = lab.script("cat; cat");
    let text = "x".repeat(200_000) + "\n";
    spec.stdin = Some(text.clone().into_bytes());
    assert_eq!(lab.run(spec).await.unwrap().stdout, text);
}

#[tokio::test]
async fn the_environment_is_exactly_what_was_given() {
    let lab = Lab::new();
    let mut spec = lab.command(&["env"]);
    spec.env.insert("WORD".to_owned(), "a b\nc=d".to_owned());
    let ran = lab.run(spec).await.unwrap();
    assert_eq!(
        ran.stdout,
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\nWORD=a b\nc=d\n"
    );
    assert_eq!(lab.output("hostname || cat /proc/sys/kernel/hostname").await, "pipe\n");
}

#[tokio::test]
async fn much_output_arrives_whole_and_in_order() {
    let lab = Lab::new();
    let out = lab.output("seq 1 200000; seq 1 200000 >&2").await;
    assert_eq!(out, (1..=200_000).map(|n| format!("{n}\n")).collect::<String>());
}

#[tokio::test]
async fn a_timeout_kills_the_whole_tree() {
    let lab = Lab::new();
    let mut spec = lab.script("setsid sh -c 'trap \"\" TERM; sleep 997' & echo begun; sleep 998");
    spec.timeout = Some(Duration::from_millis(200));
    let ran = lab.run(spec).await.unwrap();
    assert_eq!((ran.outcome.exit, ran.stdout.as_str()), (Exit::TimedOut, "begun\n"));
    assert!(!is_running("sleep\u{0}997") && !is_running("sleep\u{0}998"));
}

#[tokio::test]
async fn what_the_command_leaves_running_dies_with_it() {
    let lab = Lab::new();
    let script =
        "setsid sh -c 'trap \"\" TERM; exec sleep 996' & (exec sleep 995 >/dev/null 2>&1 &) ; echo done";
    assert_eq!(lab.output(script).await, "done\n");
    assert!(!is_running("sleep\u{0}996") && !is_running("sleep\u{0}995"));
}

#[tokio::test]
async fn a_cancelled_step_is_gone_before_the_answer() {
    let lab = Lab::new();
    let cancel = CancellationToken::new();
    let step = lab.run_until(lab.script("sleep 994"), &cancel);
    let (ran, ()) = tokio::join!(step, async {
        while !is_running("sleep\u{0}994") {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        cancel.cancel();
    });
    assert!(matches!(ran, Err(BackendError::Cancelled)), "{ran:?}");
    assert!(!is_running("sleep\u{0}994"));
    assert_eq!(lab.leftovers(), Vec::<std::path::PathBuf>::new());
}

#[tokio::test]
async fn a_step_that_nobody_waits_for_dies() {
    let lab = Lab::new();
    tokio::select! {
        _ = lab.run(lab.script("sleep 993")) => panic!("it sleeps"),
        () = async {
            while !is_running("sleep\u{0}993") {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        } => {}
    }
    while is_running("sleep\u{0}993") {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Whether a process with this in its command line lives; NUL parts arguments.
pub(crate) fn is_running(command: &str) -> bool {
    let lives = |entry: std::io::Result<std::fs::DirEntry>| {
        let line = std::fs::read(entry.ok()?.path().join("cmdline")).ok()?;
        Some(line.windows(command.len()).any(|part| part == command.as_bytes()))
    };
    std::fs::read_dir("/proc").unwrap().filter_map(lives).any(|found| found)
}

#[tokio::test]
async fn the_command_is_an_ordinary_process() {
    let lab = Lab::new();
    // As the first process of its namespace it would ignore signals it has no handler for.
    assert_ne!(lab.output("echo $$").await, "1\n");
    // Orphans are reaped.
    let script = "(sh -c 'exit 0' & exec sleep 0.2) ; (true &) ; sleep 0.3; ! grep -s '^State:.*Z' /proc/[0-9]*/status";
    assert_eq!(lab.output(script).await, "");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_steps_at_once() {
    let lab = std::sync::Arc::new(Lab::new());
    let mut steps = tokio::task::JoinSet::new();
    for number in 0..64 {
        let lab = lab.clone();
        steps.spawn(async move {
            let ran = lab.run(lab.script(&format!("echo {number} > /out; cat /out"))).await.unwrap();
            assert_eq!((ran.code(), ran.stdout), (0, format!("{number}\n")));
            assert_eq!(ran.outcome.root.unwrap().scan.nodes().count(), 1);
        });
    }
    while let Some(step) = steps.join_next().await {
        step.unwrap();
    }
}

#[tokio::test]
async fn a_working_folder_is_made() {
    let lab = Lab::new();
    let mut spec = lab.script("pwd");
    spec.workdir = "/a/b/c".to_owned();
    let ran = lab.run(spec.clone()).await.unwrap();
    assert_eq!(ran.stdout, "/a/b/c\n");
    spec.workdir = "/etc/passwd".to_owned();
    let message = lab.run(spec.clone()).await.unwrap_err().to_string();
    assert_eq!(message, "cannot enter the working folder (`/etc/passwd`): Not a directory (os error 20)");
    spec.workdir = "/usr/made".to_owned();
    let message = lab.run(spec).await.unwrap_err().to_string();
    assert_eq!(message, "cannot make the working folder (`/usr/made`): Read-only file system (os error 30)");
}

#[tokio::test]
async fn nonsense_is_an_error_that_says_so() {
    let lab = Lab::new();
    let mut spec = lab.script("true");
    spec.argv.push("a\0b".to_owned());
    assert!(matches!(lab.run(spec).await, Err(BackendError::Step(message)) if message.contains("NUL")));
    assert!(
        matches!(lab.run(lab.command(&[])).await, Err(BackendError::Step(message)) if message.contains("empty"))
    );
    for path in ["/", "/proc/x", "/dev", "/sys/kernel"] {
        let spec = Lab::mounted(lab.script("true"), path, &[]);
        assert!(
            matches!(lab.run(spec).await, Err(BackendError::Step(message)) if message.contains(path)),
            "{path}"
        );
    }
    let mut spec = lab.script("true");
    spec.mounts.push(MountSpec { path: "/etc/passwd".to_owned(), source: MountSource::Tree(Vec::new()) });
    assert_eq!(
        lab.run(spec).await.unwrap_err().to_string(),
        "`/etc/passwd` is a file; a folder cannot be mounted there"
    );
}
