//! Items, and the file that they make.

use super::Formatter;
use super::block::comma_braces;
use super::delimited::{Brackets, Hug};
use super::doc::{Doc, bracketed, concat, text};
use super::rows::{Documented, Place, Rows};
use crate::ast::{
    Enum, Expr, Field, Function, Item, ItemKind, LetItem, Module, Name, Param, ParamItem, Record, Test,
    TypeExpr, Use, UsePath, Variant,
};

impl Formatter<'_> {
    pub(super) fn module(&mut self, module: &Module) -> Doc {
        let around = Place { start: 0, end: self.text.len() as u32 };
        let place = |item: &Item| Place { start: item.offset, end: item.offset + item.len };
        let rows = self.rows(around, Documented::Yes, &module.items, place, Self::item);
        rows.lines("")
    }

    fn item(&mut self, item: &Item) -> Doc {
        self.base = item.offset;
        let end = item.offset + item.len;
        let doc = match &*item.kind {
            ItemKind::Use(import) => self.import(import),
            ItemKind::Param(param) => self.param_item(param),
            ItemKind::Let(binding) => self.let_item(binding),
            ItemKind::Function(function) => self.function(function),
            ItemKind::Record(record) => self.record(record, end),
            ItemKind::Enum(list) => self.enumeration(list, end),
            ItemKind::Test(test) => self.test(test),
            ItemKind::Error => text(self.source(item.offset, end)),
        };
        match item.public {
            true => concat([text("pub "), doc]),
            false => doc,
        }
    }

    fn import(&mut self, import: &Use) -> Doc {
        let path = match &import.path {
            UsePath::Package(names) => {
                names.iter().map(|name| name.text.as_str()).collect::<Vec<_>>().join(".")
            }
            UsePath::File { span, .. } => self.slice(*span).to_owned(),
        };
        let alias = import.alias.as_ref().map_or(String::new(), |alias| format!(" as {}", alias.text));
        text(format!("use {path}{alias}"))
    }

    fn param_item(&mut self, param: &ParamItem) -> Doc {
        self.declaration("param ", &param.name, Some(&param.ty), param.default.as_ref())
    }

    fn let_item(&mut self, binding: &LetItem) -> Doc {
        self.declaration("let ", &binding.name, binding.ty.as_ref(), Some(&binding.value))
    }

    /// `word name: T = value`.
    fn declaration(&mut self, word: &str, name: &Name, ty: Option<&TypeExpr>, value: Option<&Expr>) -> Doc {
        let mut parts = vec![text(format!("{word}{}", name.text))];
        if let Some(ty) = ty {
            parts.extend([text(": "), self.ty(ty)]);
        }
        if let Some(value) = value {
            parts.extend([text(" = "), self.expr(value)]);
        }
        concat(parts)
    }

    fn function(&mut self, function: &Function) -> Doc {
        let Function { action, name, type_params, params, ret, body, .. } = function;
        let word = if *action { "action" } else { "fn" };
        let mut parts = vec![text(format!("{word} {}", name.text)), type_names(type_params)];
        let open = self.find(self.header_end(name, type_params), '(');
        parts.push(self.params(params, open));
        if let Some(ret) = ret {
            parts.extend([text(" -> "), self.ty(ret)]);
        }
        let start = self.base;
        parts.extend([text(" "), self.block(body, start)]);
        concat(parts)
    }

    /// Where the name with its type parameters ends, but for the bracket.
    fn header_end(&self, name: &Name, type_params: &[Name]) -> u32 {
        self.place(type_params.last().unwrap_or(name).span).end
    }

    /// Parameters with their parentheses; `open` is the place of the first one.
    fn params(&mut self, params: &[Param], open: u32) -> Doc {
        if params.is_empty() {
            return text("()");
        }
        let places: Vec<_> = params.iter().map(|param| self.place(param.span)).collect();
        let broken = self.breaks_first(open + 1, &places);
        let close = places.last().map_or(open, |last| self.find(last.end, ')'));
        let hugs = vec![Hug::Never; params.len()];
        let rows = self.plain_rows(open + 1, close, params, &places, Self::param);
        Brackets { open: "(", close: ")", broken, hugs }.doc(rows)
    }

    fn param(&mut self, param: &Param) -> Doc {
        self.declaration("", &param.name, Some(&param.ty), param.default.as_ref())
    }

    fn record(&mut self, record: &Record, end: u32) -> Doc {
        let word = if record.opaque { "opaque" } else { "record" };
        let brace = self.find(self.header_end(&record.name, &record.type_params), '{');
        let places: Vec<_> = record.fields.iter().map(|field| self.place(field.span)).collect();
        let broken = self.breaks_first(brace + 1, &places);
        let rows = self.documented(brace + 1, end, &record.fields, &places, Self::field);
        let head = text(format!("{word} {}", record.name.text));
        concat([head, type_names(&record.type_params), text(" "), comma_braces(rows, broken)])
    }

    fn field(&mut self, field: &Field) -> Doc {
        self.declaration("", &field.name, Some(&field.ty), field.default.as_ref())
    }

    fn enumeration(&mut self, list: &Enum, end: u32) -> Doc {
        let brace = self.find(self.header_end(&list.name, &list.type_params), '{');
        let places: Vec<_> = list.variants.iter().map(|variant| self.place(variant.span)).collect();
        let broken = self.breaks_first(brace + 1, &places);
        let rows = self.documented(brace + 1, end, &list.variants, &places, Self::variant);
        let head = text(format!("enum {}", list.name.text));
        concat([head, type_names(&list.type_params), text(" "), comma_braces(rows, broken)])
    }

    fn variant(&mut self, variant: &Variant) -> Doc {
        let name = text(variant.name.text.as_str());
        if variant.payload.is_empty() {
            return name;
        }
        let open = self.find(self.place(variant.name.span).end, '(');
        concat([name, self.params(&variant.payload, open)])
    }

    /// The parts between the braces of an item that ends at `end`.
    fn documented<T>(
        &mut self,
        open: u32,
        end: u32,
        parts: &[T],
        places: &[Place],
        mut build: impl FnMut(&mut Self, &T) -> Doc,
    ) -> Rows {
        let placed: Vec<(Place, &T)> = places.iter().copied().zip(parts).collect();
        let around = Place { start: open, end: end.saturating_sub(1) };
        self.rows(around, Documented::Yes, &placed, |part| part.0, |this, part| build(this, part.1))
    }

    fn test(&mut self, test: &Test) -> Doc {
        let mut parts = vec![text("test "), self.string(&test.title)];
        if !test.with.is_empty() {
            let open = self.find(self.place(test.title.span).end, '(') + 1;
            let close = test.with.last().map_or(open, |last| self.find(self.arg_place(last).end, ')'));
            parts.extend([text(" with "), self.args(&test.with, open, close)]);
        }
        let start = self.base;
        parts.extend([text(" "), self.block(&test.body, start)]);
        concat(parts)
    }
}

/// `[T, U]`, or nothing.
fn type_names(names: &[Name]) -> Doc {
    match names.is_empty() {
        true => text(""),
        false => bracketed("[", names.iter().map(|name| text(name.text.as_str())).collect(), "]"),
    }
}
