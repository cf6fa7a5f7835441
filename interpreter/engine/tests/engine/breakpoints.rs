//! Breakpoints: passed over where nobody is, and where somebody is they change nothing.

use std::os::fd::OwnedFd;
use std::sync::{Arc, Barrier, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use pipe_engine::{BackendError, Console, Ending, EngineOptions, Event, Exit, StepState, Turn, Visit};
use pipe_ops::{Breakpoint, CacheVolume, Exec, Mount, Mounted, NodeId, Op, Output, Sharing, Slot};

use crate::backend::Closures;
use crate::graphs::{Build, command, main, slot};
use crate::world::{Setup, World, standard, text, values};

/// Somebody, and why they were asked in.
#[derive(Debug, Default)]
struct Person(Mutex<Vec<Visit>>);

#[async_trait]
impl Console for Person {
    fn is_there(&self) -> bool {
        true
    }

    fn variables(&self) -> Vec<(String, String)> {
        vec![("TERM".to_owned(), "vt100".to_owned())]
    }

    async fn turn(&self, why: Visit) -> Arc<dyn Turn> {
        self.0.lock().unwrap().push(why);
        Arc::new(Window)
    }
}

struct Window;

impl Turn for Window {
    fn attach(&self, _: OwnedFd) {}
}

/// `put`, a breakpoint when it is wanted, and `cat` of what was put: what that printed.
fn chain(build: &mut Build, stops: bool) -> Output {
    let put = build.run("begun", &["put", "/f", "one"]);
    let stopped = if stops { breakpoint(build, put) } else { put };
    let cat = build.exec("ended", command(slot(stopped, Slot::Root), &["cat", "/f"]));
    slot(cat, Slot::Stdout)
}

fn breakpoint(build: &mut Build, after: NodeId) -> NodeId {
    let exec = command(slot(after, Slot::Root), &["bash"]);
    let breakpoint = Breakpoint { exec, shells: vec!["zsh".into(), "bash".into()], last: Some(main(after)) };
    build.add("stop", Op::Breakpoint(Box::new(breakpoint)))
}

/// With a `bash` that writes, and ends badly.
fn setup(world: &World, options: EngineOptions) -> Setup {
    let backend = standard(Closures::new(world.store.clone())).with("bash", |call| {
        assert_eq!(call.env["TERM"], "vt100");
        call.write("/f", "other");
        Ok(Exit::Code(9))
    });
    world.setup(backend, options)
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_waited_for_where_nobody_is() {
    let world = World::new();
    let setup = setup(&world, world.options());
    let mut build = Build::default();
    let output = chain(&mut build, true);
    let report = setup.run(&build.graph, &[output]).await;
    assert_eq!(text(&values(&report)[0]), "one");
    let warned = |event: &Event| matches!(event, Event::Warning { message } if message.contains("breakpoint at main.pipe:1"));
    assert_eq!(setup.events.0.lock().unwrap().iter().filter(|event| warned(event)).count(), 1);
    assert_eq!(setup.backend.runs(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shell_changes_nothing_and_is_in_no_cache() {
    let world = World::new();
    let person = Arc::new(Person::default());
    let mut build = Build::default();
    let (stopped, plain) = (chain(&mut build, true), chain(&mut build, false));
    for runs in [3, 1] {
        let setup = setup(&world, EngineOptions { console: person.clone(), ..world.options() });
        let report = setup.run(&build.graph, &[stopped, plain]).await;
        assert_eq!(values(&report).iter().map(text).collect::<Vec<_>>(), ["one", "one"]);
        assert_eq!(setup.backend.runs(), runs, "{:?}", setup.backend.began.lock().unwrap());
    }
    let visits = person.0.lock().unwrap();
    assert_eq!(visits.len(), 2);
    assert!(visits.iter().all(|visit| &*visit.name == "stop" && visit.failed.is_none()));
}

/// A volume that another step has is waited for; a run that is stopped meanwhile has no failure.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_stopped_wait_for_a_volume_is_no_failure() {
    let world = World::new();
    let person = Arc::new(Person::default());
    let held = Arc::new(Barrier::new(2));
    let (holds, waits) = (held.clone(), held);
    let backend = standard(Closures::new(world.store.clone()))
        .with("hold", move |call| {
            holds.wait();
            while !call.cancel.is_cancelled() {
                std::thread::yield_now();
            }
            Err(BackendError::Cancelled)
        })
        .with("until-held", move |_| {
            waits.wait();
            Ok(Exit::Code(0))
        });
    let setup = world.setup(backend, EngineOptions { console: person.clone(), ..world.options() });
    let mut build = Build::default();
    let volume = || {
        let volume = CacheVolume { name: "cache".into(), group: None, sharing: Sharing::Locked };
        vec![Mount { path: "/cache".into(), shown: Mounted::Cache(volume) }]
    };
    let root = build.scratch();
    let hold = build.exec("hold", Exec { mounts: volume(), ..command(root, &["hold"]) });
    let before = build.run("before", &["until-held"]);
    let exec = Exec { mounts: volume(), ..command(slot(before, Slot::Root), &["bash"]) };
    let stop = Breakpoint { exec, shells: vec!["bash".into()], last: Some(main(before)) };
    let stop = build.add("stop", Op::Breakpoint(Box::new(stop)));
    let demands = [main(hold), slot(stop, Slot::Root)];
    let cancel = async {
        while setup.events.steps(StepState::Ran).is_empty() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        setup.cancel.cancel();
    };
    let (report, ()) = tokio::join!(setup.run(&build.graph, &demands), cancel);
    assert!(report.failures.is_empty(), "{:?}", report.failures);
    assert_eq!(report.ending(), Ending::Cancelled);
    assert!(person.0.lock().unwrap().is_empty());
}

/// A result that is read through it waits for it.
#[tokio::test(flavor = "multi_thread")]
async fn what_ran_before_is_read_through_it() {
    let world = World::new();
    let person = Arc::new(Person::default());
    let setup = setup(&world, EngineOptions { console: person.clone(), ..world.options() });
    let mut build = Build::default();
    let print = build.run("print", &["print", "said"]);
    let stop = breakpoint(&mut build, print);
    let report = setup.run(&build.graph, &[slot(stop, Slot::Stdout)]).await;
    assert_eq!(text(&values(&report)[0]), "said");
    assert_eq!(person.0.lock().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_step_is_looked_into_and_fails_as_ever() {
    let world = World::new();
    let person = Arc::new(Person::default());
    let options =
        EngineOptions { console: person.clone(), debug: true, fail_fast: true, jobs: 1, ..world.options() };
    let backend = standard(Closures::new(world.store.clone()))
        .with("half", |call| {
            call.write("/half", "made");
            call.print("why");
            Ok(Exit::Code(3))
        })
        .with("bash", |call| {
            assert_eq!(call.read("/half").unwrap(), b"made");
            assert!(!call.cancel.is_cancelled());
            Ok(Exit::Code(0))
        });
    let setup = world.setup(backend, options);
    let mut build = Build::default();
    let failed = build.checked("bad", &["half"]);
    let report = setup.run(&build.graph, &[slot(failed, Slot::Root)]).await;
    assert_eq!(report.failures[0].exit_code, Some(3));
    assert_eq!(setup.events.steps(StepState::Failed), ["bad"]);
    assert_eq!(setup.backend.runs(), 2);
    let visits = person.0.lock().unwrap();
    let told = visits[0].failed.as_ref().unwrap();
    assert_eq!((told.reason.as_str(), told.log_tail.as_slice()), ("exit code 3", b"why\n".as_slice()));
}
