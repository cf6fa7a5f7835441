//! Programs that start another one with the words behind them.

use super::word::Word;
use std::ops::Range;

/// Where another program begins.
pub(super) enum Step {
    /// At this argument.
    Program(usize),
    /// At several places, each up to its end.
    Programs(Vec<Range<usize>>),
    /// It cannot be told.
    Unclear,
}

/// A program that starts another one.
struct Wrapper {
    names: &'static [&'static str],
    /// Options that take the next word.
    with_value: &'static [&'static str],
    /// How many words stand before the program.
    operands: usize,
    /// `NAME=value` may stand before the program.
    assignments: bool,
}

const fn wrapper(
    names: &'static [&'static str],
    with_value: &'static [&'static str],
    operands: usize,
) -> Wrapper {
    Wrapper { names, with_value, operands, assignments: false }
}

/// From the manual pages of the programs.
const WRAPPERS: [Wrapper; 19] = [
    Wrapper {
        names: &["env"],
        with_value: &["-u", "--unset", "-C", "--chdir", "-a", "--argv0"],
        operands: 0,
        assignments: true,
    },
    Wrapper {
        names: &["sudo", "doas"],
        with_value: &[
            "-u", "-g", "-h", "-p", "-C", "-r", "-t", "-T", "-U", "-D", "-R", "--user", "--group", "--chdir",
        ],
        operands: 0,
        assignments: true,
    },
    wrapper(
        &["command", "builtin", "nohup", "setsid", "fakeroot", "dumb-init", "tini", "catchsegv", "eatmydata"],
        &[],
        0,
    ),
    wrapper(&["exec"], &["-a"], 0),
    wrapper(&["time"], &["-f", "-o", "--format", "--output"], 0),
    wrapper(&["busybox", "toybox"], &[], 0),
    wrapper(&["nice"], &["-n", "--adjustment"], 0),
    wrapper(&["ionice"], &["-c", "-n", "-p", "--class", "--classdata"], 0),
    wrapper(&["stdbuf"], &["-i", "-o", "-e", "--input", "--output", "--error"], 0),
    wrapper(&["timeout"], &["-k", "-s", "--kill-after", "--signal"], 1),
    wrapper(
        &["xargs"],
        &[
            "-a",
            "-d",
            "-E",
            "-I",
            "-L",
            "-n",
            "-P",
            "-s",
            "--arg-file",
            "--delimiter",
            "--replace",
            "--max-lines",
            "--max-args",
            "--max-procs",
        ],
        0,
    ),
    wrapper(&["chroot"], &["--userspec", "--groups"], 1),
    wrapper(&["gosu", "su-exec", "chpst"], &["-u"], 1),
    wrapper(&["taskset", "chrt"], &["-p"], 1),
    wrapper(&["unshare"], &["--map-user", "--map-group", "-R", "-w", "--root", "--wd", "-S", "-G"], 0),
    wrapper(&["nsenter"], &["-t", "--target", "-S", "-G", "--setuid", "--setgid"], 0),
    wrapper(&["strace", "ltrace"], &["-o", "-e", "-E", "-p", "-s", "-u", "-a", "-I", "-P"], 0),
    wrapper(&["xvfb-run"], &["-e", "-f", "-n", "-p", "-s", "-w"], 0),
    wrapper(&["flock"], &["-w", "-E", "--timeout", "--conflict-exit-code"], 1),
];

/// Where the program begins that `name` starts; `None` if it starts none.
pub(super) fn step(name: &str, args: &[Word]) -> Option<Step> {
    if name == "find" {
        return Some(Step::Programs(find(args)));
    }
    let wrapper = WRAPPERS.iter().find(|w| w.names.contains(&name))?;
    Some(wrapper.program(name, args))
}

impl Wrapper {
    fn program(&self, name: &str, args: &[Word]) -> Step {
        let mut operands = self.operands;
        let mut options = true;
        let mut i = 0;
        while let Some(word) = args.get(i) {
            let dash = options && word.is_option();
            if dash && word.literal() == Some("--") {
                options = false;
            } else if dash {
                if splits(name, word) || !word.constant {
                    return Step::Unclear;
                }
                i += usize::from(self.with_value.contains(&word.prefix.as_str()));
            } else if self.assignments && word.prefix.split_once('=').is_some_and(|(name, _)| is_name(name)) {
                // A variable of the program.
            } else if operands > 0 {
                operands -= 1;
            } else {
                return Step::Program(i);
            }
            i += 1;
        }
        Step::Program(args.len())
    }
}

/// Options whose text is split into a command, or is one.
fn splits(name: &str, option: &Word) -> bool {
    let text = option.prefix.as_str();
    match name {
        "env" => text.starts_with("--split-string") || (!text.starts_with("--") && text.contains('S')),
        "flock" => text == "-c" || text.starts_with("--command"),
        "unshare" | "nsenter" => false,
        _ => false,
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c == '_' || c.is_ascii_alphanumeric())
}

/// The commands of `-exec` and its like.
fn find(args: &[Word]) -> Vec<Range<usize>> {
    let starts = |word: &Word| matches!(word.literal(), Some("-exec" | "-execdir" | "-ok" | "-okdir"));
    let ends = |word: &Word| matches!(word.literal(), Some(";" | "+"));
    let mut out = Vec::new();
    let mut i = 0;
    while i < args.len() {
        if starts(&args[i]) {
            let end = args[i + 1..].iter().position(ends).map_or(args.len(), |n| i + 1 + n);
            out.push(i + 1..end);
            i = end;
        }
        i += 1;
    }
    out
}
