//! A store, a package folder and an engine in temporary folders.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use pipe_engine::{
    Demand, Engine, EngineError, EngineOptions, Event, EventSink, RunReport, StepState, Stream, Unmet, Value,
};
use pipe_ops::{Datum, Graph, Output};
use pipe_store::{StepEntry, Store, StoreOptions};
use tokio_util::sync::CancellationToken;

use crate::backend::{Call, Closures};

/// Remembers every event.
#[derive(Default)]
pub(crate) struct Events(pub(crate) Mutex<Vec<Event>>);

impl EventSink for Events {
    fn event(&self, event: Event) {
        self.0.lock().unwrap().push(event);
    }
}

impl Events {
    /// Names of steps that were told to be in a state, in order.
    pub(crate) fn steps(&self, wanted: StepState) -> Vec<String> {
        let events = self.0.lock().unwrap();
        let names = events.iter().filter_map(|event| match event {
            Event::Step { name, state, .. } if *state == wanted => Some(name.to_string()),
            _ => None,
        });
        names.collect()
    }

    pub(crate) fn log(&self, wanted: Stream) -> String {
        let events = self.0.lock().unwrap();
        let bytes = events.iter().filter_map(|event| match event {
            Event::Log { stream, bytes, .. } if *stream == wanted => Some(bytes.to_vec()),
            _ => None,
        });
        String::from_utf8(bytes.collect::<Vec<_>>().concat()).unwrap()
    }
}

pub(crate) struct World {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) store: Store,
}

impl World {
    pub(crate) fn new() -> World {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("package")).unwrap();
        let store = open(&folder.path().join("store"));
        World { folder, store }
    }

    pub(crate) fn package(&self) -> PathBuf {
        self.folder.path().join("package")
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.package().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// What the store knows of steps, the latest first.
    pub(crate) fn steps(&self) -> Vec<StepEntry> {
        let mut steps = Vec::new();
        let list = |entry| {
            steps.push(entry);
            ControlFlow::Continue(())
        };
        self.store.ls(list).unwrap();
        steps
    }

    pub(crate) fn options(&self) -> EngineOptions {
        EngineOptions { jobs: 4, ..EngineOptions::new(self.package()) }
    }

    /// An engine with programs that most tests need.
    pub(crate) fn engine(&self) -> Setup {
        self.setup(standard(Closures::new(self.store.clone())), self.options())
    }

    pub(crate) fn setup(&self, backend: Closures, options: EngineOptions) -> Setup {
        let (backend, events) = (Arc::new(backend), Arc::new(Events::default()));
        let engine = Engine::new(self.store.clone(), backend.clone(), options, events.clone());
        Setup { engine, backend, events, cancel: CancellationToken::new() }
    }
}

pub(crate) fn open(path: &Path) -> Store {
    Store::open(path, StoreOptions::new(None)).unwrap()
}

/// `print TEXT`, `exit N`, `put PATH TEXT` (writes a file), `cat PATH`, `append PATH TEXT`.
pub(crate) fn standard(backend: Closures) -> Closures {
    use pipe_engine::Exit;
    backend
        .with("print", |call| {
            call.print(&call.argv[1]);
            Ok(Exit::Code(0))
        })
        .with("exit", |call| Ok(Exit::Code(call.argv[1].parse().unwrap())))
        .with("put", |call| {
            call.write(&call.argv[1], &call.argv[2]);
            Ok(Exit::Code(0))
        })
        .with("cat", |call: &mut Call<'_>| {
            call.print(call.read(&call.argv[1]).unwrap_or_default());
            Ok(Exit::Code(0))
        })
        .with("append", |call| {
            let mut bytes = call.read(&call.argv[1]).unwrap_or_default();
            bytes.extend_from_slice(call.argv[2].as_bytes());
            call.write(&call.argv[1], bytes);
            Ok(Exit::Code(0))
        })
}

pub(crate) struct Setup {
    pub(crate) engine: Engine,
    pub(crate) backend: Arc<Closures>,
    pub(crate) events: Arc<Events>,
    pub(crate) cancel: CancellationToken,
}

impl Setup {
    /// One session, one run.
    pub(crate) async fn run(&self, graph: &Graph, outputs: &[Output]) -> RunReport {
        self.try_run(graph, outputs).await.unwrap()
    }

    pub(crate) async fn try_run(&self, graph: &Graph, outputs: &[Output]) -> Result<RunReport, EngineError> {
        let demands: Vec<Demand> =
            outputs.iter().map(|output| Demand { output: *output, label: "target".into() }).collect();
        let session = self.engine.session().await?;
        let report = session.run(graph, &demands, &self.cancel).await;
        session.shutdown(&self.cancel).await;
        report
    }
}

/// The values of a report that has no failure.
pub(crate) fn values(report: &RunReport) -> Vec<Value> {
    report.outcomes.iter().map(|outcome| outcome.result.clone().unwrap()).collect()
}

pub(crate) fn text(value: &Value) -> &str {
    match value {
        Value::Datum(Datum::Text(text)) => text,
        other => panic!("{other:?} is no text"),
    }
}

/// The reason for which a demand has no value.
pub(crate) fn reason(report: &RunReport, demand: usize) -> String {
    match &report.outcomes[demand].result {
        Ok(value) => panic!("{value:?} was made"),
        Err(Unmet::Stopped) => "stopped".into(),
        Err(Unmet::Failed(failure)) => failure.reason.clone(),
    }
}
