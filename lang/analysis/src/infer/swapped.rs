//! Arguments that stand in each other's place.

use std::ops::Range;

use pipe_diagnostics::{Edit, Fix};
use pipe_syntax::{Span, ast};

use super::arguments::Callable;
use super::{Expected, Infer};
use crate::typed::{CheckedKind, Type};

/// What was reported about an argument: which parameter gets it, and which findings.
pub(super) type Refused = (usize, Range<usize>);

impl<'db> Infer<'db> {
    /// Reports `mount(src, "/src")`: what is put somewhere stands before the place.
    pub(super) fn place_last(&mut self, callable: &Callable<'_, 'db>, args: &[ast::Arg]) -> bool {
        let types = callable.types.get(callable.skip..).unwrap_or_default();
        let ([Type::Checked(CheckedKind::Path), Type::Tree, ..], [first, second, ..]) = (types, args) else {
            return false;
        };
        let positional = first.name.is_none() && second.name.is_none();
        if !positional || is_text(&first.value) || !is_text(&second.value) {
            return false;
        }
        let message = format!("`{}` takes the path first, then what is put there", callable.what);
        let found = self.error("argument-order", message, second.value.span).role("this is the path");
        self.report(found.label(self.place(first.value.span), "this is what is put there"));
        true
    }

    /// Says once of two positional arguments that neither fits, but each in the other's place, instead of what was reported about them.
    pub(super) fn swapped(
        &mut self,
        callable: &Callable<'_, 'db>,
        args: &[ast::Arg],
        refused: &[Refused],
        name: Span,
    ) {
        let [(one, first), (other, second)] = refused else { return };
        let positional = args.iter().take_while(|arg| arg.name.is_none()).count();
        let arg = |index: usize| {
            let at = index.checked_sub(callable.skip).filter(|at| *at < positional)?;
            Some((at, args.get(at)?, callable.params.get(index)?, callable.types.get(index)?.clone()))
        };
        let (Some(one), Some(other)) = (arg(*one), arg(*other)) else { return };
        let are_mismatches = first.len() == 1
            && second.len() == 1
            && [(first, one.1), (second, other.1)].iter().all(|(of, arg)| {
                let found = self.findings.get(of.start);
                found.is_some_and(|found| {
                    found.code == "type-mismatch" && found.primary.place.span == arg.value.span
                })
            });
        if !are_mismatches || !self.fits(&one.1.value, &other.3) || !self.fits(&other.1.value, &one.3) {
            return;
        }
        let (one, other) = if one.0 < other.0 { (one, other) } else { (other, one) };
        let (before, behind) = (&one.2.name, &other.2.name);
        let message =
            format!("`{}` takes `{before}` before `{behind}`: these two look swapped", callable.what);
        let mut found = self
            .error("argument-order", message, one.1.value.span)
            .role(format!("this fits `{behind}`"))
            .label(self.place(other.1.value.span), format!("this fits `{before}`"))
            .help("with their names arguments may stand in any order");
        // Behind one with its name all have theirs. What stands before `|>` can have none.
        if name.end <= one.1.value.span.start {
            let named = |(at, arg): (usize, &ast::Arg)| {
                let parameter = match at {
                    _ if at == one.0 => behind,
                    _ if at == other.0 => before,
                    _ => &callable.params.get(callable.skip + at)?.name,
                };
                let start = arg.value.span.start;
                let place = self.place(Span { start, end: start });
                Some(Edit { place, text: format!("{parameter}: ") })
            };
            let all = args.iter().enumerate().take(positional).skip(one.0);
            let edits: Vec<_> = all.filter_map(named).collect();
            found.fixes.push(Fix { title: "write their names".to_owned(), edits, automatic: true });
        }
        // The later one goes first.
        self.findings.remove(first.start.max(second.start));
        self.findings.remove(first.start.min(second.start));
        self.report(found);
    }

    /// Whether nothing would be reported about a value of this type.
    fn fits(&mut self, value: &ast::Expr, ty: &Type) -> bool {
        let (trace, reported) = (self.trace.take(), self.findings.len());
        self.check(value, &Expected::new(ty.clone()));
        self.trace = trace;
        let fits = self.findings.len() == reported;
        self.findings.truncate(reported);
        fits
    }
}

/// A text is written there.
pub(super) fn is_text(e: &ast::Expr) -> bool {
    matches!(e.kind, ast::ExprKind::String(_))
}
