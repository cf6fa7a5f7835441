//! Variables: which are read, which are set, and which name was probably meant.

use shuck_ast::{DeclClause, SimpleCommand, Span};

use crate::facts::Read;
use crate::walk::Walk;

/// Variables that a shell has itself, or that are as good as always there.
const USUAL: [&str; 47] = [
    "BASH",
    "BASHPID",
    "BASH_REMATCH",
    "BASH_SOURCE",
    "BASH_VERSION",
    "CI",
    "COLUMNS",
    "DEBIAN_FRONTEND",
    "DIRSTACK",
    "EDITOR",
    "EPOCHREALTIME",
    "EPOCHSECONDS",
    "EUID",
    "FUNCNAME",
    "GROUPS",
    "HOME",
    "HOSTNAME",
    "HOSTTYPE",
    "IFS",
    "LANG",
    "LANGUAGE",
    "LC_ALL",
    "LINENO",
    "LINES",
    "LOGNAME",
    "MACHTYPE",
    "OLDPWD",
    "OPTARG",
    "OPTERR",
    "OPTIND",
    "OSTYPE",
    "PATH",
    "PIPESTATUS",
    "PPID",
    "PS4",
    "PWD",
    "RANDOM",
    "REPLY",
    "SECONDS",
    "SHELL",
    "SHLVL",
    "SRANDOM",
    "TERM",
    "TMPDIR",
    "TZ",
    "UID",
    "USER",
];

/// Variables that a script may read though nothing in sight sets them.
pub fn usual_variables() -> &'static [&'static str] {
    &USUAL
}

impl Walk<'_> {
    pub(crate) fn sets(&mut self, name: &str) {
        if is_name(name) {
            self.facts.set.insert(name.to_owned());
            self.names(name);
        }
    }

    pub(crate) fn names(&mut self, name: &str) {
        if is_name(name) {
            self.facts.named.insert(name.to_owned());
        }
    }

    pub(crate) fn reads(&mut self, name: &str, span: Span) {
        if !is_name(name) {
            return;
        }
        self.names(name);
        // What the parser read twice has no place of its own.
        let inside = self.slice(span).find(name);
        if let Some(at) = inside.filter(|_| self.nested == 0) {
            let start = span.start.offset() + at;
            self.facts.read.push(Read { name: name.to_owned(), place: start..start + name.len() });
        }
    }

    /// `export`, `local`, `declare` and their kin.
    pub(crate) fn declaration(&mut self, declaration: &DeclClause) {
        if ["declare", "typeset"].contains(&&*declaration.variant) {
            self.bash("`declare`", declaration.variant_span);
        }
    }

    /// Builtins that give values to variables that their words name.
    pub(crate) fn assigns(&mut self, name: &str, command: &SimpleCommand) {
        let words = |walk: &Self| -> Vec<String> {
            command.args.iter().filter_map(|word| walk.constant(word)).collect()
        };
        match name {
            "read" | "mapfile" | "readarray" | "getopts" | "unset" | "wait" => {
                words(self).iter().for_each(|word| self.sets(word));
            }
            "printf" => {
                let words = words(self);
                if let Some(at) = words.iter().position(|word| word == "-v") {
                    words.get(at + 1).iter().for_each(|word| self.sets(word));
                }
            }
            "let" | "env" | "export" | "readonly" | "local" => {
                for word in words(self) {
                    self.sets(word.split(['=', '+', '-']).next().unwrap_or_default());
                }
            }
            "." | "source" | "eval" => self.facts.opaque = true,
            _ => {}
        }
    }
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// The known name that was probably meant by one that nothing sets: equal but for case, or one slip of the finger away. Names
/// that differ in a digit are names of a row.
pub fn mistyped<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known.into_iter().find(|known| {
        *known != name && (known.eq_ignore_ascii_case(name) && name.len() > 1 || is_slip(name, known))
    })
}

/// One letter too many, one too few, two swapped, or, in a longer name, one for another.
fn is_slip(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    if short.len() < 4 {
        return false;
    }
    let same = short.iter().zip(long).take_while(|(a, b)| a == b).count();
    let (s, l) = (&short[same..], &long[same..]);
    let letters = |bytes: &[u8]| bytes.iter().all(|byte| byte.is_ascii_alphabetic() || *byte == b'_');
    match long.len() - short.len() {
        1 => letters(&l[..1]) && s == &l[1..],
        0 if s.is_empty() => false,
        0 if s.len() > 1 && s[0] == l[1] && s[1] == l[0] => s[2..] == l[2..],
        0 => short.len() >= 6 && letters(&s[..1]) && letters(&l[..1]) && s[1..] == l[1..],
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_find_their_name() {
        let known = ["VERSION", "GOOS", "HOME", "DB_HOST", "PART_1"];
        for (typed, meant) in [
            ("VERSOIN", "VERSION"),
            ("VERSON", "VERSION"),
            ("VERSIONN", "VERSION"),
            ("VERSIOM", "VERSION"),
            ("version", "VERSION"),
            ("HMOE", "HOME"),
        ] {
            assert_eq!(mistyped(typed, known), Some(meant), "{typed}");
        }
        for typed in ["GOOD", "GOARCH", "DB_PORT", "DB_HOST2", "PART_2", "HOMES_OF", "X"] {
            assert_eq!(mistyped(typed, known), None, "{typed}");
        }
    }
}
