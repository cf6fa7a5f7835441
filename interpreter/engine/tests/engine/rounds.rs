//! Graphs that grow while they run.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex};

use pipe_engine::{Answer, Demand, EngineError, Exit, Round, Rounds, StepState, Unmet};
use pipe_ops::{Arg, Datum, Graph, Op, Output, Slot};

use crate::backend::Closures;
use crate::graphs::{Build, command, main, slot};
use crate::world::{Setup, World, standard, text};

type Next = Box<dyn FnMut(&mut Build, &HashMap<Output, Answer>) -> Round>;

/// Rounds by a closure that adds to a graph.
struct Growing {
    build: Build,
    next: Next,
    rounds: usize,
}

impl Growing {
    fn new(next: impl FnMut(&mut Build, &HashMap<Output, Answer>) -> Round + 'static) -> Growing {
        Growing { build: Build::default(), next: Box::new(next), rounds: 0 }
    }
}

impl Rounds for Growing {
    fn next(&mut self, known: &HashMap<Output, Answer>) -> Round {
        self.rounds += 1;
        (self.next)(&mut self.build, known)
    }

    fn graph(&self) -> &Graph {
        &self.build.graph
    }
}

fn demands(outputs: &[Output]) -> Vec<Demand> {
    outputs.iter().map(|output| Demand { output: *output, label: "target".into() }).collect()
}

async fn grow(setup: &Setup, rounds: &mut Growing) -> Result<pipe_engine::RunReport, EngineError> {
    let session = setup.engine.session().await?;
    let report = session.run_rounds(rounds, &setup.cancel).await;
    session.shutdown(&setup.cancel).await;
    report
}

/// A flag that a program waits for and another sets.
#[derive(Clone, Default)]
struct Flag(Arc<(Mutex<bool>, Condvar)>);

impl Flag {
    fn set(&self) {
        *self.0.0.lock().unwrap() = true;
        self.0.1.notify_all();
    }

    fn wait(&self) {
        let set = self.0.0.lock().unwrap();
        let _set = self.0.1.wait_while(set, |set| !*set).unwrap();
    }
}

/// The slow probe only ends when the step behind the fast one has run.
#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn what_follows_from_one_value_does_not_wait_for_another() {
    let world = World::new();
    let flag = Flag::default();
    let (waits, sets) = (flag.clone(), flag);
    let backend = standard(Closures::new(world.store.clone()))
        .with("slow", move |call| {
            waits.wait();
            call.print("slow");
            Ok(Exit::Code(0))
        })
        .with("behind", move |_| {
            sets.set();
            Ok(Exit::Code(0))
        });
    let setup = world.setup(backend, world.options());
    let mut rounds = Growing::new(|build, known| {
        let fast = slot(build.checked("fast", &["print", "fast"]), Slot::Stdout);
        let slow = slot(build.checked("slow", &["slow"]), Slot::Stdout);
        let mut outputs = Vec::new();
        for (probe, name) in [(fast, "after fast"), (slow, "after slow")] {
            if known.contains_key(&probe) {
                outputs.push(main(build.checked(name, &["behind", name])));
            }
        }
        let awaited = [fast, slow].into_iter().filter(|probe| !known.contains_key(probe)).collect();
        Round { demands: demands(&outputs), awaited }
    });
    let report = grow(&setup, &mut rounds).await.unwrap();
    assert_eq!(report.outcomes.len(), 2);
    assert_eq!((report.summary.ran, report.summary.cached), (4, 0));
    assert_eq!(rounds.rounds, 3);
    assert_eq!(setup.events.steps(StepState::Ran).iter().filter(|name| *name == "fast").count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn a_later_round_stands_on_what_an_earlier_one_made() {
    let world = World::new();
    let setup = world.engine();
    let mut rounds = Growing::new(|build, known| {
        let words = slot(build.checked("words", &["print", "a b"]), Slot::Stdout);
        let Some(Answer::Value(Datum::Text(found))) = known.get(&words) else {
            return Round { demands: Vec::new(), awaited: vec![words] };
        };
        let outputs: Vec<Output> = found
            .split(' ')
            .map(|word| slot(build.checked(word, &["print", word]), Slot::Stdout))
            .chain([words])
            .collect();
        Round { demands: demands(&outputs), awaited: Vec::new() }
    });
    let report = grow(&setup, &mut rounds).await.unwrap();
    let found: Vec<_> = report.outcomes.iter().map(|o| text(o.result.as_ref().unwrap()).to_owned()).collect();
    assert_eq!(found, ["a", "b", "a b"]);
    assert_eq!(setup.backend.runs(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn a_value_that_is_lost_is_told_and_everything_else_goes_on() {
    let world = World::new();
    let setup = world.engine();
    let mut rounds = Growing::new(|build, known| {
        let broken = slot(build.checked("broken", &["exit", "3"]), Slot::Stdout);
        let good = slot(build.checked("good", &["print", "x"]), Slot::Stdout);
        if known.contains_key(&broken) {
            assert_eq!(known[&broken], Answer::Lost);
        }
        // A node that stands on the failure falls with it.
        let behind = build.apply("String.trim", vec![Arg::Output(broken)]);
        Round { demands: demands(&[good, behind]), awaited: vec![broken] }
    });
    let report = grow(&setup, &mut rounds).await.unwrap();
    assert_eq!(report.failures.len(), 1);
    assert_eq!(&*report.failures[0].name, "broken");
    assert!(report.outcomes[0].result.is_ok());
    assert!(matches!(report.outcomes[1].result, Err(Unmet::Failed(_))));
    assert_eq!(rounds.rounds, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn a_guard_of_a_later_round_judges_what_ran() {
    let world = World::new();
    let setup = world.engine();
    let mut rounds = Growing::new(|build, known| {
        let root = build.scratch();
        let exec = build.exec("loose", command(root, &["exit", "3"]));
        let code = slot(exec, Slot::ExitCode);
        if known.is_empty() {
            return Round { demands: Vec::new(), awaited: vec![code] };
        }
        let guard = build.add("loose", Op::Guard { exec: main(exec), success: vec![0] });
        Round { demands: demands(&[main(guard)]), awaited: Vec::new() }
    });
    let report = grow(&setup, &mut rounds).await.unwrap();
    assert_eq!(report.failures.len(), 1);
    assert_eq!(report.failures[0].reason, "exit code 3");
    assert_eq!(setup.backend.runs(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn a_round_that_asks_for_what_is_not_there_ends_the_run() {
    let world = World::new();
    let setup = world.engine();
    let mut rounds = Growing::new(|build, known| {
        let probe = slot(build.checked("probe", &["print", "x"]), Slot::Stdout);
        if known.is_empty() {
            return Round { demands: Vec::new(), awaited: vec![probe] };
        }
        let op = Op::Declared { operation: "git".into(), inputs: Vec::new(), args: Vec::new() };
        let declared = main(build.add("later", op));
        Round { demands: demands(&[declared]), awaited: Vec::new() }
    });
    let error = grow(&setup, &mut rounds).await.unwrap_err();
    assert!(matches!(error, EngineError::Unsupported(_)), "{error}");
}
