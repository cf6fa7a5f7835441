//! A program under test.

use std::sync::Arc;

use pipe_analysis::typed::{Global, Origin, Program};
use pipe_analysis::{Analysis, COMMAND_LINE, MemorySystem, PackageRoot};
use pipe_diagnostics::{FileSpan, Severity};
use pipe_eval::{
    Argument, Budget, Demand, ErrorKind, EvalError, Evaluated, Evaluator, HostFacts, Lines, Target, TestPlan,
};
use pipe_ops::{Arg, Datum};

use crate::graph_text::graph_text;

/// A checked program with its evaluator.
pub(crate) struct Pipeline {
    analysis: Analysis,
    pub(crate) program: Arc<Program>,
    pub(crate) evaluator: Evaluator,
    text: String,
}

pub(crate) fn facts() -> HostFacts {
    HostFacts {
        platform: "linux/amd64".into(),
        now: 1_700_000_000,
        ci: None,
        network: Default::default(),
        env: Default::default(),
    }
}

impl Pipeline {
    /// Of a `main.pipe` that has no errors.
    pub(crate) fn new(text: &str) -> Pipeline {
        Pipeline::with(text, facts(), Vec::new(), Budget::default())
    }

    pub(crate) fn with(
        text: &str,
        facts: HostFacts,
        params: Vec<(&str, Argument)>,
        budget: Budget,
    ) -> Pipeline {
        let system = Arc::new(MemorySystem::new().with("/main.pipe", text));
        let root = PackageRoot::of_file(&*system, "/main.pipe".as_ref());
        let mut analysis = Analysis::new(system);
        let errors: Vec<_> = analysis
            .check(&root, &[])
            .into_iter()
            .filter(|found| found.severity == Severity::Error)
            .collect();
        assert!(errors.is_empty(), "{errors:#?}");
        let program = analysis.program();
        let module = program.root.clone().unwrap();
        let params = params.into_iter().map(|(name, argument)| (Global::new(module.clone(), name), argument));
        let sources = analysis.sources();
        let lines = Lines::new(sources.iter().map(|(file, text)| (file.clone(), &**text)));
        let evaluator = Evaluator::new(program.clone(), lines, facts, params.collect::<Vec<_>>(), budget);
        Pipeline { analysis, program, evaluator, text: text.to_owned() }
    }

    /// Evaluates an expression in the program's scope.
    pub(crate) fn eval(&mut self, expression: &str) -> Result<Evaluated, Box<EvalError>> {
        let checked =
            self.analysis.check_expression(expression).unwrap_or_else(|e| panic!("{expression}: {e:#?}"));
        let origin = Origin::expression(COMMAND_LINE.into());
        self.evaluator.eval_target(&Target::Expression { body: checked.body, origin })
    }

    /// Calls a function as the command line does.
    pub(crate) fn call(
        &mut self,
        function: &str,
        args: Vec<(&str, Argument)>,
    ) -> Result<Evaluated, Box<EvalError>> {
        let function = Global::new(self.program.root.clone().unwrap(), function);
        let args = args.into_iter().map(|(name, argument)| (name.into(), argument)).collect();
        self.evaluator.eval_target(&Target::Function { function, args })
    }

    /// What an expression asks for.
    pub(crate) fn demand(&mut self, expression: &str) -> Demand {
        self.eval(expression).unwrap_or_else(|e| panic!("{expression}: {:#?}", e.diagnostic)).demand
    }

    /// The known value of an expression.
    pub(crate) fn data(&mut self, expression: &str) -> Datum {
        match self.demand(expression) {
            Demand::Data(Arg::Const(datum)) => datum,
            Demand::Nothing => Datum::Unit,
            other => panic!("{expression} is not known: {other:?}"),
        }
    }

    /// The known value of an expression, as JSON.
    pub(crate) fn json(&mut self, expression: &str) -> String {
        let datum = self.data(expression);
        pipe_ops::pure::apply("json.encode", &[datum]).unwrap().as_text().unwrap().to_owned()
    }

    /// The graph behind an expression, as text.
    pub(crate) fn graph(&mut self, expression: &str) -> String {
        let demand = self.demand(expression);
        graph_text(self.evaluator.graph(), &demand.outputs())
    }

    /// The error of an expression: code, message, what it points at, labels and help, one a line.
    pub(crate) fn error(&mut self, expression: &str) -> String {
        let error = self.eval(expression).expect_err(expression);
        self.shown(&error, expression)
    }

    pub(crate) fn shown(&self, error: &EvalError, expression: &str) -> String {
        let source = |place: &FileSpan| {
            let text = if &*place.file == COMMAND_LINE { expression } else { &self.text };
            text.get(place.start as usize..place.end as usize).unwrap_or("?").to_owned()
        };
        let found = &error.diagnostic;
        let mut out = format!("{}: {}\n  at {}", found.code, found.message, source(&found.primary.place));
        for label in &found.labels {
            out.push_str(&format!("\n  {}: {}", label.text, source(&label.place)));
        }
        if let Some(help) = &found.help {
            out.push_str(&format!("\n  help: {help}"));
        }
        if let ErrorKind::NotThereYet { operation } = &error.kind {
            out.push_str(&format!("\n  not there yet: {operation}"));
        }
        out
    }

    /// Evaluates the test of a title.
    pub(crate) fn test(&mut self, title: &str) -> Result<TestPlan, Box<EvalError>> {
        let module = self.program.modules[self.program.root.as_ref().unwrap()].clone();
        let test = module.tests.iter().find(|test| &*test.title == title).unwrap().clone();
        self.evaluator.eval_test(&test)
    }
}

/// Whether every expectation is known to hold.
pub(crate) fn holds(plan: &TestPlan) -> Vec<bool> {
    plan.expectations.iter().map(|expectation| expectation.holds == Arg::Const(Datum::Bool(true))).collect()
}
