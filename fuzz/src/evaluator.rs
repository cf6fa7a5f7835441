//! From a typed program to a graph.

use pipe_analysis::typed::Program;
use pipe_diagnostics::Severity;
use pipe_eval::{Budget, ErrorKind, EvalError, Evaluator, HostFacts, Lines, Target};
use std::sync::Arc;

use crate::demands::sound;
use crate::project::{Project, with_project};

/// Small, so that what needs much is found soon to need too much.
const BUDGET: Budget = Budget { steps: 100_000, nodes: 5_000, bytes: 16 << 20, calls: 500, depth: 200 };

/// A program without errors is what the evaluator was promised; evaluating it twice gives the same graph; errors can be
/// shown.
pub fn run(text: &str) {
    with_project(|project| {
        let found = project.check(text);
        let errors = found.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
        let program = project.analysis.program();
        let (first, failures) = evaluated(project, &program);
        let diagnostics: Vec<_> = failures.iter().map(|failure| failure.diagnostic.clone()).collect();
        sound(&diagnostics, &project.sources());
        if !errors {
            let broken = failures.iter().find(|failure| failure.kind == ErrorKind::Internal);
            assert!(broken.is_none(), "{broken:#?}");
        }
        let (second, again) = evaluated(project, &program);
        let nodes = |evaluator: &Evaluator| format!("{:?}", evaluator.graph().iter().collect::<Vec<_>>());
        assert_eq!(nodes(&first), nodes(&second), "a second time");
        assert_eq!(failures, again);
    });
}

/// Everything of the program that can be asked for without arguments.
fn evaluated(project: &Project, program: &Arc<Program>) -> (Evaluator, Vec<EvalError>) {
    let sources = project.sources();
    let lines = Lines::new(sources.files().map(|(file, text)| (file.clone(), &**text)));
    let facts = HostFacts {
        platform: "linux/amd64".into(),
        now: 1_700_000_000,
        ci: None,
        network: Default::default(),
        env: Default::default(),
    };
    let mut evaluator = Evaluator::new(program.clone(), lines, facts, [], BUDGET);
    let mut failures = Vec::new();
    let root = program.root.as_ref().and_then(|root| program.modules.get(root));
    if let Some(module) = root {
        for function in module.functions.values().filter(|function| !function.has_errors) {
            let target = Target::Function { function: function.global.clone(), args: Vec::new() };
            failures.extend(evaluator.eval_target(&target).err().map(|error| *error));
        }
        for item in module.lets.values().filter(|item| !item.has_errors) {
            failures
                .extend(evaluator.eval_target(&Target::Let(item.global.clone())).err().map(|error| *error));
        }
        for test in module.tests.iter().filter(|test| !test.has_errors) {
            failures.extend(evaluator.eval_test(test).err().map(|error| *error));
        }
    }
    (evaluator, failures)
}
