//! What lives as long as a session ends with it.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use pipe_engine::Service;

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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_working_folder_is_gone_afterwards() {
    let world = World::new();
    let setup = world.engine();
    let work = world.store.dir().join("work");
    let session = setup.engine.session().await.unwrap();
    assert_eq!(std::fs::read_dir(&work).unwrap().count(), 1);
    session.shutdown().await;
    assert_eq!(std::fs::read_dir(&work).unwrap().count(), 0);
}
