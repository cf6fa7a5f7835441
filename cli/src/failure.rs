//! Why a step failed, for people: its place in the source and the end of its log.

use std::sync::Arc;

use pipe_diagnostics::{Diagnostic, FileSpan, Sources, render};
use pipe_engine::Failure;
use pipe_ops::NodeId;

use crate::progress::printable;

/// A failed step with all that is said about it.
#[derive(Clone, Debug)]
pub(crate) struct StepReport {
    pub(crate) node: NodeId,
    pub(crate) name: Arc<str>,
    /// What happened, on one line.
    pub(crate) message: String,
    pub(crate) help: Option<String>,
    pub(crate) exit_code: Option<i32>,
    /// The end of its log.
    pub(crate) log: String,
    places: Vec<FileSpan>,
    sources: Arc<Sources>,
}

/// Where a step was made.
pub(crate) struct Place {
    pub(crate) file: Arc<str>,
    pub(crate) line: u32,
    pub(crate) column: u32,
}

impl StepReport {
    /// From what the engine says and the texts of the files.
    pub(crate) fn new(failure: &Failure, sources: Arc<Sources>) -> StepReport {
        let places = failure
            .origins
            .iter()
            .map(|origin| FileSpan { file: origin.file.clone(), start: origin.start, end: origin.end })
            .collect();
        StepReport {
            node: failure.node,
            name: failure.name.clone(),
            message: printable(&format!("{} failed: {}", failure.name, failure.reason), false),
            help: failure.help.clone(),
            exit_code: failure.exit_code,
            log: String::from_utf8_lossy(&failure.log_tail).into_owned(),
            places,
            sources,
        }
    }

    /// Where it was made, if the graph came from a source.
    pub(crate) fn place(&self) -> Option<Place> {
        let span = self.places.first()?;
        let position = self.sources.position(span);
        Some(Place { file: span.file.clone(), line: position.line, column: position.column })
    }

    /// In one line, for a failure that is only a warning.
    pub(crate) fn warning(&self) -> String {
        let place = self.place().map(|place| format!(" ({}:{})", place.file, place.line)).unwrap_or_default();
        format!("{}{place}; it is only a warning", self.message)
    }

    /// For a terminal.
    pub(crate) fn text(&self, color: bool) -> String {
        let mut text = match self.diagnostic() {
            Some(diagnostic) => render::full(&diagnostic, &self.sources, color),
            None => self.without_source(),
        };
        let log = self.log.trim_end_matches('\n');
        if !log.is_empty() {
            text.push_str("The end of its log:\n");
            for line in log.lines() {
                text.push_str(&format!("  {}\n", printable(line, color)));
            }
        }
        text
    }

    fn diagnostic(&self) -> Option<Diagnostic> {
        let (first, others) = self.places.split_first()?;
        let mut diagnostic = Diagnostic::error("step-failed", &self.message, first.clone()).role("this step");
        for other in others {
            diagnostic = diagnostic.label(other.clone(), "the same step");
        }
        diagnostic.help = self.help.clone();
        Some(diagnostic)
    }

    fn without_source(&self) -> String {
        let help = self.help.as_ref().map(|help| format!("help: {help}\n")).unwrap_or_default();
        format!("error: {}\n{help}", self.message)
    }
}
