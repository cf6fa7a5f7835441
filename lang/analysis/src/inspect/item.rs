//! What stands in one item: what its names mean, the types of its expressions, and its locals.

use std::sync::Arc;

use pipe_syntax::{Cuts, Span, ast, leave_out_comments};

use super::declaration::{Declaration, Parameter};
use super::draft::Draft;
use super::snapshot::Snapshot;
use crate::checks::name_span;
use crate::db::{ItemNode, Role, SourceModule, items, parsed, read_draft};
use crate::infer::{Meant, Traced, TracedCall, trace_written_type, traced};
use crate::place::ItemTag;
use crate::typed::{Body, LocalDecl, ModuleId, Type};

/// What stands in one item of a file. Spans are of the file.
#[derive(Clone, Debug)]
pub struct Inspection {
    /// The written names.
    pub uses: Vec<Use>,
    /// The written expressions, each with its type before any conversion; inner ones before those around them.
    pub types: Vec<(Span, Type)>,
    /// The written expressions whose place takes a certain type, each with that type.
    pub expected: Vec<(Span, Type)>,
    /// Locals that are visible at the place that was asked for, the innermost last.
    pub locals: Vec<Declaration>,
    /// Calls of what has named parameters, inner ones before those around them.
    pub calls: Vec<CallSpan>,
}

/// A written name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// Where it stands.
    pub span: Span,
    /// What it means.
    pub meaning: Meaning,
}

/// What a written name means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// What is declared somewhere.
    Declared(Declaration),
    /// A module: what stands behind its name are its members.
    Module(ModuleId, Declaration),
}

/// A call of what has named parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallSpan {
    /// The whole call, with what stands before its name.
    pub span: Span,
    /// The name of what is called.
    pub name: Span,
    /// What is called.
    pub declaration: Declaration,
    /// Its parameters in this call, without what is given before the name.
    pub parameters: Vec<Parameter>,
}

impl Meaning {
    /// What is declared, whichever it is.
    pub fn declaration(&self) -> &Declaration {
        match self {
            Meaning::Declared(declaration) | Meaning::Module(_, declaration) => declaration,
        }
    }
}

/// Where a tree is written.
#[derive(Clone, Copy)]
struct Written<'a> {
    /// The first byte of its item.
    base: u32,
    /// What its places do not count.
    cuts: &'a Cuts,
}

impl Written<'_> {
    fn at(self, span: Span) -> Span {
        self.cuts.written(span).at(self.base)
    }
}

impl Snapshot {
    /// What stands in the item at a place of a file; `None` when no item is there.
    pub fn inspect(&self, file: &str, offset: u32) -> Option<Inspection> {
        let module = self.module(file)?;
        let node = self.item_at(module, offset)?;
        let written = Written { base: node.offset(&self.db), cuts: node.cuts(&self.db) };
        self.inspection(module, node, node.tree(&self.db), written, offset)
    }

    /// What stands in each item of a file whose text is wanted, in its order. Nothing of the standard library, which has no items
    /// of a program's.
    pub fn inspect_items(&self, file: &str, wanted: &dyn Fn(&str) -> bool) -> Vec<Inspection> {
        let Some(module) = self.module(file).filter(|module| module.role(&self.db) != Role::Std) else {
            return Vec::new();
        };
        let text = module.file(&self.db).text(&self.db);
        let parsed = parsed(&self.db, module.file(&self.db));
        let nodes = items(&self.db, module).nodes.iter();
        nodes
            .zip(&parsed.items)
            .filter(|(_, item)| {
                let span = Span { start: item.offset, end: item.offset + item.len };
                text.get(span.range()).is_some_and(wanted)
            })
            .filter_map(|(node, item)| {
                let written = Written { base: item.offset, cuts: &item.cuts };
                self.inspection(module, *node, node.tree(&self.db), written, item.offset)
            })
            .collect()
    }

    /// A text that a file could have.
    pub fn draft(&self, file: &str, text: String) -> Draft {
        let parsed = match self.module(file) {
            Some(module) => read_draft(&self.db, module.file(&self.db), &text),
            None => pipe_syntax::parse(&text),
        };
        Draft::new(text, parsed.module)
    }

    /// As [`Snapshot::inspect`], but for the text that the file would have after an edit inside the item. What the rest of the
    /// program sees of it stays as it is.
    pub fn inspect_edited(&self, file: &str, draft: &Draft, offset: u32) -> Option<Inspection> {
        let module = self.module(file)?;
        let node = self.item_at(module, offset)?;
        let item = draft.module().items.iter().rfind(|item| item.offset <= offset)?;
        (item.offset == node.offset(&self.db)).then_some(())?;
        let mut item = item.clone();
        let cuts = leave_out_comments(draft.text(), &mut item, &draft.module().trivia);
        let written = Written { base: item.offset, cuts: &cuts };
        self.inspection(module, node, &item.kind, written, offset)
    }

