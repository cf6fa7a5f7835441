//! What ran once does not run again: keys, early cut-off, guards on stored results.

use pipe_engine::{EngineOptions, Exit, StepState};
use pipe_ops::{Arg, Digest, Hints, Op, Slot};

use crate::backend::Closures;
use crate::graphs::{Build, command, main, slot};
use crate::world::{World, reason, standard, text, values};

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn the_second_time_nothing_runs() {
    let world = World::new();
    let mut build = Build::default();
    let first = build.checked("first", &["put", "/f", "1"]);
    let second = build.run_on("second", &["append", "/in/f", "2"], slot(first, Slot::Root));
    let file = build.subfile(slot(second, Slot::Mount(0)), "f");
    let contents = build.contents(file);
    let setup = world.engine();
    let before = values(&setup.run(&build.graph, &[contents]).await);
    let again = world.engine();
    let report = again.run(&build.graph, &[contents]).await;
    assert_eq!(values(&report), before);
    assert_eq!(text(&before[0]), "12");
    assert_eq!(again.backend.runs(), 0);
    assert_eq!(again.events.steps(StepState::Cached), ["first", "second"]);
    assert_eq!((report.summary.cached, report.summary.ran), (2, 0));
}

/// A compiler that drops comments: a changed comment runs it again, and nothing behind it.
#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn a_change_that_ends_in_the_same_bytes_stops_there() {
    let world = World::new();
    let backend = |world: &World| {
        standard(Closures::new(world.store.clone())).with("compile", |call| {
            let source = String::from_utf8(call.read("/in/hello.c").unwrap()).unwrap();
            let code: Vec<&str> = source.lines().filter(|line| !line.starts_with("//")).collect();
            call.write("/out/hello", code.join("\n"));
            Ok(Exit::Code(0))
        })
    };
    let mut build = Build::default();
    let src = build.host_dir("src");
    let compiled = build.run_on("build", &["compile"], src);
    let program = build.subfile(slot(compiled, Slot::Root), "/out/hello");
    let scratch = build.scratch();
    let packed = build.copy(scratch, "/hello", program, true);
    let unit = build.run_on("unit", &["cat", "/in/hello"], packed);
    for (source, ran) in [
        ("int main", vec!["build", "unit"]),
        ("// a comment\nint main", vec!["build"]),
        ("// a comment\nint main", vec![]),
        ("int main2", vec!["build", "unit"]),
    ] {
        world.write("src/hello.c", source);
        let setup = world.setup(backend(&world), world.options());
        let report = setup.run(&build.graph, &[slot(unit, Slot::Stdout)]).await;
        assert_eq!(text(&values(&report)[0]), source.lines().last().unwrap());
        assert_eq!(setup.events.steps(StepState::Ran), ran, "{source}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn a_failed_result_is_no_hit_for_success_but_its_files_are_there() {
    let world = World::new();
    let backend = standard(Closures::new(world.store.clone())).with("report", |call| {
        call.write("/cover", "42%");
        Ok(Exit::Code(1))
    });
    let setup = world.setup(backend, world.options());
    let mut build = Build::default();
    let exec = build.run("unit", &["report"]);
    let (unit, tolerant) = (build.guard(exec, &[0]), build.guard(exec, &[0, 1]));
    let file = build.subfile(slot(exec, Slot::Root), "/cover");
    let cover = build.contents(file);

    // Both at once: one execution.
    let report = setup.run(&build.graph, &[main(unit), cover]).await;
    assert_eq!(reason(&report, 0), "exit code 1");
    assert_eq!(text(report.outcomes[1].result.as_ref().unwrap()), "42%");
    assert_eq!(setup.backend.runs(), 1);
    // Its files: from the store. A guard that takes the code: too.
    assert_eq!(text(&values(&setup.run(&build.graph, &[cover]).await)[0]), "42%");
    values(&setup.run(&build.graph, &[main(tolerant)]).await);
    assert_eq!(setup.backend.runs(), 1);
    // Success: it runs again.
    assert_eq!(reason(&setup.run(&build.graph, &[main(unit)]).await, 0), "exit code 1");
    assert_eq!(setup.backend.runs(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn in_one_session_a_step_runs_once_whatever_came_of_it() {
    let world = World::new();
    let setup = world.engine();
    let mut build = Build::default();
    let unit = build.checked("unit", &["exit", "1"]);
    let demand = pipe_engine::Demand { output: main(unit), label: "unit".into() };
    let session = setup.engine.session().await.unwrap();
    for _ in 0..2 {
        let report = session.run(&build.graph, std::slice::from_ref(&demand), &setup.cancel).await.unwrap();
        assert_eq!(reason(&report, 0), "exit code 1");
    }
    session.shutdown(&setup.cancel).await;
    assert_eq!(setup.backend.runs(), 1);
}

/// Neither the name of a step nor its time limit is in its key.
#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn names_and_limits_are_not_in_the_key_the_toolchain_is() {
    let world = World::new();
    let setup = world.engine();
    let graph = |name: &str, timeout: Option<i64>| {
        let mut build = Build::default();
        let tools = main(build.add("tools", Op::Toolchain));
        let hints = Hints { timeout, ..Hints::default() };
        let step = build.hinted(name, command(tools, &["print", "x"]), hints);
        (build.graph, slot(step, Slot::Stdout))
    };
    for (name, timeout) in [("one", None), ("two", Some(5)), ("one", Some(7))] {
        let (graph, output) = graph(name, timeout);
        values(&setup.run(&graph, &[output]).await);
    }
    assert_eq!(setup.backend.runs(), 1);
    *setup.backend.toolchain.lock().unwrap() = Digest::of(b"newer tools");
    let (graph, output) = graph("one", None);
    values(&setup.run(&graph, &[output]).await);
    assert_eq!(setup.backend.runs(), 2);
}

/// Two ways to the same content are one step.
#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn nodes_with_one_key_run_once() {
    let world = World::new();
    let setup = world.engine();
    let mut build = Build::default();
    let scratch = build.scratch();
    let direct = build.write(scratch, "/f", Arg::text("x"));
    let other = build.write(scratch, "/f", Arg::text("y"));
    let detour = build.write(other, "/f", Arg::text("x"));
    let one = build.run_on("one", &["cat", "/in/f"], direct);
    let two = build.run_on("two", &["cat", "/in/f"], detour);
    assert_ne!(one, two);
    let report = setup.run(&build.graph, &[slot(one, Slot::Stdout), slot(two, Slot::Stdout)]).await;
    assert_eq!(values(&report).iter().map(text).collect::<Vec<_>>(), ["x", "x"]);
    assert_eq!(setup.backend.runs(), 1);
    assert_eq!((report.summary.ran, report.summary.cached), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn without_the_cache_everything_runs_and_is_kept() {
    let world = World::new();
    let mut build = Build::default();
    let step = build.checked("step", &["print", "x"]);
    let setup = world.setup(
        standard(Closures::new(world.store.clone())),
        EngineOptions { no_cache: true, ..world.options() },
    );
    for runs in 1..=2 {
        values(&setup.run(&build.graph, &[main(step)]).await);
        assert_eq!(setup.backend.runs(), runs);
    }
    let cached = world.engine();
    values(&cached.run(&build.graph, &[main(step)]).await);
    assert_eq!(cached.backend.runs(), 0);
}

/// A long chain: its stack of layers is made one from time to time, and it is still found again.
#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn a_long_chain_keeps_its_content() {
    let world = World::new();
    let mut build = Build::default();
    let mut root = build.scratch();
    for n in 0..150 {
        let step = build.exec("link", command(root, &["append", "/log", &format!("{n} ")]));
        root = slot(build.guard(step, &[0]), Slot::Root);
    }
    let file = build.subfile(root, "/log");
    let log = build.contents(file);
    let expected: String = (0..150).map(|n| format!("{n} ")).collect();
    let setup = world.engine();
    for runs in [150, 150] {
        assert_eq!(text(&values(&setup.run(&build.graph, &[log]).await)[0]), expected);
        assert_eq!(setup.backend.runs(), runs);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn of_a_root_over_the_toolchain_only_what_steps_made_can_be_taken() {
    let world = World::new();
    let setup = world.engine();
    let mut build = Build::default();
    let tools = main(build.add("tools", Op::Toolchain));
    let step = build.exec("step", command(tools, &["put", "/out/app", "x"]));
    let out = build.subdir(slot(step, Slot::Root), "/out");
    let usr = build.subdir(slot(step, Slot::Root), "/usr/bin");
    let used = build.run_on("used", &["cat", "/in/app"], out);
    let whole = build.run_on("whole", &["cat", "/in/app"], slot(step, Slot::Root));
    let report = setup.run(&build.graph, &[slot(used, Slot::Stdout), usr, main(whole)]).await;
    assert_eq!(text(report.outcomes[0].result.as_ref().unwrap()), "x");
    assert_eq!(reason(&report, 1), "`/usr/bin` holds the host's own tools, which are not part of a result");
    assert_eq!(reason(&report, 2), "a container of the host's own tools cannot be mounted as a folder");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn a_change_that_the_toolchain_would_hide_is_refused() {
    let world = World::new();
    let setup = world.engine();
    let mut build = Build::default();
    let tools = main(build.add("tools", Op::Toolchain));
    let scratch = build.scratch();
    let hidden = build.write(tools, "/usr/x", Arg::text("x"));
    let hidden = build.exec("hidden", command(hidden, &["cat", "/usr/x"]));
    // The same change of a root that is all the layers' is seen.
    let seen = build.write(scratch, "/usr/x", Arg::text("x"));
    let seen = build.exec("seen", command(seen, &["cat", "/usr/x"]));
    let demands = [slot(seen, Slot::Stdout), slot(hidden, Slot::Stdout)];
    let report = setup.run(&build.graph, &demands).await;
    assert_eq!(text(report.outcomes[0].result.as_ref().unwrap()), "x");
    assert_eq!(reason(&report, 1), "`/usr/x` belongs to the host's own tools, which are read-only");
}
