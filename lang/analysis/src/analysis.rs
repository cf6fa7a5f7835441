//! The owner of the database: what the command line, the evaluator and the editor talk to.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pipe_diagnostics::{Diagnostic, FileSpan, Severity};
use pipe_syntax::Span;

use crate::checks::module_findings;
use crate::db::{
    Database, Db, Imports, Role, SourceFile, SourceModule, StdLibrary, Work, items_of, module_of,
    module_of_file, parsed,
};
use crate::expression::{self, CheckedExpression};
use crate::inspect::Snapshot;
use crate::lints::{Allows, Levels, Opinion, allows, judge, lint, package_lints};
use crate::package::{Edited, Loaded, Loader, Manifest, PackageRoot, pipe_files};
use crate::place::{Finding, Place};
use crate::program;
use crate::system::{FileKind, System};
use crate::typed::{ModuleId, Program, Type};

/// The name that diagnostics of command-line expressions have for a file.
pub const COMMAND_LINE: &str = "<command line>";

/// Whether a file's name stands for an expression of the command line: [`COMMAND_LINE`], or `<command line, 2>` for a further one.
/// No file of a package has such a name.
pub fn is_command_line(file: &str) -> bool {
    file.starts_with("<command line") && file.ends_with('>')
}

/// A checker with its memory: what was computed once is not computed again until its source changes.
pub struct Analysis {
    db: Database,
    system: Arc<dyn System>,
    loader: Loader,
    loaded: Arc<Loaded>,
}

impl Analysis {
    /// A checker that knows the standard library and reads everything else through `system`.
    pub fn new(system: Arc<dyn System>) -> Analysis {
        Analysis::with_database(system, Database::default())
    }

    /// A checker that tells what it does: for tests of incrementality.
    pub fn observed(system: Arc<dyn System>, done: impl Fn(Work) + Send + Sync + 'static) -> Analysis {
        Analysis::with_database(system, Database::observed(done))
    }

    /// It for a program of which a few files are edited again and again, before anything of it is loaded: what depends on none of them
    /// is not even looked at after an edit.
    #[must_use]
    pub fn for_editing(mut self) -> Analysis {
        self.loader.expect_edits();
        self
    }

    fn with_database(system: Arc<dyn System>, db: Database) -> Analysis {
        let modules: Vec<SourceModule> =
            pipe_stdlib::MODULES.iter().map(|source| std_module(&db, source)).collect();
        // A singleton: the database keeps it.
        let _ = StdLibrary::builder(modules.into()).durability(salsa::Durability::HIGH).new(&db);
        Analysis { db, system, loader: Loader::default(), loaded: Arc::default() }
    }

    /// Checks a package and all that it uses: the entry module with all modules it reaches, and the given `.pipe` files and
    /// folders of such files. When paths are given, only what is wrong in them is returned. Sorted by place.
    pub fn check(&mut self, root: &PackageRoot, paths: &[PathBuf]) -> Vec<Diagnostic<FileSpan>> {
        let files = self.files(paths);
        let files: Vec<PathBuf> = files.into_iter().collect();
        self.load(root, &files);
        let mut found = diagnostics(&self.db, &self.loaded);
        if !paths.is_empty() {
            let names = files.iter().map(|path| crate::package::shown(&*self.system, path));
            let names: BTreeSet<String> = names.collect();
            found.retain(|diagnostic| names.contains(&*diagnostic.primary.place.file));
        }
        found
    }

    /// What makes a package one that cannot run: [`Analysis::check`] without lints.
    pub fn errors(&mut self, root: &PackageRoot) -> Vec<Diagnostic<FileSpan>> {
        self.load(root, &[]);
        errors(&self.db, &self.loaded)
    }

    /// Reads a package and all that it uses, as far as anything changed: the entry module with all modules it reaches, and
    /// the given files. Waits until every snapshot is gone if anything did.
    pub fn load(&mut self, root: &PackageRoot, files: &[PathBuf]) {
        self.loaded = Arc::new(self.loader.load(&mut self.db, &*self.system, root, files));
    }

    /// Takes a new text of a file of the program. That is all when it uses the same modules as before.
    pub fn edit(&mut self, file: &Path, text: &str) -> Edited {
        self.loader.edit(&mut self.db, file, text)
    }

