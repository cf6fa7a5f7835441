//! From text to items. An edit changes the tree of the item it stands in and the offsets of those behind it; whatever
//! reads only trees is not computed again for the latter.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use pipe_diagnostics::Diagnostic;
use pipe_syntax::{Span, ast};

use super::outline::outline;
use super::{Db, Role, SourceFile, SourceModule, StdLibrary, Workspace};
use crate::place::{ItemKey, ItemTag, Place};
use crate::typed::{Global, ModuleId};

/// A file as the parser understood it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ParsedFile {
    pub(crate) docs: Vec<String>,
    pub(crate) items: Vec<ParsedItem>,
    /// At absolute places.
    pub(crate) errors: Vec<Diagnostic<Span>>,
}

/// An item with its tree apart from its offset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ParsedItem {
    pub(crate) offset: u32,
    pub(crate) len: u32,
    pub(crate) docs: Vec<String>,
    pub(crate) public: bool,
    pub(crate) kind: Arc<ast::ItemKind>,
}

impl From<ast::Item> for ParsedItem {
    fn from(item: ast::Item) -> ParsedItem {
        let ast::Item { offset, len, docs, public, kind } = item;
        ParsedItem { offset, len, docs, public, kind: Arc::new(kind) }
    }
}

/// The tree of a file.
#[salsa::tracked]
pub(crate) fn parsed(db: &dyn Db, file: SourceFile) -> ParsedFile {
    let parsed = pipe_syntax::parse(file.text(db));
    let items = parsed.module.items.into_iter().map(ParsedItem::from).collect();
    ParsedFile { docs: parsed.module.docs, items, errors: parsed.errors }
}

/// The `##` lines at the top of a module.
pub(crate) fn module_docs(db: &dyn Db, module: SourceModule) -> Vec<String> {
    let file = module.file(db);
    if module.role(db) != Role::Std {
        return parsed(db, file).docs.clone();
    }
    let text = file.text(db);
    let end = outline(text).first().map_or(text.len(), |first| first.start);
    pipe_syntax::parse(&text[..end]).module.docs
}

/// An item as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    Tree(Arc<ast::ItemKind>),
    /// Of the standard library: parsed when it is looked at. Where it stands in its file, with the `##` lines above it.
    Text(Range<usize>),
}

/// An item of a module.
#[salsa::tracked(debug)]
pub(crate) struct ItemNode<'db> {
    /// The module that declares it.
    #[returns(copy)]
    pub(crate) module: SourceModule,
    /// Its name there.
    pub(crate) key: ItemKey,
    #[tracked]
    pub(super) written: Written,
    /// The `##` lines of an item with a tree.
    #[tracked]
    doc_lines: Vec<String>,
    /// `pub`.
    #[tracked]
    #[returns(copy)]
    pub(crate) public: bool,
    /// A syntax error lies inside it: its other findings would only follow from it.
    #[tracked]
    #[returns(copy)]
    pub(crate) broken: bool,
    /// Where it begins. Only rendering and the program's origins read it.
    #[tracked]
    #[returns(copy)]
    pub(crate) offset: u32,
}

impl<'db> ItemNode<'db> {
    /// Its tree.
    pub(crate) fn tree(self, db: &'db dyn Db) -> &'db Arc<ast::ItemKind> {
        match self.written(db) {
            Written::Tree(tree) => tree,
            Written::Text(_) => &std_item(db, self).kind,
        }
    }

    /// The `##` lines above it.
    pub(crate) fn docs(self, db: &'db dyn Db) -> &'db Vec<String> {
        match self.written(db) {
            Written::Tree(_) => self.doc_lines(db),
            Written::Text(_) => &std_item(db, self).docs,
        }
    }

    /// Its name in the program.
    pub(crate) fn global(self, db: &'db dyn Db) -> Global {
        Global { module: self.module(db).id(db).clone(), name: self.key(db).name.clone() }
    }

    /// A place inside it.
    pub(crate) fn place(self, db: &'db dyn Db, span: Span) -> Place {
        Place { module: self.module(db).id(db).clone(), item: Some(self.key(db).clone()), span }
    }
}

/// An item of the standard library.
#[salsa::tracked]
fn std_item<'db>(db: &'db dyn Db, node: ItemNode<'db>) -> ParsedItem {
    let text = node.module(db).file(db).text(db);
    let text = match node.written(db) {
        Written::Text(range) => text.get(range.clone()).unwrap_or_default(),
        Written::Tree(_) => "",
    };
    let nothing =
        ast::Item { offset: 0, len: 0, docs: Vec::new(), public: false, kind: ast::ItemKind::Error };
    pipe_syntax::parse(text).module.items.pop().unwrap_or(nothing).into()
}

/// The items of a module in source order.
#[derive(Clone, Debug, PartialEq, Eq, salsa::SalsaValue)]
pub(crate) struct ModuleItems<'db> {
    pub(crate) nodes: Vec<ItemNode<'db>>,
}

/// The items of a module.
#[salsa::tracked]
pub(crate) fn items<'db>(db: &'db dyn Db, module: SourceModule) -> ModuleItems<'db> {
    let mut ordinals = Ordinals::default();
    if module.role(db) == Role::Std {
        return std_items(db, module, &mut ordinals);
    }
    let file = parsed(db, module.file(db));
    let nodes = file
        .items
        .iter()
        .map(|item| {
            let (kind, name) = name_of(&item.kind, false);
            let key = ordinals.key(kind, name);
            let broken = file.errors.iter().any(|error| touches(item, error.primary.place));
            let written = Written::Tree(item.kind.clone());
            ItemNode::new(db, module, key, written, item.docs.clone(), item.public, broken, item.offset)
        })
        .collect();
    ModuleItems { nodes }
}

