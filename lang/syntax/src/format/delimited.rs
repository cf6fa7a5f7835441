//! Lists, maps, tuples, arguments and parameters: parts in brackets.

use super::Formatter;
use super::doc::{Doc, Fit, Layout, choice, concat, hard, indent, join, text};
use super::rows::Rows;
use crate::ast::{Arg, Expr, ExprKind, LambdaBody};

/// When a part may keep the brackets around it on its own first and last line, as in `check(sh"""`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hug {
    /// Never.
    Never,
    /// When it is the only part.
    Alone,
    /// When it is the last part and has several lines anyway.
    Last,
    /// When it has several lines anyway.
    Anywhere,
}

/// How parts in brackets are laid out.
pub(super) struct Brackets<'a> {
    pub(super) open: &'a str,
    pub(super) close: &'a str,
    /// The author broke it: it stays so.
    pub(super) broken: bool,
    /// Of each part.
    pub(super) hugs: Vec<Hug>,
}

impl Brackets<'_> {
    pub(super) fn doc(self, rows: Rows) -> Doc {
        if rows.is_empty() {
            return text(format!("{}{}", self.open, self.close));
        }
        let comments = rows.has_comments();
        let parts: Vec<Doc> = rows.docs().collect();
        let compact = concat([text(self.open), join(parts.iter().cloned(), ", "), text(self.close)]);
        let lines = indent(concat([hard(false), rows.lines(",")]));
        let expanded = concat([text(self.open), lines, hard(false), text(self.close)]);
        if self.broken || comments {
            return expanded;
        }
        let layouts = self.layouts(&parts, &compact);
        choice(layouts, expanded)
    }

    fn layouts(&self, parts: &[Doc], compact: &Doc) -> Vec<Layout> {
        let multi: Vec<usize> = (0..parts.len()).filter(|&i| parts[i].is_multi()).collect();
        let hug = |i: usize| self.hugs.get(i).copied().unwrap_or(Hug::Never);
        match (multi.as_slice(), parts) {
            ([], [only]) if hug(0) != Hug::Never && only.reach().ends => {
                let head = Fit::here(self.open.len() + only.reach().width);
                let tail = Fit::line(0, 1 + self.close.len()).with_rest();
                vec![Layout::compact(compact), Layout::broken(compact, vec![head, tail])]
            }
            ([], _) => vec![Layout::compact(compact)],
            ([i], _) => {
                let hugs = match hug(*i) {
                    Hug::Never => false,
                    Hug::Alone => parts.len() == 1,
                    Hug::Last => *i + 1 == parts.len(),
                    Hug::Anywhere => true,
                };
                if hugs { vec![Layout::compact(compact)] } else { Vec::new() }
            }
            _ => Vec::new(),
        }
    }
}

impl Formatter<'_> {
    /// How the value of an argument or an element goes with brackets around it.
    pub(super) fn hug(&self, value: &Expr) -> Hug {
        match &value.kind {
            ExprKind::String(literal) if literal.triple => Hug::Anywhere,
            ExprKind::Script(literal) if literal.triple => Hug::Anywhere,
            ExprKind::List { elements, .. } if !elements.is_empty() => Hug::Anywhere,
            ExprKind::Map { entries, .. } if !entries.is_empty() => Hug::Anywhere,
            ExprKind::Tuple(parts) if !parts.is_empty() => Hug::Anywhere,
            ExprKind::Comprehension { .. } => Hug::Alone,
            ExprKind::Call { callee, args, .. } if !args.is_empty() && is_path(callee) => Hug::Alone,
            ExprKind::Lambda { body, .. } => match &**body {
                LambdaBody::Block(_) => Hug::Last,
                LambdaBody::Expr(body) if self.hug(body) != Hug::Never => Hug::Alone,
                LambdaBody::Expr(_) => Hug::Never,
            },
            _ => Hug::Never,
        }
    }

    /// Arguments with their parentheses. `open` is behind the opening one, `close` before the closing one.
    pub(super) fn args(&mut self, args: &[Arg], open: u32, close: u32) -> Doc {
        let places: Vec<_> = args.iter().map(|arg| self.arg_place(arg)).collect();
        // A script alone always hugs.
        let script = args.len() == 1 && args.iter().all(|arg| self.is_text_block(&arg.value));
        let broken = self.breaks_first(open, &places) && !script;
        let hugs = args.iter().map(|arg| self.hug(&arg.value)).collect();
        let rows = self.plain_rows(open, close, args, &places, Self::arg);
        Brackets { open: "(", close: ")", broken, hugs }.doc(rows)
    }

    fn is_text_block(&self, value: &Expr) -> bool {
        match &value.kind {
            ExprKind::String(literal) => literal.triple && self.slice(literal.span).contains('\n'),
            ExprKind::Script(literal) => literal.triple && self.slice(literal.span).contains('\n'),
            _ => false,
        }
    }

    fn arg(&mut self, arg: &Arg) -> Doc {
        let value = self.expr(&arg.value);
        match &arg.name {
            Some(name) => concat([text(format!("{}: ", name.text)), value]),
            None => value,
        }
    }
}

/// `f`, `Type`, `module.f`.
pub(super) fn is_path(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Name(_) | ExprKind::TypeName(_) => true,
        ExprKind::Field { base, broken: false, .. } => is_path(base),
        _ => false,
    }
}
