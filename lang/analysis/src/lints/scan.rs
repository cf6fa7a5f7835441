//! A scan whose old result is taken for a new one.

use pipe_diagnostics::{Diagnostic, Edit};
use pipe_syntax::Span;

use super::item::Operation;
use super::script;
use crate::place::Finding;

/// Commands that ask what is known today: their first words.
const SCANS: [(&[&str], &str); 24] = [
    (&["trivy"], "trivy"),
    (&["snyk"], "snyk"),
    (&["grype"], "grype"),
    (&["osv-scanner"], "osv-scanner"),
    (&["govulncheck"], "govulncheck"),
    (&["pip-audit"], "pip-audit"),
    (&["safety", "check"], "safety"),
    (&["safety", "scan"], "safety"),
    (&["clamscan"], "clamscan"),
    (&["freshclam"], "freshclam"),
    (&["npm", "audit"], "npm audit"),
    (&["pnpm", "audit"], "pnpm audit"),
    (&["yarn", "audit"], "yarn audit"),
    (&["yarn", "npm", "audit"], "yarn npm audit"),
    (&["cargo", "audit"], "cargo audit"),
    (&["cargo", "deny"], "cargo deny"),
    (&["bundle", "audit"], "bundle audit"),
    (&["bundle-audit"], "bundle-audit"),
    (&["composer", "audit"], "composer audit"),
    (&["docker", "scout"], "docker scout"),
    (&["apt-get", "update"], "apt-get update"),
    (&["apt", "update"], "apt update"),
    (&["apk", "update"], "apk update"),
    (&["apt-get", "upgrade"], "apt-get upgrade"),
];

/// `.run(["trivy", …])` without `fresh:`.
pub(super) fn look(call: &Operation<'_, '_>, found: &mut Vec<Finding>) {
    if call.named("fresh").is_some() {
        return;
    }
    let Some(command) = call.named("command") else { return };
    let Some((scan, place)) = script::find_call(call.frame, command, scan) else { return };
    let message = format!("`{scan}` runs once, and its result is used from then on");
    let place = call.frame.node.place(call.frame.db, place);
    let warning = Diagnostic::warning("stale-scan", message, place)
        .help("`fresh: 1d` runs it again when the result is older than a day");
    // Behind the last argument.
    let end = call.args.iter().skip(1).flatten().map(|arg| arg.span.end).max().unwrap_or(command.span.end);
    let edit = Edit {
        place: call.frame.node.place(call.frame.db, Span { start: end, end }),
        text: ", fresh: 1d".to_owned(),
    };
    found.push(warning.suggestion("add `fresh: 1d`", vec![edit]));
}

/// The name of the scan that a command is.
fn scan(words: &[Option<String>]) -> Option<&'static str> {
    let asks = |word: &Option<String>| {
        word.as_deref().is_some_and(|word| matches!(word, "--version" | "--help" | "-h" | "version" | "help"))
    };
    if words.iter().skip(1).any(asks) {
        return None;
    }
    // Options may stand between the words: `npm --silent audit`.
    let plain: Vec<&str> =
        words.iter().map_while(Option::as_deref).filter(|word| !word.starts_with('-')).collect();
    let plain: Vec<&str> = plain
        .iter()
        .enumerate()
        .map(|(at, word)| if at == 0 { word.rsplit('/').next().unwrap_or(word) } else { word })
        .collect();
    SCANS.iter().find(|(start, _)| plain.starts_with(start)).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scans_are_told_by_their_first_words() {
        let words = |text: &str| text.split(' ').map(|word| Some(word.to_owned())).collect::<Vec<_>>();
        assert_eq!(scan(&words("trivy image x")), Some("trivy"));
        assert_eq!(scan(&words("/usr/bin/apt-get -qq update")), Some("apt-get update"));
        assert_eq!(scan(&words("npm --silent audit")), Some("npm audit"));
        assert_eq!(scan(&words("npm test")), None);
        assert_eq!(scan(&words("trivy --version")), None);
        assert_eq!(scan(&words("apt-get install")), None);
    }
}
