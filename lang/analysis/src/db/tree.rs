//! From text to items. An edit changes the tree of the item it stands in and the offsets of those behind it; whatever
//! reads only trees is not computed again for the latter. A comment is in no tree, and no place in a tree counts it.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use pipe_diagnostics::Diagnostic;
use pipe_syntax::{Cuts, Span, ast, leave_out_comments};

use super::outline::outline;
use super::readings::read;
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
    /// What places in the tree do not count.
    pub(crate) cuts: Arc<Cuts>,
}

/// The items of a text that was parsed, and what else was found in it.
fn taken_apart(text: &str, parsed: pipe_syntax::Parsed) -> ParsedFile {
    let pipe_syntax::Parsed { module: ast::Module { docs, items, trivia }, errors } = parsed;
    let item = |mut item: ast::Item| {
        let cuts = Arc::new(leave_out_comments(text, &mut item, &trivia));
        let ast::Item { offset, len, docs, public, kind } = item;
        ParsedItem { offset, len, docs, public, kind, cuts }
    };
    ParsedFile { docs, items: items.into_iter().map(item).collect(), errors }
}

/// The tree of a file.
#[salsa::tracked]
pub(crate) fn parsed(db: &dyn Db, file: SourceFile) -> ParsedFile {
    taken_apart(file.text(db), read(db, file))
}

/// The tree of a file as it is written, with its comments and with offsets that count them: for what is shown of the text itself. It
/// is kept of the files that were asked about last.
#[salsa::tracked(lru = 16, no_eq)]
pub(crate) fn written(db: &dyn Db, file: SourceFile) -> Arc<pipe_syntax::Parsed> {
    Arc::new(read(db, file))
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
    /// Of the standard library: parsed when it is looked at.
    Text,
}

/// An item of a module.
#[salsa::tracked(debug)]
pub(crate) struct ItemNode<'db> {
    /// The module that declares it.
    #[returns(copy)]
    pub(crate) module: SourceModule,
    /// Its name there.
    pub(crate) key: ItemKey,
    /// Its name in the program.
    #[returns(clone)]
    pub(crate) global: Global,
    #[tracked]
    pub(super) written: Written,
    /// Where it stands in its file with the `##` lines above it, when it is not parsed yet.
    #[tracked]
    #[returns(clone)]
    text_range: Range<usize>,
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
    /// What places in its tree do not count. Only who reads the offset reads it.
    #[tracked]
    pub(crate) cuts: Arc<Cuts>,
}

impl<'db> ItemNode<'db> {
    /// Its tree.
    pub(crate) fn tree(self, db: &'db dyn Db) -> &'db Arc<ast::ItemKind> {
        match self.written(db) {
            Written::Tree(tree) => tree,
            Written::Text => &std_item(db, self).kind,
        }
    }

    /// The `##` lines above it.
    pub(crate) fn docs(self, db: &'db dyn Db) -> &'db Vec<String> {
        match self.written(db) {
            Written::Tree(_) => self.doc_lines(db),
            Written::Text => &std_item(db, self).docs,
        }
    }

    /// Where a place of its tree stands in its file.
    pub(crate) fn in_file(self, db: &'db dyn Db, span: Span) -> Span {
        self.cuts(db).written(span).at(self.offset(db))
    }

    /// A place inside it.
    pub(crate) fn place(self, db: &'db dyn Db, span: Span) -> Place {
        Place { module: self.module(db).id(db).clone(), item: Some(self.key(db).clone()), span }
    }
}

/// An item of the standard library.
#[salsa::tracked]
fn std_item<'db>(db: &'db dyn Db, node: ItemNode<'db>) -> ParsedItem {
    let text = node.module(db).file(db).text(db).get(node.text_range(db)).unwrap_or_default();
    taken_apart(text, pipe_syntax::parse(text)).items.pop().unwrap_or_else(|| ParsedItem {
        offset: 0,
        len: 0,
        docs: Vec::new(),
        public: false,
        kind: Arc::new(ast::ItemKind::Error),
        cuts: Arc::default(),
    })
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
    let errors = ErrorPlaces::new(&file.errors);
    let nodes = file
        .items
        .iter()
        .map(|item| {
            let (kind, name) = name_of(&item.kind, false);
            let key = ordinals.key(kind, name);
            let global = Global::new(module.id(db).clone(), key.name.clone());
            let broken = errors.touch(item);
            let written = Written::Tree(item.kind.clone());
            let (docs, cuts) = (item.docs.clone(), item.cuts.clone());
            ItemNode::new(
                db,
                module,
                key,
                global,
                written,
                0..0,
                docs,
                item.public,
                broken,
                item.offset,
                cuts,
            )
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
        let global = Global::new(module.id(db).clone(), key.name.clone());
        let (text, offset) = (item.start..end, item.offset as u32);
        let (docs, cuts) = (Vec::new(), Arc::default());
        ItemNode::new(db, module, key, global, Written::Text, text, docs, item.public, false, offset, cuts)
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

/// Where the errors of a file stand, for one question of each of its items.
struct ErrorPlaces {
    /// Where each begins, in order, and the last end of it and those before it.
    places: Vec<Span>,
}

impl ErrorPlaces {
    fn new(errors: &[Diagnostic<Span>]) -> ErrorPlaces {
        let mut places: Vec<Span> = errors.iter().map(|error| error.primary.place).collect();
        places.sort_by_key(|place| place.start);
        let mut end = 0;
        for place in &mut places {
            end = end.max(place.end);
            place.end = end;
        }
        ErrorPlaces { places }
    }

    /// Whether one lies in an item, or directly beside it.
    fn touch(&self, item: &ParsedItem) -> bool {
        let end = item.offset.saturating_add(item.len);
        let before = self.places.partition_point(|place| place.start <= end);
        before
            .checked_sub(1)
            .and_then(|last| self.places.get(last))
            .is_some_and(|last| last.end >= item.offset)
    }
}

/// The item of a name in the program.
pub(crate) fn item_of<'db>(db: &'db dyn Db, global: &Global, tags: &[ItemTag]) -> Option<ItemNode<'db>> {
    let module = module_of(db, &global.module)?;
    items_of(db, module, &global.name).iter().copied().find(|node| tags.contains(&node.key(db).kind))
}

/// The items of one name in a module, in source order.
pub(crate) fn items_of<'db>(db: &'db dyn Db, module: SourceModule, name: &str) -> &'db [ItemNode<'db>] {
    named(db, NameIn::new(db, module, name))
}

