//! Reports of tests that checks left (`junit`): read, told, and put together in one file.

use std::path::Path;

use pipe_eval::Part;
use pipe_store::{EntryKind, Store};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use crate::evaluate::EvaluatedTarget;
use crate::exit::CliError;
use crate::progress::Progress;
use crate::result::Answers;
use crate::rewrite::write_whole;

/// Bytes of one report, and reports of one check: a step may leave what it likes.
const LARGEST: u64 = 32 << 20;
const MOST: usize = 2000;

/// The tests of a check.
#[derive(Debug, Default)]
pub(crate) struct Tests {
    /// The check.
    pub(crate) name: String,
    pub(crate) passed: usize,
    pub(crate) skipped: usize,
    pub(crate) failed: Vec<FailedTest>,
    suites: Vec<TestSuite>,
}

/// A test that failed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct FailedTest {
    pub(crate) name: String,
    /// The first line of what is said of it.
    pub(crate) message: String,
    /// Where it is, when the report says.
    pub(crate) file: Option<String>,
    pub(crate) line: Option<u32>,
}

/// Reads and tells the reports of all checks of the targets, and writes them to one file, if that is wanted.
///
/// # Errors
/// When the file cannot be written.
pub(crate) fn tell(
    targets: &[EvaluatedTarget],
    answers: &Answers,
    store: &Store,
    progress: &Progress,
    file: Option<&Path>,
) -> Result<(), CliError> {
    let parts: Vec<&Part> = targets.iter().flat_map(|target| target.demand.parts()).collect();
    let mut report = Report::new("pipe");
    for part in parts {
        let tests = part.reports.map(|_| read(part, answers, store, progress));
        if let Some(tests) = &tests {
            progress.tests(tests);
        }
        if file.is_some() {
            report.add_test_suite(own_suite(part, answers));
            report.add_test_suites(tests.into_iter().flat_map(|tests| tests.suites));
        }
    }
    let Some(file) = file else { return Ok(()) };
    let text = report.to_string().map_err(|error| error.to_string());
    let written = text.and_then(|text| write_whole(file, &text).map_err(|error| error.to_string()));
    written.map_err(|error| CliError::usage(format!("cannot write {}: {error}", file.display())))
}

/// The check itself, as a test among its tests.
fn own_suite(part: &Part, answers: &Answers) -> TestSuite {
    let status = match answers.have(&part.judged) {
        true => TestCaseStatus::success(),
        false => TestCaseStatus::non_success(NonSuccessKind::Failure),
    };
    let mut suite = TestSuite::new("checks");
    suite.add_test_case(TestCase::new(&*part.name, status));
    suite
}

/// The reports of a check. What cannot be read is told, and fails nothing.
fn read(part: &Part, answers: &Answers, store: &Store, progress: &Progress) -> Tests {
    let mut tests = Tests { name: part.name.to_string(), ..Tests::default() };
    let warn = |path: &str, reason: &str| {
        progress.warning(&format!("{}: the test report {path} cannot be read: {reason}", part.name));
    };
    // Without it the check came to no result at all, which is told elsewhere.
    let Some(tree) = part.reports.and_then(|output| answers.tree(output)) else { return tests };
    let entries = match store.list(&tree.tree) {
        Ok(entries) => entries,
        Err(error) => {
            warn("", &error.to_string());
            return tests;
        }
    };
    let files = entries.into_iter().filter_map(|entry| match entry.kind {
        EntryKind::File { size, .. } => Some((String::from_utf8_lossy(&entry.path).into_owned(), size)),
        _ => None,
    });
    for (path, size) in files.take(MOST) {
        match report_of(store, tree, &path, size) {
            Ok(report) => report.test_suites.into_iter().for_each(|suite| tests.add(suite)),
            Err(reason) => warn(&path, &reason),
        }
    }
    if tests.suites.is_empty() {
        progress.warning(&format!("{}: no test report matches what `junit` asks for", part.name));
    }
    tests
}

