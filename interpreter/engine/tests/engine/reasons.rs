//! Why steps run: the first difference to the nearest earlier key.

use pipe_engine::{EngineOptions, Reason, Why};
use pipe_ops::{FieldValue, Output, Slot};

use crate::backend::Closures;
use crate::graphs::{Build, command, main, mount, slot};
use crate::world::{Setup, World, standard};

async fn why(setup: &Setup, build: &Build, outputs: &[Output], step: &str) -> Why {
    let plan = setup.engine.plan(&build.graph, outputs).await.unwrap();
    let all = setup.engine.why(&build.graph, &plan).unwrap();
    all.into_iter().find(|why| &*why.name == step).unwrap()
}

/// `build` on `src/`, and `unit` on what it left.
fn pipeline(argv: &[&str]) -> (Build, Output) {
    let mut build = Build::default();
    let src = build.host_dir("src");
    let first = build.run_on("build", argv, src);
    let scratch = build.scratch();
    let packed = build.copy(scratch, "/app/lib", slot(first, Slot::Mount(0)), false);
    let inner = build.subdir(packed, "/app");
    let unit = build.run_on("unit", &["cat", "/in/lib/a"], inner);
    (build, main(unit))
}

fn text(value: &Option<FieldValue>) -> &str {
    match value {
        Some(FieldValue::Text(text)) => text,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn the_reason_is_what_changed_first() {
    let world = World::new();
    world.write("src/a", "1");
    world.write("src/z", "1");
    let setup = world.engine();
    let (build, unit) = pipeline(&["append", "/in/a", "x"]);
    assert!(matches!(why(&setup, &build, &[unit], "build").await.reason, Reason::First));
    assert!(matches!(why(&setup, &build, &[unit], "unit").await.reason, Reason::Open));
    setup.run(&build.graph, &[unit]).await;
    // Of a cached step: why it ran.
    assert!(matches!(why(&setup, &build, &[unit], "build").await.reason, Reason::First));

    world.write("src/a", "22");
    let Reason::Changed { content: Some(content), difference, .. } =
        why(&setup, &build, &[unit], "build").await.reason
    else {
        panic!("nothing changed")
    };
    assert_eq!((difference.label.as_str(), content.path.as_str(), &content.made_by), ("/in", "src/a", &None));
    setup.run(&build.graph, &[unit]).await;
    // The file reached the second step through a copy and a folder, and it was the first step that wrote it.
    let Reason::Changed { content: Some(content), .. } = why(&setup, &build, &[unit], "unit").await.reason
    else {
        panic!("nothing changed")
    };
    assert_eq!((content.path.as_str(), content.made_by.as_deref()), ("/in/a", Some("build")));

    let (other, unit) = pipeline(&["append", "/in/a", "y"]);
    let Reason::Changed { difference, .. } = why(&setup, &other, &[unit], "build").await.reason else {
        panic!("nothing changed")
    };
    assert_eq!(difference.label, "argv[2]");
    assert_eq!((text(&difference.before), text(&difference.after)), ("x", "y"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn what_is_nearest_is_compared_and_steps_beside_are_not_earlier_ones() {
    let world = World::new();
    world.write("src/a", "1");
    let setup = world.engine();
    let steps = |versions: &[&str]| {
        let mut build = Build::default();
        let (root, src) = (build.scratch(), build.host_dir("src"));
        let outputs: Vec<Output> = versions
            .iter()
            .map(|version| {
                let mut exec = command(root, &["print", "x"]);
                exec.mounts.push(mount("/in", src));
                exec.env.insert("VERSION".into(), pipe_ops::Arg::text(*version));
                main(build.exec("build", exec))
            })
            .collect();
        (build, outputs)
    };
    let (both, outputs) = steps(&["1", "2"]);
    setup.run(&both.graph, &outputs).await;
    // Both steps have one name; neither is an earlier version of the other.
    assert!(matches!(why(&setup, &both, &outputs, "build").await.reason, Reason::First));

    world.write("src/a", "2");
    let (one, outputs) = steps(&["1"]);
    let Reason::Changed { difference, .. } = why(&setup, &one, &outputs, "build").await.reason else {
        panic!("nothing changed")
    };
    assert_eq!(difference.label, "/in", "the result of the same version is nearer than the latest one");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn a_step_that_failed_runs_again() {
    let world = World::new();
    let setup = world.engine();
    let mut build = Build::default();
    let unit = build.checked("unit", &["exit", "2"]);
    setup.run(&build.graph, &[main(unit)]).await;
    assert!(matches!(why(&setup, &build, &[main(unit)], "unit").await.reason, Reason::Again));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn afterwards_it_is_known_why_a_result_was_not_used() {
    let world = World::new();
    let setup = world.engine();
    let mut build = Build::default();
    let failing = build.checked("unit", &["exit", "2"]);
    let outputs = [main(failing)];
    setup.run(&build.graph, &outputs).await;
    setup.run(&build.graph, &outputs).await;
    // The same command, whose exit code is taken here.
    let mut build = Build::default();
    let taken = build.run("unit", &["exit", "2"]);
    let reason = |why: Why| match why.reason {
        Reason::Replaced { because } => because,
        other => panic!("{other:?}"),
    };
    let found = reason(why(&setup, &build, &[slot(taken, Slot::ExitCode)], "unit").await);
    assert_eq!(found, "it had failed with exit code 2");
    let other = world.setup(
        standard(Closures::new(world.store.clone())),
        EngineOptions { no_cache: true, ..world.options() },
    );
    other.run(&build.graph, &[slot(taken, Slot::ExitCode)]).await;
    let found = reason(why(&setup, &build, &[slot(taken, Slot::ExitCode)], "unit").await);
    assert_eq!(found, "it had a result, and the cache was not used");
}
