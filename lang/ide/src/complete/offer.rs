//! What fits a place.

use pipe_analysis::inspect::{
    CallSpan, Declaration, DeclarationKind as Kind, Inspection, Meaning, Parameter, Snapshot,
};
use pipe_analysis::typed::{CheckedKind, Type};
use pipe_syntax::Span;

use super::context::{Argument, Context, Position};
use super::{About, Completion, CompletionKind, escaped};
use crate::at::closed;
use crate::render::{detail, markdown};

/// Words that begin an item.
const ITEM_WORDS: &[&str] =
    &["pub fn", "pub action", "fn", "action", "param", "let", "record", "enum", "test", "use"];
/// Words that begin a statement or an expression.
const WORDS: &[&str] = &["let", "if", "match", "fn", "true", "false", "none", "some", "do", "gate", "expect"];
/// Types that are declared nowhere.
const BUILT_IN_TYPES: &[&str] = &[
    "Bool", "Int", "Float", "String", "Duration", "Size", "Unit", "List", "Map", "Action", "Tree", "Command",
];

/// What fits a place.
pub(super) fn offers(snapshot: &Snapshot, file: &str, context: &Context) -> Vec<Completion> {
    let offer = Offer { snapshot, file, context };
    let inspection = snapshot.inspect_edited(file, &context.draft, context.word.end);
    match (&context.position, &inspection) {
        (Position::Member { base_end, optional }, Some(inspection)) => {
            offer.or_closed(inspection, |inspection| offer.members(inspection, *base_end, *optional))
        }
        (Position::Piped { base_end }, Some(inspection)) => {
            offer.or_closed(inspection, |inspection| offer.piped(inspection, *base_end))
        }
        (Position::Member { .. } | Position::Piped { .. }, None) => Vec::new(),
        // Those have their own.
        (Position::Literal(_) | Position::ModulePath, _) => Vec::new(),
        (Position::Item, _) => ITEM_WORDS.iter().map(|word| offer.word(word, 0)).collect(),
        (Position::Type, _) => offer.types(),
        (Position::Expression { argument, arm_of }, inspection) => {
            offer.expression(inspection.as_ref(), argument.as_ref(), *arm_of)
        }
    }
}

pub(super) struct Offer<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) file: &'a str,
    pub(super) context: &'a Context,
}

