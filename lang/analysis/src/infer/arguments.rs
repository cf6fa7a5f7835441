//! Arguments: positional ones, then named ones, then defaults. Lambdas are looked at last, when the types that they need
//! are known from the rest.

use std::sync::Arc;

use pipe_syntax::{Span, ast};

use super::Infer;
use super::call::CallSite;
use super::mismatch::without_optional;
use super::swapped::{Refused, is_text};
use super::trace::{Meant, Part};
use crate::db::{Db, ItemNode};
use crate::foreign::{self, Here, with_here};
use crate::place::ItemTag;
use crate::signature::ParamSignature;
use crate::typed::{Expr, Type};

/// What is called: a function, an operation, a record or a variant.
pub(crate) struct Callable<'a, 'db> {
    /// Its name, for messages.
    pub(crate) what: &'a str,
    /// Where it is declared.
    pub(crate) node: ItemNode<'db>,
    pub(crate) params: &'a [ParamSignature],
    /// The parameters' types in this call.
    pub(crate) types: Vec<Type>,
    /// Parameters that are given otherwise: the receiver of an operation.
    pub(crate) skip: usize,
    /// Which variant, when it is one of an enum.
    pub(crate) variant: Option<usize>,
}

impl<'db> Callable<'_, 'db> {
    /// A parameter as a part of what declares it.
    fn part(&self, db: &dyn Db, index: usize) -> Part {
        match (self.variant, self.node.key(db).kind) {
            (Some(variant), _) => Part::Payload(variant, index),
            (None, ItemTag::Record) => Part::Field(index),
            (None, _) => Part::Parameter(index),
        }
    }
}

impl<'db> Infer<'db> {
    /// The arguments in parameter order; `None` takes the default.
    pub(crate) fn arguments(
        &mut self,
        callable: &Callable<'_, 'db>,
        args: &[ast::Arg],
        site: CallSite,
    ) -> Vec<Option<Expr>> {
        // What stands before `|>` is given before the name.
        let piped = args.iter().filter(|arg| arg.value.span.end <= site.name.start).count();
        self.trace_call(callable, site, piped);
        if self.command_in_parts(callable, args) || self.place_last(callable, args) {
            self.args_silently(args);
            return callable.params.iter().map(|_| None).collect();
        }
        let (slots, complete) = self.assign(callable, args);
        if complete {
            self.missing(callable, &slots, site.name);
        }
        let mut values: Vec<Option<Expr>> = slots.iter().map(|_| None).collect();
        let lambdas_last = |last: bool| {
            slots.iter().enumerate().filter(move |(_, slot)| slot.is_some_and(is_lambda) == last)
        };
        let mut refused: Vec<Refused> = Vec::new();
        for (index, slot) in lambdas_last(false).chain(lambdas_last(true)) {
            let (Some(value), Some(param), Some(ty)) =
                (slot, callable.params.get(index), callable.types.get(index))
            else {
                continue;
            };
            let reported = self.findings.len();
            let expr = self.check_for(
                value,
                ty.clone(),
                callable.node,
                param.span,
                "expected because of this parameter",
            );
            if self.findings.len() > reported {
                refused.push((index, reported..self.findings.len()));
            }
            if let Some(place) = values.get_mut(index) {
                *place = Some(expr);
            }
        }
        self.swapped(callable, args, &refused, site.name);
        values
    }

    /// Reports `run("go", "test")`: a command is given word by word.
    fn command_in_parts(&mut self, callable: &Callable<'_, 'db>, args: &[ast::Arg]) -> bool {
        let words: Vec<&ast::Arg> =
            args.iter().take_while(|arg| arg.name.is_none() && is_text(&arg.value)).collect();
        let command =
            callable.types.get(callable.skip).is_some_and(|ty| *without_optional(ty) == Type::Command);
        let ([first, .., last], true) = (words.as_slice(), command) else { return false };
        let span = first.value.span.to(last.value.span);
        let found = self
            .error("string-as-command", "a command is a list of arguments or a script literal", span)
            .role("these are several strings")
            .help("the program and its arguments are one list");
        let found = self.wrap(found, span, "[", "]", "make them a list".to_owned());
        self.report(found);
        true
    }

