//! Programs written in another way: whatever they mean, they check, and what means the same gives the same graph.

use std::collections::BTreeMap;
use std::sync::Arc;

use pipe_analysis::{Analysis, MemorySystem, PackageRoot};
use pipe_eval::{Budget, ErrorKind, Evaluator, Lines, Target};
use pipe_syntax::{parse, same_program};

use crate::packages::{NAMES, packages, program};
use crate::pipeline::{facts, holds};
use crate::variant::{Freedom, Variant, variant};

/// What a package gives: digests of what each public function asks for, and whether each test holds.
type Meaning = BTreeMap<String, Vec<String>>;

/// Checks a package and evaluates it.
fn meaning(system: &Arc<MemorySystem>, package: &str, text: &str) -> Meaning {
    let root = PackageRoot::discover(&**system, format!("/{package}").as_ref()).unwrap();
    let mut analysis = Analysis::new(system.clone());
    let found = analysis.check(&root, &[]);
    assert!(found.is_empty(), "{package}: {found:#?}\n{text}");
    let program = analysis.program_for(&[]);
    let module = program.modules[program.root.as_ref().unwrap()].clone();
    let sources = analysis.sources();
    let lines = Lines::new(sources.iter().map(|(file, text)| (file.clone(), &**text)));
    let mut evaluator = Evaluator::new(program, lines, facts(), Vec::new(), Budget::default());
    let mut meaning = Meaning::new();
    let callable =
        module.functions.values().filter(|f| f.public && f.params.iter().all(|p| p.default.is_some()));
    for function in callable {
        let target = Target::Function { function: function.global.clone(), args: Vec::new() };
        let asked = match evaluator.eval_target(&target) {
            Ok(evaluated) => {
                let outputs = evaluated.demand.outputs().into_iter();
                let mut digests: Vec<String> = outputs
                    .map(|output| {
                        format!("{:?} {:?}", output.slot, evaluator.graph().get(output.node).unwrap().digest)
                    })
                    .collect();
                digests.sort();
                digests
            }
            Err(error) => match &error.kind {
                ErrorKind::NotThereYet { operation } => vec![format!("{operation} is not there yet")],
                _ => panic!("{package}: {:#?}\n{text}", error.diagnostic),
            },
        };
        meaning.insert(function.global.name.to_string(), asked);
    }
    for test in &module.tests {
        let plan = evaluator.eval_test(test).unwrap_or_else(|e| panic!("{package}: {:#?}", e.diagnostic));
        let holds = plan.needs_run() || holds(&plan).iter().all(|holds| *holds);
        meaning.insert(format!("test {}", test.title), vec![holds.to_string()]);
    }
    meaning
}

/// The packages with one of them written in another way.
fn with(package: &str, variant: &Variant) -> Arc<MemorySystem> {
    let mut system = packages();
    system.write(format!("/{package}/main.pipe"), &*variant.text);
    Arc::new(system)
}

#[test]
fn what_means_the_same_gives_the_same_graph() {
    let original = Arc::new(packages());
    for package in NAMES {
        let text = program(package);
        let meant = meaning(&original, package, &text);
        for seed in 0..3 {
            // Steps are named by their functions, and tests may expect such names. What others use, they call by its name.
            let public_names = seed > 0 && package != "go_ci";
            let variant = variant(&text, Freedom { public_names, values: false }, seed);
            let kept = |(name, _): &(&String, &Vec<String>)| !public_names || !name.starts_with("test ");
            let called = |name: &String| variant.names.get(name).unwrap_or(name).clone();
            let meant = meant.iter().filter(kept).map(|(name, asked)| (called(name), asked.clone()));
            let found = meaning(&with(package, &variant), package, &variant.text);
            let found: Vec<_> =
                found.iter().filter(kept).map(|(name, asked)| (name.clone(), asked.clone())).collect();
            let mut wanted: Vec<_> = meant.collect();
            wanted.sort();
            if text.contains("secret.random()") {
                // Such a secret is named by its place in the source.
                assert_eq!(found.len(), wanted.len(), "{package} {seed}\n{}", variant.text);
                continue;
            }
            assert_eq!(found, wanted, "{package} {seed}\n{}", variant.text);
        }
    }
}

#[test]
fn other_values_check_and_evaluate_too() {
    for package in NAMES {
        let text = program(package);
        for seed in 0..3 {
            let variant = variant(&text, Freedom { public_names: package != "go_ci", values: true }, seed);
            meaning(&with(package, &variant), package, &variant.text);
        }
    }
}

#[test]
fn every_variant_is_another_program_of_the_same_items() {
    for package in NAMES {
        let text = program(package);
        let original = parse(&text).module;
        for seed in 0..10 {
            let free = Freedom { public_names: true, values: true };
            let one = variant(&text, free, seed);
            let parsed = parse(&one.text);
            assert!(parsed.errors.is_empty(), "{:#?}\n{}", parsed.errors, one.text);
            assert_eq!(parsed.module.items.len(), original.items.len());
            assert!(!same_program(&parsed.module, &original), "{}", one.text);
            assert_eq!(one, variant(&text, free, seed));
        }
    }
}

#[test]
fn a_name_is_another_one_wherever_it_stands_for_the_same() {
    let text = "\
param src: Dir = workspace.dir()
fn f(src: String, n: Int = 1) -> String { [for n in [n] => \"${n}${src}\"].join(src) }
pub fn g() -> String { let h = f(src: \"a\", n: 2).trim(); match some(h) { some(n) => n, none => \"\" } |> f(n: 3) }
test \"t\" with (src: fake.dir()) { expect src.name == g() }
";
    let free = Freedom { public_names: true, values: false };
    let Variant { text, names } = variant(text, free, 7);
    // Operations, fields and what is not declared here keep their names.
    for kept in ["workspace.dir(", "join(", "trim(", "some(", "none", "fake.dir(", ".name"] {
        let bare: String = text.split_whitespace().collect();
        assert!(bare.contains(kept), "{text}");
    }
    let count =
        |name: &str| text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|w| *w == name).count();
    assert_eq!((count(&names["f"]), count(&names["src"]), count(&names["g"])), (3, 3, 2), "{text}");
    for old in ["src", "n", "h", "f", "g"] {
        assert_eq!(count(old), 0, "{old}: {text}");
    }
}