fn report_of(store: &Store, tree: &pipe_engine::TreeValue, path: &str, size: u64) -> Result<Report, String> {
    if size > LARGEST {
        return Err(format!("it has more than {} MiB", LARGEST >> 20));
    }
    let file = store.subfile(&tree.tree, path).map_err(|error| error.to_string())?;
    let bytes = store.read_file(&file).map_err(|error| error.to_string())?;
    parse(&String::from_utf8_lossy(&bytes))
}

/// Reads a report. Many tools write a single suite without a root of suites.
fn parse(text: &str) -> Result<Report, String> {
    let bare = text.find("<testsuite").filter(|_| !text.contains("<testsuites"));
    let read = match bare.and_then(|start| text.get(start..)) {
        Some(suite) => Report::deserialize_from_str(&format!("<testsuites>{suite}</testsuites>")),
        None => Report::deserialize_from_str(text),
    };
    read.map_err(|error| error.to_string())
}

impl Tests {
    fn add(&mut self, suite: TestSuite) {
        for case in &suite.test_cases {
            match &case.status {
                TestCaseStatus::Success { .. } => self.passed += 1,
                TestCaseStatus::Skipped { .. } => self.skipped += 1,
                TestCaseStatus::NonSuccess { message, description, .. } => {
                    let said = message.iter().chain(description).map(|text| text.as_str());
                    let said = said.flat_map(str::lines).map(str::trim).find(|line| !line.is_empty());
                    self.failed.push(failed(case, said.unwrap_or_default()));
                }
            }
        }
        self.suites.push(suite);
    }

    /// How many there are of each kind: `12 tests, 2 failed, 1 skipped`.
    pub(crate) fn counts(&self) -> String {
        let all = self.passed + self.skipped + self.failed.len();
        let mut text = format!("{all} test{}", if all == 1 { "" } else { "s" });
        for (count, what) in [(self.failed.len(), "failed"), (self.skipped, "skipped")] {
            if count > 0 {
                text.push_str(&format!(", {count} {what}"));
            }
        }
        text
    }
}

fn failed(case: &TestCase, message: &str) -> FailedTest {
    let extra =
        |name: &str| case.extra.iter().find(|(key, _)| key.as_str() == name).map(|(_, value)| value.as_str());
    let name = match case.classname.as_ref().map(|class| class.as_str()).filter(|class| !class.is_empty()) {
        Some(class) => format!("{class}.{}", case.name.as_str()),
        None => case.name.as_str().to_owned(),
    };
    FailedTest {
        name,
        message: message.to_owned(),
        file: extra("file").or(extra("filepath")).map(str::to_owned),
        line: extra("line").or(extra("lineno")).and_then(|line| line.parse().ok()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// As pytest writes it, and as Maven does: with and without a root of suites.
    #[test]
    fn reports_of_several_tools_are_read() {
        let mut tests = Tests::default();
        for text in [
            r#"<?xml version="1.0" encoding="utf-8"?><testsuites><testsuite name="pytest" errors="0" failures="1" skipped="1" tests="3" time="0.1">
<testcase classname="test_a" name="test_good" time="0.01" />
<testcase classname="test_a" name="test_bad" file="test_a.py" line="7"><failure message="assert 1 == 2">def test_bad():</failure></testcase>
<testcase classname="test_a" name="test_later"><skipped type="pytest.skip" message="later"/></testcase></testsuite></testsuites>"#,
            r#"<testsuite name="com.acme.T" tests="1" errors="1" skipped="0" failures="0"><testcase name="boom" classname="com.acme.T" time="0"><error type="E">

E: no
  at com.acme</error></testcase></testsuite>"#,
        ] {
            let report = parse(text).unwrap();
            report.test_suites.into_iter().for_each(|suite| tests.add(suite));
        }
        assert_eq!(tests.counts(), "4 tests, 2 failed, 1 skipped");
        let told: Vec<String> =
            tests.failed.iter().map(|test| format!("{} {}", test.name, test.message)).collect();
        assert_eq!(told, ["test_a.test_bad assert 1 == 2", "com.acme.T.boom E: no"]);
        assert_eq!((tests.failed[0].file.as_deref(), tests.failed[0].line), (Some("test_a.py"), Some(7)));
    }
}
