//! The cache changes nothing but the time: random graphs give the same with it, without it, and after it was wiped.

use pipe_engine::Exit;
use pipe_ops::{Digest, Exec, Graph, Output, Slot};
use proptest::prelude::*;

use crate::backend::{Call, Closures};
use crate::graphs::{Build, command, mount, slot};
use crate::world::{World, values};

/// A step of a random graph: earlier steps it reads, and how it fails to care about one of them.
#[derive(Clone, Debug)]
struct Shape {
    inputs: Vec<prop::sample::Index>,
    /// Drops this many bits of what it reads, so that different inputs can end in equal results.
    coarse: u8,
    through_copy: bool,
}

fn shape() -> impl Strategy<Value = Shape> {
    (prop::collection::vec(any::<prop::sample::Index>(), 0..3), 0u8..3, any::<bool>())
        .prop_map(|(inputs, coarse, through_copy)| Shape { inputs, coarse, through_copy })
}

/// Writes to `/out/r` and prints a number that depends on every file it was given, and on its arguments.
fn mix(call: &mut Call<'_>) -> Result<Exit, pipe_engine::BackendError> {
    let mut all = call.argv.join(" ").into_bytes();
    for index in 0..3 {
        all.extend(call.read(&format!("/in{index}/r")).unwrap_or_default());
    }
    let kept = Digest::of(&all).0[0] >> (8 - 2 * call.argv[2].parse::<u32>().unwrap().min(3) - 2);
    let text = format!("{}:{kept}", call.argv[2]);
    call.write("/out/r", &text);
    call.print(text);
    Ok(Exit::Code(0))
}

fn graph(shapes: &[Shape]) -> (Graph, Vec<Output>) {
    let mut build = Build::default();
    let mut outs: Vec<Output> = Vec::new();
    let mut demands = Vec::new();
    for (number, shape) in shapes.iter().enumerate() {
        let root = build.scratch();
        let number = number.to_string();
        let mut exec: Exec = command(root, &["mix", &number, &shape.coarse.to_string()]);
        for (index, input) in shape.inputs.iter().enumerate().filter(|_| !outs.is_empty()) {
            exec.mounts.push(mount(&format!("/in{index}"), *input.get(&outs)));
        }
        let step = build.exec("step", exec);
        let step = build.guard(step, &[0]);
        let out = build.subdir(slot(step, Slot::Root), "/out");
        outs.push(if shape.through_copy { build.copy(root, "/", out, false) } else { out });
        demands.extend([slot(step, Slot::Stdout), *outs.last().unwrap()]);
    }
    (build.graph, demands)
}

fn digests(values: Vec<pipe_engine::Value>) -> Vec<String> {
    let shown = values.into_iter().map(|value| match value {
        pipe_engine::Value::Tree(tree) => tree.tree.digest.to_string(),
        other => format!("{other:?}"),
    });
    shown.collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn cached_and_not_cached_are_the_same(shapes in prop::collection::vec(shape(), 1..8)) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
        runtime.block_on(async {
            let (graph, demands) = graph(&shapes);
            let world = World::new();
            let backend = |world: &World| Closures::new(world.store.clone()).with("mix", mix);
            let first = world.setup(backend(&world), world.options());
            let cold = digests(values(&first.run(&graph, &demands).await));
            prop_assert!(first.backend.runs() <= shapes.len());
            let second = world.setup(backend(&world), world.options());
            let warm = digests(values(&second.run(&graph, &demands).await));
            prop_assert_eq!(second.backend.runs(), 0);
            prop_assert_eq!(&warm, &cold);
            let wiped = World::new();
            let third = wiped.setup(backend(&wiped), wiped.options());
            prop_assert_eq!(digests(values(&third.run(&graph, &demands).await)), cold);
            Ok(())
        })?;
    }
}
