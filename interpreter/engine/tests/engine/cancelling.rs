//! A cancelled run stops starting, kills what runs, and keeps what was finished.

use std::sync::Arc;

use pipe_engine::{BackendError, Ending, Exit, StepState};
use pipe_ops::Slot;
use tokio::sync::Notify;

use crate::backend::Closures;
use crate::graphs::{Build, main, slot};
use crate::world::{World, reason, standard, values};

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn what_runs_is_killed_and_what_finished_stays() {
    let world = World::new();
    let began = Arc::new(Notify::new());
    let told = began.clone();
    let backend = standard(Closures::new(world.store.clone())).with("wait", move |call| {
        told.notify_one();
        while !call.cancel.is_cancelled() {
            std::thread::yield_now();
        }
        Err(BackendError::Cancelled)
    });
    let setup = world.setup(backend, world.options());
    let mut build = Build::default();
    let first = build.checked("first", &["put", "/f", "x"]);
    let waits = build.run_on("waits", &["wait"], slot(first, Slot::Root));
    let behind = build.run_on("behind", &["print", "x"], slot(waits, Slot::Mount(0)));
    let demands = [main(behind)];
    let cancel = async {
        began.notified().await;
        setup.cancel.cancel();
    };
    let (report, ()) = tokio::join!(setup.run(&build.graph, &demands), cancel);
    assert_eq!(report.ending(), Ending::Cancelled);
    assert_eq!(reason(&report, 0), "cancelled");
    assert_eq!(setup.events.steps(StepState::Skipped), ["waits", "behind"]);
    assert!(report.failures.is_empty());

    let again = world.engine();
    values(&again.run(&build.graph, &[main(first)]).await);
    assert_eq!(again.backend.runs(), 0);
    let left: Vec<_> = std::fs::read_dir(world.store.dir().join("work")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn a_run_that_is_cancelled_before_it_begins_runs_nothing() {
    let world = World::new();
    let setup = world.engine();
    let mut build = Build::default();
    let step = build.checked("step", &["print", "x"]);
    setup.cancel.cancel();
    let report = setup.run(&build.graph, &[main(step)]).await;
    assert_eq!(report.ending(), Ending::Cancelled);
    assert_eq!(setup.backend.runs(), 0);
}

/// Cancelling after the last step is too late to matter.
#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn a_run_that_is_done_is_done() {
    let world = World::new();
    let backend = Closures::new(world.store.clone()).with("last", |call| {
        call.cancel.cancel();
        Ok(Exit::Code(0))
    });
    let setup = world.setup(backend, world.options());
    let mut build = Build::default();
    let exec = build.run("last", &["last"]);
    let report = setup.run(&build.graph, &[main(exec)]).await;
    assert_eq!(report.ending(), Ending::Done);
}
