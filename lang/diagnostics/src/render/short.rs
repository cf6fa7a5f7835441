//! One line.

use super::visible;
use crate::{Diagnostic, Sources};

/// `file:line:column: severity[code]: message`, with a line end.
pub fn short(diagnostic: &Diagnostic, sources: &Sources) -> String {
    let place = &diagnostic.primary.place;
    let position = sources.position(place);
    let message = diagnostic.message.replace('\n', " ");
    let (message, file) = (visible::line(&message), visible::line(&place.file));
    let severity = super::severity(diagnostic.severity);
    format!("{file}:{}:{}: {severity}[{}]: {message}\n", position.line, position.column, diagnostic.code)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{example, wild};
    use super::*;

    #[test]
    fn it_is_one_line() {
        let (sources, diagnostic) = example();
        assert_eq!(
            short(&diagnostic, &sources),
            "main.pipe:2:19: error[unknown-argument]: `run` has no argument `timeuot`\n"
        );
        let (sources, diagnostic) = wild(0, 1);
        assert_eq!(short(&diagnostic, &sources).lines().count(), 1);
    }
}