/// Those of a module of the standard library, none of them parsed yet.
fn std_items<'db>(db: &'db dyn Db, module: SourceModule, ordinals: &mut Ordinals) -> ModuleItems<'db> {
    let text = module.file(db).text(db);
    let items = outline(text);
    let ends: Vec<usize> = items.iter().skip(1).map(|next| next.start).chain([text.len()]).collect();
    let nodes = items.into_iter().zip(ends).map(|(item, end)| {
        let key = ordinals.key(item.kind, item.name);
        let written = Written::Text(item.start..end);
        ItemNode::new(db, module, key, written, Vec::new(), item.public, false, item.offset as u32)
    });
    ModuleItems { nodes: nodes.collect() }
}

/// Tells items of one kind and name apart.
#[derive(Default)]
struct Ordinals {
    seen: HashMap<(ItemTag, Arc<str>), u32>,
}

impl Ordinals {
    fn key(&mut self, kind: ItemTag, name: Arc<str>) -> ItemKey {
        let ordinal = *self.seen.entry((kind, name.clone())).and_modify(|n| *n += 1).or_insert(0);
        ItemKey { kind, name, ordinal }
    }
}

fn touches(item: &ParsedItem, error: Span) -> bool {
    let end = item.offset.saturating_add(item.len);
    error.start <= end && error.end >= item.offset
}

/// The item of a name in the program.
pub(crate) fn item_of<'db>(db: &'db dyn Db, global: &Global, tags: &[ItemTag]) -> Option<ItemNode<'db>> {
    let module = module_of(db, &global.module)?;
    items_of(db, module, &global.name).iter().copied().find(|node| tags.contains(&node.key(db).kind))
}

/// The items of one name in a module.
pub(crate) fn items_of<'db>(db: &'db dyn Db, module: SourceModule, name: &str) -> &'db [ItemNode<'db>] {
    index(db, module).by_name.get(name).map_or(&[], Vec::as_slice)
}

/// The module of a name.
pub(crate) fn module_of(db: &dyn Db, id: &ModuleId) -> Option<SourceModule> {
    std_modules(db).0.get(id).or_else(|| user_modules(db).0.get(id)).copied()
}

/// Modules by name.
#[derive(Clone, Debug, PartialEq, Eq)]
struct ModuleIndex(HashMap<ModuleId, SourceModule>);

// Apart from the user's modules, so that what reads only the standard library is never looked at again.
#[salsa::tracked]
fn std_modules(db: &dyn Db) -> ModuleIndex {
    ModuleIndex(StdLibrary::get(db).modules(db).iter().map(|&m| (m.id(db).clone(), m)).collect())
}

#[salsa::tracked]
fn user_modules(db: &dyn Db) -> ModuleIndex {
    let modules = Workspace::try_get(db).map(|w| w.modules(db).clone()).unwrap_or_default();
    ModuleIndex(modules.iter().map(|&m| (m.id(db).clone(), m)).collect())
}

/// Items by name.
#[derive(Clone, Debug, PartialEq, Eq, salsa::SalsaValue)]
struct ItemIndex<'db> {
    by_name: HashMap<Arc<str>, Vec<ItemNode<'db>>>,
}

#[salsa::tracked]
fn index<'db>(db: &'db dyn Db, module: SourceModule) -> ItemIndex<'db> {
    let mut by_name: HashMap<Arc<str>, Vec<ItemNode<'db>>> = HashMap::new();
    for node in &items(db, module).nodes {
        by_name.entry(node.key(db).name.clone()).or_default().push(*node);
    }
    ItemIndex { by_name }
}

/// The kind of an item and its name in the module.
pub(super) fn name_of(kind: &ast::ItemKind, operations: bool) -> (ItemTag, Arc<str>) {
    match kind {
        ast::ItemKind::Use(item) => (ItemTag::Use, local_name(item)),
        ast::ItemKind::Param(item) => (ItemTag::Param, item.name.text.as_str().into()),
        ast::ItemKind::Let(item) => (ItemTag::Let, item.name.text.as_str().into()),
        ast::ItemKind::Function(item) => (ItemTag::Function, function_name(item, operations)),
        ast::ItemKind::Record(item) => (ItemTag::Record, item.name.text.as_str().into()),
        ast::ItemKind::Enum(item) => (ItemTag::Enum, item.name.text.as_str().into()),
        ast::ItemKind::Test(item) => (ItemTag::Test, item.title.constant().unwrap_or_default().into()),
        ast::ItemKind::Error => (ItemTag::Error, Arc::from("")),
    }
}

/// The name under which a `use` item's module is known: after `as`, else the last one of the path.
fn local_name(item: &ast::Use) -> Arc<str> {
    match (&item.alias, &item.path) {
        (Some(alias), _) => alias.text.as_str().into(),
        (None, ast::UsePath::Package(path)) => path.last().map_or("", |name| name.text.as_str()).into(),
        (None, ast::UsePath::File { .. }) => Arc::from(""),
    }
}

/// An operation of the standard library is named with the type of its `self`.
fn function_name(item: &ast::Function, operations: bool) -> Arc<str> {
    let receiver = item.params.first().filter(|first| operations && first.name.text == "self");
    match receiver.map(|first| &first.ty.kind) {
        Some(ast::TypeKind::Named { name, .. }) => format!("{}.{}", name.text, item.name.text).into(),
        _ => item.name.text.as_str().into(),
    }
}
