//! What is read of the host: once in a session, and only where that is allowed.

use std::os::unix::fs::symlink;

use pipe_engine::{Ending, EngineError, EngineOptions, FailureClass, Grants};
use pipe_ops::{Arg, Op};

use crate::backend::Closures;
use crate::graphs::{Build, main};
use crate::world::{World, reason, standard, text, values};

fn contents_of(path: &str) -> (Build, pipe_ops::Output) {
    let mut build = Build::default();
    let file = main(build.add("file", Op::HostFile { path: path.into() }));
    let contents = build.contents(file);
    (build, contents)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn files_of_the_package_are_read() {
    let world = World::new();
    world.write("VERSION", "1.2\n");
    let (mut build, contents) = contents_of("VERSION");
    let trimmed = build.apply("String.trim", vec![Arg::Output(contents)]);
    let report = world.engine().run(&build.graph, &[trimmed]).await;
    assert_eq!(text(&values(&report)[0]), "1.2");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn outside_the_package_nothing_is_read_without_a_grant() {
    let world = World::new();
    let outside = world.folder.path().canonicalize().unwrap().join("outside");
    std::fs::write(&outside, "secret").unwrap();
    symlink(&outside, world.package().join("link")).unwrap();
    for path in ["../outside", "link", outside.to_str().unwrap()] {
        let (build, contents) = contents_of(path);
        let refused = world.engine().try_run(&build.graph, &[contents]).await.unwrap_err();
        assert_eq!(refused.class(), FailureClass::Usage);
        let flag = format!("--allow file:{}", outside.display());
        assert!(refused.to_string().contains(&flag), "{refused}");
        let EngineError::Refused(missing) = refused else { panic!("{refused}") };
        assert_eq!(missing[0].flag(), flag);

        let mut grants = Grants::default();
        grants.allow_file(&outside);
        let setup = world
            .setup(standard(Closures::new(world.store.clone())), EngineOptions { grants, ..world.options() });
        assert_eq!(text(&values(&setup.run(&build.graph, &[contents]).await)[0]), "secret");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn a_missing_folder_is_the_callers_mistake() {
    let world = World::new();
    let mut build = Build::default();
    let src = build.host_dir("src");
    let report = world.engine().run(&build.graph, &[src]).await;
    assert_eq!(reason(&report, 0), "there is no `src` on this machine");
    assert_eq!(report.ending(), Ending::Failed(FailureClass::Usage));
    world.write("src", "a file");
    let report = world.engine().run(&build.graph, &[src]).await;
    assert_eq!(reason(&report, 0), "`src` is not a folder");
}

/// A folder that changes during a session is one state to all of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn a_session_sees_one_state_of_the_host() {
    let world = World::new();
    world.write("src/f", "1");
    let setup = world.engine();
    let mut build = Build::default();
    let src = build.host_dir("src");
    let demand = pipe_engine::Demand { output: src, label: "src".into() };
    let session = setup.engine.session().await.unwrap();
    let run = async || {
        let report = session.run(&build.graph, std::slice::from_ref(&demand), &setup.cancel).await.unwrap();
        values(&report)
    };
    let before = run().await;
    world.write("src/f", "22");
    assert_eq!(run().await, before);
    session.shutdown(&setup.cancel).await;
    assert_ne!(values(&setup.run(&build.graph, &[src]).await), before);
}
