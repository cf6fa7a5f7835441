//! What an exit code means, and what to do about a command that failed without a word.

use pipe_ops::{Arg, Node};

/// Commands of scripts that fail in silence, as they begin.
const SILENT: [&str; 7] = ["test ", "[ ", "[[ ", "grep -q", "cmp -s", "false", "diff -q"];

/// The longest part of a script that a sentence quotes, in characters.
const QUOTED: usize = 60;

/// What a person can do about a command that ended with this exit code; `None` when what it printed says more.
pub(crate) fn hint(exit_code: i32, node: &Node, printed: bool) -> Option<String> {
    let meaning = meaning(exit_code, node.hints.shell.is_some());
    if meaning.is_some() || printed {
        return meaning;
    }
    let program = program(node);
    let Some(script) = script(node) else {
        return Some(format!(
            "`{program}` printed nothing; its own documentation says what {exit_code} means"
        ));
    };
    Some(match silent_commands(script).as_slice() {
        [one] => format!("it printed nothing, as does `{one}` when it does not hold"),
        _ => "it printed nothing, as do `test` and `grep -q` when they do not hold; \
              `set -x` at its beginning shows each command before it runs"
            .to_owned(),
    })
}

/// What shells and the kernel say by an exit code.
fn meaning(exit_code: i32, is_script: bool) -> Option<String> {
    let text = match exit_code {
        126 => {
            "126 says that a program is there and cannot be run: it lacks the execute permission (`chmod +x`), is for another \
                platform, or the interpreter in its first line is not in the container"
        }
        127 if is_script => {
            "127 says that a program was not found: name one that is in the container, by its path or by a name \
                             on its PATH"
        }
        129 => "129 says that it was ended by SIGHUP",
        130 => "130 says that it was interrupted (SIGINT)",
        132 => {
            "132 says that it met an instruction this processor does not have (SIGILL): it is built for another one"
        }
        134 => "134 says that it aborted itself (SIGABRT), as a failed assertion does",
        135 => "135 says that it crashed with a bus error (SIGBUS); a full disk or `/dev/shm` does that",
        136 => "136 says that it crashed on arithmetic (SIGFPE), as a division by zero does",
        137 => {
            "137 says that it was killed (SIGKILL): by the kernel for want of memory, or by another process of the step"
        }
        139 => "139 says that it crashed: it used memory that is not its own (SIGSEGV)",
        141 => {
            "141 says that it wrote to a pipe whose reader had gone (SIGPIPE): under `pipefail` a `head` does that to what is \
               before it"
        }
        143 => "143 says that it was asked to end (SIGTERM), by another process of the step",
        159 => "159 says that it made a system call the sandbox refuses (SIGSYS)",
        _ => return None,
    };
    Some(text.to_owned())
}

fn texts(node: &Node) -> impl DoubleEndedIterator<Item = &str> {
    let argv = node.op.command().map(|exec| exec.argv.as_slice()).unwrap_or_default();
    argv.iter().filter_map(|arg| match arg {
        Arg::Const(datum) => datum.as_text(),
        Arg::Output(_) => None,
    })
}

fn program(node: &Node) -> &str {
    texts(node).next().unwrap_or("the program")
}

fn script(node: &Node) -> Option<&str> {
    node.hints.shell.as_ref().and_then(|_| texts(node).next_back())
}

/// Commands of a script that fail in silence, each cut to what a line can show.
fn silent_commands(script: &str) -> Vec<String> {
    let lines = script.lines().map(str::trim);
    let silent =
        lines.filter(|line| SILENT.iter().any(|start| line.starts_with(start) || *line == start.trim()));
    silent.map(quoted).collect()
}

fn quoted(line: &str) -> String {
    let line = line.replace('`', "'");
    if line.chars().count() <= QUOTED {
        return line;
    }
    line.chars().take(QUOTED - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_commands_that_say_nothing_are_named() {
        let script = "mkdir -p out\n  test -f out/`x`\ncc x.c\n";
        assert_eq!(silent_commands(script), ["test -f out/'x'"]);
        assert_eq!(silent_commands("[ 1 = 2 ]\ngrep -q x f\nfalse\ntesting it\n[[ a ]]").len(), 4);
        let long = format!("test {}", "x".repeat(100));
        assert!(silent_commands(&long)[0].chars().count() == QUOTED);
    }

    #[test]
    fn codes_that_mean_something_are_explained_whatever_was_printed() {
        for (code, part) in [(126, "chmod +x"), (127, "PATH"), (137, "memory"), (139, "crashed")] {
            let text = meaning(code, true).unwrap_or_default();
            assert!(text.contains(part) && text.starts_with(&code.to_string()), "{text}");
        }
        assert_eq!(meaning(1, true), None);
    }
}
