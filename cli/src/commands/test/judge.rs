//! Whether what a test expects holds.

use pipe_diagnostics::Diagnostic;
use pipe_eval::{Expectation, TestPlan};
use pipe_ops::Datum;
use pipe_syntax::ast::BinaryOp;

use super::difference::{difference, sides, whole};
use crate::result::Answers;

/// What became of a test.
pub(super) enum Verdict {
    /// Everything it expects holds.
    Holds,
    /// These expectations do not.
    DoesNotHold(Vec<Diagnostic>),
    /// Something it needs failed, which was said.
    NotThere,
}

/// Judges a test by what the engine gave.
pub(super) fn judge(plan: &TestPlan, answers: &Answers) -> Verdict {
    if plan.waits || !answers.have(&plan.outputs()) {
        return Verdict::NotThere;
    }
    let wrong: Vec<Diagnostic> = plan
        .expectations
        .iter()
        .filter(|one| !holds(one, answers))
        .map(|one| describe(one, answers))
        .collect();
    if wrong.is_empty() { Verdict::Holds } else { Verdict::DoesNotHold(wrong) }
}

fn holds(expectation: &Expectation, answers: &Answers) -> bool {
    answers.datum(&expectation.holds) == Some(Datum::Bool(true))
}

fn describe(expectation: &Expectation, answers: &Answers) -> Diagnostic {
    let diagnostic = Diagnostic::error("expectation-failed", "this does not hold", expectation.place.clone());
    if let Some(sides) = &expectation.sides
        && let (Some(left), Some(right)) = (answers.datum(&sides.left), answers.datum(&sides.right))
    {
        return diagnostic.help(compared(sides.operator, &left, &right));
    }
    match expectation.subject.as_ref().and_then(|subject| answers.datum(subject)) {
        Some(subject) => diagnostic.help(format!("it is asked of {}", whole(&subject))),
        None => diagnostic,
    }
}

fn compared(operator: BinaryOp, left: &Datum, right: &Datum) -> String {
    match operator {
        BinaryOp::Equal => difference(left, right),
        BinaryOp::NotEqual => format!("both are {}", whole(left)),
        _ => sides(left, right),
    }
}
