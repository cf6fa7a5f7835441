//! A failure stops what depends on it and nothing else, and says what happened.

use std::sync::Barrier;

use pipe_engine::{Ending, EngineError, EngineOptions, Exit, FailureClass, Grant, StepState};
use pipe_ops::{Act, Arg, Datum, Effect, Exec, Hints, Mount, Mounted, Op, Slot};

use crate::backend::Closures;
use crate::graphs::{Build, command, main, slot};
use crate::world::{World, reason, standard, values};

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn a_failure_skips_what_depends_on_it_and_nothing_else() {
    let world = World::new();
    let backend = standard(Closures::new(world.store.clone())).with("fail", |call| {
        for line in 1..=30 {
            call.complain(format!("line {line}\n"));
        }
        Ok(Exit::Code(3))
    });
    let setup = world.setup(backend, world.options());
    let mut build = Build::default();
    let broken = build.checked("broken", &["fail"]);
    let behind = build.run_on("behind", &["cat", "/in/x"], slot(broken, Slot::Root));
    let last = build.run_on("last", &["cat", "/in/y"], slot(behind, Slot::Mount(0)));
    let fine = build.checked("fine", &["put", "/f", "x"]);
    let report = setup.run(&build.graph, &[main(last), main(fine)]).await;

    assert_eq!(report.ending(), Ending::Failed(FailureClass::Pipeline));
    assert_eq!(report.failures.len(), 1);
    let failure = &report.failures[0];
    assert_eq!(
        (&*failure.name, failure.exit_code, failure.reason.as_str()),
        ("broken", Some(3), "exit code 3")
    );
    assert_eq!(failure.origins[0].line, 1);
    let tail = String::from_utf8(failure.log_tail.clone()).unwrap();
    assert!(tail.starts_with("line 11\n") && tail.ends_with("line 30\n"), "{tail}");
    assert_eq!(reason(&report, 0), "exit code 3");
    assert!(report.outcomes[1].result.is_ok());
    assert_eq!(setup.events.steps(StepState::Failed), ["broken"]);
    assert_eq!(setup.events.steps(StepState::Skipped), ["behind", "last"]);
    assert_eq!(setup.events.steps(StepState::Ran), ["fine"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn with_fail_fast_the_first_failure_stops_all() {
    let world = World::new();
    let backend = standard(Closures::new(world.store.clone())).with("wait", |call| {
        while !call.cancel.is_cancelled() {
            std::thread::yield_now();
        }
        Err(pipe_engine::BackendError::Cancelled)
    });
    let setup = world.setup(backend, EngineOptions { fail_fast: true, ..world.options() });
    let mut build = Build::default();
    let waits = build.checked("waits", &["wait"]);
    let broken = build.checked("broken", &["exit", "1"]);
    let report = setup.run(&build.graph, &[main(waits), main(broken)]).await;
    assert_eq!(report.ending(), Ending::Failed(FailureClass::Pipeline));
    assert_eq!(reason(&report, 0), "stopped: `broken` failed");
    assert_eq!(setup.events.steps(StepState::Skipped), ["waits"]);
}

/// A guard judges; without one the result of a failed command is a value like any other.
#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn guards_judge_exit_codes() {
    let world = World::new();
    let setup = world.engine();
    let mut build = Build::default();
    let exec = build.run("step", &["exit", "2"]);
    let (strict, wide) = (build.guard(exec, &[0]), build.guard(exec, &[0, 2]));
    let demands = [main(strict), slot(wide, Slot::ExitCode), slot(exec, Slot::ExitCode)];
    let report = setup.run(&build.graph, &demands).await;
    assert_eq!(setup.backend.runs(), 1);
    assert_eq!(reason(&report, 0), "exit code 2");
    let code = pipe_engine::Value::Datum(pipe_ops::Datum::Int(2));
    assert_eq!(report.outcomes[1].result.as_ref().unwrap(), &code);
    assert_eq!(report.outcomes[2].result.as_ref().unwrap(), &code);
    assert_eq!(report.failures.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn what_cannot_begin_says_why() {
    let world = World::new();
    let setup = world.engine();
    let mut build = Build::default();
    let missing = build.checked("missing", &["no-such-program"]);
    let root = build.scratch();
    let hints = Hints { shell: Some("/bin/sh".into()), ..Hints::default() };
    let script = build.hinted("script", command(root, &["print", "x"]), hints);
    let report = setup.run(&build.graph, &[main(missing), main(script)]).await;
    assert_eq!(reason(&report, 0), "the program `no-such-program` is not in this root");
    assert_eq!(reason(&report, 1), "the script needs /bin/sh, which is not in this root");
    assert!(report.failures.iter().all(|failure| failure.exit_code == Some(127)));
    assert_eq!(report.ending(), Ending::Failed(FailureClass::Pipeline));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn timeouts_and_want_of_memory_are_never_kept() {
    let world = World::new();
    let backend = Closures::new(world.store.clone())
        .with("slow", |_| Ok(Exit::TimedOut))
        .with("greedy", |_| Ok(Exit::OutOfMemory));
    let setup = world.setup(backend, world.options());
    let mut build = Build::default();
    let root = build.scratch();
    let hints = Hints { timeout: Some(90_000_000_000), ..Hints::default() };
    let slow = build.hinted("slow", command(root, &["slow"]), hints);
    let greedy = build.run("greedy", &["greedy"]);
    for runs in [2, 4] {
        let report = setup.run(&build.graph, &[main(slow), main(greedy)]).await;
        assert_eq!(reason(&report, 0), "timed out after 1min30s");
        assert_eq!(reason(&report, 1), "killed: out of memory");
        assert_eq!(setup.backend.runs(), runs);
    }
}

/// Planning and running refuse what is only declared, name it, and run nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn declared_operations_are_refused_by_name() {
    let world = World::new();
    let setup = world.engine();
    let mut build = Build::default();
    let op = Op::Declared { operation: "image".into(), inputs: Vec::new(), args: Vec::new() };
    let image = build.add("base", op);
    let exec = build.exec("fetch", command(main(image), &["print", "x"]));
    let other = build.checked("other", &["print", "y"]);
    let demands = [main(exec), main(other)];

    let refused = setup.try_run(&build.graph, &demands).await.unwrap_err();
    assert_eq!(refused.to_string(), "not available in this version: `image`");
    assert_eq!(refused.class(), FailureClass::Machine);
    let EngineError::Unsupported(all) = &refused else { panic!("{refused}") };
    assert_eq!(all[0].origins[0].name.as_ref(), "base");
    let planned = setup.engine.plan(&build.graph, &demands).await.unwrap_err();
    assert_eq!(planned.to_string(), refused.to_string());
    assert_eq!(setup.backend.runs(), 0);

    let report = setup.run(&build.graph, &[main(other)]).await;
    assert_eq!(values(&report).len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn a_missing_path_fails_the_op_that_names_it() {
    let world = World::new();
    let setup = world.engine();
    let mut build = Build::default();
    let made = build.checked("made", &["put", "/out/app", "x"]);
    let file = build.subfile(slot(made, Slot::Root), "/out/apq");
    let report = setup.run(&build.graph, &[file]).await;
    assert!(reason(&report, 0).starts_with("there is no `/out/apq`"), "{}", reason(&report, 0));
    assert_eq!(report.failures[0].class, FailureClass::Pipeline);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn an_output_that_does_not_exist_is_refused() {
    let world = World::new();
    let setup = world.engine();
    let mut build = Build::default();
    let scratch = build.scratch();
    let step = build.run("step", &["print", "x"]);
    for wrong in [slot(scratch.node, Slot::Stdout), slot(step, Slot::Mount(0))] {
        assert!(matches!(setup.try_run(&build.graph, &[wrong]).await, Err(EngineError::Graph(_))));
    }
}

/// What a group alone needs is given up with its first failure; what somebody else asks for goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn a_group_falls_together() {
    let world = World::new();
    let backend = standard(Closures::new(world.store.clone())).with("wait", |call| {
        while !call.cancel.is_cancelled() {
            std::thread::yield_now();
        }
        Err(pipe_engine::BackendError::Cancelled)
    });
    let setup = world.setup(backend, EngineOptions { jobs: 2, ..world.options() });
    let mut build = Build::default();
    let broken = build.checked("broken", &["exit", "1"]);
    let waits = build.checked("waits", &["wait"]);
    let queued = build.checked("queued", &["put", "/f", "x"]);
    let wanted = build.checked("wanted", &["put", "/g", "x"]);
    let of = [broken, waits, queued, wanted].map(main).to_vec();
    let together = build.add("together", Op::Together { of });
    let report = setup.run(&build.graph, &[main(together), main(wanted)]).await;
    assert_eq!(report.ending(), Ending::Failed(FailureClass::Pipeline));
    assert_eq!(report.failures.len(), 1);
    assert_eq!(reason(&report, 0), "exit code 1");
    assert!(report.outcomes[1].result.is_ok());
    assert_eq!(setup.events.steps(StepState::Ran), ["wanted"]);
    let mut skipped = setup.events.steps(StepState::Skipped);
    skipped.sort();
    assert_eq!(skipped, ["queued", "waits"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn a_step_is_tried_again_until_it_succeeds() {
    let world = World::new();
    let tries = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = tries.clone();
    let backend = standard(Closures::new(world.store.clone())).with("flaky", move |_| {
        let before = counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        Ok(if before == 0 { Exit::Code(1) } else { Exit::Code(0) })
    });
    let setup = world.setup(backend, EngineOptions { jobs: 1, ..world.options() });
    let mut build = Build::default();
    let root = build.scratch();
    let retries = Hints { retries: 3, ..Hints::default() };
    let flaky = build.hinted("flaky", command(root, &["flaky"]), retries.clone());
    let guarded = build.guard(flaky, &[0]);
    let report = setup.run(&build.graph, &[main(guarded)]).await;
    assert_eq!(report.ending(), Ending::Done);
    assert_eq!(tries.load(std::sync::atomic::Ordering::SeqCst), 2);
    assert_eq!(report.summary.ran, 1);

    // A program that is not there will not be there later.
    let missing = build.hinted("missing", command(root, &["no-such-program"]), retries);
    let guarded = build.guard(missing, &[0]);
    let before = setup.backend.runs();
    let report = setup.run(&build.graph, &[main(guarded)]).await;
    assert_eq!((report.failures.len(), setup.backend.runs() - before), (1, 1));
}

/// Downloads and effects of a group are given up as its steps are, and nothing else is stopped by that.
#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn a_group_that_falls_stops_nothing_else() {
    let world = World::new();
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap().to_string();
    let url = format!("http://{address}/file");
    let asked = std::sync::Arc::new(Barrier::new(3));
    // Accepted, and never answered; open for as long as this is held.
    let server = std::thread::spawn({
        let asked = asked.clone();
        move || {
            let connection = silent.accept().unwrap();
            asked.wait();
            connection
        }
    });
    let (breaks, goes_on) = (asked.clone(), asked);
    let backend = standard(Closures::new(world.store.clone()))
        .with("break", move |_| {
            breaks.wait();
            Ok(Exit::Code(1))
        })
        .with("go-on", move |call| {
            goes_on.wait();
            for _ in 0..100 {
                std::thread::sleep(std::time::Duration::from_millis(5));
                if call.cancel.is_cancelled() {
                    return Err(pipe_engine::BackendError::Cancelled);
                }
            }
            Ok(Exit::Code(0))
        });
    let mut options = world.options();
    options.grants.all.push(Grant::Net(address));
    let setup = world.setup(backend, options);
    let mut build = Build::default();
    let broken = build.checked("broken", &["break"]);
    let file = build.add("file", Op::Http { url: Arg::text(url), sha256: None, headers: Vec::new() });
    let root = build.scratch();
    let mount = Mount { path: "/in".into(), shown: Mounted::File(main(file)) };
    let waits = build.exec("waits", Exec { mounts: vec![mount], ..command(root, &["print", "x"]) });
    let act = Act::Sleep(Arg::Const(Datum::Duration(3_600_000_000_000)));
    let effect = Effect { name: "sleeps".into(), act, after: Vec::new(), cleanup: false };
    let sleeps = build.add("sleeps", Op::Effect(Box::new(effect)));
    let other = build.checked("other", &["go-on"]);
    let of = [broken, waits, sleeps].map(main).to_vec();
    let together = build.add("together", Op::Together { of });
    let report = setup.run(&build.graph, &[main(together), main(other)]).await;
    drop(server.join().unwrap());
    assert_eq!((report.failures.len(), reason(&report, 0).as_str()), (1, "exit code 1"));
    assert!(report.outcomes[1].result.is_ok(), "{}", reason(&report, 1));
    assert_eq!(setup.events.steps(StepState::Ran), ["other"]);
    let mut skipped = setup.events.steps(StepState::Skipped);
    skipped.sort();
    assert_eq!(skipped, ["sleeps", "waits"]);
}
