//! From a package to its modules: reads what the entry module uses, and what that uses, and refuses circles. An explicit walk outside
//! the queries, so that no query is ever cyclic.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pipe_diagnostics::{Diagnostic, FileSpan};
use pipe_syntax::ast;
use salsa::{Durability, Setter};

use super::fetched::{Files, Locked, lock_text};
use super::lock::LOCK;
use super::manifest::{self, Manifest};
use super::root::{PackageRoot, absolute, leads_out, shown};
use super::target::Unit;
use super::unusable;
use crate::db::{
    Database, Db as _, Imports, PackageFacts, Role, SourceFile, SourceModule, Workspace, module_of_file,
    parsed,
};
use crate::lints::pins;
use crate::place::Finding;
use crate::system::{FileKind, MAX_FILE_BYTES, System};
use crate::typed::ModuleId;

/// Files and modules that have been read; kept from one load to the next, so that only what changed is computed again.
#[derive(Default)]
pub(crate) struct Loader {
    files: BTreeMap<PathBuf, SourceFile>,
    modules: BTreeMap<(PathBuf, ModuleId), SourceModule>,
    /// Of what is not known to be edited.
    durability: Durability,
}

/// What became of a new text of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edited {
    /// The program has it.
    Taken,
    /// The program has to be loaded again for it.
    ToLoad,
    /// The file is none of the program.
    Elsewhere,
}

/// A package with all that it uses.
#[derive(Default)]
pub(crate) struct Loaded {
    /// Every module, each after those it uses.
    pub(crate) modules: Vec<SourceModule>,
    /// The modules that were asked for: the entry and those it reaches in its own package, and further files.
    pub(crate) own: Vec<SourceModule>,
    pub(crate) entry: Option<SourceModule>,
    pub(crate) manifest: Option<Manifest>,
    /// The images that its `pipe.lock` pins, with their digests, if it has one.
    pub(crate) pins: Option<BTreeMap<String, String>>,
    /// What is wrong with `use` items.
    pub(crate) findings: Vec<Finding>,
    /// What is wrong with manifests and files.
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// Texts that diagnostics point into, besides the modules'.
    pub(crate) texts: BTreeMap<Arc<str>, Arc<str>>,
}

/// A package during a load.
pub(super) struct Package {
    pub(super) dir: PathBuf,
    /// What stands before its modules' names: `go_ci/`; empty for the root.
    pub(super) prefix: String,
    pub(super) entry: PathBuf,
    pub(super) manifest: Option<Manifest>,
    /// What it is a part of when it was fetched.
    pub(super) unit: Option<Unit>,
    /// What its modules are told of it.
    facts: Arc<PackageFacts>,
    /// It is written for another `pipe`: this one cannot read it.
    pub(super) unreadable: bool,
}

impl Loader {
    /// Loads a package: its entry module, or the given files of it, and all that they use.
    pub(crate) fn load(
        &mut self,
        db: &mut Database,
        system: &dyn System,
        root: &PackageRoot,
        files: &[PathBuf],
    ) -> Loaded {
        let mut load = Load {
            loader: self,
            db,
            files: Files::new(system),
            locked: Locked::default(),
            out: Loaded::default(),
            packages: Vec::new(),
            by_dir: BTreeMap::new(),
            names: pipe_stdlib::MODULES
                .iter()
                .map(|source| (source.name.to_owned(), PathBuf::new()))
                .collect(),
            done: BTreeMap::new(),
            path: Vec::new(),
        };
        load.run(root, files);
        let out = load.out;
        let durability = self.durability;
        let modules: Arc<[SourceModule]> = out.modules.clone().into();
        match Workspace::try_get(db) {
            Some(workspace) if *workspace.modules(db) != modules => {
                workspace.set_modules(db).to(modules);
            }
            Some(_) => {}
            None => {
                // A singleton: the database keeps it.
                let _ = Workspace::builder(modules).durability(durability).new(db);
            }
        }
        out
    }

    /// What is not edited depends on nothing that is: see [`crate::Analysis::for_editing`].
    pub(crate) fn expect_edits(&mut self) {
        self.durability = Durability::MEDIUM;
    }

    /// The module of a file of the program that was loaded last.
    pub(crate) fn module(&self, db: &Database, canonical: &Path) -> Option<SourceModule> {
        let file = *self.files.get(canonical)?;
        module_of_file(db, file.name(db)).filter(|module| module.file(db) == file)
    }

    /// Takes a new text of a file, by its canonical path.
    pub(crate) fn edit(&mut self, db: &mut Database, canonical: &Path, text: &str) -> Edited {
        let Some(module) = self.module(db, canonical) else { return Edited::Elsewhere };
        // A dependency may have been fetched: what was checked of it is what counts.
        if text.len() as u64 > MAX_FILE_BYTES || !module.role(db).in_root_package() {
            return Edited::ToLoad;
        }
        let file = module.file(db);
        if **file.text(db) == *text {
            return Edited::Taken;
        }
        let before = uses(db, file);
        db.readings().follow(file);
        // What was edited once will be edited again.
        file.set_text(db).with_durability(Durability::LOW).to(text.into());
        if uses(db, file) == before { Edited::Taken } else { Edited::ToLoad }
    }
}

