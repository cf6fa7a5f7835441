//! Collapsible sections of GitLab CI: `--progress gitlab`.
//!
//! Steps run side by side, so a step's log is kept and shown as one section when the step is over. The format is that of "Custom collapsible sections" in
//! GitLab's documentation.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use pipe_engine::{Stream, Summary};
use pipe_ops::NodeId;

use super::logs::{StepLogs, total};
use super::{Step, Style, View, state_name};
use crate::failure::StepReport;

pub(super) struct Gitlab {
    style: Style,
    logs: StepLogs,
}

impl Gitlab {
    pub(super) fn new(style: Style) -> Gitlab {
        Gitlab { style, logs: StepLogs::new(style) }
    }
}

impl View for Gitlab {
    fn step(&mut self, step: &Step) -> String {
        let Some(log) = self.logs.finish(step) else { return String::new() };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs());
        let start = now.saturating_sub(step.elapsed.map_or(0, |elapsed| elapsed.as_secs()));
        let name = &step.name;
        let title = format!("{name}: {}", state_name(step.state));
        section(step.node, start, now, &title, &log)
    }

    fn log(&mut self, node: NodeId, stream: Stream, bytes: &[u8]) -> String {
        self.logs.push(node, stream, bytes);
        String::new()
    }

    fn warning(&mut self, message: &str) -> String {
        if self.style.quiet { String::new() } else { format!("warning: {message}\n") }
    }

    fn notice(&mut self, message: &str) -> String {
        format!("note: {}\n", super::printable(message, self.style.color))
    }

    fn started(&mut self, _: usize) -> String {
        String::new()
    }

    fn finished(&mut self, summary: &Summary, elapsed: Duration) -> String {
        total(summary, elapsed, self.style)
    }

    fn failure(&mut self, report: &StepReport) -> String {
        format!("\n{}", report.text(self.style.color))
    }
}

/// A section; without a log only its title.
fn section(node: NodeId, start: u64, end: u64, title: &str, log: &str) -> String {
    if log.is_empty() {
        return format!("{title}\n");
    }
    // Names of sections are identifiers and must be distinct; the title is what people read.
    let name = format!("step_{}", node.0);
    format!(
        "\u{1b}[0Ksection_start:{start}:{name}[collapsed=true]\r\u{1b}[0K{title}\n{log}\u{1b}[0Ksection_end:{end}:{name}\r\u{1b}[0K\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_opens_and_closes() {
        let text = section(NodeId(7), 10, 12, "build: ran", "one\n");
        assert_eq!(
            text,
            "\u{1b}[0Ksection_start:10:step_7[collapsed=true]\r\u{1b}[0Kbuild: ran\none\n\
             \u{1b}[0Ksection_end:12:step_7\r\u{1b}[0K\n"
        );
        assert_eq!(section(NodeId(7), 10, 12, "build: cached", ""), "build: cached\n");
    }
}
