//! The state of an evaluator, and what every part of it needs: the meter, the graph, errors at places.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use pipe_analysis::typed::{Enum, Global, Program, Record, Type};
use pipe_diagnostics::FileSpan;
use pipe_ops::{Arg, Datum, Graph, Hints, NodeId, Op, Origin, Output, Slot, pure};
use pipe_syntax::Span;

use crate::arguments::Argument;
use crate::budget::{Budget, Exceeded, Meter};
use crate::course::Course;
use crate::coverage::Coverage;
use crate::error::{self, Result};
use crate::facts::HostFacts;
use crate::frame::Frame;
use crate::lines::Lines;
use crate::memo::Memo;
use crate::rounds::Round;
use crate::test_plan::Expectation;
use crate::value::{Symbolic, Value};
use crate::words::Words;

/// All that an evaluation works on.
#[derive(Debug)]
pub(crate) struct Machine {
    pub(crate) program: Arc<Program>,
    pub(crate) facts: HostFacts,
    /// Values of `param`s that were given.
    pub(crate) params: HashMap<Global, Argument>,
    pub(crate) memo: Memo,
    pub(crate) graph: Graph,
    pub(crate) meter: Meter,
    /// Calls inside each other now.
    pub(crate) calls: u32,
    /// The action that is being done.
    pub(crate) course: Option<Course>,
    /// The body of a test is evaluated.
    pub(crate) testing: bool,
    /// An action was simulated: values may stand on effects that nobody does.
    pub(crate) has_simulated: bool,
    /// Actions are not run but looked at: whatever may fail is taken to succeed.
    pub(crate) planning: bool,
    /// What checks keep is to be written.
    pub(crate) keeps: bool,
    /// Expectations of the test whose body is being evaluated.
    pub(crate) expectations: Vec<Expectation>,
    /// One of them is known only in a later round.
    pub(crate) expectation_waits: bool,
    pub(crate) round: Round,
    /// What was entered, when that is asked for.
    pub(crate) coverage: Option<Coverage>,
    records: HashMap<String, Arc<Record>>,
    enums: HashMap<String, Arc<Enum>>,
    /// Files of dependencies whose steps get no network.
    offline: BTreeSet<Arc<str>>,
    lines: Lines,
    pub(crate) words: Words,
    /// Files that were read by the program, by what people call them: Dockerfiles.
    texts: BTreeMap<Arc<str>, Arc<str>>,
}

/// Where a node is made, and for whom.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    pub(crate) place: FileSpan,
    pub(crate) name: Arc<str>,
}

impl Machine {
    pub(crate) fn new(program: Arc<Program>, lines: Lines, facts: HostFacts, budget: Budget) -> Machine {
        let (mut records, mut enums) = (HashMap::new(), HashMap::new());
        for module in program.modules.values() {
            records.extend(module.records.values().map(|decl| (qualified(&decl.global), decl.clone())));
            enums.extend(module.enums.values().map(|decl| (qualified(&decl.global), decl.clone())));
        }
        let offline = program.modules.values().filter(|module| module.offline);
        let offline = offline.map(|module| module.file.clone()).collect();
        Machine {
            program,
            facts,
            params: HashMap::new(),
            memo: Memo::default(),
            graph: Graph::default(),
            meter: Meter::new(budget),
            calls: 0,
            course: None,
            testing: false,
            has_simulated: false,
            planning: false,
            keeps: false,
            expectations: Vec::new(),
            expectation_waits: false,
            round: Round::default(),
            coverage: None,
            records,
            enums,
            offline,
            lines,
            words: Words::default(),
            texts: BTreeMap::new(),
        }
    }

    /// Whether an item belongs to a dependency whose steps get no network.
    pub(crate) fn is_offline(&self, frame: &Frame) -> bool {
        self.offline.contains(&frame.origin.file)
    }

    /// Remembers the text of a file that places point into.
    pub(crate) fn learn_text(&mut self, file: &Arc<str>, text: &Arc<str>) {
        if self.texts.get(file) != Some(text) {
            self.lines.insert(file.clone(), text);
            self.texts.insert(file.clone(), text.clone());
        }
    }

    /// The texts of files that the program read, and that places point into.
    pub(crate) fn texts(&self) -> impl Iterator<Item = (&Arc<str>, &Arc<str>)> {
        self.texts.iter()
    }

