//! Annotations of GitHub Actions, by "Workflow commands for GitHub Actions" in GitHub's documentation.

use super::visible;
use crate::{Diagnostic, Severity, Sources};

/// `::error file=…,line=…,col=…::message`, with a line end.
pub fn github(diagnostic: &Diagnostic, sources: &Sources) -> String {
    let command = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "notice",
    };
    let position = sources.position(&diagnostic.primary.place);
    let mut message = diagnostic.message.clone();
    if let Some(help) = &diagnostic.help {
        message.push('\n');
        message.push_str(help);
    }
    format!(
        "::{command} file={},line={},endLine={},col={},endColumn={},title={}::{}\n",
        property(&diagnostic.primary.place.file),
        position.line,
        position.end_line,
        position.column,
        position.end_column,
        property(diagnostic.code),
        data(&message),
    )
}

fn data(text: &str) -> String {
    visible::text(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::super::tests::{example, wild};
    use super::*;

    #[test]
    fn it_is_one_line_whatever_is_in_it() {
        let (sources, diagnostic) = example();
        assert_eq!(
            github(&diagnostic, &sources),
            "::error file=main.pipe,line=2,endLine=2,col=19,endColumn=26,title=unknown-argument::`run` has no argument \
             `timeuot`%0Adid you mean `timeout`?\n"
        );
        let (sources, diagnostic) = wild(0, 1);
        assert_eq!(github(&diagnostic, &sources).lines().count(), 1);
    }
}
