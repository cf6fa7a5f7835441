//! A program that ends when the process that started it is no more, however that ended.
//!
//! `PR_SET_PDEATHSIG` would have to be set between `fork` and `exec`, and would reach the program alone: `git` has others work for it
//! (`git-remote-https`, `ssh`), which would go on. So a shell stands before it, with a pipe as its input that the starter alone holds:
//! when that closes, everything in the shell's group of processes is killed.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, Output, Stdio};

/// Runs its arguments, without input and with a limit on the size of files, which its name is: in blocks of 512 bytes. Where that cannot
/// be set, the disk is the limit. Commands in the background have no input of their own, so the pipe is kept as a third file.
const SHELL: &str = r#"
ulimit -f "$0" 2>/dev/null || :
exec 3<&0
"$@" </dev/null 3<&- &
program=$!
{ read -r _ <&3; kill -KILL 0; } >/dev/null 2>&1 &
guard=$!
wait "$program"
code=$?
{ kill -KILL "$guard"; wait "$guard"; } 2>/dev/null
exit "$code"
"#;

/// What a shell ends with when there is no such program.
const NOT_FOUND: i32 = 127;

/// A program to be run, in a group of processes of its own. No file that it writes becomes larger than `largest` bytes.
pub(crate) fn command(program: &str, args: &[&str], largest: u64) -> Command {
    let mut command = Command::new("/bin/sh");
    command.arg("-c").arg(SHELL).arg((largest / 512).to_string()).arg(program).args(args);
    command.stdin(Stdio::piped()).process_group(0);
    command
}

/// Waits for such a program.
///
/// # Errors
/// When there is none of this name.
pub(crate) fn output(mut child: Child) -> io::Result<Output> {
    // To wait closes it, unless it is elsewhere.
    let held: Option<ChildStdin> = child.stdin.take();
    let output = child.wait_with_output()?;
    drop(held);
    match output.status.code() {
        Some(NOT_FOUND) => Err(io::Error::new(io::ErrorKind::NotFound, "no such program")),
        _ => Ok(output),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io::Read;

    use super::*;

    fn run(program: &str, args: &[&str]) -> io::Result<Output> {
        let mut command = command(program, args, 1 << 20);
        output(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
    }

    #[test]
    fn a_program_runs_as_ever() {
        let ended =
            run("/bin/sh", &["-c", "cat; echo \"$1\"; echo said >&2; exit 3", "-", "it's a 'word'"]).unwrap();
        assert_eq!(ended.status.code(), Some(3));
        assert_eq!((&ended.stdout[..], &ended.stderr[..]), (&b"it's a 'word'\n"[..], &b"said\n"[..]));
        assert!(run("/bin/true", &[]).unwrap().status.success());
        assert_eq!(run("no-such-program-of-pipe", &[]).unwrap_err().kind(), io::ErrorKind::NotFound);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("large");
        let ended =
            run("dd", &["if=/dev/zero", "bs=1M", "count=2", &format!("of={}", file.display())]).unwrap();
        assert!(!ended.status.success());
        assert_eq!(file.metadata().unwrap().len(), 1 << 20);
    }

    /// Also what it started, and what that ignores.
    #[test]
    fn it_ends_when_nobody_holds_it_any_more() {
        let script = "trap '' TERM HUP INT; (sleep 1000) & echo begun; sleep 1000";
        let mut child = command("/bin/sh", &["-c", script], 1 << 20).stdout(Stdio::piped()).spawn().unwrap();
        let mut printed = [0; 6];
        let mut stdout = child.stdout.take().unwrap();
        stdout.read_exact(&mut printed).unwrap();
        assert_eq!(&printed, b"begun\n");
        // As when this process was killed.
        drop(child.stdin.take());
        assert!(!child.wait().unwrap().success());
        // All that could still write is gone.
        assert_eq!(stdout.read_to_end(&mut Vec::new()).unwrap(), 0);
    }
}
