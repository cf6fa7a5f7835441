//! What a simple command does with its words: builtins that read them as scripts, and where other programs begin.

use super::interpreters;
use super::word::Word;
use super::wrappers::{self, Step};
use crate::ast::HoleRefusal;
use std::ops::Range;

/// What is known about a command.
#[derive(Clone, Debug, Default)]
pub(super) struct Verdict {
    /// Holes that cannot stand where they do.
    pub(super) refusals: Vec<(Range<usize>, HoleRefusal)>,
    /// It reads its standard input as code.
    pub(super) reads_code: bool,
    /// Holes in the values of variables, with the name.
    pub(super) assigned: Vec<(String, usize)>,
    /// It gives variables the integer attribute.
    pub(super) integers: bool,
}

impl Verdict {
    pub(super) fn refuse(&mut self, word: &Word, why: HoleRefusal) {
        if word.has_holes() {
            self.refusals.push((word.holes.clone(), why));
        }
    }

    pub(super) fn refuse_all(&mut self, words: &[Word], why: HoleRefusal) {
        for word in words {
            self.refuse(word, why);
        }
    }
}

/// Builtins that evaluate their words, or take names that may hold a subscript, which is evaluated.
const EVALUATE: [&str; 15] = [
    "eval",
    "trap",
    "alias",
    "complete",
    "compgen",
    "bind",
    "read",
    "readarray",
    "mapfile",
    "getopts",
    "unset",
    "fc",
    "enable",
    "wait",
    "shopt",
];

/// Builtins that take `NAME=value`.
const DECLARE: [&str; 5] = ["export", "readonly", "local", "declare", "typeset"];

/// Variables whose values a shell evaluates.
const EVALUATED: [&str; 9] =
    ["PS0", "PS1", "PS2", "PS3", "PS4", "PROMPT_COMMAND", "BASH_ENV", "ENV", "SHELLOPTS"];

/// How many programs may start one another in one command.
const MAX_PROGRAMS: usize = 16;

/// Judges a command by its words.
pub(super) fn judge(words: &[Word]) -> Verdict {
    let mut verdict = Verdict::default();
    let first = words.iter().position(|word| !is_assignment(word)).unwrap_or(words.len());
    for word in &words[..first] {
        assignment(word, &mut verdict);
    }
    program(&words[first..], &mut verdict, MAX_PROGRAMS);
    verdict
}

/// Judges a program and its arguments.
pub(super) fn program(words: &[Word], verdict: &mut Verdict, budget: usize) {
    let Some((name, args)) = words.split_first() else { return };
    if budget == 0 {
        return verdict.refuse_all(words, HoleRefusal::NestedScript);
    }
    if name.has_holes() {
        // What it is decides what the rest means.
        return verdict.refuse_all(args, HoleRefusal::NestedScript);
    }
    let Some(literal) = name.literal() else { return interpreters::anywhere(words, verdict) };
    let base = literal.rsplit('/').next().unwrap_or(literal);
    if builtin(base, args, verdict) {
        return;
    }
    if interpreters::judge(base, args, verdict) {
        return;
    }
    match wrappers::step(base, args) {
        Some(Step::Program(at)) => {
            options(&args[..at], base, verdict);
            started(base, args, at, verdict, budget);
        }
        Some(Step::Programs(starts)) => {
            for range in starts {
                program(&args[range], verdict, budget - 1);
            }
        }
        Some(Step::Unclear) => verdict.refuse_all(args, HoleRefusal::NestedScript),
        None => interpreters::anywhere(args, verdict),
    }
}

/// The program that a wrapper starts.
fn started(wrapper: &str, args: &[Word], at: usize, verdict: &mut Verdict, budget: usize) {
    let ended = at.checked_sub(1).is_some_and(|i| args[i].literal() == Some("--"));
    if let Some(name) = args.get(at).filter(|name| name.begins_unknown() && !ended) {
        // A value may be taken for an option of the wrapper.
        verdict.refuse(name, HoleRefusal::NestedScript);
    }
    program(&args[at..], verdict, budget - 1);
    // Its input becomes words of the program.
    let interpreter = args.get(at).and_then(Word::literal).is_some_and(interpreters::is_interpreter);
    verdict.reads_code |= wrapper == "xargs" && interpreter;
}

/// What stands between a wrapper and its program. A value may be taken for an option, so only `env` is strict: its `-S`
/// splits a text into a command.
fn options(words: &[Word], wrapper: &str, verdict: &mut Verdict) {
    for word in words {
        if is_assignment(word) {
            assignment(word, verdict);
        } else if wrapper == "env" || word.is_option() {
            verdict.refuse(word, HoleRefusal::NestedScript);
        }
    }
}

/// `NAME=…` or `NAME[…]=…` without quotes in the name.
fn is_assignment(word: &Word) -> bool {
    assigned_name(word).is_some()
}

