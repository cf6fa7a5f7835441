//! Whether what a test expects holds.

use pipe_diagnostics::Diagnostic;
use pipe_eval::{Expectation, TestPlan};
use pipe_ops::Datum;

use crate::result::{Answers, json_of};

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
    let Some(sides) = &expectation.sides else { return diagnostic };
    match (answers.datum(&sides.left), answers.datum(&sides.right)) {
        (Some(left), Some(right)) => {
            diagnostic.help(format!("left:  {}\nright: {}", shown(&left), shown(&right)))
        }
        _ => diagnostic,
    }
}

/// On one line, with what cannot be seen in a text made visible.
fn shown(value: &Datum) -> String {
    json_of(value).unwrap_or_else(|_| format!("{value:?}"))
}
