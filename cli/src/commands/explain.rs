//! `pipe explain`.

use crate::args::ExplainArgs;
use crate::exit::CliError;
use crate::output;

/// Codes and their pages, sorted.
const PAGES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/pages.rs"));

/// Prints the page of a diagnostic, or all codes.
pub(crate) fn run(args: &ExplainArgs) -> Result<(), CliError> {
    let Some(code) = &args.code else {
        let codes: String = PAGES.iter().map(|(code, _)| format!("{code}\n")).collect();
        return output::result(codes.as_bytes());
    };
    match PAGES.iter().find(|(known, _)| known == code) {
        Some((_, page)) => output::result(page.as_bytes()),
        None => {
            let wrong = CliError::usage(format!("there is no diagnostic `{code}`"));
            Err(match pipe_diagnostics::nearest(code, PAGES.iter().map(|(code, _)| *code)) {
                Some(near) => wrong.help(format!("did you mean `{near}`?")),
                None => wrong.help("`pipe explain` lists them all"),
            })
        }
    }
}
