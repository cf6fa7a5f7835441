//! Pipelines: what a program reads as code may be written by the commands before it.

use crate::ast::HoleRefusal;
use std::ops::Range;

/// A command of a pipeline.
#[derive(Clone, Debug, Default)]
pub(super) struct Element {
    /// The holes in it.
    pub(super) holes: Range<usize>,
    /// The numbers of its here-documents.
    pub(super) heredocs: Range<usize>,
    /// Holes in what is its standard input: here-strings, process substitutions.
    pub(super) input: Vec<Range<usize>>,
    /// It reads its standard input as code.
    pub(super) reads_code: bool,
}

/// Commands joined by `|`.
#[derive(Clone, Debug, Default)]
pub(super) struct Pipeline {
    pub(super) elements: Vec<Element>,
}

impl Pipeline {
    /// Holes that can end up as the code of another program. `heredocs` are the holes of all here-documents.
    pub(super) fn refusals(&self, heredocs: &[Range<usize>]) -> Vec<(Range<usize>, HoleRefusal)> {
        let Some(last) = self.elements.iter().rposition(|e| e.reads_code) else { return Vec::new() };
        let bodies = |e: &Element| heredocs.get(e.heredocs.clone()).unwrap_or_default().to_vec();
        let mut out = Vec::new();
        for (i, element) in self.elements.iter().enumerate().take(last + 1) {
            if i < last {
                out.push(element.holes.clone());
            }
            if i < last || element.reads_code {
                out.extend(bodies(element));
                out.extend(element.input.iter().cloned());
            }
        }
        out.into_iter().map(|holes| (holes, HoleRefusal::NestedScript)).collect()
    }
}