    /// Whether a file, by its canonical path, is one of the program that was loaded last.
    pub fn has(&self, file: &Path) -> bool {
        self.loader.module(&self.db, file).is_some()
    }

    /// Whether a file, by its canonical path, is one of the program that was loaded last, with this text.
    pub fn has_text(&self, file: &Path, text: &str) -> bool {
        self.loader
            .module(&self.db, file)
            .is_some_and(|module| **module.file(&self.db).text(&self.db) == *text)
    }

    /// The program as it was loaded last, to be asked while nothing is edited.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::new(self.db.clone(), self.loaded.clone())
    }

    /// The files that paths stand for: folders are searched.
    fn files(&self, paths: &[PathBuf]) -> BTreeSet<PathBuf> {
        let mut files = BTreeSet::new();
        for path in paths {
            let path = crate::package::absolute(&*self.system, path);
            match self.system.kind(&path) {
                Some(FileKind::Dir) => files.extend(pipe_files(&*self.system, &path)),
                _ => {
                    files.insert(path);
                }
            }
        }
        files
    }

    /// The program of the package that was checked last, with the whole standard library. Items with errors are marked.
    pub fn program(&self) -> Arc<Program> {
        Arc::new(program::program(&self.db, self.loaded.entry))
    }

    /// As [`Analysis::program`], with those items of the standard library only that the package and these expressions can
    /// reach: what it takes to evaluate them.
    pub fn program_for(&self, expressions: &[CheckedExpression]) -> Arc<Program> {
        Arc::new(program::program_for(&self.db, self.loaded.entry, expressions))
    }

    /// The files of the package that was checked last that belong to it, not to a dependency or the standard library.
    pub fn own_files(&self) -> impl Iterator<Item = &Arc<str>> {
        self.loaded.own.iter().map(|module| module.file(&self.db).name(&self.db))
    }

    /// The manifest of the package that was checked last, if it has one.
    pub fn manifest(&self) -> Option<&Manifest> {
        self.loaded.manifest.as_ref()
    }

    /// The text of a file by the name that diagnostics and origins have for it.
    pub fn source(&self, file: &str) -> Option<Arc<str>> {
        source(&self.db, &self.loaded, file)
    }

    /// The texts of all files of the program, by the name they are shown with.
    pub fn sources(&self) -> BTreeMap<Arc<str>, Arc<str>> {
        sources(&self.db, &self.loaded)
    }

    /// Checks an expression in the scope of the root module: a target like `build(platform: "linux/arm64")`. The host may be
    /// read, for the user writes it.
    ///
    /// # Errors
    /// What is wrong in it, at places in a file named [`COMMAND_LINE`] whose text is `text`.
    pub fn check_expression(&self, text: &str) -> Result<CheckedExpression, Vec<Diagnostic<FileSpan>>> {
        expression::check(&self.db, self.scope(), text, None).map_err(|found| self.on_command_line(found))
    }

    /// Checks an expression against a type: the value of a flag.
    ///
    /// # Errors
    /// As for [`Analysis::check_expression`].
    pub fn check_value(
        &self,
        text: &str,
        expected: &Type,
    ) -> Result<CheckedExpression, Vec<Diagnostic<FileSpan>>> {
        expression::check(&self.db, self.scope(), text, Some(expected))
            .map_err(|found| self.on_command_line(found))
    }

    /// The module whose names an expression can use: the prelude's own when there is no package.
    fn scope(&self) -> Option<SourceModule> {
        let prelude = StdLibrary::get(&self.db).modules(&self.db).first().copied();
        self.loaded.entry.or(prelude)
    }

    fn on_command_line(&self, found: Vec<Finding>) -> Vec<Diagnostic<FileSpan>> {
        let here = |place: Place| match place.item {
            None => file_span(COMMAND_LINE.into(), place.span),
            Some(_) => locate(&self.db, &place),
        };
        found.into_iter().map(|finding| finding.map(here)).collect()
    }
}

