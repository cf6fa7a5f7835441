//! What is said of grants: the question, and the refusal with its places.

use pipe_diagnostics::{Diagnostic, FileSpan, Label};
use pipe_engine::MissingGrant;

use crate::exit::{CliError, Exit};
use crate::package::Package;
use crate::progress::printable;

/// The list of what is asked for, one line each.
pub(super) fn list(missing: &[MissingGrant]) -> String {
    let lines: Vec<(String, String)> = missing
        .iter()
        .map(|one| {
            let place = one.origins.first().map(|origin| format!("{}:{}", origin.file, origin.line));
            (printable(&one.grant.meaning(), false), place.unwrap_or_default())
        })
        .collect();
    let width = lines.iter().map(|(meaning, _)| meaning.chars().count()).max().unwrap_or(0);
    lines
        .iter()
        .map(|(meaning, place)| format!("  {meaning:<width$}  {}\n", printable(place, false)))
        .collect()
}

/// Why nothing was run: what is missing, where it is written, and the flag to give.
pub(crate) fn refused(missing: &[MissingGrant], package: &Package) -> CliError {
    let all = printable(&MissingGrant::flag_of_all(missing), false);
    let found: Vec<Diagnostic<FileSpan>> =
        missing.iter().filter_map(|one| diagnostic(one, missing, &all)).collect();
    if found.is_empty() {
        let what: Vec<String> = missing.iter().map(|one| printable(&one.what, false)).collect();
        return CliError::usage(what.join("; ")).help(format!("allow it with `{all}`"));
    }
    CliError::diagnostics(Exit::Usage, found, package.sources())
}

fn diagnostic(one: &MissingGrant, missing: &[MissingGrant], all: &str) -> Option<Diagnostic<FileSpan>> {
    let mut places = one.origins.iter().map(|origin| FileSpan {
        file: origin.file.clone(),
        start: origin.start,
        end: origin.end,
    });
    let first = places.next()?;
    let help = match missing {
        [_] => format!("allow it with `{all}`"),
        _ => format!(
            "allow it with `{}`, or all that is asked for with `{all}`",
            printable(&one.flag(), false)
        ),
    };
    let message = printable(&one.what, false);
    let diagnostic = Diagnostic::error("needs-grant", message, first).role("asked for here").help(help);
    let labels = places.map(|place| Label { place, text: "and here".to_owned() });
    Some(labels.fold(diagnostic, |mut diagnostic, label| {
        diagnostic.labels.push(label);
        diagnostic
    }))
}
