//! From diagnostics to text, one form a file.

mod excerpt;
mod full;
mod github;
mod json;
mod sarif;
mod short;
mod visible;

pub use full::{Full, full};
pub use github::github;
pub use json::json;
pub use sarif::{Tool, sarif};
pub use short::short;

use crate::Severity;

/// A severity as it is written.
fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "info",
    }
}

#[cfg(test)]
mod tests {
    use crate::{Diagnostic, FileSpan, Sources};

    /// A program with a mistake, and what is said about it.
    pub(super) fn example() -> (Sources, Diagnostic) {
        let text = "pub fn f(c: Container) -> Container {\n  c.run([\"true\"], timeuot: 5s)\n}\n";
        let mut sources = Sources::default();
        sources.insert("main.pipe".into(), text.into());
        let place = |part: &str| {
            let start = text.find(part).unwrap_or_default();
            FileSpan { file: "main.pipe".into(), start: start as u32, end: (start + part.len()) as u32 }
        };
        let diagnostic =
            Diagnostic::error("unknown-argument", "`run` has no argument `timeuot`", place("timeuot"))
                .role("no such argument")
                .label(place("c.run"), "this is `Container.run`")
                .help("did you mean `timeout`?")
                .fix("write `timeout`", place("timeuot"), "timeout");
        (sources, diagnostic)
    }

    /// Any diagnostic, wherever it points.
    pub(super) fn wild(start: u32, end: u32) -> (Sources, Diagnostic) {
        let mut sources = Sources::default();
        sources.insert("f".into(), "é\n\tx\r\n".into());
        let place = FileSpan { file: "f".into(), start, end };
        let elsewhere = FileSpan { file: "missing".into(), start, end };
        let diagnostic =
            Diagnostic::warning("wild", "a\nb", place.clone()).label(elsewhere, "x").fix("y", place, "z");
        (sources, diagnostic)
    }
}
