//! What lives as long as a session ends with it.

use pipe_engine::Demand;
use pipe_ops::Slot;

use crate::graphs::{Build, slot};
use crate::world::World;

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
        session.shutdown(&setup.cancel).await;
        assert_eq!(folders(), 0);
    }
}
