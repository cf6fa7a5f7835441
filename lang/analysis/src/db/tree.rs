//! From text to items. An edit changes the tree of the item it stands in and the offsets of those behind it; whatever
//! reads only trees is not computed again for the latter.

use std::collections::HashMap;
use std::sync::Arc;

use pipe_diagnostics::Diagnostic;
use pipe_syntax::{Span, ast};

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

/// The tree of a file.
#[salsa::tracked]
pub(crate) fn parsed(db: &dyn Db, file: SourceFile) -> ParsedFile {
    let parsed = pipe_syntax::parse(file.text(db));
    let items = parsed
        .module
        .items
        .into_iter()
        .map(|item| ParsedItem {
            offset: item.offset,
            len: item.len,
            docs: item.docs,
            public: item.public,
            kind: Arc::new(item.kind),
        })
        .collect();
    ParsedFile { docs: parsed.module.docs, items, errors: parsed.errors }
}

/// An item of a module.
#[salsa::tracked(debug)]
pub(crate) struct ItemNode<'db> {
    /// The module that declares it.
    #[returns(copy)]
    pub(crate) module: SourceModule,
    /// Its name there.
    pub(crate) key: ItemKey,
    /// Its tree.
    #[tracked]
    pub(crate) tree: Arc<ast::ItemKind>,
    /// `##` lines.
    #[tracked]
    pub(crate) docs: Vec<String>,
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
    /// Its name in the program.
    pub(crate) fn global(self, db: &'db dyn Db) -> Global {
        Global { module: self.module(db).id(db).clone(), name: self.key(db).name.clone() }
    }

    /// A place inside it.
    pub(crate) fn place(self, db: &'db dyn Db, span: Span) -> Place {
        Place { module: self.module(db).id(db).clone(), item: Some(self.key(db).clone()), span }
    }
}

/// The items of a module in source order.
#[derive(Clone, Debug, PartialEq, Eq, salsa::SalsaValue)]
pub(crate) struct ModuleItems<'db> {
    pub(crate) nodes: Vec<ItemNode<'db>>,
}

/// The items of a module.
#[salsa::tracked]
pub(crate) fn items<'db>(db: &'db dyn Db, module: SourceModule) -> ModuleItems<'db> {
    let file = parsed(db, module.file(db));
    let operations = module.role(db) == Role::Std;
    let mut seen: HashMap<(ItemTag, Arc<str>), u32> = HashMap::new();
    let nodes = file
        .items
        .iter()
        .map(|item| {
            let (kind, name) = name_of(&item.kind, operations);
            let ordinal = seen.entry((kind, name.clone())).and_modify(|n| *n += 1).or_insert(0);
            let key = ItemKey { kind, name, ordinal: *ordinal };
            let broken = file.errors.iter().any(|error| touches(item, error.primary.place));
            let (tree, docs) = (item.kind.clone(), item.docs.clone());
            ItemNode::new(db, module, key, tree, docs, item.public, broken, item.offset)
        })
        .collect();
    ModuleItems { nodes }
}

fn touches(item: &ParsedItem, error: Span) -> bool {
    let end = item.offset.saturating_add(item.len);
    error.start <= end && error.end >= item.offset
}

/// The item of a name in the program.
pub(crate) fn item_of<'db>(db: &'db dyn Db, global: &Global, tags: &[ItemTag]) -> Option<ItemNode<'db>> {
    let module = module_of(db, &global.module)?;
    index(db, module)
        .by_name
        .get(&global.name)?
        .iter()
        .copied()
        .find(|node| tags.contains(&node.key(db).kind))
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
fn name_of(kind: &ast::ItemKind, operations: bool) -> (ItemTag, Arc<str>) {
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
