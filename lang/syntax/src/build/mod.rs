//! From what the grammar recognised to nodes of the tree.

mod cook;
mod literals;
pub(crate) mod nodes;
mod number;
mod recovery;
mod script_lines;
mod symbols;

pub(crate) use recovery::{Point, Torn, without_group};
pub(crate) use script_lines::ScriptLines;
pub(crate) use symbols::Symbols;

use std::sync::Arc;

use crate::ast::{
    Arg, Element, Expr, ExprKind, Field, Function, Item, ItemKind, Name, Param, Pattern, PatternKind, Pipe,
    StrLit, TypeExpr, Use, UsePath, Variant,
};
use crate::errors::{Raised, names};
use crate::lexer::Docs;
use crate::token::Token;
use crate::{Nested, Span};
use nodes::{FunctionParts, error_type, expr, pattern};

/// What the actions of the grammar need to know. Places in the tree are relative to `base`.
pub(crate) struct Builder<'a> {
    /// The whole file.
    pub(crate) text: &'a str,
    /// Where the item begins.
    pub(crate) base: u32,
    /// The item's tokens.
    pub(crate) tokens: &'a [Token],
    pub(crate) docs: &'a Docs,
    pub(crate) symbols: &'a Symbols,
    /// How many holes of literals are around this text.
    pub(crate) holes: usize,
    /// What was found wrong, at absolute places.
    pub(crate) raised: Vec<Raised>,
    /// The first mistake that hides what follows.
    pub(crate) torn: Option<Torn>,
}

/// A file, and what of its texts is kept.
#[derive(Clone, Copy)]
pub(crate) struct Source<'a> {
    pub(crate) text: &'a str,
    pub(crate) symbols: &'a Symbols,
}

/// How names of a kind are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NameCase {
    /// `build_app`.
    Value,
    /// `BuildApp`.
    Type,
}

impl<'a> Builder<'a> {
    /// A builder for tokens of a file. Places in the tree count from `base`.
    pub(crate) fn new(
        source: Source<'a>,
        base: u32,
        tokens: &'a [Token],
        docs: &'a Docs,
        holes: usize,
    ) -> Self {
        let Source { text, symbols } = source;
        Builder { text, base, tokens, docs, symbols, holes, raised: Vec::new(), torn: None }
    }
}

