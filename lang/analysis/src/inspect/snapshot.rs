//! A program at one moment.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use pipe_diagnostics::{Diagnostic, FileSpan};
use pipe_syntax::Parsed;

use crate::analysis;
use crate::db::{Database, ItemNode, Role, SourceModule, items, parsed, written};
use crate::package::{Loaded, NetworkPermission};
use crate::program;
use crate::scope::Names;
use crate::typed::{ModuleId, Program};

/// A program at one moment, to be asked on any thread. Edits wait until every snapshot is gone, and interrupt what is being
/// computed for one; so nobody keeps a snapshot, and the thread that edits never holds one.
pub struct Snapshot {
    pub(super) db: Database,
    pub(super) loaded: Arc<Loaded>,
}

/// Stops what is being computed for one snapshot, from another thread. Afterwards it does nothing.
#[derive(Clone, Debug)]
pub struct Stopper(salsa::CancellationToken);

impl Stopper {
    /// Stops it at the next thing it asks the database for.
    pub fn stop(&self) {
        self.0.cancel();
    }
}

/// Why a question was not answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Interrupted {
    /// By its [`Stopper`].
    Stopped,
    /// The program was edited meanwhile.
    Edited,
    /// A mistake of the checker: what it said.
    Panicked(String),
}

impl Snapshot {
    pub(crate) fn new(db: Database, loaded: Arc<Loaded>) -> Snapshot {
        Snapshot { db, loaded }
    }

    /// Asks something, gives the snapshot back to the void, and outlives both an edit and a mistake of the checker.
    ///
    /// # Errors
    /// When there is no answer.
    pub fn ask<T>(self, question: impl FnOnce(&Snapshot) -> T) -> Result<T, Interrupted> {
        // Nothing of the snapshot is used after a panic: it is dropped here.
        let answer = std::panic::catch_unwind(AssertUnwindSafe(|| {
            // Attached as a whole: a stop that comes between two of its queries would be forgotten by the next one.
            let attached = || salsa::attach(&self.db, || question(&self));
            salsa::Cancelled::catch(AssertUnwindSafe(attached))
        }));
        drop(self);
        match answer {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(salsa::Cancelled::Local)) => Err(Interrupted::Stopped),
            Ok(Err(_)) => Err(Interrupted::Edited),
            Err(panic) => Err(Interrupted::Panicked(said(&*panic))),
        }
    }

    /// What stops a question about this snapshot.
    pub fn stopper(&self) -> Stopper {
        Stopper(salsa::Database::cancellation_token(&self.db))
    }

    /// Everything that is wrong in the package, sorted by place.
    pub fn diagnostics(&self) -> Vec<Diagnostic<FileSpan>> {
        analysis::diagnostics(&self.db, &self.loaded)
    }

    /// The files of the package itself, as they are shown to people.
    pub fn own_files(&self) -> impl Iterator<Item = &Arc<str>> {
        self.loaded.own.iter().map(|module| module.file(&self.db).name(&self.db))
    }

    /// The files of the program, dependencies' too, but not the standard library's; as they are shown to people.
    pub fn program_files(&self) -> impl Iterator<Item = &Arc<str>> {
        self.loaded.modules.iter().map(|module| module.file(&self.db).name(&self.db))
    }

    /// The file of the package's entry module.
    pub fn entry_file(&self) -> Option<&Arc<str>> {
        self.loaded.entry.map(|module| module.file(&self.db).name(&self.db))
    }

    /// The digest that `pipe.lock` pins an image reference of the package to.
    pub fn pinned(&self, reference: &str) -> Option<&str> {
        crate::lints::pinned(reference, self.loaded.pins.as_ref()?)
    }

    /// The images that `pipe.lock` pins, by their full names with tags.
    pub fn pinned_images(&self) -> impl Iterator<Item = &str> {
        self.loaded.pins.iter().flatten().map(|(name, _)| name.as_str())
    }

    /// The program, with what it can reach of the standard library: what it takes to evaluate it. Items with errors are marked.
    pub fn program(&self) -> Arc<Program> {
        Arc::new(program::program_for(&self.db, self.loaded.entry, &[]))
    }

    /// The texts of all files of the program, by the name they are shown with.
    pub fn texts(&self) -> BTreeMap<Arc<str>, Arc<str>> {
        analysis::sources(&self.db, &self.loaded)
    }

    /// Whether the package's steps get a network only when they ask for one.
    pub fn network_off(&self) -> bool {
        let manifest = self.loaded.manifest.as_ref();
        manifest.is_some_and(|manifest| manifest.permissions.network == NetworkPermission::Off)
    }

    /// The text of a file, by the name it is shown with.
    pub fn source(&self, file: &str) -> Option<Arc<str>> {
        analysis::source(&self.db, &self.loaded, file)
    }

    /// The tree of a file, by the name it is shown with; parsed once for all that is asked about one text.
    pub fn tree(&self, file: &str) -> Option<Arc<Parsed>> {
        Some(written(&self.db, self.module(file)?.file(&self.db)).clone())
    }

    /// Whether a file is one of the standard library's, which is on no disk.
    pub fn in_standard_library(&self, file: &str) -> bool {
        self.module(file).is_some_and(|module| module.role(&self.db) == Role::Std)
    }

    pub(super) fn module(&self, file: &str) -> Option<SourceModule> {
        crate::db::module_of_file(&self.db, file)
    }

    pub(super) fn module_of(&self, id: &ModuleId) -> Option<SourceModule> {
        crate::db::module_of(&self.db, id)
    }

    pub(super) fn scope(&self, module: SourceModule) -> Names<'_> {
        Names::new(&self.db, module)
    }

    /// The item that a place is in, or directly behind.
    pub(super) fn item_at(&self, module: SourceModule, offset: u32) -> Option<ItemNode<'_>> {
        let nodes = &items(&self.db, module).nodes;
        if module.role(&self.db) == Role::Std {
            return nodes.iter().rev().find(|node| node.offset(&self.db) <= offset).copied();
        }
        let parsed = parsed(&self.db, module.file(&self.db));
        let at = parsed.items.iter().rposition(|item| item.offset <= offset)?;
        nodes.get(at).copied()
    }
}

/// What a panic said.
fn said(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default()
}

impl std::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Snapshot").field("modules", &self.loaded.modules.len()).finish_non_exhaustive()
    }
}