pub(super) struct Load<'a> {
    loader: &'a mut Loader,
    pub(super) db: &'a mut Database,
    pub(super) files: Files<'a>,
    pub(super) locked: Locked,
    pub(super) out: Loaded,
    pub(super) packages: Vec<Package>,
    /// Packages by their canonical folder: one package, whatever name leads to it.
    by_dir: BTreeMap<PathBuf, usize>,
    /// Names of modules that are taken, with their files.
    names: BTreeMap<String, PathBuf>,
    /// Modules by canonical path; `None` while their imports are being loaded.
    pub(super) done: BTreeMap<PathBuf, Option<SourceModule>>,
    /// Names of the modules on the way from the entry.
    pub(super) path: Vec<(PathBuf, String)>,
}

impl Load<'_> {
    fn run(&mut self, root: &PackageRoot, files: &[PathBuf]) {
        self.lock(root);
        let package = self.package(&root.dir, root.manifest.as_deref(), &root.entry, String::new(), None);
        self.out.manifest = self.packages.get(package).and_then(|package| package.manifest.clone());
        let entry = self.packages.get(package).map(|package| package.entry.clone()).unwrap_or_default();
        let mut wanted = vec![entry.clone()];
        wanted.extend(files.iter().map(|file| absolute(&self.files, file)));
        for (index, file) in wanted.iter().enumerate() {
            let optional = index == 0 && !files.is_empty();
            if optional && self.files.kind(file) != Some(FileKind::File) {
                continue;
            }
            // A file that the user names is read wherever it lies; one that the package names, within it.
            if index == 0 && !wanted[1..].contains(file) && self.leads_out(&root.dir, file) {
                continue;
            }
            let module = self.module(package, file);
            if index == 0 {
                self.out.entry = module;
            }
        }
    }

    /// Reads what the lock says of packages and of images.
    fn lock(&mut self, root: &PackageRoot) {
        let text = lock_text(self.files.system, root);
        self.out.pins = text.as_deref().map(pins);
        let text = text.unwrap_or_default();
        match Locked::read(self.files.system, root, &text) {
            Ok(locked) => self.locked = locked,
            Err(error) => {
                let name: Arc<str> = shown(&self.files, &root.dir.join(LOCK)).into();
                self.out.diagnostics.push(unusable::bad_lock(&error, &name, &text));
                self.out.texts.insert(name, text.into());
            }
        }
    }

    /// Registers a package, with its manifest read.
    pub(super) fn package(
        &mut self,
        dir: &Path,
        manifest: Option<&Path>,
        entry: &Path,
        prefix: String,
        unit: Option<Unit>,
    ) -> usize {
        let canonical = self.files.canonical(dir).unwrap_or_else(|_| dir.to_path_buf());
        if let Some(&known) = self.by_dir.get(&canonical) {
            return known;
        }
        let manifest = manifest.filter(|path| !self.leads_out(dir, path));
        let manifest = manifest.and_then(|path| self.manifest(path));
        let unreadable = manifest.as_ref().is_some_and(|manifest| manifest.for_another_pipe);
        let facts = facts(&prefix, manifest.as_ref());
        let named = manifest.as_ref().and_then(|manifest| manifest.entry.as_deref());
        let entry = named.map_or_else(|| entry.to_path_buf(), |entry| dir.join(entry));
        let dir = dir.to_path_buf();
        self.packages.push(Package { dir, prefix, entry, manifest, unit, facts, unreadable });
        self.by_dir.insert(canonical, self.packages.len() - 1);
        self.packages.len() - 1
    }

    fn manifest(&mut self, path: &Path) -> Option<Manifest> {
        let name: Arc<str> = shown(&self.files, path).into();
        match self.files.read(path) {
            Ok(text) => {
                let (manifest, diagnostics) = manifest::parse(&text, &name);
                self.out.diagnostics.extend(diagnostics);
                self.out.texts.insert(name, text.into());
                Some(manifest)
            }
            Err(error) => {
                self.unreadable(&name, &error);
                None
            }
        }
    }

    fn unreadable(&mut self, name: &Arc<str>, error: &std::io::Error) {
        let reason = match error.kind() {
            std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
            std::io::ErrorKind::FileTooLarge => {
                format!("it is too large: at most {} MiB are read", MAX_FILE_BYTES >> 20)
            }
            _ => error.to_string(),
        };
        self.not_read(name, &reason);
    }

    /// Whether a file of a package is a link that leads out of it, which is told. What a diagnostic shows of it would be in the log of
    /// whoever only checks the package.
    pub(super) fn leads_out(&mut self, dir: &Path, file: &Path) -> bool {
        let out = leads_out(&self.files, dir, file);
        if out {
            let name: Arc<str> = shown(&self.files, file).into();
            self.not_read(&name, "it is a link that leads out of the package");
        }
        out
    }

    fn not_read(&mut self, name: &Arc<str>, reason: &str) {
        let place = FileSpan { file: name.clone(), start: 0, end: 0 };
        self.out.texts.entry(name.clone()).or_insert_with(|| Arc::from(""));
        self.out.diagnostics.push(Diagnostic::error(
            "unreadable-file",
            format!("cannot read `{name}`: {reason}"),
            place,
        ));
    }

    /// Loads a module and all it uses. `None` when it cannot be read, or is on the way to itself.
    pub(super) fn module(&mut self, package: usize, file: &Path) -> Option<SourceModule> {
        let canonical = self.files.canonical(file).unwrap_or_else(|_| file.to_path_buf());
        if let Some(known) = self.done.get(&canonical) {
            return *known;
        }
        if self.packages.get(package).is_some_and(|package| package.unreadable) {
            return None;
        }
        let Some(source) = self.source(file, &canonical) else {
            // Reported once, however many use it.
            self.done.insert(canonical, None);
            return None;
        };
        let (name, role) = self.name(package, file, &canonical);
        let facts = self.packages.get(package).map(|package| package.facts.clone()).unwrap_or_default();
        let module = self.register(&canonical, &name, source, role, facts);
        self.done.insert(canonical.clone(), None);
        self.path.push((canonical.clone(), name));
        let imports = self.imports(package, file, module);
        self.path.pop();
        if **module.imports(self.db) != imports {
            module.set_imports(self.db).to(Arc::new(imports));
        }
        self.done.insert(canonical, Some(module));
        self.out.modules.push(module);
        if role.in_root_package() {
            self.out.own.push(module);
        }
        Some(module)
    }

    /// The file's text as an input of the database.
    fn source(&mut self, file: &Path, canonical: &Path) -> Option<SourceFile> {
        let name: Arc<str> = shown(&self.files, file).into();
        let text: Arc<str> = match self.files.read(file) {
            Ok(text) => text.into(),
            Err(error) => {
                self.unreadable(&name, &error);
                return None;
            }
        };
        match self.loader.files.get(canonical) {
            Some(&known) => {
                if **known.text(self.db) != *text {
                    known.set_text(self.db).to(text);
                }
                if **known.name(self.db) != *name {
                    known.set_name(self.db).to(name);
                }
                Some(known)
            }
            None => {
                let source = SourceFile::builder(name, text).durability(self.loader.durability).new(self.db);
                self.loader.files.insert(canonical.to_path_buf(), source);
                Some(source)
            }
        }
    }

    /// The module's name in the program, and its role.
    fn name(&mut self, package: usize, file: &Path, canonical: &Path) -> (String, Role) {
        let Some(known) = self.packages.get(package) else { return ("main".into(), Role::Root) };
        let relative = file.strip_prefix(&known.dir).unwrap_or(file).with_extension("");
        let relative = relative.to_string_lossy().replace('\\', "/");
        let role = match (package, file == known.entry) {
            (0, true) => Role::Entry,
            (0, false) => Role::Root,
            _ => Role::Dependency,
        };
        let base = format!("{}{relative}", known.prefix);
        let mut name = base.clone();
        let mut number = 2;
        while self.names.get(&name).is_some_and(|other| other != canonical) {
            name = format!("{base}~{number}");
            number += 1;
        }
        self.names.insert(name.clone(), canonical.to_path_buf());
        (name, role)
    }

    fn register(
        &mut self,
        canonical: &Path,
        name: &str,
        source: SourceFile,
        role: Role,
        facts: Arc<PackageFacts>,
    ) -> SourceModule {
        let id = ModuleId(name.into());
        let key = (canonical.to_path_buf(), id.clone());
        match self.loader.modules.get(&key) {
            Some(&known) => {
                if known.role(self.db) != role {
                    known.set_role(self.db).to(role);
                }
                if *known.package(self.db) != facts {
                    known.set_package(self.db).to(facts);
                }
                known
            }
            None => {
                let module = SourceModule::builder(id, source, role, facts, Arc::new(Imports::new()));
                let module = module.durability(self.loader.durability).new(self.db);
                self.loader.modules.insert(key, module);
                module
            }
        }
    }
}

/// The `use` items of a file, wherever in it they stand.
fn uses(db: &Database, file: SourceFile) -> Vec<Arc<ast::ItemKind>> {
    let items = parsed(db, file).items.iter().map(|item| &item.kind);
    items.filter(|kind| matches!(***kind, ast::ItemKind::Use(_))).cloned().collect()
}

fn facts(prefix: &str, manifest: Option<&Manifest>) -> Arc<PackageFacts> {
    let (permissions, edition) =
        manifest.map(|manifest| (manifest.permissions.clone(), manifest.edition)).unwrap_or_default();
    Arc::new(PackageFacts { name: prefix.trim_end_matches('/').into(), permissions, edition })
}

/// Paths of every `.pipe` file below a folder, without hidden folders.
pub(crate) fn pipe_files(system: &dyn System, dir: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    let mut folders = vec![dir.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in system.list(&folder).unwrap_or_default() {
            let path = folder.join(&entry.name);
            match entry.kind {
                FileKind::Dir if !entry.name.starts_with('.') => folders.push(path),
                FileKind::File if entry.name.ends_with(".pipe") => {
                    found.insert(path);
                }
                _ => {}
            }
        }
    }
    found
}
