//! Whole packages: every public function that needs no argument evaluates, and every test that starts no container holds.

use std::path::Path;
use std::sync::Arc;

use pipe_analysis::{Analysis, MemorySystem, PackageRoot};
use pipe_diagnostics::Severity;
use pipe_eval::{Budget, ErrorKind, Evaluator, Lines, Target};

use crate::graph_text::graph_text;
use crate::pipeline::{facts, holds};

/// The programs that the parser is tested with.
const PROGRAMS: &str = "../../lang/syntax/tests/programs";
pub(crate) const NAMES: [&str; 12] = [
    "consumer",
    "first_module",
    "go_ci",
    "go_service",
    "hello",
    "integration",
    "matrix",
    "monorepo",
    "multiarch",
    "promote",
    "rollout",
    "scan",
];

/// The text of a program.
pub(crate) fn program(name: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(PROGRAMS).join(format!("{name}.pipe"));
    std::fs::read_to_string(file).unwrap()
}

/// Each program as a package of its own.
pub(crate) fn packages() -> MemorySystem {
    let mut system = MemorySystem::new();
    for name in NAMES {
        system.write(format!("/{name}/main.pipe"), program(name));
        system.write(format!("/{name}/pipe.toml"), format!("[package]\nname = \"{name}\"\n"));
    }
    let consumer = "[package]\nname = \"consumer\"\n\n[dependencies]\ngo_ci = { path = \"../go_ci\" }\n";
    system.with("/consumer/pipe.toml", consumer)
}

/// What became of a package: a line for each function and test.
fn evaluated(system: &Arc<MemorySystem>, package: &str) -> Vec<String> {
    let root = PackageRoot::discover(&**system, format!("/{package}").as_ref()).unwrap();
    let mut analysis = Analysis::new(system.clone());
    let found = analysis.check(&root, &[]);
    assert!(found.iter().all(|found| found.severity != Severity::Error), "{package}: {found:#?}");
    let program = analysis.program_for(&[]);
    let module = program.modules[program.root.as_ref().unwrap()].clone();
    let sources = analysis.sources();
    let lines = Lines::new(sources.iter().map(|(file, text)| (file.clone(), &**text)));
    let mut evaluator = Evaluator::new(program, lines, facts(), Vec::new(), Budget::default());
    let mut report = Vec::new();
    for function in
        module.functions.values().filter(|f| f.public && f.params.iter().all(|p| p.default.is_some()))
    {
        let target = Target::Function { function: function.global.clone(), args: Vec::new() };
        let name = &function.global.name;
        report.push(match evaluator.eval_target(&target) {
            Ok(evaluated) => format!("{name}: {} outputs", evaluated.demand.outputs().len()),
            Err(error) => match &error.kind {
                ErrorKind::NotThereYet { operation } => format!("{name}: {operation} is not there yet"),
                _ => format!("{name}: {}", error.diagnostic.message),
            },
        });
    }
    for test in &module.tests {
        let plan = evaluator
            .eval_test(test)
            .unwrap_or_else(|e| panic!("{package} {}: {:#?}", test.title, e.diagnostic));
        if plan.needs_run() {
            report.push(format!("test {}: needs a run", plan.title));
        } else {
            assert!(holds(&plan).iter().all(|holds| *holds), "{package} {}: {plan:#?}", plan.title);
            report.push(format!("test {}: holds", plan.title));
        }
    }
    report
}

#[test]
fn every_package_evaluates() {
    let system = Arc::new(packages());
    let mut report = String::new();
    for name in NAMES {
        report.push_str(&format!("{name}\n"));
        report.extend(evaluated(&system, name).iter().map(|line| format!("  {line}\n")));
    }
    insta::assert_snapshot!(report);
}

#[test]
fn steps_of_a_dependency_without_a_network_get_none() {
    let library = "pub fn silent(c: Container) -> Container { c.run([\"a\"]) }\n\
                   pub fn given(c: Container, network: Network) -> Container { c.run([\"a\"], network: network) }\n\
                   pub fn each(c: Container, f: fn(Container) -> Container) -> Container { f(c) }\n";
    let main = "use lib\nfn own(c: Container) -> Container { c.run([\"a\"]) }\n\
                pub fn here() -> Container { own(scratch()) }\n\
                pub fn there() -> Container { lib.silent(scratch()) }\n\
                pub fn asked() -> Container { lib.given(scratch(), Default) }\n\
                pub fn back() -> Container { lib.each(scratch(), fn(c) => c.run([\"a\"])) }\n";
    for (network, there) in [("off", "network Off"), ("default", "outbound")] {
        let system = MemorySystem::new()
            .with("/main.pipe", main)
            .with("/pipe.toml", "[package]\nname = \"a\"\n[dependencies]\nlib = { path = \"lib\" }\n")
            .with("/lib/main.pipe", library)
            .with(
                "/lib/pipe.toml",
                format!("[package]\nname = \"lib\"\n[permissions]\nnetwork = \"{network}\"\n"),
            );
        let system = Arc::new(system);
        let root = PackageRoot::discover(&*system, "/".as_ref()).unwrap();
        let mut analysis = Analysis::new(system);
        assert_eq!(analysis.check(&root, &[]), []);
        let program = analysis.program_for(&[]);
        let module = program.modules[program.root.as_ref().unwrap()].clone();
        let sources = analysis.sources();
        for (name, expected) in
            [("here", "outbound"), ("there", there), ("asked", "outbound"), ("back", "outbound")]
        {
            let lines = Lines::new(sources.iter().map(|(file, text)| (file.clone(), &**text)));
            let mut evaluator =
                Evaluator::new(program.clone(), lines, facts(), Vec::new(), Budget::default());
            let function = module.functions[name].global.clone();
            let evaluated = evaluator.eval_target(&Target::Function { function, args: Vec::new() }).unwrap();
            let graph = graph_text(evaluator.graph(), &evaluated.demand.outputs());
            let found = if graph.contains("network Off") { "network Off" } else { "outbound" };
            assert_eq!(found, expected, "{network} {name}");
        }
    }
}