    fn inspection(
        &self,
        module: SourceModule,
        node: ItemNode<'_>,
        tree: &ast::ItemKind,
        written: Written<'_>,
        offset: u32,
    ) -> Option<Inspection> {
        let at = written.cuts.counted(offset.checked_sub(written.base)?);
        let mut out = Inspection {
            uses: self.header_uses(module, node),
            types: Vec::new(),
            expected: Vec::new(),
            locals: Vec::new(),
            calls: Vec::new(),
        };
        for Traced { body, trace } in traced(&self.db, node, tree) {
            out.uses.extend(trace.uses.iter().filter_map(|(span, meant)| {
                Some(Use { span: *span, meaning: self.meaning(module, node, Some(&body), meant)? })
            }));
            out.calls.extend(trace.calls.into_iter().filter_map(|call| self.call(call)));
            out.types.extend(trace.types);
            out.expected.extend(trace.expected);
            let visible = trace.visible.iter().filter(|v| v.from <= at && at <= v.until);
            let mut locals: Vec<&LocalDecl> =
                visible.filter_map(|v| body.locals.get(v.local.0 as usize)).collect();
            locals.sort_by_key(|local| local.span.start);
            out.locals.extend(locals.into_iter().map(|local| self.describe_local(node, local)));
        }
        for span in out.uses.iter_mut().map(|found| &mut found.span) {
            *span = written.at(*span);
        }
        for (span, _) in out.types.iter_mut().chain(&mut out.expected) {
            *span = written.at(*span);
        }
        for call in &mut out.calls {
            (call.span, call.name) = (written.at(call.span), written.at(call.name));
        }
        Some(out)
    }

    fn meaning(
        &self,
        module: SourceModule,
        node: ItemNode<'_>,
        body: Option<&Arc<Body>>,
        meant: &Meant<'_>,
    ) -> Option<Meaning> {
        Some(Meaning::Declared(match *meant {
            Meant::Local(id) => self.describe_local(node, body?.locals.get(id.0 as usize)?),
            Meant::Item(item) => self.describe(item)?,
            Meant::Part(item, part) => self.describe_part(item, part)?,
            Meant::Checked(kind) => self.describe_checked(module, kind),
            Meant::Module(target) => {
                return Some(Meaning::Module(target.id(&self.db).clone(), self.describe_module(target)));
            }
        }))
    }

    fn call(&self, call: TracedCall<'_>) -> Option<CallSpan> {
        let TracedCall { site, node, variant, skip, types } = call;
        let declaration = match variant {
            Some(index) => self.describe_part(node, crate::infer::Part::Variant(index))?,
            None => self.describe(node)?,
        };
        let mut parameters = declaration.parameters.clone().unwrap_or_default();
        // An operation's receiver is not among them.
        let hidden = types.len().saturating_sub(parameters.len());
        for (parameter, ty) in parameters.iter_mut().zip(types.into_iter().skip(hidden)) {
            parameter.ty = ty;
        }
        parameters.drain(..skip.saturating_sub(hidden).min(parameters.len()));
        Some(CallSpan { span: site.span, name: site.name, declaration, parameters })
    }

    /// What the names outside of bodies mean: the item's own, its parameters', those of written types, and modules'.
    fn header_uses(&self, module: SourceModule, node: ItemNode<'_>) -> Vec<Use> {
        let mut uses = Vec::new();
        if let ast::ItemKind::Use(item) = &**node.tree(&self.db) {
            let imports = module.imports(&self.db);
            let target = imports.get(&node.key(&self.db).name).copied().flatten();
            let span = written_use(item);
            uses.extend(target.map(|target| (span, Meant::Module(target))));
        } else if node.key(&self.db).kind != ItemTag::Error {
            uses.push((name_span(&self.db, node), Meant::Item(node)));
        }
        uses.extend(self.parts_of(node).into_iter().map(|(span, part)| (span, Meant::Part(node, part))));
        let names = self.scope(module);
        for_each_written_type(node.tree(&self.db), &mut |ty| trace_written_type(names, ty, &mut uses));
        let meant = uses.into_iter();
        meant
            .filter_map(|(span, meant)| {
                Some(Use { span, meaning: self.meaning(module, node, None, &meant)? })
            })
            .collect()
    }
}

/// From the path to the local name.
fn written_use(item: &ast::Use) -> Span {
    let path = match &item.path {
        ast::UsePath::File { span, .. } => *span,
        ast::UsePath::Package(names) => match (names.first(), names.last()) {
            (Some(first), Some(last)) => first.span.to(last.span),
            _ => Span::default(),
        },
    };
    item.alias.as_ref().map_or(path, |alias| path.to(alias.span))
}

/// Visits the types that are written outside of bodies.
fn for_each_written_type(item: &ast::ItemKind, visit: &mut dyn FnMut(&ast::TypeExpr)) {
    match item {
        ast::ItemKind::Param(item) => visit(&item.ty),
        ast::ItemKind::Let(item) => item.ty.iter().for_each(visit),
        ast::ItemKind::Function(item) => {
            item.params.iter().for_each(|param| visit(&param.ty));
            item.ret.iter().for_each(visit);
        }
        ast::ItemKind::Record(item) => item.fields.iter().for_each(|field| visit(&field.ty)),
        ast::ItemKind::Enum(item) => {
            item.variants.iter().flat_map(|variant| &variant.payload).for_each(|param| visit(&param.ty));
        }
        ast::ItemKind::Use(_) | ast::ItemKind::Test(_) | ast::ItemKind::Error => {}
    }
}
