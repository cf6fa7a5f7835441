//! What is known of the steps of a program from earlier runs. It is plain data, found out by whoever has a store; here it meets the
//! text.

mod program;
mod words;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use pipe_analysis::inspect::{CallSpan, Inspection};
use pipe_diagnostics::FileSpan;
use pipe_syntax::Span;

pub use program::{Program, Runnable, program};

/// What is known of the steps of a program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Results {
    /// Its steps, each at every place that makes it; several steps may be made at one place.
    pub steps: Vec<StepResult>,
    /// What of it can be run as it is.
    pub items: Vec<ItemResult>,
    /// Why nothing is known of the steps, when that is so: `the store is of a newer version`.
    pub problem: Option<Arc<str>>,
}

/// A step at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepResult {
    /// Where its command is written, or the call that makes it.
    pub place: FileSpan,
    /// What would become of it in a run that began now.
    pub state: CacheState,
    /// How it ended when it last ran.
    pub last: Option<LastRun>,
}

/// An item that can be run as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemResult {
    /// Its name.
    pub place: FileSpan,
    /// The steps that it needs, each once.
    pub steps: Vec<(CacheState, Option<LastRun>)>,
}

/// What would become of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CacheState {
    /// Its result is in the store.
    Cached,
    /// It would run; why, when it is not simply that no result is there.
    Runs(Option<Arc<str>>),
    /// That depends on something that is not known: what.
    Unknown(Arc<str>),
}

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastRun {
    /// The command's exit code.
    pub exit_code: i32,
    /// How long it ran.
    pub took: Duration,
    /// When it ended.
    pub at: SystemTime,
}

/// Results, and the time at which they are shown.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    /// What is known.
    pub results: &'a Results,
    /// Now.
    pub now: SystemTime,
}

/// A step as it is told of.
type Told<'a> = (&'a CacheState, Option<&'a LastRun>);

impl Shown<'_> {
    /// What is said of an item, by the place of its name.
    pub(crate) fn of_item(&self, name: &FileSpan) -> Option<String> {
        let item = self.results.items.iter().find(|item| item.place == *name)?;
        if let Some(problem) = &self.results.problem {
            return Some(format!("Last run: not known, for {problem}"));
        }
        let steps: Vec<Told<'_>> = item.steps.iter().map(|(state, last)| (state, last.as_ref())).collect();
        words::sentence(&steps, self.now)
    }

    /// What is said of the call whose name is at a place of a file.
    pub(crate) fn of_call(&self, inspection: &Inspection, file: &str, name: Span) -> Option<String> {
        let here = |place: &FileSpan| {
            let makes = |call: &&CallSpan| makes(call, place);
            let innermost =
                inspection.calls.iter().filter(makes).min_by_key(|call| call.span.end - call.span.start);
            &*place.file == file && innermost.is_some_and(|innermost| innermost.name == name)
        };
        let steps: Vec<Told<'_>> = self
            .results
            .steps
            .iter()
            .filter(|step| here(&step.place))
            .map(|step| (&step.state, step.last.as_ref()))
            .collect();
        words::sentence(&steps, self.now)
    }

    /// What is shown at the ends of lines of a file where steps are: the offset, a word, and what it means.
    pub(crate) fn at_lines(&self, file: &str, text: &str) -> Vec<(u32, &'static str, Option<String>)> {
        let mut lines: std::collections::BTreeMap<u32, Vec<Told<'_>>> = std::collections::BTreeMap::new();
        for step in self.results.steps.iter().filter(|step| &*step.place.file == file) {
            let rest = text.get(step.place.end as usize..).unwrap_or_default();
            let line = rest.split('\n').next().unwrap_or_default().trim_end();
            lines
                .entry(step.place.end + line.len() as u32)
                .or_default()
                .push((&step.state, step.last.as_ref()));
        }
        let shown =
            |(at, steps): (u32, Vec<Told<'_>>)| (at, words::word(&steps), words::sentence(&steps, self.now));
        lines.into_iter().map(shown).collect()
    }
}

/// A place is a call, or among its arguments.
fn makes(call: &CallSpan, place: &FileSpan) -> bool {
    let is_whole = (place.start, place.end) == (call.span.start, call.span.end);
    is_whole || call.name.end <= place.start && place.end <= call.span.end
}
