//! Programs that take code as an argument or read it from their standard input.

use super::command::{self, Verdict};
use super::word::Word;
use crate::ast::HoleRefusal::NestedScript;

/// What the first argument is that is no option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operand {
    /// A file with code; what follows are its arguments.
    File,
    /// Code, unless an option gave some; what follows is data.
    Code,
    /// A database; the next one is code.
    DatabaseThenCode,
    /// Data.
    Data,
}

/// How an interpreter reads its arguments.
struct Interpreter {
    names: &'static [&'static str],
    /// Letters of options whose value is code.
    code: &'static str,
    /// Long options whose value is code.
    code_long: &'static [&'static str],
    /// Letters of options with another value.
    value: &'static str,
    /// Long options (or short words) with another value in the next word.
    value_long: &'static [&'static str],
    /// Long options that take two more words.
    pairs: &'static [&'static str],
    /// Options whose value is the name of a file with code: no operand is code then.
    file: &'static str,
    /// Behind code from an option all words are data; else more options may come.
    code_ends: bool,
    operand: Operand,
    /// Without code and file it reads its standard input as code.
    input: bool,
}

const BASE: Interpreter = Interpreter {
    names: &[],
    code: "",
    code_long: &[],
    value: "",
    value_long: &[],
    pairs: &[],
    file: "",
    code_ends: false,
    operand: Operand::File,
    input: true,
};

/// From the manual pages of the programs.
const INTERPRETERS: [Interpreter; 23] = [
    Interpreter { names: &["python", "pypy"], code: "c", value: "WX", file: "m", code_ends: true, ..BASE },
    Interpreter { names: &["perl"], code: "eE", value: "", ..BASE },
    Interpreter { names: &["ruby"], code: "e", value: "rIC", ..BASE },
    Interpreter {
        names: &["node", "nodejs", "bun"],
        code: "ep",
        code_long: &["--eval", "--print"],
        value: "rC",
        ..BASE
    },
    Interpreter {
        names: &["php"],
        code: "rBRE",
        code_long: &["--run", "--process-begin", "--process-code", "--process-end"],
        value: "dczSt",
        file: "fF",
        ..BASE
    },
    Interpreter { names: &["lua", "luajit"], code: "e", value: "l", ..BASE },
    Interpreter { names: &["Rscript", "R"], code: "e", ..BASE },
    Interpreter { names: &["julia"], code: "eE", code_long: &["--eval", "--print"], ..BASE },
    Interpreter { names: &["osascript"], code: "e", value: "ls", ..BASE },
    Interpreter {
        names: &["groovy", "elixir", "expect", "scala"],
        code: "ec",
        code_long: &["--eval", "-eval"],
        ..BASE
    },
    Interpreter { names: &["erl"], code_long: &["-eval", "-run", "-s"], operand: Operand::Data, ..BASE },
    Interpreter { names: &["ghc", "runghc"], code: "e", ..BASE },
    Interpreter {
        names: &["awk", "gawk", "mawk", "nawk", "original-awk"],
        code: "e",
        code_long: &["--source"],
        value: "Fvil",
        value_long: &["--assign", "--field-separator", "--include", "--load"],
        file: "fE",
        operand: Operand::Code,
        input: false,
        ..BASE
    },
    Interpreter {
        names: &["sed", "gsed"],
        code: "e",
        code_long: &["--expression"],
        value: "l",
        value_long: &["--line-length"],
        file: "f",
        operand: Operand::Code,
        input: false,
        ..BASE
    },
    Interpreter {
        names: &["jq", "gojq", "jaq", "yq"],
        code_long: &["--from-file"],
        value_long: &["--indent", "-L"],
        pairs: &["--arg", "--argjson", "--slurpfile", "--rawfile"],
        file: "f",
        operand: Operand::Code,
        input: false,
        ..BASE
    },
    Interpreter {
        names: &["psql"],
        code: "c",
        code_long: &["--command"],
        value: "dfhLopPRTUvF",
        file: "f",
        operand: Operand::Data,
        ..BASE
    },
    Interpreter {
        names: &["mysql", "mariadb"],
        code: "e",
        code_long: &["--execute", "--init-command"],
        value: "hPuDS",
        operand: Operand::Data,
        ..BASE
    },
    Interpreter {
        names: &["sqlite3", "duckdb"],
        code: "c",
        code_long: &["-cmd", "--cmd"],
        value_long: &["-separator", "-nullvalue", "-newline"],
        operand: Operand::DatabaseThenCode,
        ..BASE
    },
    Interpreter { names: &["mongosh", "mongo"], code_long: &["--eval"], operand: Operand::Data, ..BASE },
    Interpreter {
        names: &["gdb", "lldb"],
        code_long: &["-ex", "-eval-command", "--eval-command", "-o"],
        operand: Operand::Data,
        ..BASE
    },
    Interpreter {
        names: &["vi", "vim", "nvim", "ex", "ed", "emacs"],
        code: "c",
        code_long: &["--cmd", "--eval", "-eval"],
        operand: Operand::Data,
        ..BASE
    },
    Interpreter {
        names: &["bc", "dc", "at", "batch", "crontab", "m4", "tclsh", "gnuplot", "octave"],
        code: "e",
        code_long: &["--expression"],
        operand: Operand::Data,
        ..BASE
    },
    Interpreter {
        names: &["su", "runuser", "script", "nix-shell"],
        code: "c",
        code_long: &["--command", "--session-command", "--run"],
        operand: Operand::Data,
        input: false,
        ..BASE
    },
];