impl Offer<'_> {
    /// What fits; where nothing does, what would if the open brackets ended here.
    fn or_closed(
        &self,
        inspection: &Inspection,
        offers: impl Fn(&Inspection) -> Vec<Completion>,
    ) -> Vec<Completion> {
        let found = offers(inspection);
        if !found.is_empty() {
            return found;
        }
        let end = self.context.word.end;
        let closed = closed(self.context.draft.text(), end).map(|text| self.snapshot.draft(self.file, text));
        let inspection = closed.and_then(|draft| self.snapshot.inspect_edited(self.file, &draft, end));
        inspection.map(|inspection| offers(&inspection)).unwrap_or_default()
    }

    /// Behind a point.
    fn members(&self, inspection: &Inspection, base_end: u32, optional: bool) -> Vec<Completion> {
        let named = inspection.uses.iter().find(|u| u.span.end == base_end).map(|u| &u.meaning);
        match named {
            Some(Meaning::Module(id, _)) => {
                return self.all(self.snapshot.members_of_module(id), 0);
            }
            Some(Meaning::Declared(Declaration { kind: Kind::Enum, ty: Some(ty), .. })) => {
                let variants = self.snapshot.variants(ty);
                let plain = variants.iter().all(|variant| variant.parameters.is_none());
                let mut found = self.all(variants, 0);
                if plain {
                    found.push(self.word("all", 1));
                }
                return found;
            }
            Some(Meaning::Declared(Declaration { kind: Kind::Opaque, ty: None, .. })) => {
                return vec![Completion { insert: self.call("parse", true), ..self.word("parse", 0) }];
            }
            _ => {}
        }
        let Some(ty) = type_before(inspection, base_end) else { return Vec::new() };
        let ty = match ty {
            Type::Optional(inner) if optional => (**inner).clone(),
            ty => ty.clone(),
        };
        let mut found = self.all(self.snapshot.members(self.file, &ty), 0);
        if matches!(ty, Type::Record(..)) {
            found.push(Completion { insert: self.call("with", true), ..self.word("with", 1) });
        }
        found
    }

    /// Behind `|>`.
    fn piped(&self, inspection: &Inspection, base_end: u32) -> Vec<Completion> {
        let Some(ty) = type_before(inspection, base_end) else { return Vec::new() };
        let functions = self.snapshot.functions_on(self.file, ty).into_iter();
        functions
            .map(|(before, function)| {
                let more = function.parameters.as_ref().is_some_and(|parameters| parameters.len() > 1);
                let rank = u8::from(is_std(&function));
                let mut found = self.declared(&function, rank);
                if let Some(module) = before {
                    found.label = format!("{module}.{}", function.name);
                }
                found.insert = self.call(&found.label, more);
                found
            })
            .collect()
    }

    /// An expression or a pattern.
    fn expression(
        &self,
        inspection: Option<&Inspection>,
        argument: Option<&Argument>,
        arm_of: Option<Span>,
    ) -> Vec<Completion> {
        let mut found = Vec::new();
        let wanted = inspection.and_then(|inspection| self.wanted(inspection));
        if let Some(ty) = &wanted {
            found.extend(self.all(self.snapshot.variants(ty), 0));
        }
        let call = argument.and_then(|argument| {
            let call = inspection?.calls.iter().find(|call| call.span == argument.call)?;
            Some((argument, call))
        });
        if let Some((argument, call)) = call {
            found.extend(self.of_argument(argument, call));
        }
        if let (Some(scrutinee), Some(inspection)) = (arm_of, inspection) {
            let ty = inspection.types.iter().find(|(span, _)| *span == scrutinee).map(|(_, ty)| ty);
            found.extend(ty.into_iter().flat_map(|ty| self.all(self.snapshot.variants(ty), 0)));
        }
        let locals = inspection.into_iter().flat_map(|inspection| &inspection.locals).rev();
        let mut seen = std::collections::BTreeSet::new();
        let locals = locals.filter(|local| &*local.name != "_" && seen.insert(local.name.clone()));
        let fits = |declaration: &Declaration| wanted.is_some() && declaration.ty == wanted;
        found.extend(locals.map(|local| self.declared(local, if fits(local) { 1 } else { 2 })));
        let names = self.snapshot.names(self.file);
        let rank = |name: &Declaration| match (is_std(name), fits(name)) {
            (false, true) => 1,
            (false, false) => 3,
            (true, true) => 3,
            (true, false) => 4,
        };
        found.extend(names.iter().map(|name| self.declared(name, rank(name))));
        found.extend(WORDS.iter().map(|word| self.word(word, 5)));
        found
    }

    /// What a call takes at a place: names of arguments that are not given yet, variants of the enum that is wanted.
    fn of_argument(&self, argument: &Argument, call: &CallSpan) -> Vec<Completion> {
        let mut found = Vec::new();
        if argument.name.is_none() {
            let first = argument.position == 0 && argument.given.is_empty() && !self.context.named;
            found.extend(self.fill(call).filter(|_| first));
            let open = call.parameters.iter().skip(argument.position);
            let open = open.filter(|parameter| !argument.given.iter().any(|name| **name == *parameter.name));
            found.extend(open.map(|parameter| self.argument(parameter)));
        }
        found
    }

    /// All that a call needs.
    fn fill(&self, call: &CallSpan) -> Option<Completion> {
        let required: Vec<&str> = call
            .parameters
            .iter()
            .filter(|parameter| parameter.required)
            .map(|parameter| &*parameter.name)
            .collect();
        let places = required.iter().enumerate().map(|(i, name)| format!("${{{}:{name}}}", i + 1));
        let insert = places.collect::<Vec<_>>().join(", ");
        (!required.is_empty()).then(|| Completion {
            kind: CompletionKind::Fill,
            detail: "what the call needs".into(),
            insert,
            ..self.word(&required.join(", "), 0)
        })
    }

    /// The type that the place takes.
    fn wanted(&self, inspection: &Inspection) -> Option<Type> {
        let start = self.context.word.start;
        let here = inspection.expected.iter().filter(|(span, _)| span.start == start);
        let (_, ty) = here.min_by_key(|(span, _)| span.end)?;
        Some(match ty {
            Type::Optional(inner) => (**inner).clone(),
            Type::Error => return None,
            ty => ty.clone(),
        })
    }

    fn argument(&self, found: &Parameter) -> Completion {
        let insert = if self.context.named { found.name.to_string() } else { format!("{}: $0", found.name) };
        Completion {
            label: found.name.to_string(),
            kind: CompletionKind::Argument,
            detail: found.to_string().split_once(": ").map(|(_, rest)| rest.to_owned()).unwrap_or_default(),
            about: Some(found.docs.join("\n"))
                .filter(|docs| !docs.is_empty())
                .map_or(About::Nothing, About::Text),
            span: self.context.word,
            insert,
            elsewhere: None,
            rank: if found.required { 0 } else { 1 },
        }
    }

    fn types(&self) -> Vec<Completion> {
        let names = self.snapshot.names(self.file);
        let types = names
            .iter()
            .filter(|name| matches!(name.kind, Kind::Record | Kind::Enum | Kind::Opaque | Kind::Module));
        let mut found: Vec<Completion> =
            types.map(|name| self.declared(name, if is_std(name) { 1 } else { 0 })).collect();
        let checked = CheckedKind::ALL.iter().map(|kind| kind.name());
        for name in BUILT_IN_TYPES.iter().copied().chain(checked) {
            if !found.iter().any(|known| known.label == name) {
                let kind = CompletionKind::Declared(Kind::Opaque);
                found.push(Completion { kind, ..self.word(name, 1) });
            }
        }
        for completion in &mut found {
            completion.insert.clone_from(&completion.label);
        }
        found
    }

    fn all(&self, declarations: Vec<Declaration>, rank: u8) -> Vec<Completion> {
        declarations.iter().map(|declaration| self.declared(declaration, rank)).collect()
    }

    pub(super) fn declared(&self, declaration: &Declaration, rank: u8) -> Completion {
        let insert = match (declaration.kind, &declaration.parameters) {
            (Kind::Function | Kind::Action | Kind::Operation, Some(parameters)) => {
                self.call(&declaration.name, !parameters.is_empty())
            }
            _ => declaration.name.to_string(),
        };
        Completion {
            label: declaration.name.to_string(),
            kind: CompletionKind::Declared(declaration.kind),
            detail: detail(declaration),
            about: match &declaration.place {
                Some(place) => About::Declared(place.clone()),
                None => About::Text(markdown(declaration)),
            },
            span: self.context.word,
            insert,
            elsewhere: None,
            rank,
        }
    }

    /// A call of a name, with the cursor where its arguments go.
    pub(super) fn call(&self, name: &str, takes_arguments: bool) -> String {
        match (self.context.called, takes_arguments) {
            (true, _) => name.to_owned(),
            (false, true) => format!("{name}($0)"),
            (false, false) => format!("{name}()"),
        }
    }

    pub(super) fn word(&self, word: &str, rank: u8) -> Completion {
        Completion {
            label: word.to_owned(),
            kind: CompletionKind::Keyword,
            detail: String::new(),
            about: About::Nothing,
            span: self.context.word,
            insert: escaped(word),
            elsewhere: None,
            rank,
        }
    }
}

/// The type of the longest expression that ends at a place.
fn type_before(inspection: &Inspection, end: u32) -> Option<&Type> {
    let ending = inspection.types.iter().filter(|(span, _)| span.end == end);
    ending.min_by_key(|(span, _)| span.start).map(|(_, ty)| ty)
}

fn is_std(declaration: &Declaration) -> bool {
    declaration.place.as_ref().is_none_or(|place| place.file.starts_with("std/"))
}
