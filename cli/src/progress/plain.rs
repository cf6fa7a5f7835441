//! A line an event, for people: `--progress plain`.

use std::time::Duration;

use pipe_engine::{ServiceState, StepState, Stream, Summary};
use pipe_ops::NodeId;

use super::lines::Lines;
use super::{Names, Service, Step, Style, View, control, counts, human, service_state_name};
use crate::failure::StepReport;

pub(super) struct Plain {
    style: Style,
    names: Names,
    lines: Lines,
}

impl Plain {
    pub(super) fn new(style: Style) -> Plain {
        Plain { style, names: Names::default(), lines: Lines::default() }
    }

    fn log_lines(&self, node: NodeId, lines: Vec<String>) -> String {
        let name = self.names.of(node);
        lines
            .iter()
            .map(|line| format!("{name} | {}\n", control::printable(line, self.style.color)))
            .collect()
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.style.color { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    fn state(&self, step: &Step) -> Option<String> {
        let time = step.elapsed.map(|elapsed| format!(" in {}", human(elapsed))).unwrap_or_default();
        let reason = step.reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
        let said = match step.state {
            StepState::Cached if self.style.verbose => self.paint("2", "cached"),
            StepState::Running if self.style.verbose => self.paint("2", "running"),
            StepState::Cached | StepState::Running => return None,
            StepState::Ran => format!("{}{time}", self.paint("32", "done")),
            StepState::Failed => format!("{}{time}{reason}", self.paint("31", "failed")),
            StepState::Skipped => format!("{}{reason}", self.paint("33", "skipped")),
        };
        Some(said)
    }
}

impl View for Plain {
    fn step(&mut self, step: &Step) -> String {
        self.names.learn(step.node, &step.name);
        let mut text = String::new();
        if step.state != StepState::Running {
            let rest = self.lines.finish(step.node);
            text = self.log_lines(step.node, rest);
            self.names.forget(step.node);
        }
        if self.style.quiet && step.state != StepState::Failed {
            return String::new();
        }
        if let Some(said) = self.state(step) {
            let place = match &step.place {
                Some((file, line)) if self.style.verbose => format!(" ({file}:{line})"),
                _ => String::new(),
            };
            text.push_str(&format!("{}{place}: {said}\n", step.name));
        }
        text
    }

    fn log(&mut self, node: NodeId, stream: Stream, bytes: &[u8]) -> String {
        let lines = self.lines.push(node, stream, bytes);
        if self.style.quiet { String::new() } else { self.log_lines(node, lines) }
    }

    fn warning(&mut self, message: &str) -> String {
        if self.style.quiet { String::new() } else { format!("{}: {message}\n", self.paint("33", "warning")) }
    }

    fn service(&mut self, service: &Service) -> String {
        self.names.learn(service.node, &service.name);
        let time = service.elapsed.map(|elapsed| format!(" in {}", human(elapsed))).unwrap_or_default();
        let is_shown = match service.state {
            ServiceState::Ready | ServiceState::Failed => !self.style.quiet,
            ServiceState::Starting | ServiceState::Stopped => self.style.verbose,
        };
        let place = match &service.place {
            Some((file, line)) if self.style.verbose => format!(" ({file}:{line})"),
            _ => String::new(),
        };
        let state = service_state_name(service.state);
        if is_shown { format!("service {}{place}: {state}{time}\n", service.name) } else { String::new() }
    }

    fn notice(&mut self, message: &str) -> String {
        format!("{}: {}\n", self.paint("1", "note"), super::printable(message, self.style.color))
    }

    fn started(&mut self, _: usize) -> String {
        String::new()
    }

    fn finished(&mut self, summary: &Summary, elapsed: Duration) -> String {
        // What has no step was only evaluated: there is nothing to say.
        if self.style.quiet || *summary == Summary::default() {
            return String::new();
        }
        format!("{} in {}\n", counts(summary), human(elapsed))
    }

    fn failure(&mut self, report: &StepReport) -> String {
        format!("\n{}", report.text(self.style.color))
    }
}