const SHELLS: [&str; 14] = [
    "sh", "bash", "dash", "ash", "zsh", "ksh", "ksh93", "mksh", "oksh", "yash", "rbash", "fish", "csh",
    "tcsh",
];

/// Programs whose words together are one script.
const JOINERS: [&str; 4] = ["watch", "parallel", "pwsh", "powershell"];

/// Whether a program is one of those that take code.
pub(super) fn is_interpreter(name: &str) -> bool {
    let base = name.rsplit('/').next().unwrap_or(name);
    SHELLS.contains(&base) || JOINERS.contains(&base) || base == "ssh" || find(base).is_some()
}

/// Judges an interpreter by its arguments. `false` if the name is none.
pub(super) fn judge(name: &str, args: &[Word], verdict: &mut Verdict) -> bool {
    if SHELLS.contains(&name) {
        shell(args, verdict);
    } else if name == "ssh" {
        ssh(args, verdict);
    } else if JOINERS.contains(&name)
        || (name == "deno" && args.first().and_then(Word::literal) == Some("eval"))
    {
        verdict.refuse_all(args, NestedScript);
        verdict.reads_code = true;
    } else if let Some(interpreter) = find(name) {
        interpreter.judge(args, verdict);
    } else {
        return builds(name, args, verdict);
    }
    true
}

fn find(name: &str) -> Option<&'static Interpreter> {
    // `python3.12` is `python`.
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.' || c == '-');
    INTERPRETERS.iter().find(|i| i.names.contains(&name) || i.names.contains(&stem))
}

/// `make -f -`, `docker build -`: what comes in is code.
fn builds(name: &str, args: &[Word], verdict: &mut Verdict) -> bool {
    let input = args.iter().any(|w| matches!(w.literal(), Some("-" | "-f-" | "/dev/stdin")));
    let code = match name {
        "make" | "gmake" => input,
        "docker" | "podman" | "buildah" | "nerdctl" => {
            input && args.iter().any(|w| matches!(w.literal(), Some("build" | "bake" | "bud")))
        }
        _ => false,
    };
    verdict.reads_code |= code;
    false
}

/// A program that is not known may start an interpreter somewhere in its words: `docker exec x sh -c "…"`. What stands
/// behind the option for code is judged, and nothing else: a word such as `bash` can be anything.
pub(super) fn anywhere(words: &[Word], verdict: &mut Verdict) {
    if let Some(at) = in_container(words) {
        return command::program(&words[at..], verdict, 1);
    }
    for (i, word) in words.iter().enumerate() {
        let Some(literal) = word.literal() else { continue };
        let base = literal.rsplit('/').next().unwrap_or(literal);
        let rest = &words[i + 1..];
        let code = if SHELLS.contains(&base) {
            rest.iter().position(is_shell_code_option)
        } else if let Some(interpreter) = find(base) {
            rest.iter().position(|w| interpreter.is_code_option(w))
        } else {
            continue;
        };
        if let Some(at) = code {
            // Where the code ends is not clear, for options of the program may stand between.
            verdict.refuse_all(&rest[at..], NestedScript);
            return;
        }
    }
}

