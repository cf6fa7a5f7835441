//! The arms that a `match` has not.

use std::collections::BTreeSet;

use pipe_analysis::inspect::Declaration;
use pipe_analysis::typed::Type;
use pipe_syntax::Span;
use pipe_syntax::ast::{Expr, ExprKind, Pattern, PatternKind};

use super::site::Site;
use super::{Action, ActionKind};
use crate::tree::Node;

/// Adds an arm for each variant that none names.
pub(super) fn fill(site: &Site<'_>) -> Option<Action> {
    let (scrutinee, arms, span) = site.path.iter().rev().find_map(|node| match *node {
        Node::Expr(Expr { kind: ExprKind::Match { scrutinee, arms, .. }, .. }, span) => {
            Some((scrutinee, arms, span))
        }
        _ => None,
    })?;
    if site.range.start > site.at(scrutinee.span).end && !arms.is_empty() {
        return None;
    }
    let mut named = BTreeSet::new();
    for arm in arms.iter().filter(|arm| arm.guard.is_none()) {
        if is_open(&arm.pattern) {
            return None;
        }
        names(&arm.pattern, &mut named);
    }
    let ty = site.type_of(site.at(scrutinee.span))?;
    let missing: Vec<String> = patterns(site, ty)
        .into_iter()
        .filter(|(name, _)| !named.contains(name))
        .map(|(_, pattern)| pattern)
        .collect();
    if missing.is_empty() {
        return None;
    }
    let title = "add the missing arms";
    let new: String =
        missing.iter().map(|pattern| format!("  {pattern} => fail(\"not handled yet\")\n")).collect();
    let edit = match arms.last() {
        Some(last) => site.insert(site.at(last.span).end, format!("\n{}", new.trim_end_matches('\n'))),
        // Between the brackets.
        None => {
            site.edit(Span { start: site.at(scrutinee.span).end, end: span.end }, format!(" {{\n{new}}}"))
        }
    };
    site.action(ActionKind::Complete, title, vec![edit])
}

/// Every case of a type: its name, and the pattern for it.
fn patterns(site: &Site<'_>, ty: &Type) -> Vec<(String, String)> {
    let case = |name: &str, pattern: &str| (name.to_owned(), pattern.to_owned());
    match ty {
        Type::Bool => vec![case("true", "true"), case("false", "false")],
        Type::Optional(_) => vec![case("some", "some(_)"), case("none", "none")],
        ty => {
            let variants = site.snapshot.variants(ty).into_iter();
            let pattern = |variant: &Declaration| match &variant.parameters {
                Some(_) => format!("{}(..)", variant.name),
                None => variant.name.to_string(),
            };
            variants.map(|variant| (variant.name.to_string(), pattern(&variant))).collect()
        }
    }
}

/// A pattern that takes every value.
fn is_open(pattern: &Pattern) -> bool {
    match &pattern.kind {
        PatternKind::Wildcard | PatternKind::Bind(_) => true,
        PatternKind::Or(parts) => parts.iter().any(is_open),
        _ => false,
    }
}

fn names(pattern: &Pattern, found: &mut BTreeSet<String>) {
    match &pattern.kind {
        PatternKind::Variant { name, .. } => _ = found.insert(name.text.to_string()),
        PatternKind::Bool(value) => _ = found.insert(value.to_string()),
        PatternKind::None => _ = found.insert("none".into()),
        PatternKind::Some(_) => _ = found.insert("some".into()),
        PatternKind::Or(parts) => parts.iter().for_each(|part| names(part, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check, refused};

    #[test]
    fn of_an_enum_and_an_optional() {
        check(
            "enum E {\n  A\n  B(n: Int)\n  C\n}\n\nfn f(e: E) -> Int {\n  $0match e {\n    A => 1\n  }\n}\n",
            "add the missing arms",
            "enum E {\n  A\n  B(n: Int)\n  C\n}\n\nfn f(e: E) -> Int {\n  match e {\n    A => 1\n    B(..) => fail(\"not handled yet\")\n    C => fail(\"not handled yet\")\n  }\n}\n",
        );
        check(
            "fn f(n: Int?) -> Int {\n  match $0n {\n    none => 1\n  }\n}\n",
            "add the missing arms",
            "fn f(n: Int?) -> Int {\n  match n {\n    none => 1\n    some(_) => fail(\"not handled yet\")\n  }\n}\n",
        );
        refused(
            "fn f(n: Int?) -> Int {\n  match $0n {\n    none => 1\n    _ => 2\n  }\n}\n",
            "add the missing arms",
        );
    }
}