/// Everything that is wrong in a package, and what its lints say, sorted by place.
pub(crate) fn diagnostics(db: &dyn Db, loaded: &Loaded) -> Vec<Diagnostic<FileSpan>> {
    let mut found = findings(db, loaded);
    found.extend(package_lints(db, loaded).iter().map(|finding| located(db, finding)));
    let default = Levels::default();
    let levels = loaded.manifest.as_ref().map_or(&default, |manifest| &manifest.lints);
    let mut opinion = Opinion { levels, allows: BTreeMap::new(), broken: Vec::new() };
    for module in &loaded.own {
        let file = module.file(db);
        let Allows { allows, errors } = allows(db, file);
        let name = file.name(db);
        found.extend(errors.iter().map(|error| error.clone().map(|span| file_span(name.clone(), span))));
        opinion.allows.insert(name.clone(), allows);
        if !parsed(db, file).errors.is_empty() {
            opinion.broken.push(name.clone());
        }
    }
    let mut found = judge(found, &opinion);
    sort(&mut found);
    // Two steps may tell the same of what both are made by.
    found.dedup();
    found
}

/// What makes a package one that cannot run, sorted by place. Lints have no part in it, whatever their level.
fn errors(db: &dyn Db, loaded: &Loaded) -> Vec<Diagnostic<FileSpan>> {
    let mut found = findings(db, loaded);
    found.retain(|diagnostic| diagnostic.severity == Severity::Error && lint(diagnostic.code).is_none());
    sort(&mut found);
    found
}

fn findings(db: &dyn Db, loaded: &Loaded) -> Vec<Diagnostic<FileSpan>> {
    let mut found: Vec<Diagnostic> = loaded.diagnostics.clone();
    found.extend(loaded.findings.iter().map(|finding| located(db, finding)));
    for &module in &loaded.modules {
        found.extend(module_findings(db, module).iter().map(|finding| located(db, finding)));
    }
    found
}

fn sort(found: &mut [Diagnostic]) {
    found.sort_by(|a, b| (&a.primary.place, a.code).cmp(&(&b.primary.place, b.code)));
}

/// The text of a file of a program.
pub(crate) fn source(db: &dyn Db, loaded: &Loaded, file: &str) -> Option<Arc<str>> {
    if let Some(text) = loaded.texts.get(file) {
        return Some(text.clone());
    }
    Some(module_of_file(db, file)?.file(db).text(db).clone())
}

/// The texts of all files of a program.
pub(crate) fn sources(db: &dyn Db, loaded: &Loaded) -> BTreeMap<Arc<str>, Arc<str>> {
    let std = StdLibrary::get(db).modules(db).iter();
    let files = loaded.modules.iter().chain(std).map(|module| module.file(db));
    let texts = files.map(|file| (file.name(db).clone(), file.text(db).clone()));
    texts.chain(loaded.texts.clone()).collect()
}

fn std_module(db: &Database, source: &pipe_stdlib::Source) -> SourceModule {
    let (name, text) = (Arc::from(source.name), Arc::from(source.text));
    let file = SourceFile::builder(name, text).durability(salsa::Durability::HIGH).new(db);
    let (id, facts) = (ModuleId(source.name.into()), Arc::default());
    SourceModule::builder(id, file, Role::Std, facts, Arc::new(Imports::new()))
        .durability(salsa::Durability::HIGH)
        .new(db)
}

/// A finding with its places in files.
fn located(db: &dyn Db, finding: &Finding) -> Diagnostic<FileSpan> {
    finding.clone().map(|place| locate(db, &place))
}

fn locate(db: &dyn Db, place: &Place) -> FileSpan {
    let Some(module) = module_of(db, &place.module) else {
        return file_span(place.module.0.clone(), place.span);
    };
    let file = module.file(db).name(db).clone();
    let node = place
        .item
        .as_ref()
        .and_then(|key| items_of(db, module, &key.name).iter().find(|node| node.key(db) == key));
    file_span(file, node.map_or(place.span, |node| node.in_file(db, place.span)))
}

fn file_span(file: Arc<str>, span: Span) -> FileSpan {
    FileSpan { file, start: span.start, end: span.end }
}

#[cfg(test)]
mod tests;

impl std::fmt::Debug for Analysis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Analysis").field("modules", &self.loaded.modules.len()).finish_non_exhaustive()
    }
}