impl<'a> Builder<'a> {
    pub(crate) fn source(&self) -> Source<'a> {
        Source { text: self.text, symbols: self.symbols }
    }

    /// The text of a relative range.
    pub(crate) fn slice(&self, l: u32, r: u32) -> &str {
        self.text.get((l + self.base) as usize..(r + self.base) as usize).unwrap_or_default()
    }

    /// The absolute place of a relative one.
    pub(crate) fn absolute(&self, span: Span) -> Span {
        span.at(self.base)
    }

    pub(crate) fn name(&self, l: u32, r: u32) -> Name {
        Name { text: self.symbols.symbol(self.slice(l, r)), span: Span { start: l, end: r } }
    }

    /// A name where it is declared: it is written as names of its kind are.
    pub(crate) fn declared(&mut self, name: Name, case: NameCase) -> Name {
        if let Some(error) = names::case(&name.text, self.absolute(name.span), case) {
            self.raised.push(error);
        }
        name
    }

    pub(crate) fn item(&self, l: u32, r: u32, public: bool, kind: ItemKind) -> Item {
        let offset = l + self.base;
        Item { offset, len: r.saturating_sub(l), docs: self.docs.above(offset), public, kind: Arc::new(kind) }
    }

    pub(crate) fn file_import(&mut self, path: StrLit, alias: Option<Name>) -> Use {
        let text = path.constant();
        if text.is_none() {
            self.raised.push(names::hole_in_path(self.absolute(path.span)));
        }
        if alias.is_none() {
            self.raised
                .push(names::missing_alias(self.absolute(path.span), text.as_deref().unwrap_or_default()));
        }
        Use { path: UsePath::File { path: text.unwrap_or_default(), span: path.span }, alias }
    }

    /// The type of a declaration that has none.
    pub(crate) fn missing_type(&mut self, name: &Name, what: &str) -> TypeExpr {
        self.raised.push(names::missing_type(&name.text, self.absolute(name.span), what));
        error_type(name.span.end, name.span.end)
    }

    pub(crate) fn function(&mut self, parts: FunctionParts) -> ItemKind {
        let FunctionParts { action, name, type_params, params, params_end, mut ret, body, broken } = parts;
        if ret.is_none() && !action {
            let place = self.absolute(name.span);
            self.raised.push(names::missing_result(&name.text, place, params_end + self.base));
            ret = Some(error_type(params_end, params_end));
        }
        let type_params = type_params.unwrap_or_default().into();
        let (params, broken) = (params.0.into(), broken || params.1);
        ItemKind::Function(Function { action, name, type_params, params, ret, body, broken })
    }

    pub(crate) fn field_decl(
        &self,
        l: u32,
        r: u32,
        name: Name,
        ty: TypeExpr,
        default: Option<Expr>,
    ) -> Field {
        Field { docs: self.docs.above(l + self.base), name, ty, default, span: Span { start: l, end: r } }
    }

    pub(crate) fn variant(&self, l: u32, r: u32, name: Name, payload: Option<(Vec<Param>, bool)>) -> Variant {
        let docs = self.docs.above(l + self.base);
        Variant { docs, name, payload: payload.unwrap_or_default().0.into(), span: Span { start: l, end: r } }
    }

    pub(crate) fn field(&self, l: u32, r: u32, base: Expr, point: (u32, bool), name: Option<Name>) -> Expr {
        let broken = self.breaks(base.span.end, point.0);
        expr(l, r, ExprKind::Field { base: Nested::new(base), optional: point.1, name, broken })
    }

    pub(crate) fn pipe(
        &self,
        l: u32,
        r: u32,
        base: Expr,
        sign: u32,
        function: Vec<Name>,
        mut args: Vec<Arg>,
    ) -> Expr {
        let broken = self.breaks(base.span.end, sign);
        args.insert(0, Arg { name: None, value: base });
        let (function, args) = (function.into(), args.into());
        expr(l, r, ExprKind::Pipe(Nested::new(Pipe { function, args, broken })))
    }

    pub(crate) fn call(&self, l: u32, r: u32, callee: Expr, open: u32, args: Vec<Arg>) -> Expr {
        let start = |arg: &Arg| arg.name.as_ref().map_or(arg.value.span.start, |n| n.span.start);
        let broken = self.list_breaks(
            open + 1,
            args.first().map(|a| (start(a), a.value.span.end)),
            args.get(1).map(start),
        );
        expr(l, r, ExprKind::Call { callee: Nested::new(callee), args: args.into(), broken })
    }

    pub(crate) fn list(&self, l: u32, r: u32, elements: Vec<Element>) -> Expr {
        let span = |e: &Element| match e {
            Element::Item(e) => (e.span.start, e.span.end),
            // The two points stand before it.
            Element::Spread(e) => (e.span.start.saturating_sub(2), e.span.end),
        };
        let broken = self.list_breaks(l + 1, elements.first().map(span), elements.get(1).map(|e| span(e).0));
        expr(l, r, ExprKind::List { elements: elements.into(), broken })
    }

    pub(crate) fn map(&self, l: u32, r: u32, entries: Vec<(Expr, Expr)>) -> Expr {
        let first = entries.first().map(|(k, v)| (k.span.start, v.span.end));
        let broken = self.list_breaks(l + 1, first, entries.get(1).map(|(k, _)| k.span.start));
        expr(l, r, ExprKind::Map { entries: entries.into(), broken })
    }

    /// Whether the author broke the line behind the bracket or behind the first element.
    fn list_breaks(&self, open: u32, first: Option<(u32, u32)>, second: Option<u32>) -> bool {
        let Some((start, end)) = first else { return false };
        self.breaks(open, start) || second.is_some_and(|second| self.breaks(end, second))
    }

    fn breaks(&self, l: u32, r: u32) -> bool {
        l < r && self.slice(l, r).contains('\n')
    }

    pub(crate) fn string_pattern(&mut self, l: u32, r: u32, literal: StrLit) -> Pattern {
        if literal.constant().is_none() {
            self.raised.push(names::hole_in_pattern(self.absolute(literal.span)));
            return pattern(l, r, PatternKind::Error);
        }
        pattern(l, r, PatternKind::String(literal))
    }

    /// `some(p)`; no other lower-case name has a payload.
    pub(crate) fn some_pattern(&mut self, l: u32, r: u32, name: Name, mut list: Vec<Pattern>) -> Pattern {
        if name.text == "some"
            && list.len() == 1
            && let Some(inner) = list.pop()
        {
            return pattern(l, r, PatternKind::Some(Box::new(inner)));
        }
        self.raised.push(names::bad_payload_pattern(&name.text, self.absolute(Span { start: l, end: r })));
        pattern(l, r, PatternKind::Error)
    }
}
