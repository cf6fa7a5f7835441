//! The script as units, and the positions found so far.

use super::evaluated::evaluated_names;
use super::heredoc::Heredoc;
use super::pipeline::Pipeline;
use super::{Fragment, UNKNOWN};
use crate::ast::{HolePosition, HoleRefusal, Shell};
use std::ops::Range;

/// How deep substitutions and subshells may nest.
const MAX_NESTING: usize = 40;

/// A character of the script, or a hole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Char(char),
    Hole,
}

/// Reads a script from start to end. Holes are numbered as they come; every hole gets its position when it is read, and
/// may be refused later, when it is known what its command does.
pub(super) struct Scanner {
    units: Vec<Unit>,
    at: usize,
    pub(super) shell: Shell,
    holes: usize,
    positions: Vec<HolePosition>,
    /// Something was not understood: every later hole is refused.
    lost: bool,
    /// The first hole of the outermost command line that has not ended.
    unfinished: usize,
    nesting: usize,
    /// Here-documents that were announced on the current line.
    pub(super) pending: Vec<Heredoc>,
    /// Bodies of here-documents that have been read, by number: the holes in each.
    pub(super) heredocs: Vec<Range<usize>>,
    /// Pipelines that have been read.
    pub(super) pipelines: Vec<Pipeline>,
    /// Holes in assignments with the name of the variable, and whether some variable has the integer attribute of bash, which evaluates them.
    pub(super) assigned: Vec<(String, usize)>,
    pub(super) integers: bool,
}

impl Scanner {
    pub(super) fn new<'t>(shell: Shell, fragments: impl IntoIterator<Item = Fragment<'t>>) -> Scanner {
        let mut units = Vec::new();
        let mut holes = 0;
        for fragment in fragments {
            match fragment {
                Fragment::Text(text) => units.extend(text.chars().map(Unit::Char)),
                Fragment::Hole => {
                    units.push(Unit::Hole);
                    holes += 1;
                }
            }
        }
        Scanner {
            units,
            at: 0,
            shell,
            holes,
            positions: Vec::with_capacity(holes),
            lost: false,
            unfinished: 0,
            nesting: 0,
            pending: Vec::new(),
            heredocs: Vec::new(),
            pipelines: Vec::new(),
            assigned: Vec::new(),
            integers: false,
        }
    }

    pub(super) fn has_holes(&self) -> bool {
        self.holes > 0
    }

    /// The positions, with what only the whole script tells.
    pub(super) fn finish(mut self) -> Vec<HolePosition> {
        for pipeline in std::mem::take(&mut self.pipelines) {
            for (holes, why) in pipeline.refusals(&self.heredocs) {
                self.refuse(holes, why);
            }
        }
        let assigned = std::mem::take(&mut self.assigned);
        if !assigned.is_empty() {
            let evaluated = evaluated_names(&self.units);
            for (name, hole) in assigned {
                if self.integers || evaluated.contains(&name) {
                    self.refuse(hole..hole + 1, HoleRefusal::Arithmetic);
                }
            }
        }
        // Whatever was not reached is not known.
        self.positions.resize(self.holes, UNKNOWN);
        self.positions
    }

    pub(super) fn peek(&self) -> Option<Unit> {
        self.units.get(self.at).copied()
    }

    pub(super) fn peek_at(&self, n: usize) -> Option<Unit> {
        self.units.get(self.at + n).copied()
    }

    /// The character at hand; `None` at a hole and at the end.
    pub(super) fn char(&self) -> Option<char> {
        self.char_at(0)
    }

    pub(super) fn char_at(&self, n: usize) -> Option<char> {
        match self.peek_at(n) {
            Some(Unit::Char(c)) => Some(c),
            _ => None,
        }
    }

    pub(super) fn starts_with(&self, text: &str) -> bool {
        text.chars().enumerate().all(|(n, c)| self.char_at(n) == Some(c))
    }

    pub(super) fn skip(&mut self, n: usize) {
        self.at = (self.at + n).min(self.units.len());
    }

    /// Takes the text if it stands here.
    pub(super) fn take(&mut self, text: &str) -> bool {
        let found = self.starts_with(text);
        if found {
            self.skip(text.chars().count());
        }
        found
    }

    /// Takes `\` and a line end, which mean nothing.
    pub(super) fn take_continuation(&mut self) -> bool {
        self.take("\\\n")
    }

    pub(super) fn position(&self) -> usize {
        self.at
    }

    pub(super) fn units_in(&self, range: Range<usize>) -> &[Unit] {
        self.units.get(range).unwrap_or_default()
    }

    /// How many holes have been read: the number of the next.
    pub(super) fn next_hole(&self) -> usize {
        self.positions.len()
    }

    /// Takes the hole that stands here; gives its number.
    pub(super) fn hole(&mut self, position: HolePosition) -> usize {
        self.skip(1);
        self.positions.push(if self.lost { UNKNOWN } else { position });
        self.positions.len() - 1
    }

    /// Takes one unit; a hole is refused.
    pub(super) fn pass(&mut self, why: HoleRefusal) {
        match self.peek() {
            Some(Unit::Hole) => {
                self.hole(HolePosition::Refused(why));
            }
            Some(Unit::Char(_)) => self.skip(1),
            None => {}
        }
    }

    /// Refuses holes that stood where they could. A refusal that is there already names the nearer cause and stays.
    pub(super) fn refuse(&mut self, holes: Range<usize>, why: HoleRefusal) {
        for hole in holes {
            if let Some(position) = self.positions.get_mut(hole)
                && !matches!(position, HolePosition::Refused(_))
            {
                *position = HolePosition::Refused(why);
            }
        }
    }

    /// A hole in word position takes one word only: no list.
    pub(super) fn glue(&mut self, hole: usize) {
        if let Some(HolePosition::Word { glued }) = self.positions.get_mut(hole) {
            *glued = true;
        }
    }

    /// The text is not understood from here on. What is done with the holes of the command line so far is not known
    /// either.
    pub(super) fn lose(&mut self) {
        if !std::mem::replace(&mut self.lost, true) {
            self.refuse(self.unfinished..self.next_hole(), HoleRefusal::NestedScript);
        }
    }

    /// An outermost command line has ended.
    pub(super) fn finished(&mut self) {
        self.unfinished = self.next_hole();
    }

    /// Runs `read` one level deeper. Where that is too deep, the rest of the script is given up.
    pub(super) fn nested<T: Default>(&mut self, read: impl FnOnce(&mut Self) -> T) -> T {
        if self.nesting >= MAX_NESTING {
            self.lose();
            self.at = self.units.len();
            return T::default();
        }
        self.nesting += 1;
        let result = read(self);
        self.nesting -= 1;
        result
    }
}
