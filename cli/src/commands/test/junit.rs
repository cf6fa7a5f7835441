//! `--junit FILE`: the report that CI systems read.

use std::path::Path;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::results::Ended;
use crate::exit::CliError;
use crate::rewrite::write_whole;

/// Writes a report, a suite for each file. Nobody reads half of it.
///
/// # Errors
/// When the file cannot be written.
pub(super) fn write<'e>(
    file: &Path,
    package: &str,
    ended: impl IntoIterator<Item = &'e Ended>,
) -> Result<(), CliError> {
    let text = render(package, ended);
    let written = text.and_then(|text| write_whole(file, &text).map_err(|error| error.to_string()));
    written.map_err(|error| CliError::usage(format!("cannot write {}: {error}", file.display())))
}

fn render<'e>(package: &str, ended: impl IntoIterator<Item = &'e Ended>) -> Result<String, String> {
    let mut suites: Vec<TestSuite> = Vec::new();
    for test in ended {
        let at = suites.iter().position(|suite| suite.name.as_str() == &*test.file).unwrap_or_else(|| {
            suites.push(TestSuite::new(&*test.file));
            suites.len() - 1
        });
        if let Some(suite) = suites.get_mut(at) {
            suite.add_test_case(case(test));
        }
    }
    let mut report = Report::new(package);
    report.add_test_suites(suites);
    report.to_string().map_err(|error| error.to_string())
}

fn case(test: &Ended) -> TestCase {
    let status = match &test.failure {
        None => TestCaseStatus::success(),
        Some(text) => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_message(xml(text.lines().next().unwrap_or_default())).set_description(xml(text));
            status
        }
    };
    let mut case = TestCase::new(xml(&test.title), status);
    case.set_classname(test.file.trim_end_matches(".pipe").replace('/', "."));
    if let Some(time) = test.time {
        case.set_time(time);
    }
    case.extra.insert("file".into(), (&*test.file).into());
    case.extra.insert("line".into(), test.line.to_string().into());
    case
}

/// The crate leaves out controls, but not the two other characters that XML 1.0 cannot hold (section 2.2 of its definition).
fn xml(text: &str) -> String {
    text.replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn ended(title: &str, file: &str, failure: Option<&str>) -> Ended {
        let failure = failure.map(str::to_owned);
        Ended { title: title.into(), file: file.into(), line: 3, failure, time: None }
    }

    #[test]
    fn what_would_break_the_markup_is_escaped_or_left_out() {
        let hostile = "</failure>]]><!-- & \"x\" \u{1b}[31m\u{0}\u{fffe}";
        let text = render("p\"<", &[ended(hostile, "a.pipe", Some(hostile))]).unwrap();
        let read = Report::deserialize_from_str(&text).unwrap();
        let case = &read.test_suites[0].test_cases[0];
        assert!(case.name.as_str().starts_with("</failure>]]><!-- & \"x\""), "{text}");
        assert!(!text.contains(['\u{1b}', '\u{0}', '\u{fffe}']), "{text}");
    }

    #[test]
    fn each_file_is_a_suite_with_its_counts() {
        let all = [
            ended("one", "main.pipe", None),
            ended("two", "lib/x.pipe", Some("first line\nmore")),
            ended("three", "main.pipe", Some("no")),
        ];
        let text = render("app", &all).unwrap();
        assert!(text.contains("<testsuites name=\"app\" tests=\"3\" skipped=\"0\" failures=\"2\""), "{text}");
        assert!(text.contains("<testsuite name=\"main.pipe\" tests=\"2\""), "{text}");
        assert!(text.contains("classname=\"lib.x\""), "{text}");
        assert!(text.contains("file=\"lib/x.pipe\" line=\"3\""), "{text}");
        assert!(text.contains("message=\"first line\""), "{text}");
    }
}
