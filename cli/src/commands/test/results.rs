//! What came of the tests, said as each is judged and kept for the report.

use std::sync::Arc;
use std::time::Duration;

use pipe_analysis::typed::Test;

use super::judge::Verdict;
use crate::exit::{CliError, Exit};
use crate::package::Package;
use crate::progress::{Style, printable};
use crate::{output, report};

/// A test that is over.
pub(super) struct Ended {
    pub(super) title: Arc<str>,
    pub(super) file: Arc<str>,
    /// From 1.
    pub(super) line: u32,
    /// Why it failed, for people.
    pub(super) failure: Option<String>,
    /// How long it took, when it started no container: those share their steps and their time.
    pub(super) time: Option<Duration>,
}

impl Ended {
    /// Whether it is this one, or another of the same title in the same file.
    pub(super) fn is_of(&self, test: &Test) -> bool {
        self.title == test.title && self.file == test.origin.file
    }
}

/// All tests that are over.
pub(super) struct Results<'a> {
    package: &'a Package,
    style: Style,
    pub(super) ended: Vec<Ended>,
    /// How bad the worst end was.
    pub(super) exit: Exit,
}

impl<'a> Results<'a> {
    pub(super) fn new(package: &'a Package, style: Style) -> Results<'a> {
        Results { package, style, ended: Vec::new(), exit: Exit::Success }
    }

    /// A test was judged. `cause`: what it waited for in vain, which was said.
    pub(super) fn verdict(
        &mut self,
        test: &Test,
        verdict: Verdict,
        cause: Option<String>,
        time: Option<Duration>,
    ) -> Result<(), CliError> {
        match verdict {
            Verdict::Holds => {
                self.end(test, None, time);
                output::result_line(&format!("ok      {}", printable(&test.title, false)))
            }
            Verdict::NotThere => {
                let cause = cause.unwrap_or_else(|| "a step that it needs failed".to_owned());
                self.failed(test, Exit::Failed, cause, time)
            }
            Verdict::DoesNotHold(found) => {
                let error = CliError::diagnostics(Exit::Failed, found, self.package.sources());
                self.error(test, &error, time)
            }
        }
    }

    /// A test that does not hold, has no value, or asks for what is not there.
    pub(super) fn error(
        &mut self,
        test: &Test,
        error: &CliError,
        time: Option<Duration>,
    ) -> Result<(), CliError> {
        let exit = report::error(error, self.style);
        self.failed(test, exit, report::plain(error), time)
    }

    fn failed(
        &mut self,
        test: &Test,
        exit: Exit,
        why: String,
        time: Option<Duration>,
    ) -> Result<(), CliError> {
        self.exit = self.exit.max(exit);
        self.end(test, Some(why), time);
        output::result_line(&format!("FAILED  {}", printable(&test.title, false)))
    }

    fn end(&mut self, test: &Test, failure: Option<String>, time: Option<Duration>) {
        let line = self.package.sources().position(&test.origin.place(test.origin.name)).line;
        let (title, file) = (test.title.clone(), test.origin.file.clone());
        self.ended.push(Ended { title, file, line, failure, time });
    }

    /// The tests that have no end yet never get one, for the command itself fails: for the report only.
    pub(super) fn not_run(&mut self, tests: &[Arc<Test>], error: &CliError) {
        let why = match report::plain(error) {
            said if said.trim().is_empty() => "the command was stopped".to_owned(),
            said => said,
        };
        for test in tests {
            if !self.ended.iter().any(|ended| ended.is_of(test)) {
                self.end(test, Some(format!("did not run: {why}")), None);
            }
        }
    }

    /// The counts, on standard output.
    pub(super) fn sum(&self) -> Result<(), CliError> {
        output::result_line(&counts(&self.ended))
    }
}

/// How many passed, and how many did not.
pub(super) fn counts<'e>(ended: impl IntoIterator<Item = &'e Ended>) -> String {
    let (failed, passed): (Vec<&Ended>, Vec<&Ended>) =
        ended.into_iter().partition(|test| test.failure.is_some());
    format!("{} passed, {} failed", passed.len(), failed.len())
}
