//! The example packages: every public function that needs no argument evaluates, and every test that starts no container
//! holds.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use pipe_analysis::{Analysis, OsSystem, PackageRoot};
use pipe_diagnostics::Severity;
use pipe_eval::{Budget, ErrorKind, Evaluator, Lines, Target};

use crate::pipeline::{facts, holds};

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples")
}

/// What became of a package: a line for each function and test.
fn evaluated(package: &str) -> Vec<String> {
    let system = Arc::new(OsSystem::new(&examples()));
    let root = PackageRoot::discover(&*system, &examples().join(package)).unwrap();
    let mut analysis = Analysis::new(system);
    let found = analysis.check(&root, &[]);
    assert!(found.iter().all(|found| found.severity != Severity::Error), "{package}: {found:#?}");
    let program = analysis.program();
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
fn every_example_evaluates() {
    let mut packages: Vec<PathBuf> = Vec::new();
    let folders = |dir: &Path| {
        let entries = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
        entries.filter(|path| path.join("main.pipe").exists()).collect::<Vec<_>>()
    };
    packages.extend(folders(&examples()));
    packages.extend(folders(&examples().join("library")));
    packages.sort();
    let mut report = String::new();
    for package in packages {
        let name = package.strip_prefix(examples()).unwrap().to_str().unwrap().to_owned();
        report.push_str(&format!("{name}\n"));
        report.extend(evaluated(&name).iter().map(|line| format!("  {line}\n")));
    }
    insta::assert_snapshot!(report);
}