/// Where an interpreter begins in `docker run … sh …`.
fn in_container(words: &[Word]) -> Option<usize> {
    let verb = words.iter().position(|w| matches!(w.literal(), Some("run" | "exec")))?;
    let program = |w: &Word| w.literal().is_some_and(is_interpreter);
    words[verb..].iter().position(program).map(|at| verb + at)
}

fn is_shell_code_option(word: &Word) -> bool {
    let text = word.prefix.as_str();
    text.starts_with('-') && !text.starts_with("--") && text.contains('c')
}

/// `sh [options] [-c script [name args…]] | [file args…]`.
fn shell(args: &[Word], verdict: &mut Verdict) {
    let (mut code, mut input) = (false, false);
    let mut i = 0;
    while let Some(word) = args.get(i) {
        let text = word.prefix.as_str();
        if matches!(word.literal(), Some("-" | "--")) {
            i += 1;
            break;
        }
        let option = word.is_option() || text.starts_with('+');
        if !option && !word.begins_unknown() {
            break;
        }
        if !word.constant {
            // It may be an option, or the file: what follows is not known.
            return unclear_shell(&args[i..], verdict);
        }
        code |= is_shell_code_option(word);
        input |= !text.starts_with("--") && text.starts_with('-') && text.contains('s');
        let valued = !text.starts_with("--") && (text.ends_with('o') || text.ends_with('O'));
        i += usize::from(valued || matches!(text, "--rcfile" | "--init-file"));
        i += 1;
    }
    let operands = args.get(i..).unwrap_or_default();
    match operands.first() {
        Some(script) if code => verdict.refuse(script, NestedScript),
        Some(file) if file.literal().is_some_and(|text| text == "/dev/stdin") => verdict.reads_code = true,
        Some(_) => verdict.reads_code = input,
        None => verdict.reads_code = true,
    }
    if let Some(file) = operands.first().filter(|file| !code && !file.own_hole) {
        // `sh <(…)`: what the substitution writes is run.
        verdict.refuse(file, NestedScript);
    }
}

/// A shell whose options are not known: a hole of its own is refused, and all holes behind an option for code.
fn unclear_shell(args: &[Word], verdict: &mut Verdict) {
    verdict.reads_code = args.len() < 2;
    let holes = args.first().is_some_and(Word::has_holes);
    let code = args.iter().position(is_shell_code_option);
    let from = if holes { Some(0) } else { code };
    if let Some(from) = from {
        verdict.refuse_all(&args[from..], NestedScript);
    }
}

/// Letters of the options of `ssh` that take a value.
const SSH_VALUES: &str = "bcDEeFIiJLlmOopQRSWwBP";

/// `ssh [options] host [words of a remote script…]`.
fn ssh(args: &[Word], verdict: &mut Verdict) {
    let mut i = 0;
    let mut ended = false;
    while let Some(word) = args.get(i).filter(|w| w.prefix.starts_with('-')) {
        i += 1;
        if word.literal() == Some("--") {
            ended = true;
            break;
        }
        // `-o ProxyCommand=…` and the like name commands.
        verdict.refuse(word, NestedScript);
        let letter = word.prefix.chars().last().unwrap_or('-');
        if word.constant && word.prefix.len() == 2 && SSH_VALUES.contains(letter) {
            if let Some(value) = args.get(i).filter(|_| "oFSEI".contains(letter)) {
                verdict.refuse(value, NestedScript);
            }
            i += 1;
        }
    }
    if let Some(host) = args.get(i).filter(|host| host.begins_unknown() && !ended) {
        // A value that begins with `-` would be an option.
        verdict.refuse(host, NestedScript);
    }
    let script = args.get(i + 1..).unwrap_or_default();
    verdict.refuse_all(script, NestedScript);
    verdict.reads_code = script.is_empty();
}

impl Interpreter {
    /// Whether what follows the first operand is never an option with code.
    fn last_option_before_operand(&self) -> bool {
        match self.operand {
            Operand::File => true,
            // `sed` looks for options everywhere.
            Operand::Code => !self.names.contains(&"sed"),
            Operand::DatabaseThenCode | Operand::Data => false,
        }
    }

    /// Whether an option has code as its value, here or in the next word.
    fn is_code_option(&self, word: &Word) -> bool {
        let text = word.prefix.as_str();
        let name = text.split('=').next().unwrap_or(text);
        self.code_long.contains(&name) || (is_cluster(text) && text.contains(|c| self.code.contains(c)))
    }

