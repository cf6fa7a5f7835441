//! `pipe explain`.

mod markdown;

use crate::args::{ExplainArgs, GlobalArgs};
use crate::environment::Environment;
use crate::exit::CliError;
use crate::output;

/// Codes and their pages, sorted.
const PAGES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/pages.rs"));

/// Longer lines are hard to read.
const WIDEST: usize = 100;

/// The page of a code, in Markdown.
pub(super) fn page(code: &str) -> Option<&'static str> {
    PAGES.iter().find(|(known, _)| *known == code).map(|(_, page)| *page)
}

/// Prints the page of a diagnostic, or all codes. A terminal gets it laid out, anything else the page as it is.
pub(crate) fn run(
    args: &ExplainArgs,
    global: &GlobalArgs,
    environment: &Environment,
) -> Result<(), CliError> {
    let Some(code) = &args.code else {
        return output::result(list().as_bytes());
    };
    let code = bare(code);
    let Some(page) = page(code) else { return Err(unknown(code)) };
    let color = output::in_color(global, environment);
    if !color && !environment.stdout_is_terminal {
        return output::result(page.as_bytes());
    }
    let width = output::columns().map_or(WIDEST, |columns| columns.min(WIDEST));
    output::result(markdown::laid_out(page, width, color).as_bytes())
}

/// The code in what people copy: `[code]`, `error[code]`.
fn bare(code: &str) -> &str {
    let inside = code.split_once('[').map_or(code, |(_, rest)| rest);
    inside.split(']').next().unwrap_or_default().trim()
}

/// All codes, with the titles of their pages.
fn list() -> String {
    let width = PAGES.iter().map(|(code, _)| code.len()).max().unwrap_or_default();
    PAGES.iter().map(|(code, page)| format!("{code:width$}  {}\n", title(page))).collect()
}

fn title(page: &str) -> &str {
    let heading = page.lines().next().unwrap_or_default();
    heading.split_once(": ").map_or(heading, |(_, title)| title)
}

fn unknown(code: &str) -> CliError {
    let wrong = CliError::usage(format!("there is no diagnostic `{code}`"));
    let quoted = |codes: &[&str]| codes.iter().map(|code| format!("`{code}`")).collect::<Vec<_>>().join(", ");
    if let Some(near) = pipe_diagnostics::nearest(code, PAGES.iter().map(|(code, _)| *code)) {
        return wrong.help(format!("did you mean `{near}`?"));
    }
    match with_words_of(code).as_slice() {
        [] => wrong.help("`pipe explain` lists them all"),
        some => wrong.help(format!("there are {}; `pipe explain` lists them all", quoted(some))),
    }
}

/// Codes that share a word with a text; a few of them.
fn with_words_of(text: &str) -> Vec<&'static str> {
    let words: Vec<&str> = text.split(['-', '_', ' ']).filter(|word| word.len() > 2).collect();
    let shares = |code: &&str| code.split('-').any(|part| words.contains(&part));
    PAGES.iter().map(|(code, _)| *code).filter(shares).take(8).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_may_be_copied_with_what_is_around_it() {
        assert_eq!(bare("[unknown-name]"), "unknown-name");
        assert_eq!(bare("error[unknown-name]:"), "unknown-name");
        assert_eq!(bare("unknown-name"), "unknown-name");
    }

    #[test]
    fn near_codes_are_named() {
        assert!(format!("{:?}", unknown("unkown-name")).contains("`unknown-name`"));
        assert!(format!("{:?}", unknown("secret")).contains("`secret-as-text`"));
        assert!(format!("{:?}", unknown("qqqqqqqq")).contains("lists them all"));
    }

    #[test]
    fn every_page_has_a_title_that_is_one_line() {
        for (code, page) in PAGES {
            assert!(page.starts_with(&format!("# `{code}`: ")), "{code}");
            assert!(!title(page).is_empty(), "{code}");
        }
    }

    /// The layout knows headings, paragraphs, fences and tables; a page with more would be shown wrongly.
    #[test]
    fn pages_are_as_plain_as_the_layout() {
        for (code, page) in PAGES {
            let outside = page.split("```").step_by(2).collect::<String>();
            for line in outside.lines().skip(1) {
                let plain =
                    !["#", "- ", "* ", "> ", "1. ", "    ", "!["].iter().any(|mark| line.starts_with(mark));
                let bold = line.split('`').step_by(2).any(|part| part.contains("**"));
                assert!(plain && !bold, "{code}: {line}");
            }
            for width in [20, 80] {
                let shown = markdown::laid_out(page, width, false);
                assert!(!shown.contains("```"), "{code}: {shown}");
            }
        }
    }
}
