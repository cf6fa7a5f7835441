//! Logs of running steps, kept until the step is over: what forms do that show a log as one group.

use std::collections::HashMap;
use std::time::Duration;

use pipe_engine::{StepState, Stream, Summary};
use pipe_ops::NodeId;

use super::lines::Lines;
use super::{Step, Style, control, counts, human};

/// A log beyond this is cut at the front: the end says why a step failed.
const KEPT: usize = 4 * 1024 * 1024;

/// The logs of the steps that run.
pub(super) struct StepLogs {
    style: Style,
    lines: Lines,
    logs: HashMap<NodeId, String>,
}

impl StepLogs {
    /// Of no step yet.
    pub(super) fn new(style: Style) -> StepLogs {
        StepLogs { style, lines: Lines::default(), logs: HashMap::new() }
    }

    /// Keeps what a step printed.
    pub(super) fn push(&mut self, node: NodeId, stream: Stream, bytes: &[u8]) {
        let lines = self.lines.push(node, stream, bytes);
        self.keep(node, lines);
    }

    /// The log of a step that is over and is to be shown; `None` when it is not, or when it is not over.
    pub(super) fn finish(&mut self, step: &Step) -> Option<String> {
        if step.state == StepState::Running {
            return None;
        }
        let rest = self.lines.finish(step.node);
        self.keep(step.node, rest);
        let log = self.logs.remove(&step.node).unwrap_or_default();
        let Style { quiet, verbose, .. } = self.style;
        let hidden = quiet || step.state == StepState::Cached && !verbose;
        (!hidden || step.state == StepState::Failed).then_some(log)
    }

    fn keep(&mut self, node: NodeId, lines: Vec<String>) {
        let log = self.logs.entry(node).or_default();
        for line in lines {
            log.push_str(&control::printable(&line, self.style.color));
            log.push('\n');
        }
        if log.len() > KEPT {
            // Cut at the end of a line: there it is a whole character, too.
            let from = log.len() - KEPT / 2;
            let end = log.bytes().skip(from).position(|byte| byte == b'\n').map(|at| from + at + 1);
            log.replace_range(..end.unwrap_or(log.len()), "…\n");
        }
    }
}

/// The last line of a run.
pub(super) fn total(summary: &Summary, elapsed: Duration, style: Style) -> String {
    if style.quiet { String::new() } else { format!("{} in {}\n", counts(summary), human(elapsed)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_that_is_too_long_keeps_its_end() {
        let mut logs = StepLogs::new(Style { quiet: true, ..Style::plain() });
        let node = NodeId(0);
        let line = format!("{}é\n", "x".repeat(50_000));
        for _ in 0..200 {
            logs.push(node, Stream::Stdout, line.as_bytes());
        }
        logs.push(node, Stream::Stdout, b"the end");
        let step = Step {
            node,
            name: "s".into(),
            state: StepState::Failed,
            elapsed: None,
            key: None,
            place: None,
            exit_code: None,
            reason: None,
        };
        let log = logs.finish(&step).unwrap_or_default();
        assert!(log.len() <= KEPT && log.starts_with("…\nx") && log.ends_with("é\nthe end\n"));
    }
}