    fn judge(&self, args: &[Word], verdict: &mut Verdict) {
        let (mut code, mut options, mut operands) = (false, true, 0);
        let mut i = 0;
        while let Some(word) = args.get(i) {
            i += 1;
            if options && word.literal() == Some("--") {
                options = false;
            } else if options && word.is_option() {
                let Some(used) = self.option(word, args.get(i), &mut code, verdict) else {
                    return verdict.refuse_all(&args[i - 1..], NestedScript);
                };
                i += used;
                if self.code_ends && code {
                    return;
                }
            } else if options && word.begins_unknown() && word.has_holes() {
                // A value may be an option with code.
                verdict.refuse(word, NestedScript);
                operands += 1;
                if !code {
                    return verdict.refuse_all(&args[i..], NestedScript);
                }
            } else {
                operands += 1;
                if self.operand(word, operands, code, verdict) && !word.begins_unknown() {
                    return;
                }
                // A variable of the script's own may be an option; the option for code is not hidden in it.
                let dynamic = word.begins_unknown();
                if let Some(at) = args[i..].iter().position(|w| dynamic && self.is_code_option(w)) {
                    return verdict.refuse_all(&args[i + at..], NestedScript);
                }
                options &= !self.last_option_before_operand();
            }
        }
        let read = match self.operand {
            Operand::DatabaseThenCode => operands < 2,
            Operand::File => operands == 0,
            Operand::Code | Operand::Data => true,
        };
        let dash = args.iter().any(|w| matches!(w.literal(), Some("-" | "/dev/stdin")));
        verdict.reads_code |= self.input && !code && (read || dash);
    }

    /// An option: how many more words it takes. `None` if it cannot be told.
    fn option(
        &self,
        word: &Word,
        next: Option<&Word>,
        code: &mut bool,
        verdict: &mut Verdict,
    ) -> Option<usize> {
        let text = word.prefix.as_str();
        let (name, value) = text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value)));
        if self.code_long.contains(&name) {
            *code = true;
            verdict.refuse(word, NestedScript);
            return Some(self.code_word(value.is_none(), next, verdict));
        }
        if text.starts_with("--") || self.value_long.contains(&text) {
            return match value {
                None if !word.constant => None,
                None if self.pairs.contains(&text) => Some(2),
                None => Some(usize::from(self.value_long.contains(&text))),
                Some(_) => Some(0),
            };
        }
        self.cluster(word, next, code, verdict)
    }

    /// `-ne code`, `-vx=1`: letters up to the first that takes a value.
    fn cluster(
        &self,
        word: &Word,
        next: Option<&Word>,
        code: &mut bool,
        verdict: &mut Verdict,
    ) -> Option<usize> {
        let text = word.prefix.as_str();
        for (i, letter) in text.char_indices().skip(1) {
            let glued = i + letter.len_utf8() < text.len() || !word.constant;
            if self.code.contains(letter) {
                *code = true;
                verdict.refuse(word, NestedScript);
                return Some(self.code_word(!glued, next, verdict));
            }
            if self.file.contains(letter) {
                // The code is in a file; which one may be a hole.
                *code = true;
                return Some(usize::from(!glued));
            }
            if self.value.contains(letter) {
                return Some(usize::from(!glued));
            }
        }
        // A hole in the letters themselves.
        if word.constant { Some(0) } else { None }
    }

    fn code_word(&self, next_is_code: bool, next: Option<&Word>, verdict: &mut Verdict) -> usize {
        if let Some(word) = next.filter(|_| next_is_code) {
            verdict.refuse(word, NestedScript);
        }
        usize::from(next_is_code)
    }

    /// An argument that is no option. `true` if all that follow are data.
    fn operand(&self, word: &Word, number: usize, code: bool, verdict: &mut Verdict) -> bool {
        match self.operand {
            Operand::File => {
                if word.literal() == Some("-") {
                    verdict.reads_code = true;
                } else if !word.own_hole && !code {
                    verdict.refuse(word, NestedScript);
                }
                true
            }
            Operand::Code => {
                if number == 1 && !code {
                    verdict.refuse(word, NestedScript);
                }
                false
            }
            Operand::DatabaseThenCode => {
                if number > 1 {
                    verdict.refuse(word, NestedScript);
                }
                false
            }
            Operand::Data => false,
        }
    }
}

fn is_cluster(text: &str) -> bool {
    text.len() > 1 && text.starts_with('-') && !text.starts_with("--")
}
