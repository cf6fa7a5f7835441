//! Steps run at once, in the order that ends soonest, and only those that are needed.

use std::sync::{Arc, Barrier, Mutex};

use pipe_engine::{EngineOptions, Exit, StepState};
use pipe_ops::Slot;

use crate::backend::Closures;
use crate::graphs::{Build, main, slot};
use crate::world::{World, standard, text, values};

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn a_graph_built_by_hand_runs() {
    let world = World::new();
    world.write("src/greeting", "hello");
    let mut build = Build::default();
    let src = build.host_dir("src");
    let made = build.run_on("build", &["append", "/in/greeting", ", world"], src);
    let file = build.subfile(slot(made, Slot::Mount(0)), "greeting");
    let contents = build.contents(file);
    let setup = world.engine();
    let report = setup.run(&build.graph, &[contents]).await;
    assert_eq!(text(&values(&report)[0]), "hello, world");
    assert_eq!(setup.events.steps(StepState::Ran), ["build"]);
    assert_eq!((report.summary.ran, report.summary.failed), (1, 0));
    assert!(*setup.backend.shut_down.lock().unwrap());
}

/// Each step waits for the other: they only end when both run.
#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn independent_steps_run_at_once() {
    let world = World::new();
    let barrier = Arc::new(Barrier::new(3));
    let backend = Closures::new(world.store.clone()).with("meet", move |_| {
        barrier.wait();
        Ok(Exit::Code(0))
    });
    let setup = world.setup(backend, world.options());
    let mut build = Build::default();
    let demands = ["a", "b", "c"].map(|name| main(build.checked(name, &["meet", name])));
    let report = setup.run(&build.graph, &demands).await;
    assert_eq!(report.summary.ran, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn no_more_steps_run_than_there_are_slots() {
    let world = World::new();
    let running = Arc::new(Mutex::new((0, 0)));
    let seen = running.clone();
    let backend = Closures::new(world.store.clone()).with("count", move |_| {
        {
            let mut running = running.lock().unwrap();
            running.0 += 1;
            running.1 = running.1.max(running.0);
        }
        std::thread::yield_now();
        running.lock().unwrap().0 -= 1;
        Ok(Exit::Code(0))
    });
    let setup = world.setup(backend, EngineOptions { jobs: 2, ..world.options() });
    let mut build = Build::default();
    let demands: Vec<_> = (0..20).map(|n| main(build.checked("step", &["count", &n.to_string()]))).collect();
    setup.run(&build.graph, &demands).await;
    assert_eq!(setup.backend.runs(), 20);
    assert!(seen.lock().unwrap().1 <= 2);
}

/// Not all that wait are kept as they were prepared: each runs once all the same, and gives its own result.
#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn very_many_steps_wait_for_their_turn() {
    const MANY: usize = 300;
    let world = World::new();
    let mut build = Build::default();
    let demands: Vec<_> = (0..MANY)
        .map(|n| slot(build.checked("step", &["print", &(n / 2).to_string()]), Slot::Stdout))
        .collect();
    let setup = world
        .setup(standard(Closures::new(world.store.clone())), EngineOptions { jobs: 2, ..world.options() });
    let report = setup.run(&build.graph, &demands).await;
    let printed: Vec<String> = values(&report).iter().map(|value| text(value).to_owned()).collect();
    assert_eq!(printed, (0..MANY).map(|n| (n / 2).to_string()).collect::<Vec<_>>());
    assert_eq!(setup.backend.runs(), MANY / 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn only_what_is_asked_for_runs() {
    let world = World::new();
    let setup = world.engine();
    let mut build = Build::default();
    build.checked("unused", &["exit", "1"]);
    let wanted = build.checked("wanted", &["print", "x"]);
    let report = setup.run(&build.graph, &[slot(wanted, Slot::Stdout)]).await;
    assert_eq!(text(&values(&report)[0]), "x");
    assert_eq!(setup.backend.runs(), 1);
}

/// With one slot, the step with the longest way behind it goes first, though it was made last.
#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn the_longest_way_goes_first() {
    let world = World::new();
    let setup = world
        .setup(standard(Closures::new(world.store.clone())), EngineOptions { jobs: 1, ..world.options() });
    let mut build = Build::default();
    let short = build.checked("short", &["put", "/f", "short"]);
    let long = build.checked("long", &["put", "/f", "long"]);
    let mut end = slot(long, Slot::Root);
    for n in 0..3 {
        end = slot(build.run_on("next", &["append", "/in/f", &n.to_string()], end), Slot::Mount(0));
    }
    setup.run(&build.graph, &[main(short), end]).await;
    assert_eq!(setup.backend.began.lock().unwrap()[0], ["put", "/f", "long"]);
}
