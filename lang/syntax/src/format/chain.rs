//! Chains: `x.a(…).b |> c(…)`.

use super::Formatter;
use super::comments::Comment;
use super::doc::{Doc, Fit, INDENT, Layout, Shape, choice, comment, concat, hard, indent, text};
use crate::ast::{Arg, Expr, ExprKind, Name};

/// A step of a chain: a field, an operation with its arguments, a function behind `|>`.
struct Link {
    /// The author broke the line before it.
    broken: bool,
    /// It is `|> …`, which has a space before it.
    pipe: bool,
    calls: bool,
    /// Its name is a type's or a variant's.
    upper: bool,
    doc: Doc,
    /// Comments before it.
    comments: Vec<Comment>,
}

/// Arguments with the places inside their parentheses.
struct Call<'e> {
    args: &'e [Arg],
    open: u32,
    close: u32,
}

/// A part of a chain that has not been built yet.
struct Step<'e> {
    /// What the chain begins with, or a field or `|>`.
    expr: &'e Expr,
    /// Argument lists behind it, the last first.
    calls: Vec<Call<'e>>,
}

impl Formatter<'_> {
    pub(super) fn chain(&mut self, expr: &Expr) -> Doc {
        let (root, steps) = self.steps(expr);
        let called = !root.calls.is_empty();
        let mut head = vec![self.expr(root.expr)];
        head.extend(self.calls(root.calls));
        let mut links: Vec<Link> = steps.into_iter().rev().map(|step| self.link(step)).collect();
        let authors = authors_head(&links, called);
        let in_head = authors.unwrap_or_else(|| if called { 0 } else { self.head(root.expr, &links) });
        let rest = links.split_off(in_head.min(links.len()));
        head.extend(links.into_iter().map(|link| link.doc));
        lay_out(concat(head), &rest, authors.is_some())
    }

    /// How many steps belong to the first element of a chain that the author did not break behind it: fields of a name;
    /// the call of a module's function or a variant; the only call there is.
    fn head(&self, root: &Expr, links: &[Link]) -> usize {
        let (ExprKind::Name(name) | ExprKind::TypeName(name)) = &root.kind else { return 0 };
        let fields = links.iter().take_while(|link| !link.pipe && !link.calls).count();
        let call = usize::from(links.get(fields).is_some_and(|link| !link.pipe));
        let qualified =
            matches!(root.kind, ExprKind::TypeName(_)) || self.modules.contains(name.text.as_str());
        let upper = links[..fields].iter().any(|link| link.upper);
        if qualified || upper || fields + call == links.len() { fields + call } else { fields }
    }

    /// What the chain begins with, and the steps from the last to the first.
    fn steps<'e>(&self, expr: &'e Expr) -> (Step<'e>, Vec<Step<'e>>) {
        let mut steps = Vec::new();
        let mut calls = Vec::new();
        let mut at = expr;
        loop {
            let close = self.place(at.span).end.saturating_sub(1);
            match &at.kind {
                ExprKind::Call { callee, args, .. } => {
                    let open = self.find(self.place(callee.span).end, '(') + 1;
                    calls.push(Call { args, open, close });
                    at = callee;
                }
                ExprKind::Field { base, .. } => {
                    steps.push(Step { expr: at, calls: std::mem::take(&mut calls) });
                    at = base;
                }
                ExprKind::Pipe(pipe) => {
                    let function = &pipe.function;
                    let end = function.last().map_or(at.span, |name| name.span);
                    calls.push(Call {
                        args: pipe.written_args(),
                        open: self.find(self.place(end).end, '(') + 1,
                        close,
                    });
                    steps.push(Step { expr: at, calls: std::mem::take(&mut calls) });
                    at = pipe.base();
                }
                _ => return (Step { expr: at, calls }, steps),
            }
        }
    }

    fn calls(&mut self, calls: Vec<Call<'_>>) -> Vec<Doc> {
        calls.into_iter().rev().map(|call| self.args(call.args, call.open, call.close)).collect()
    }

    fn link(&mut self, step: Step<'_>) -> Link {
        let (base, broken, pipe, name) = match &step.expr.kind {
            ExprKind::Field { base, optional, name, broken } => {
                let sign = if *optional { "?." } else { "." };
                let name = name.as_ref().map_or("", |name| name.text.as_str());
                (&**base, *broken, false, format!("{sign}{name}"))
            }
            ExprKind::Pipe(pipe) => (pipe.base(), pipe.broken, true, format!("|> {}", path(&pipe.function))),
            _ => (step.expr, false, false, String::new()),
        };
        let end = self.place(base.span).end;
        let comments = self.comments.take(end, self.next_token(end));
        let upper = name.trim_start_matches(['.', '?']).starts_with(|c: char| c.is_ascii_uppercase());
        let mut parts = vec![text(name)];
        let calls = !step.calls.is_empty();
        parts.extend(self.calls(step.calls));
        Link { broken: broken || !comments.is_empty(), pipe, calls, upper, doc: concat(parts), comments }
    }
}

/// How many steps the author left in the first element, when the line is broken behind it: at most one of them calls.
fn authors_head(links: &[Link], called: bool) -> Option<usize> {
    let first = links.iter().position(|link| link.broken)?;
    let calls = usize::from(called) + links[..first].iter().filter(|link| link.calls).count();
    (calls <= 1).then_some(first)
}

fn path(names: &[Name]) -> String {
    names.iter().map(|name| name.text.as_str()).collect::<Vec<_>>().join(".")
}

fn lay_out(head: Doc, links: &[Link], authors: bool) -> Doc {
    if links.is_empty() {
        return head;
    }
    let flat = links.iter().flat_map(|link| [text(if link.pipe { " " } else { "" }), link.doc.clone()]);
    let compact = concat(std::iter::once(head.clone()).chain(flat));
    let broken = broken(&head, links);
    if authors || links.iter().any(|link| !link.comments.is_empty()) {
        return broken;
    }
    let mut layouts = vec![Layout::compact(&compact)];
    let [only] = links else { return choice(layouts, broken) };
    // One step may stay on the line with its arguments broken, when a line of its own would not be enough.
    if let Shape::Flat(width) = head.shape() {
        let mut fits = vec![Fit::here(width)];
        match only.doc.shape() {
            Shape::Flat(width) => fits.push(Fit::line(INDENT, width).with_rest()),
            Shape::Multi { first, last } => {
                fits.push(Fit::line(INDENT, first));
                fits.push(Fit::line(INDENT, last).with_rest());
            }
        }
        layouts.push(Layout::broken(&broken, fits));
        let reach = width + only.doc.reach().width + usize::from(only.pipe);
        layouts.push(Layout::broken(&compact, vec![Fit::here(reach)]));
        layouts.push(Layout::broken(&broken, vec![Fit::here(width)]));
    }
    choice(layouts, compact)
}

/// One step a line.
fn broken(head: &Doc, links: &[Link]) -> Doc {
    let mut lines = Vec::new();
    for link in links {
        for (i, own) in link.comments.iter().enumerate() {
            match i == 0 && !own.own_line {
                true => lines.push(comment(&own.text)),
                false => lines.extend([hard(false), text(&own.text)]),
            }
        }
        lines.extend([hard(false), link.doc.clone()]);
    }
    concat([head.clone(), indent(concat(lines))])
}
