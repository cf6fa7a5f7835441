//! The budget: what ends an absurd evaluation. Pure programs end by themselves, but a handful of nested comprehensions can make
//! 10¹² elements.

/// Limits of one evaluator, over all that it evaluates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Expressions that may be evaluated, and elements that may be visited.
    pub steps: u64,
    /// Nodes that the graph may have.
    pub nodes: usize,
    /// Bytes of values that may be made, those included that are dropped again.
    pub bytes: u64,
    /// Calls that may be inside each other.
    pub calls: u32,
    /// How deep values may nest: a list in a record in a list has three.
    pub depth: u32,
}

impl Default for Budget {
    fn default() -> Budget {
        Budget { steps: 10_000_000, nodes: 1_000_000, bytes: 1 << 30, calls: 10_000, depth: 500 }
    }
}

/// What is left of a budget.
#[derive(Debug)]
pub(crate) struct Meter {
    budget: Budget,
    steps: u64,
    bytes: u64,
}

/// What ran out, for people.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Exceeded(pub(crate) String);

impl Meter {
    pub(crate) fn new(budget: Budget) -> Meter {
        Meter { budget, steps: 0, bytes: 0 }
    }

    pub(crate) fn budget(&self) -> Budget {
        self.budget
    }

    pub(crate) fn steps(&mut self, count: usize) -> Result<(), Exceeded> {
        self.steps = self.steps.saturating_add(count as u64);
        if self.steps > self.budget.steps {
            Err(Exceeded(format!("{} steps", self.budget.steps)))
        } else {
            Ok(())
        }
    }

    pub(crate) fn bytes(&mut self, count: usize) -> Result<(), Exceeded> {
        self.bytes = self.bytes.saturating_add(count as u64);
        if self.bytes > self.budget.bytes {
            Err(Exceeded(format!("{} MiB of memory", self.budget.bytes >> 20)))
        } else {
            Ok(())
        }
    }
}
