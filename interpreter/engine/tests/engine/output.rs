//! What steps print: as values, as events, in the store, and never a secret.

use pipe_engine::{EngineOptions, Exit, FailureClass, Redactor, Stream, TEXT_LIMIT, interleave};
use pipe_ops::{Arg, Slot};

use crate::backend::Closures;
use crate::graphs::{Build, command, main, slot};
use crate::world::{World, reason, standard, text, values};

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn output_is_a_value_an_event_and_a_stored_log() {
    let world = World::new();
    let backend = Closures::new(world.store.clone()).with("talk", |call| {
        call.print("out 1\n");
        call.complain("err 1\n");
        call.print("out 2\n");
        Ok(Exit::Code(0))
    });
    let setup = world.setup(backend, world.options());
    let mut build = Build::default();
    let talk = build.checked("talk", &["talk"]);
    let report = setup.run(&build.graph, &[slot(talk, Slot::Stdout), slot(talk, Slot::Stderr)]).await;
    assert_eq!(values(&report).iter().map(text).collect::<Vec<_>>(), ["out 1\nout 2\n", "err 1\n"]);
    assert_eq!(setup.events.log(Stream::Stdout), "out 1\nout 2\n");

    let entry = world.steps().remove(0);
    let record = world.store.lookup_step(entry.key).unwrap().unwrap();
    let [out, err, order] =
        [record.stdout, record.stderr, record.log].map(|b| world.store.get_blob(b).unwrap().unwrap());
    let log = interleave(&order, &out, &err).unwrap();
    let log: Vec<u8> = log.into_iter().flat_map(|(_, bytes)| bytes.to_vec()).collect();
    assert_eq!(String::from_utf8(log).unwrap(), "out 1\nerr 1\nout 2\n");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn a_secret_is_masked_before_anything_sees_it() {
    let world = World::new();
    let backend = standard(Closures::new(world.store.clone())).with("leak", |call| {
        for piece in ["token=hun", "ter2-hun", "ter2\n"] {
            call.print(piece);
            call.complain(piece);
        }
        Ok(Exit::Code(1))
    });
    let redactor = Redactor::new(&["hunter2-hunter2"]).unwrap();
    let setup = world.setup(backend, EngineOptions { redactor, ..world.options() });
    let mut build = Build::default();
    let exec = build.run("leak", &["leak"]);
    let guard = build.guard(exec, &[0]);
    let report = setup.run(&build.graph, &[slot(exec, Slot::Stdout), main(guard)]).await;
    assert_eq!(text(report.outcomes[0].result.as_ref().unwrap()), "token=***\n");
    let tail = String::from_utf8(report.failures[0].log_tail.clone()).unwrap();
    assert!(tail.contains("***") && !tail.contains("hunter"), "{tail}");
    for stream in [Stream::Stdout, Stream::Stderr] {
        assert_eq!(setup.events.log(stream), "token=***\n");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn what_is_no_text_cannot_be_one() {
    let world = World::new();
    let backend = Closures::new(world.store.clone())
        .with("bytes", |call| {
            call.print(b"abc\xff");
            Ok(Exit::Code(0))
        })
        .with("flood", |call| {
            call.print(vec![b'x'; TEXT_LIMIT + 1]);
            Ok(Exit::Code(0))
        });
    let setup = world.setup(backend, world.options());
    let mut build = Build::default();
    let bytes = build.checked("bytes", &["bytes"]);
    let flood = build.checked("flood", &["flood"]);
    let demands = [slot(bytes, Slot::Stdout), slot(flood, Slot::Stdout), slot(flood, Slot::Root)];
    let report = setup.run(&build.graph, &demands).await;
    assert_eq!(reason(&report, 0), "the standard output is not a text: it is not UTF-8 from byte 3 on");
    assert_eq!(reason(&report, 1), "the standard output is larger than 16 MiB, the most a text can be");
    assert!(report.outcomes[2].result.is_ok());
    assert!(report.failures.iter().all(|failure| failure.class == FailureClass::Pipeline));
    assert!(report.failures[0].help.as_ref().unwrap().contains(".file(path)"));
}

/// A value that one step gives reaches the next as an argument, a variable, and standard input.
#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn outputs_flow_into_commands() {
    let world = World::new();
    let backend = standard(Closures::new(world.store.clone())).with("show", |call| {
        let stdin = String::from_utf8(call.stdin.clone().unwrap()).unwrap();
        call.print(format!("{} {} {stdin}", call.argv[1], call.env["V"]));
        Ok(Exit::Code(0))
    });
    let setup = world.setup(backend, world.options());
    let mut build = Build::default();
    let given = build.checked("given", &["print", "x"]);
    let given = Arg::Output(slot(given, Slot::Stdout));
    let root = build.scratch();
    let mut exec = command(root, &["show"]);
    exec.argv.push(given.clone());
    exec.env.insert("V".into(), given.clone());
    exec.stdin = Some(given);
    let show = build.exec("show", exec);
    let report = setup.run(&build.graph, &[slot(show, Slot::Stdout)]).await;
    assert_eq!(text(&values(&report)[0]), "x x x");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn a_value_too_large_for_an_argument_says_where_to_put_it() {
    let world = World::new();
    let backend = standard(Closures::new(world.store.clone())).with("big", |call| {
        call.print(vec![b'x'; 101 << 10]);
        Ok(Exit::Code(0))
    });
    let setup = world.setup(backend, world.options());
    let mut build = Build::default();
    let big = build.checked("big", &["big"]);
    let root = build.scratch();
    let mut exec = command(root, &["print"]);
    exec.env.insert("PIPE_1".into(), Arg::Output(slot(big, Slot::Stdout)));
    let uses = build.exec("uses", exec);
    let report = setup.run(&build.graph, &[main(uses)]).await;
    assert_eq!(
        reason(&report, 0),
        "the variable `PIPE_1` has 101 KiB, a program can be given at most 100 KiB"
    );
    assert!(report.failures[0].help.as_ref().unwrap().contains(".write(path, text)"));
}