    /// The record of a qualified name.
    pub(crate) fn record_named(&self, name: &str) -> Option<&Arc<Record>> {
        self.records.get(name)
    }

    /// The enum of a qualified name.
    pub(crate) fn enum_named(&self, name: &str) -> Option<&Arc<Enum>> {
        self.enums.get(name)
    }

    /// Counts steps.
    pub(crate) fn step(&mut self, count: usize, frame: &Frame, span: Span) -> Result<()> {
        self.meter.steps(count).map_err(|Exceeded(what)| error::limit(&what, frame.place(span)))
    }

    /// Counts bytes of a value that is made.
    pub(crate) fn charge(&mut self, bytes: usize, frame: &Frame, span: Span) -> Result<()> {
        self.meter.bytes(bytes).map_err(|Exceeded(what)| error::limit(&what, frame.place(span)))
    }

    /// Refuses a value that nests too deeply to be handled safely.
    pub(crate) fn check_depth(&self, depth: u32, frame: &Frame, span: Span) -> Result<()> {
        let most = self.meter.budget().depth;
        if depth > most {
            Err(error::limit(&format!("{most} values inside each other"), frame.place(span)))
        } else {
            Ok(())
        }
    }

    /// A place with the name of the function it is in.
    pub(crate) fn site(&mut self, frame: &Arc<Frame>, span: Span) -> Site {
        Site { place: frame.place(span), name: self.label(frame) }
    }

    /// Adds a node.
    pub(crate) fn add(&mut self, op: Op, site: &Site, hints: Hints) -> Result<NodeId> {
        let most = self.meter.budget().nodes;
        if self.graph.len() >= most {
            return Err(error::limit(&format!("{most} nodes"), site.place.clone()));
        }
        let origin = Origin {
            file: site.place.file.clone(),
            start: site.place.start,
            end: site.place.end,
            line: self.lines.line(&site.place.file, site.place.start),
            name: site.name.clone(),
        };
        self.graph
            .add(op, Some(origin), hints)
            .map_err(|e| error::internal(&e.to_string(), site.place.clone()))
    }

    /// Adds a node of one result.
    pub(crate) fn add_main(&mut self, op: Op, site: &Site) -> Result<Output> {
        Ok(main(self.add(op, site, Hints::default())?))
    }

    /// A pure function of values: computed when all are known, a node when not.
    pub(crate) fn apply(&mut self, function: &str, args: &[&Value], ty: &Type, site: &Site) -> Result<Value> {
        let args = args.iter().map(|value| self.arg(value, site)).collect::<Result<Vec<_>>>()?;
        self.apply_args(function, args, ty, site)
    }

    /// As [`Machine::apply`], of arguments.
    pub(crate) fn apply_args(
        &mut self,
        function: &str,
        args: Vec<Arg>,
        ty: &Type,
        site: &Site,
    ) -> Result<Value> {
        let known: Option<Vec<Datum>> = args.iter().map(known).collect();
        let Some(known) = known else {
            let output = self.add_main(Op::Apply { function: function.into(), args }, site)?;
            return Ok(symbolic(output, ty));
        };
        let result = pure::apply(function, &known).map_err(|e| error::pure(&e, site.place.clone()))?;
        self.datum_value(result, site)
    }

    /// An operation that is declared and not there yet, as the node that planning refuses.
    pub(crate) fn declared(
        &mut self,
        operation: &str,
        inputs: Vec<Output>,
        args: Vec<Datum>,
        site: &Site,
    ) -> Result<Output> {
        self.add_main(Op::Declared { operation: operation.into(), inputs, args }, site)
    }
}

/// The only result of a node.
pub(crate) fn main(node: NodeId) -> Output {
    Output { node, slot: Slot::Main }
}

/// A symbolic value.
pub(crate) fn symbolic(output: Output, ty: &Type) -> Value {
    Value::Symbolic(Arc::new(Symbolic { output, ty: ty.clone() }))
}

/// The name that records and variants carry as data: unique in a program.
pub(crate) fn qualified(global: &Global) -> String {
    format!("{}.{}", global.module.0, global.name)
}

fn known(arg: &Arg) -> Option<Datum> {
    match arg {
        Arg::Const(datum) => Some(datum.clone()),
        Arg::Output(_) => None,
    }
}
