//! A plan knows what is cached, what will run, and what depends on what runs; it runs nothing.

use pipe_engine::{Plan, PlanStatus};
use pipe_ops::Slot;

use crate::graphs::{Build, main, slot};
use crate::world::World;

fn status<'a>(plan: &'a Plan, name: &str) -> &'a PlanStatus {
    &plan.nodes.iter().find(|node| node.is_step && &*node.name == name).unwrap().status
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn what_is_behind_a_step_that_will_run_is_unknown() {
    let world = World::new();
    world.write("src/f", "1");
    let setup = world.engine();
    let mut build = Build::default();
    let src = build.host_dir("src");
    let first = build.run_on("first", &["append", "/in/f", "x"], src);
    let file = build.subfile(slot(first, Slot::Mount(0)), "f");
    let scratch = build.scratch();
    let packed = build.copy(scratch, "/f", file, true);
    let second = build.run_on("second", &["cat", "/in/f"], packed);
    let third = build.run_on("third", &["cat", "/in/f", "again"], slot(second, Slot::Mount(0)));
    let demands = [main(third)];

    let plan = setup.engine.plan(&build.graph, &demands).await.unwrap();
    assert_eq!(*status(&plan, "first"), PlanStatus::WillRun { reason: None });
    assert_eq!(*status(&plan, "second"), PlanStatus::Unknown { waits_for: vec!["first".into()] });
    assert_eq!(*status(&plan, "third"), PlanStatus::Unknown { waits_for: vec!["second".into()] });
    assert_eq!(setup.backend.runs(), 0);
    assert_eq!(plan.expected(), None);

    setup.run(&build.graph, &demands).await;
    let plan = setup.engine.plan(&build.graph, &demands).await.unwrap();
    assert_eq!(plan.count(|status| *status == PlanStatus::Cached), 3);
    assert!(plan.nodes.iter().all(|node| node.is_step == node.key.is_some()));

    world.write("src/f", "2");
    let plan = setup.engine.plan(&build.graph, &demands).await.unwrap();
    assert_eq!(*status(&plan, "first"), PlanStatus::WillRun { reason: None });
    assert!(plan.expected().is_some());
    assert_eq!(setup.backend.runs(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn a_failed_result_will_run_again_unless_nobody_minds() {
    let world = World::new();
    let setup = world.engine();
    let mut build = Build::default();
    let exec = build.run("unit", &["exit", "2"]);
    let unit = build.guard(exec, &[0]);
    setup.run(&build.graph, &[main(unit)]).await;
    let plan = setup.engine.plan(&build.graph, &[main(unit)]).await.unwrap();
    let reason = Some("failed last time with exit code 2".to_owned());
    assert_eq!(*status(&plan, "unit"), PlanStatus::WillRun { reason });
    let plan = setup.engine.plan(&build.graph, &[slot(exec, Slot::ExitCode)]).await.unwrap();
    assert_eq!(*status(&plan, "unit"), PlanStatus::Cached);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn what_is_not_granted_is_not_read() {
    let world = World::new();
    let outside = world.folder.path().canonicalize().unwrap().join("outside");
    std::fs::create_dir(&outside).unwrap();
    let mut build = Build::default();
    let src = build.host_dir("../outside");
    let missing = build.host_dir("missing");
    let one = build.run_on("one", &["cat", "/in/f"], src);
    let two = build.run_on("two", &["cat", "/in/f"], missing);
    let plan = world.engine().engine.plan(&build.graph, &[main(one), main(two)]).await.unwrap();
    let flag = format!("--allow file:{}", outside.display());
    assert!(plan.nodes.iter().any(|node| node.status == PlanStatus::NeedsGrant { flag: flag.clone() }));
    let fails = PlanStatus::Fails { reason: "there is no `missing` on this machine".into() };
    assert!(plan.nodes.iter().any(|node| node.status == fails));
    let waits_for = vec!["import ../outside".into()];
    assert_eq!(*status(&plan, "one"), PlanStatus::Unknown { waits_for });
}

/// A plan over a store that is only looked at: it knows what is cached, also of files that changed, and takes nothing in.
#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn over_a_store_that_is_looked_at_only_keys_are_made() {
    let world = World::new();
    world.write("src/f", "1");
    let setup = world.engine();
    let mut build = Build::default();
    let src = build.host_dir("src");
    let first = build.run_on("first", &["append", "/in/f", "x"], src);
    let second = build.run_on("second", &["cat", "/in/f"], slot(first, Slot::Mount(0)));
    let (scratch, file) = (build.scratch(), build.subfile(src, "f"));
    let copied = build.copy(scratch, "/f", file, true);
    let third = build.run_on("third", &["cat", "/in/f"], copied);
    let demands = [main(second), main(third)];
    setup.run(&build.graph, &demands).await;

    let options = pipe_store::StoreOptions::new(None);
    let look = || async {
        let store = pipe_store::Store::open_to_read(world.store.dir(), options.clone()).unwrap().unwrap();
        let engine = pipe_engine::Engine::new(
            store,
            setup.backend.clone(),
            world.options(),
            std::sync::Arc::new(crate::world::Events::default()),
        );
        let plan = engine.plan(&build.graph, &demands).await.unwrap();
        let last = engine.last_results(&plan).unwrap();
        (plan, last)
    };
    let (plan, last) = look().await;
    assert_eq!(plan.count(|status| *status == PlanStatus::Cached), 3);
    assert_eq!(last.len(), 3);
    assert!(last.values().all(|last| last.exit_code == 0));

    world.write("src/f", "2");
    let (plan, last) = look().await;
    let new = |name: &str| PlanStatus::WillRun { reason: Some(format!("`{name}` is other than before")) };
    assert_eq!(*status(&plan, "first"), new("import src"));
    assert_eq!(*status(&plan, "second"), PlanStatus::Unknown { waits_for: vec!["first".into()] });
    assert!(matches!(status(&plan, "third"), PlanStatus::Unknown { .. }), "{:?}", status(&plan, "third"));
    assert_eq!(last.len(), 3, "by their names");

    world.write("src/f", "1");
    let (plan, _) = look().await;
    assert_eq!(plan.count(|status| *status == PlanStatus::Cached), 3);
    assert_eq!(setup.backend.runs(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn a_look_that_nobody_waits_for_reads_no_folder() {
    let world = World::new();
    world.write("src/f", "1");
    let setup = world.engine();
    let mut build = Build::default();
    let src = build.host_dir("src");
    let demands = [main(build.run_on("first", &["cat", "/in/f"], src))];
    setup.run(&build.graph, &demands).await;

    let statuses = async |is_due: bool| {
        let options = pipe_store::StoreOptions::new(None);
        let store = pipe_store::Store::open_to_read(world.store.dir(), options).unwrap().unwrap();
        let stop = pipe_store::Stop::when(move || is_due);
        let engine = pipe_engine::Engine::new(
            store,
            setup.backend.clone(),
            pipe_engine::EngineOptions { stop, ..world.options() },
            std::sync::Arc::new(crate::world::Events::default()),
        );
        let plan = engine.plan(&build.graph, &demands).await.unwrap();
        plan.nodes.into_iter().map(|node| (node.name, node.status)).collect::<Vec<_>>()
    };
    assert!(statuses(false).await.iter().all(|(_, status)| *status == PlanStatus::Cached));
    let found = statuses(true).await;
    let (_, folder) = found.iter().find(|(name, _)| &**name == "import src").unwrap();
    let PlanStatus::Unknown { waits_for } = folder else { panic!("{folder:?}") };
    assert!(
        waits_for[0].ends_with("src was not read to its end: nobody waits for it any more"),
        "{waits_for:?}"
    );
}