    /// Which argument each parameter gets, and whether nothing was wrong with the assignment itself.
    fn assign<'a>(
        &mut self,
        callable: &Callable<'_, 'db>,
        args: &'a [ast::Arg],
    ) -> (Vec<Option<&'a ast::Expr>>, bool) {
        let mut slots: Vec<Option<&ast::Expr>> = vec![None; callable.params.len()];
        let mut complete = true;
        let mut next = callable.skip;
        let mut named = false;
        for arg in args {
            let index = match &arg.name {
                Some(name) => {
                    named = true;
                    self.named(callable, name)
                }
                None if named => {
                    let message = "a positional argument cannot follow named ones";
                    let found = self.error("argument-order", message, arg.value.span);
                    let hint = callable.params.get(next).map_or("name", |param| &*param.name);
                    self.report(found.help(format!("write its name, `{hint}: …`, or put it first")));
                    None
                }
                None => {
                    next += 1;
                    self.positional(callable, next - 1, &arg.value)
                }
            };
            let slot = index.and_then(|index| slots.get_mut(index));
            match slot {
                Some(slot) if slot.is_none() => *slot = Some(&arg.value),
                Some(_) => {
                    self.duplicate(callable, arg);
                    complete = false;
                    self.silently(&arg.value);
                }
                None => {
                    complete = false;
                    self.silently(&arg.value);
                }
            }
            // What the parser could not read may have been the argument that seems to be missing.
            complete &= !matches!(arg.value.kind, ast::ExprKind::Error);
        }
        (slots, complete)
    }

    fn named(&mut self, callable: &Callable<'_, 'db>, name: &ast::Name) -> Option<usize> {
        let found = callable.params.iter().position(|param| name.text == *param.name);
        if let Some(index) = found.filter(|index| *index >= callable.skip) {
            let part = callable.part(self.db, index);
            self.trace_use(name.span, || Meant::Part(callable.node, part));
            return Some(index);
        }
        let candidates: Vec<Arc<str>> =
            callable.params.iter().skip(callable.skip).map(|param| param.name.clone()).collect();
        let what = callable.what;
        let is_one = |ours: &str| candidates.iter().any(|candidate| &**candidate == ours);
        let here = foreign::argument(&name.text).filter(|here| match here {
            Here::Called(ours) => is_one(ours),
            // Those are about what runs a command.
            Here::Written(_) => is_one("command") || is_one("timeout"),
        });
        if let Some(here) = here {
            let message = format!("`{what}` has no argument `{}`", name.text);
            let found = self.error("unknown-argument", message, name.span);
            self.report(with_here(found, here, self.place(name.span)));
            return None;
        }
        let nearest = pipe_diagnostics::nearest(&name.text, candidates.iter().map(|c| &**c));
        let found = match nearest {
            Some(best) => {
                let message = format!("`{what}` has no argument `{}`; did you mean `{best}`?", name.text);
                let found = self.error("unknown-argument", message, name.span);
                found.fix(format!("write `{best}`"), self.place(name.span), best)
            }
            None => {
                let found = self.error(
                    "unknown-argument",
                    format!("`{what}` has no argument `{}`", name.text),
                    name.span,
                );
                match candidates.is_empty() {
                    true => found.help("it takes none"),
                    false => found.help(format!("it takes {}", candidates.join(", "))),
                }
            }
        };
        self.report(found);
        None
    }

    fn positional(&mut self, callable: &Callable<'_, 'db>, index: usize, value: &ast::Expr) -> Option<usize> {
        if index < callable.params.len() {
            return Some(index);
        }
        // One report for all that are too many.
        if index == callable.params.len() {
            let takes = match callable.params.len() - callable.skip.min(callable.params.len()) {
                0 => "no arguments".to_owned(),
                1 => "one argument".to_owned(),
                n => format!("{n} arguments"),
            };
            let message = format!("`{}` takes {takes}; this is one too many", callable.what);
            let found = self.error("too-many-arguments", message, value.span);
            self.report(found);
        }
        None
    }

    fn duplicate(&mut self, callable: &Callable<'_, 'db>, arg: &ast::Arg) {
        let (name, span) = match &arg.name {
            Some(name) => (name.text.as_str(), name.span),
            None => ("", arg.value.span),
        };
        let message = format!("`{}` gets its argument `{name}` twice", callable.what);
        let found = self.error("duplicate-argument", message, span);
        self.report(found.help("a positional argument counts, too"));
    }

    fn missing(&mut self, callable: &Callable<'_, 'db>, slots: &[Option<&ast::Expr>], name: Span) {
        let missing: Vec<&ParamSignature> = callable
            .params
            .iter()
            .zip(slots)
            .skip(callable.skip)
            .filter(|(param, slot)| param.required && slot.is_none())
            .map(|(param, _)| param)
            .collect();
        let Some(first) = missing.first() else { return };
        let names: Vec<String> = missing.iter().map(|param| format!("`{}`", param.name)).collect();
        let message = format!("`{}` needs {}", callable.what, list(&names));
        let found = self.error("missing-argument", message, name);
        let found = found.label(callable.node.place(self.db, first.span), "this parameter has no default");
        self.report(found);
    }

    /// Looks at arguments of a call that was reported.
    pub(crate) fn args_silently(&mut self, args: &[ast::Arg]) {
        for arg in args {
            self.silently(&arg.value);
        }
    }
}

fn is_lambda(e: &ast::Expr) -> bool {
    match &e.kind {
        ast::ExprKind::Paren(inner) => is_lambda(inner),
        ast::ExprKind::Lambda { .. } => true,
        _ => false,
    }
}

/// `a`, `a and b`, `a, b and c`.
pub(crate) fn list(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    }
}
