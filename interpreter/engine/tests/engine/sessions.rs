//! What lives as long as a session ends with it.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use pipe_engine::{Demand, Service};
use pipe_ops::Slot;

use crate::graphs::{Build, slot};
use crate::world::World;

struct Noted(&'static str, Arc<Mutex<Vec<&'static str>>>);

#[async_trait]
impl Service for Noted {
    async fn stop(&self) {
        self.1.lock().unwrap().push(self.0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn services_stop_with_their_session_the_latest_first() {
    let world = World::new();
    let setup = world.engine();
    let stopped = Arc::new(Mutex::new(Vec::new()));
    let session = setup.engine.session().await.unwrap();
    for name in ["database", "server"] {
        session.adopt(Arc::new(Noted(name, stopped.clone())));
    }
    session.shutdown().await;
    assert_eq!(*stopped.lock().unwrap(), ["server", "database"]);
    assert!(*setup.backend.shut_down.lock().unwrap());
}

/// It is made for what runs: a run that finds all it needs makes none.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_working_folder_is_there_for_what_runs_and_gone_afterwards() {
    let world = World::new();
    let work = world.store.dir().join("work");
    let folders = || std::fs::read_dir(&work).unwrap().count();
    let mut build = Build::default();
    let step = build.checked("put", &["put", "/f", "1"]);
    let demands = [Demand { output: slot(step, Slot::Root), label: "target".into() }];
    for during in [1, 0] {
        let setup = world.engine();
        let session = setup.engine.session().await.unwrap();
        assert_eq!(folders(), 0);
        let report = session.run(&build.graph, &demands, &setup.cancel).await.unwrap();
        assert!(report.outcomes[0].result.is_ok());
        assert_eq!(folders(), during);
        session.shutdown().await;
        assert_eq!(folders(), 0);
    }
}
