//! Groups and annotations of GitHub Actions: `--progress github`.
//!
//! Steps run side by side, so a step's log is kept and shown as one group when the step is over. While a log is shown, workflow
//! commands are stopped with a token that a step cannot guess: what a step prints must not set variables or add masks. The
//! format is that of "Workflow commands for GitHub Actions" in GitHub's documentation.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use pipe_engine::{Stream, Summary};
use pipe_ops::NodeId;

use super::logs::{StepLogs, total};
use super::{Step, Style, View, human, printable, state_name, tests_text};
use crate::failure::StepReport;
use crate::reports::{FailedTest, Tests};

pub(super) struct Github {
    style: Style,
    logs: StepLogs,
}

impl Github {
    pub(super) fn new(style: Style) -> Github {
        Github { style, logs: StepLogs::new(style) }
    }
}

impl View for Github {
    fn step(&mut self, step: &Step) -> String {
        let Some(log) = self.logs.finish(step) else { return String::new() };
        let time = step.elapsed.map(|elapsed| format!(" ({})", human(elapsed))).unwrap_or_default();
        let state = state_name(step.state);
        let name = &step.name;
        if log.is_empty() {
            return format!("{name}: {state}{time}\n");
        }
        format!("::group::{name}: {state}{time}\n{}::endgroup::\n", fenced(&log))
    }

    fn log(&mut self, node: NodeId, stream: Stream, bytes: &[u8]) -> String {
        self.logs.push(node, stream, bytes);
        String::new()
    }

    fn warning(&mut self, message: &str) -> String {
        if self.style.quiet { String::new() } else { workflow_command("warning", &[], message) }
    }

    fn notice(&mut self, message: &str) -> String {
        workflow_command("notice", &[], message)
    }

    fn started(&mut self, _: usize) -> String {
        String::new()
    }

    fn finished(&mut self, summary: &Summary, elapsed: Duration) -> String {
        total(summary, elapsed, self.style)
    }

    fn tests(&mut self, tests: &Tests) -> String {
        let annotation = |test: &FailedTest| {
            let mut properties = vec![("title", printable(&test.name, false))];
            properties.extend(test.file.iter().map(|file| ("file", printable(file, false))));
            properties.extend(test.line.map(|line| ("line", line.to_string())));
            let message = if test.message.is_empty() { "it failed" } else { &test.message };
            workflow_command("error", &properties, &printable(message, false))
        };
        let annotations: String = tests.failed.iter().map(annotation).collect();
        format!("{annotations}{}", fenced(&tests_text(tests)))
    }

    fn failure(&mut self, report: &StepReport) -> String {
        let mut properties = Vec::new();
        if let Some(place) = report.place() {
            properties.push(("file", place.file.to_string()));
            properties.push(("line", place.line.to_string()));
            properties.push(("col", place.column.to_string()));
        }
        let annotation = workflow_command("error", &properties, &report.message);
        format!("{annotation}{}", fenced(&report.text(self.style.color)))
    }
}

/// Text that a step had a part in, between commands that stop and resume workflow commands.
fn fenced(text: &str) -> String {
    let token = token();
    let end = if text.ends_with('\n') { "" } else { "\n" };
    format!("::stop-commands::{token}\n{text}{end}::{token}::\n")
}

/// 128 bits nobody can guess: two hashes under keys that the operating system's random source gave.
fn token() -> String {
    let state = RandomState::new();
    format!("{:016x}{:016x}", state.hash_one(0_u8), state.hash_one(1_u8))
}

/// A workflow command with its message and properties escaped.
pub(crate) fn workflow_command(name: &str, properties: &[(&str, String)], message: &str) -> String {
    let escape = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |(key, value): &(&str, String)| {
        format!("{key}={}", escape(value).replace(':', "%3A").replace(',', "%2C"))
    };
    let properties: Vec<String> = properties.iter().map(property).collect();
    let space = if properties.is_empty() { "" } else { " " };
    format!("::{name}{space}{}::{}\n", properties.join(","), escape(message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_cannot_start_a_command() {
        let command = workflow_command("error", &[("file", "a,b:c".into())], "x\n::set-env::y");
        assert_eq!(command, "::error file=a%2Cb%3Ac::x%0A::set-env::y\n");
    }

    #[test]
    fn a_log_cannot_resume_commands() {
        let log = "::add-mask::a\n";
        let text = fenced(log);
        let lines: Vec<&str> = text.lines().collect();
        let token = lines[0].strip_prefix("::stop-commands::").unwrap_or_default();
        assert_eq!(token.len(), 32);
        assert_eq!(lines[1..], ["::add-mask::a", &format!("::{token}::")]);
        assert_ne!(super::token(), super::token());
    }
}