/// The module of a name.
pub(crate) fn module_of(db: &dyn Db, id: &ModuleId) -> Option<SourceModule> {
    std_modules(db).0.get(id).copied().or_else(|| user_module(db, ModuleName::new(db, id)))
}

/// Whether a module is one of the standard library.
pub(crate) fn in_std(db: &dyn Db, id: &ModuleId) -> bool {
    std_modules(db).0.contains_key(id)
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

/// The module of a file, by the name that the file is shown with.
pub(crate) fn module_of_file(db: &dyn Db, name: &str) -> Option<SourceModule> {
    user_files(db).0.get(name).or_else(|| std_files(db).0.get(name)).copied()
}

/// Modules by the names of their files.
#[derive(Clone, Debug, PartialEq, Eq)]
struct FileIndex(HashMap<Arc<str>, SourceModule>);

impl FileIndex {
    fn new(db: &dyn Db, modules: &[SourceModule]) -> FileIndex {
        FileIndex(modules.iter().map(|&module| (module.file(db).name(db).clone(), module)).collect())
    }
}

// Apart, as above.
#[salsa::tracked]
fn std_files(db: &dyn Db) -> FileIndex {
    FileIndex::new(db, StdLibrary::get(db).modules(db))
}

#[salsa::tracked]
fn user_files(db: &dyn Db) -> FileIndex {
    let modules = Workspace::try_get(db).map(|workspace| workspace.modules(db).clone());
    FileIndex::new(db, &modules.unwrap_or_default())
}

/// A name of a module, whether there is one or not.
#[salsa::interned(debug)]
struct ModuleName<'db> {
    id: ModuleId,
}

// One query a name, so that a further module is news to those only who name it.
#[salsa::tracked(returns(copy))]
fn user_module<'db>(db: &'db dyn Db, name: ModuleName<'db>) -> Option<SourceModule> {
    user_modules(db).0.get(name.id(db)).copied()
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

/// A name in a module, whether something there has it or not.
#[salsa::interned(debug)]
struct NameIn<'db> {
    #[returns(copy)]
    module: SourceModule,
    text: String,
}

// One query a name, so that a further item of a module is news to those only who say its name.
#[salsa::tracked(returns(deref))]
fn named<'db>(db: &'db dyn Db, name: NameIn<'db>) -> Box<[ItemNode<'db>]> {
    let found = index(db, name.module(db)).by_name.get(name.text(db).as_str());
    found.map(|nodes| nodes.as_slice().into()).unwrap_or_default()
}

/// The module that a `use` item of a module names, by its local name; `None` when the loader could not find it.
pub(crate) fn imported(db: &dyn Db, module: SourceModule, name: &str) -> Option<SourceModule> {
    import(db, NameIn::new(db, module, name))
}

// One query a name, as above.
#[salsa::tracked(returns(copy))]
fn import<'db>(db: &'db dyn Db, name: NameIn<'db>) -> Option<SourceModule> {
    name.module(db).imports(db).get(name.text(db).as_str()).copied().flatten()
}

/// The kind of an item and its name in the module.
pub(super) fn name_of(kind: &ast::ItemKind, operations: bool) -> (ItemTag, Arc<str>) {
    match kind {
        ast::ItemKind::Use(item) => (ItemTag::Use, local_name(item)),
        ast::ItemKind::Param(item) => (ItemTag::Param, item.name.text.shared()),
        ast::ItemKind::Let(item) => (ItemTag::Let, item.name.text.shared()),
        ast::ItemKind::Function(item) => (ItemTag::Function, function_name(item, operations)),
        ast::ItemKind::Record(item) => (ItemTag::Record, item.name.text.shared()),
        ast::ItemKind::Enum(item) => (ItemTag::Enum, item.name.text.shared()),
        ast::ItemKind::Test(item) => (ItemTag::Test, item.title.constant().unwrap_or_default().into()),
        ast::ItemKind::Error => (ItemTag::Error, Arc::from("")),
    }
}

/// The name under which a `use` item's module is known: after `as`, else the last one of the path.
fn local_name(item: &ast::Use) -> Arc<str> {
    match (&item.alias, &item.path) {
        (Some(alias), _) => alias.text.shared(),
        (None, ast::UsePath::Package(path)) => path.last().map_or("", |name| name.text.as_str()).into(),
        (None, ast::UsePath::File { .. }) => Arc::from(""),
    }
}

/// An operation of the standard library is named with the type of its `self`.
fn function_name(item: &ast::Function, operations: bool) -> Arc<str> {
    let receiver = item.params.first().filter(|first| operations && first.name.text == "self");
    match receiver.map(|first| &first.ty.kind) {
        Some(ast::TypeKind::Named { name, .. }) => format!("{}.{}", name.text, item.name.text).into(),
        _ => item.name.text.shared(),
    }
}