/// The name before `=`. Of a word with a hole in its subscript the name alone.
fn assigned_name(word: &Word) -> Option<&str> {
    let text = word.prefix.as_str();
    let len = text.find(|c: char| !(c == '_' || c.is_ascii_alphanumeric())).unwrap_or(text.len());
    let (name, rest) = text.split_at(len);
    let named = name.starts_with(|c: char| c == '_' || c.is_ascii_alphabetic());
    let assigns = rest.starts_with('=') || rest.starts_with("+=") || rest.starts_with('[');
    (named && assigns).then_some(name)
}

fn assignment(word: &Word, verdict: &mut Verdict) {
    let Some(name) = assigned_name(word) else { return };
    let subscript = word.prefix.split_once('=').is_none_or(|(target, _)| evaluates_subscript(target));
    if EVALUATED.contains(&name) || name.starts_with("BASH_FUNC") {
        verdict.refuse(word, HoleRefusal::Eval);
    } else if subscript {
        verdict.refuse(word, HoleRefusal::Arithmetic);
    }
    verdict.assigned.extend(word.holes.clone().map(|hole| (name.to_owned(), hole)));
}

/// Whether `a[…]` before `=` has a subscript that the shell evaluates: all but a plain number, for a name is evaluated
/// again and again, and so may hold a value.
fn evaluates_subscript(target: &str) -> bool {
    let Some((_, subscript)) = target.split_once('[') else { return false };
    // Without its `]` it goes on behind the `=`.
    let number = subscript.strip_suffix('+').unwrap_or(subscript).strip_suffix(']');
    !number.is_some_and(|n| !n.is_empty() && n.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Builtins of shells. `false` if the name is none of those that matter.
fn builtin(name: &str, args: &[Word], verdict: &mut Verdict) -> bool {
    match name {
        "let" => verdict.refuse_all(args, HoleRefusal::Arithmetic),
        "." | "source" => source(args, verdict),
        "test" | "[" => test(args, verdict),
        "printf" => printf(args, verdict),
        // Behind `--` stand values; before it, options and their names.
        "set" if args.first().is_some_and(|w| w.literal() == Some("--")) => {}
        "set" => verdict.refuse_all(args, HoleRefusal::Eval),
        _ if EVALUATE.contains(&name) => verdict.refuse_all(args, HoleRefusal::Eval),
        _ if DECLARE.contains(&name) => declare(args, verdict),
        _ => return false,
    }
    true
}

/// `export A=…`: a hole may stand in a value, behind a constant name, while no option changes what values mean.
fn declare(args: &[Word], verdict: &mut Verdict) {
    let option = |word: &Word| word.prefix.starts_with(['-', '+']);
    let integer = |word: &Word| option(word) && word.prefix.contains('i');
    verdict.integers |= args.iter().any(integer) || args.iter().any(|w| option(w) && !w.constant);
    let special = args.iter().any(|w| option(w) && w.prefix.contains(['i', 'a', 'A', 'n', 'f']));
    for word in args {
        if is_assignment(word) && !special {
            assignment(word, verdict);
        } else {
            verdict.refuse(word, HoleRefusal::Eval);
        }
    }
}

/// `. file`: the file may be named by a hole, but not written by one.
fn source(args: &[Word], verdict: &mut Verdict) {
    const INPUTS: [&str; 4] = ["/dev/stdin", "/dev/fd/0", "/proc/self/fd/0", "-"];
    verdict.reads_code = args.first().is_some_and(|w| w.literal().is_some_and(|text| INPUTS.contains(&text)));
    for word in args.iter().filter(|word| !word.own_hole) {
        verdict.refuse(word, HoleRefusal::Eval);
    }
}

/// `[ … ]`: `-v` evaluates a subscript, and a value that is taken for an operator could be `-v`.
fn test(args: &[Word], verdict: &mut Verdict) {
    if args.iter().any(|w| matches!(w.literal(), Some("-v" | "-R"))) {
        return verdict.refuse_all(args, HoleRefusal::Arithmetic);
    }
    for pair in args.windows(2) {
        if pair[0].begins_unknown() && pair[0].has_holes() {
            verdict.refuse(&pair[1], HoleRefusal::Eval);
        }
    }
}

/// `printf`: the format is a language of its own, and `-v` takes a name.
fn printf(args: &[Word], verdict: &mut Verdict) {
    let rest = match args.first().and_then(Word::literal) {
        Some("-v") => {
            if let Some(name) = args.get(1) {
                verdict.refuse(name, HoleRefusal::Eval);
            }
            args.get(2..).unwrap_or_default()
        }
        Some("--") => &args[1..],
        _ => args,
    };
    if let Some(format) = rest.first() {
        verdict.refuse(format, HoleRefusal::NestedScript);
    }
}
