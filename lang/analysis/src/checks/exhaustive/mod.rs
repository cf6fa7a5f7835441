//! Whether a `match` covers everything, and whether every arm can be reached.
//!
//! The method is usefulness of a row against a matrix of patterns (Maranget, "Warnings for pattern matching", 2007): a
//! pattern is useful when it matches something that no row above does; a wildcard that is useful at the end is what is
//! missing. A budget bounds the search, which is exponential in contrived cases; when it is used up nothing is reported.

mod constructor;
mod search;
mod witness;

use pipe_diagnostics::Edit;
use pipe_syntax::{Span, ast};

use self::search::Search;
use self::witness::Witness;
use crate::infer::Infer;
use crate::place::Finding;
use crate::typed::{Arm, Pattern, Type};

/// How many rows the search may look at.
const BUDGET: usize = 100_000;
/// How many missing patterns a message names.
const SHOWN: usize = 3;

/// Reports what a `match` leaves out, and arms that are never reached.
pub(crate) fn exhaustive(
    infer: &Infer<'_>,
    ty: &Type,
    match_span: Span,
    arms: &[ast::Arm],
    typed: &[Arm],
) -> Vec<Finding> {
    let mut search = Search { infer, budget: BUDGET };
    let mut matrix: Vec<Vec<Pattern>> = Vec::new();
    let mut found = Vec::new();
    for (arm, tree) in typed.iter().zip(arms) {
        let row = vec![arm.pattern.clone()];
        if search.useful(&matrix, &row, std::slice::from_ref(ty)).is_none() && search.budget > 0 {
            let unreachable =
                infer.warning("unreachable-arm", "this arm is never reached", tree.pattern.span);
            found.push(unreachable.help("the arms above cover everything it would; remove it"));
        } else if let (Pattern::Or(alternatives), ast::PatternKind::Or(trees)) =
            (&arm.pattern, &tree.pattern.kind)
        {
            found.extend(needless_alternatives(&mut search, &matrix, alternatives, trees, ty));
        }
        if arm.guard.is_none() {
            matrix.push(row);
        }
    }
    let missing = search.missing(&mut matrix, ty);
    if search.budget > 0 && !missing.is_empty() {
        found.push(not_covered(infer, &missing, match_span, arms));
    }
    found
}

/// Alternatives of an arm that the arms above, or the ones before them, cover.
fn needless_alternatives(
    search: &mut Search<'_, '_>,
    matrix: &[Vec<Pattern>],
    alternatives: &[Pattern],
    trees: &[ast::Pattern],
    ty: &Type,
) -> Vec<Finding> {
    let mut matrix = matrix.to_vec();
    let mut found = Vec::new();
    for (alternative, tree) in alternatives.iter().zip(trees) {
        let row = vec![alternative.clone()];
        if search.useful(&matrix, &row, std::slice::from_ref(ty)).is_none() && search.budget > 0 {
            let message = "this alternative is never reached";
            let needless = search.infer.warning("unreachable-arm", message, tree.span);
            found.push(needless.help("what it matches is covered before it; remove it"));
        }
        matrix.push(row);
    }
    found
}

fn not_covered(infer: &Infer<'_>, missing: &[Witness], match_span: Span, arms: &[ast::Arm]) -> Finding {
    let named: Vec<String> = missing.iter().take(SHOWN).map(|witness| witness.text(true)).collect();
    let more = if missing.len() > SHOWN { " and more" } else { "" };
    let message = format!("`match` does not cover {}{more}", named.join(", "));
    let found = infer.error("missing-arm", message, match_span);
    let found =
        found.role("not every value has an arm").help("add an arm for it, or `_ => …` for all that is left");
    let Some(last) = arms.last() else { return found };
    let at = infer.place(Span { start: last.span.end, end: last.span.end });
    let new: Vec<String> = missing
        .iter()
        .take(SHOWN)
        .map(|witness| format!(", {} => fail(\"not handled yet\")", witness.text(false)))
        .collect();
    let title = if missing.len() == 1 { "add the arm" } else { "add the arms" };
    found.suggestion(title, vec![Edit { place: at, text: new.concat() }])
}
