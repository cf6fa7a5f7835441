//! Where an action is asked for.

use pipe_analysis::inspect::{CallSpan, DeclarationKind as Kind, Inspection, Snapshot};
use pipe_analysis::typed::Type;
use pipe_diagnostics::{Edit, FileSpan};
use pipe_syntax::ast::{Item, Module};
use pipe_syntax::{Span, format_range};

use super::{Action, ActionKind};
use crate::folder::PackageFolder;
use crate::format::line_edits;
use crate::tree::{Node, for_each_node, path_at};

/// Where an action is asked for.
pub(super) struct Site<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) folder: &'a PackageFolder,
    pub(super) file: &'a str,
    pub(super) text: &'a str,
    pub(super) module: &'a Module,
    pub(super) item: &'a Item,
    pub(super) inspection: Inspection,
    /// What is selected, without white space around it; empty for a cursor.
    pub(super) range: Span,
    /// What the place is in, from the outside in.
    pub(super) path: Vec<Node<'a>>,
}

impl<'a> Site<'a> {
    /// `None` where no item is, and for a range that is none of the text.
    pub(super) fn new(
        snapshot: &'a Snapshot,
        folder: &'a PackageFolder,
        file: &'a str,
        text: &'a str,
        module: &'a Module,
        range: Span,
    ) -> Option<Site<'a>> {
        let selected = text.get(range.start.min(range.end) as usize..range.end as usize)?;
        let start = range.start + (selected.len() - selected.trim_start().len()) as u32;
        let range = match selected.trim() {
            "" => Span { start: range.start, end: range.start },
            inner => Span { start, end: start + inner.len() as u32 },
        };
        let item = module.items.iter().rfind(|item| item.offset <= range.start)?;
        if item.offset + item.len < range.start {
            return None;
        }
        let inspection = snapshot.inspect(file, item.offset)?;
        let path = path_at(module, range.start);
        Some(Site { snapshot, folder, file, text, module, item, inspection, range, path })
    }

    /// The text of a span of the file.
    pub(super) fn text_of(&self, span: Span) -> &'a str {
        self.text.get(span.range()).unwrap_or_default()
    }

    /// A span of the item as one of the file.
    pub(super) fn at(&self, span: Span) -> Span {
        span.at(self.item.offset)
    }

    /// The cursor is in the header of the item: between its first word and its body.
    pub(super) fn in_header(&self, body: Span) -> bool {
        self.range.start <= self.at(body).start
    }

    pub(super) fn edit(&self, span: Span, text: impl Into<String>) -> Edit {
        Edit {
            place: FileSpan { file: self.file.into(), start: span.start, end: span.end },
            text: text.into(),
        }
    }

    pub(super) fn insert(&self, offset: u32, text: impl Into<String>) -> Edit {
        self.edit(Span { start: offset, end: offset }, text)
    }

    pub(super) fn action(
        &self,
        kind: ActionKind,
        title: impl Into<String>,
        edits: Vec<Edit>,
    ) -> Option<Action> {
        Some(Action { title: title.into(), kind, edits })
    }

    /// The type of an expression, by its span in the file.
    pub(super) fn type_of(&self, span: Span) -> Option<&Type> {
        self.inspection.types.iter().find(|(known, _)| *known == span).map(|(_, ty)| ty)
    }

    /// The type that the place of an expression takes.
    pub(super) fn expected_at(&self, span: Span) -> Option<&Type> {
        self.inspection.expected.iter().rev().find(|(known, _)| *known == span).map(|(_, ty)| ty)
    }

    /// What is called by a call, by its span in the file.
    pub(super) fn call_at(&self, span: Span) -> Option<&CallSpan> {
        self.inspection.calls.iter().find(|call| call.span == span)
    }

    /// The node of the item that is selected as a whole.
    pub(super) fn selected(&self) -> Option<Node<'a>> {
        let mut found = None;
        for_each_node(self.item, &mut |node| {
            if node.span() == self.range && !matches!(node, Node::Block(..)) {
                found = found.or(Some(node));
            }
        });
        found.filter(|_| self.range.start < self.range.end)
    }

    /// A name that means nothing yet where the item stands.
    pub(super) fn free_name(&self, wish: &str) -> String {
        let taken = |name: &str| {
            self.inspection.uses.iter().any(|u| &*u.meaning.declaration().name == name)
                || self.snapshot.declared_in(self.file).iter().any(|known| &*known.name == name)
        };
        let names = std::iter::once(wish.to_owned()).chain((2..).map(|n| format!("{wish}_{n}")));
        names.into_iter().find(|name| !taken(name)).unwrap_or_default()
    }

    /// The locals that are used in a span and declared outside it, each once.
    pub(super) fn locals_into(&self, span: Span) -> Vec<(String, Option<Type>, FileSpan)> {
        let mut found: Vec<(String, Option<Type>, FileSpan)> = Vec::new();
        for written in &self.inspection.uses {
            let declaration = written.meaning.declaration();
            let inside = |start: u32, end: u32| span.start <= start && end <= span.end;
            let Some(place) = declaration.place.as_ref().filter(|_| declaration.kind == Kind::Local) else {
                continue;
            };
            let is_new = !found.iter().any(|(_, _, known)| known == place);
            if inside(written.span.start, written.span.end) && !inside(place.start, place.end) && is_new {
                found.push((declaration.name.to_string(), declaration.ty.clone(), place.clone()));
            }
        }
        found
    }

    /// A type as it is written here; `None` for one that has no name here.
    pub(super) fn written(&self, ty: &Type) -> Option<String> {
        let mut known = true;
        check_named(self, ty, &mut known);
        known.then(|| ty.to_string())
    }

    /// A value of a type, to be replaced: something plain, else a failure that says so.
    pub(super) fn placeholder(&self, ty: &Type, name: &str) -> String {
        match ty {
            Type::Bool => "false".into(),
            Type::Int => "0".into(),
            Type::Float => "0.0".into(),
            Type::String => "\"\"".into(),
            Type::Duration => "1s".into(),
            Type::Size => "1MiB".into(),
            Type::List(_) => "[]".into(),
            Type::Map(..) => "[:]".into(),
            Type::Optional(_) => "none".into(),
            _ => format!("fail(\"{name} is missing\")"),
        }
    }

    /// An action whose text has the canonical form, where its items had it before.
    pub(super) fn in_form(&self, action: Action) -> Action {
        if action.edits.iter().any(|edit| &*edit.place.file != self.file) {
            return action;
        }
        self.formatted(&action.edits)
            .map_or_else(|| action.clone(), |edits| Action { edits, ..action.clone() })
    }

    fn formatted(&self, edits: &[Edit]) -> Option<Vec<Edit>> {
        let first = edits.iter().map(|edit| edit.place.start).min()?;
        let last = edits.iter().map(|edit| edit.place.end).max()?;
        let touched = Span { start: first, end: last };
        let before = format_range(self.text, touched).ok()?;
        if before.iter().any(|part| self.text.get(part.span.range()) != Some(&part.text)) {
            return None;
        }
        let mut ordered: Vec<&Edit> = edits.iter().collect();
        ordered.sort_by_key(|edit| (edit.place.start, edit.place.end));
        let mut new = self.text.to_owned();
        let mut grown = 0_i64;
        for edit in ordered.iter().rev() {
            let range = edit.place.start as usize..edit.place.end as usize;
            new.get(range.clone())?;
            grown += edit.text.len() as i64 - range.len() as i64;
            new.replace_range(range, &edit.text);
        }
        let end = u32::try_from(i64::from(last) + grown).ok()?;
        let parts = format_range(&new, Span { start: first, end: end.max(first) }).ok()?;
        for part in parts.iter().rev() {
            new.replace_range(part.span.range(), &part.text);
        }
        let edits = line_edits(self.text, &new).into_iter();
        Some(edits.map(|edit| self.edit(edit.span, edit.text)).collect())
    }
}

/// Whether every type in one can be written in the file.
fn check_named(site: &Site<'_>, ty: &Type, known: &mut bool) {
    match ty {
        Type::Error | Type::Variable(_) | Type::Never => *known = false,
        Type::List(inner) | Type::Optional(inner) | Type::Action(inner) => check_named(site, inner, known),
        Type::Map(key, value) => {
            check_named(site, key, known);
            check_named(site, value, known);
        }
        Type::Tuple(parts) => parts.iter().for_each(|part| check_named(site, part, known)),
        Type::Function { params, ret } => {
            params.iter().for_each(|param| check_named(site, param, known));
            check_named(site, ret, known);
        }
        Type::Record(global, args) | Type::Enum(global, args) | Type::Opaque(global, args) => {
            let here = site.snapshot.declaration_of(site.file, ty).and_then(|found| found.place);
            let prelude = &*global.module.0 == "std/prelude";
            *known &= prelude || here.is_some_and(|place| &*place.file == site.file);
            args.iter().for_each(|arg| check_named(site, arg, known));
        }
        _ => {}
    }
}
