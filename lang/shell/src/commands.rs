//! Simple commands.

use std::ops::Range;

use shuck_ast::{SimpleCommand, WordPart};

use crate::facts::{Call, Facts};
use crate::walk::{Walk, range};

/// Programs that run what follows them, with the options whose value is the next word.
const WRAPPERS: [(&str, &[&str]); 11] = [
    ("sudo", &["-u", "-g", "-h", "-C", "-p", "--user", "--group"]),
    ("doas", &["-u", "-C"]),
    ("env", &["-u", "-C", "--unset", "--chdir"]),
    ("exec", &["-a"]),
    ("command", &[]),
    ("time", &["-f", "-o"]),
    ("nice", &["-n"]),
    ("nohup", &[]),
    ("timeout", &["-k", "-s", "--signal", "--kill-after"]),
    ("xargs", &["-n", "-P", "-I", "-L", "-d", "-a", "-s", "-E"]),
    ("stdbuf", &["-i", "-o", "-e"]),
];

impl Walk<'_> {
    pub(crate) fn call(&mut self, command: &SimpleCommand) {
        let words: Vec<Option<String>> =
            std::iter::once(&command.name).chain(&command.args).map(|word| self.constant(word)).collect();
        if let Some(Some(name)) = words.first() {
            let name = name.clone();
            self.assigns(&name, command);
            self.bash_command(&name, command);
        }
        let target = target(&words);
        // The tree's own place has the sign that ends the command.
        let end = command.args.last().map_or(command.name.span, |word| word.span);
        let place = range(command.span).start..range(end).end;
        if runs_downloaded(self, command, target) {
            self.facts.downloads.push(place.clone());
        }
        self.facts.called(target, place, self.nested);
    }
}

impl Facts {
    /// Notes a command, and what it does when it is a shell that is given a script.
    pub(crate) fn called(&mut self, words: &[Option<String>], place: Range<usize>, nested: usize) {
        // An assignment alone calls nothing.
        if words.first().is_some_and(|name| name.as_deref() != Some("")) {
            self.commands.push(Call { words: words.to_vec(), place: place.clone() });
        }
        self.nested_script(words, &place, nested);
    }

    /// `sh -c '…'`: a script inside the script. Its variables are its own.
    fn nested_script(&mut self, words: &[Option<String>], place: &Range<usize>, nested: usize) {
        let Some(Some(script)) = script_argument(words).and_then(|at| words.get(at)) else { return };
        let mut inner = Facts::default();
        crate::read(script, nested + 1, &mut inner);
        self.commands.extend(inner.commands.into_iter().map(|call| Call { place: place.clone(), ..call }));
        self.named.extend(inner.named);
        if !inner.downloads.is_empty() {
            self.downloads.push(place.clone());
        }
    }
}

/// The command without what only says how it is run.
pub(crate) fn target(words: &[Option<String>]) -> &[Option<String>] {
    let mut rest = words;
    while let Some((Some(name), behind)) = rest.split_first() {
        let Some((wrapper, values)) = WRAPPERS.iter().find(|(wrapper, _)| wrapper == name) else { break };
        let mut at = 0;
        while let Some(Some(word)) = behind.get(at) {
            if word.starts_with('-') {
                at += if values.contains(&word.as_str()) { 2 } else { 1 };
            } else if *wrapper == "env" && word.contains('=') {
                at += 1;
            } else {
                break;
            }
        }
        // The duration.
        at += usize::from(*wrapper == "timeout");
        rest = behind.get(at..).unwrap_or_default();
    }
    rest
}

/// The name of a program without its folder.
pub(crate) fn base_name(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
}

/// Shells, by name.
pub(crate) fn is_shell(word: &str) -> bool {
    ["sh", "bash", "dash", "ash", "zsh", "ksh"].contains(&base_name(word))
}

/// Where the script of `sh -c SCRIPT` stands.
pub(crate) fn script_argument(words: &[Option<String>]) -> Option<usize> {
    let name = words.first()?.as_deref()?;
    let at = first_operand(words);
    let options = words.get(1..at)?.iter().flatten();
    // Letters may stand together: `-euxc`.
    let code = |option: &String| option.starts_with('-') && !option.starts_with("--") && option.contains('c');
    (is_shell(name) && options.into_iter().any(code)).then_some(at)
}

/// Where the first word of a shell's call stands that is no option, or would stand.
pub(crate) fn first_operand(words: &[Option<String>]) -> usize {
    let mut at = 1;
    while let Some(Some(word)) = words.get(at) {
        let letters = word.strip_prefix(['-', '+']).filter(|letters| !letters.is_empty());
        at += match letters {
            // The last letter takes a word: `-euo pipefail`.
            Some(letters) if !letters.starts_with('-') && letters.ends_with(['o', 'O']) => 2,
            Some(_) => 1,
            None => break,
        };
    }
    at
}

/// `sh -c "$(curl …)"`, `eval "$(curl …)"`, `. <(curl …)`, `bash <(curl …)`.
fn runs_downloaded(walk: &Walk<'_>, command: &SimpleCommand, target: &[Option<String>]) -> bool {
    let Some(Some(name)) = target.first() else { return false };
    let offset = command.args.len() + 1 - target.len();
    let code: Vec<&shuck_ast::Word> = match base_name(name) {
        "eval" => command.args.iter().collect(),
        "." | "source" => command.args.first().into_iter().collect(),
        name if is_shell(name) => match script_argument(target) {
            Some(at) => command.args.get(offset + at - 1).into_iter().collect(),
            None => command.args.iter().filter(|word| is_substituted_file(word)).collect(),
        },
        _ => return false,
    };
    code.iter().any(|word| walk.downloads_in(word))
}

/// `<(…)`.
fn is_substituted_file(word: &shuck_ast::Word) -> bool {
    word.parts.iter().any(|part| matches!(part.kind, WordPart::ProcessSubstitution { is_input: true, .. }))
}
