//! One JSON object a line: `--progress json`.

use std::time::Duration;

use pipe_engine::{Stream, Summary};
use pipe_ops::NodeId;
use serde_json::json;

use super::schema::Object;
use super::{Service, Step, View, service_state_name, state_name};
use crate::failure::StepReport;
use crate::reports::{FailedTest, Tests};

pub(super) struct Json;

impl View for Json {
    fn step(&mut self, step: &Step) -> String {
        Object::Step {
            id: step.node.0,
            name: &step.name,
            state: state_name(step.state),
            ms: step.elapsed.map(millis),
            key: step.key.as_deref(),
            file: step.place.as_ref().map(|(file, _)| &**file),
            line: step.place.as_ref().map(|(_, line)| *line),
            exit_code: step.exit_code,
            reason: step.reason.as_deref(),
        }
        .line()
    }

    fn log(&mut self, node: NodeId, stream: Stream, bytes: &[u8]) -> String {
        let stream = match stream {
            Stream::Stdout => "stdout",
            Stream::Stderr => "stderr",
        };
        Object::Log { id: node.0, stream, text: &String::from_utf8_lossy(bytes) }.line()
    }

    fn warning(&mut self, message: &str) -> String {
        Object::Warning { message }.line()
    }

    fn service(&mut self, service: &Service) -> String {
        Object::Service {
            id: service.node.0,
            name: &service.name,
            state: service_state_name(service.state),
            ms: service.elapsed.map(millis),
            file: service.place.as_ref().map(|(file, _)| &**file),
            line: service.place.as_ref().map(|(_, line)| *line),
        }
        .line()
    }

    fn notice(&mut self, message: &str) -> String {
        Object::Notice { message }.line()
    }

    fn started(&mut self, nodes: usize) -> String {
        Object::Started { nodes }.line()
    }

    fn finished(&mut self, summary: &Summary, elapsed: Duration) -> String {
        let Summary { cached, ran, failed, skipped } = *summary;
        Object::Summary { cached, ran, failed, skipped, ms: millis(elapsed) }.line()
    }

    fn tests(&mut self, tests: &Tests) -> String {
        let failure = |test: &FailedTest| json!({ "name": test.name, "message": test.message, "file": test.file, "line": test.line });
        let failures: Vec<serde_json::Value> = tests.failed.iter().map(failure).collect();
        let (name, passed, skipped) = (&tests.name, tests.passed, tests.skipped);
        Object::Tests { name, passed, failed: failures.len(), skipped, failures: &failures }.line()
    }

    fn resume(&mut self, run: &str, command: &str) -> String {
        Object::Resume { run, command }.line()
    }

    fn failure(&mut self, report: &StepReport) -> String {
        let place = report.place();
        Object::Failure {
            id: report.node.0,
            name: &report.name,
            message: &report.message,
            help: report.help.as_deref(),
            file: place.as_ref().map(|place| &*place.file),
            line: place.as_ref().map(|place| place.line),
            column: place.as_ref().map(|place| place.column),
            exit_code: report.exit_code,
            log: &report.log,
        }
        .line()
    }
}

fn millis(elapsed: Duration) -> u64 {
    u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
}
