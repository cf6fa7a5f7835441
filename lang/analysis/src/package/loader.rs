//! From a package to its modules: reads what the entry module uses, and what that uses, and refuses circles. An explicit walk outside
//! the queries, so that no query is ever cyclic.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pipe_diagnostics::{Diagnostic, FileSpan};
use pipe_syntax::{Span, ast};
use salsa::Setter;

use super::manifest::{self, DependencySource, Manifest};
use super::root::{MANIFEST, PackageRoot, absolute, shown};
use crate::db::{Database, Imports, Role, SourceFile, SourceModule, Workspace, items};
use crate::nearest::with_nearest;
use crate::place::{Finding, ItemTag, Place};
use crate::stack::deeper;
use crate::system::{FileKind, System};
use crate::typed::ModuleId;

/// Files and modules that have been read; kept from one load to the next, so that only what changed is computed again.
#[derive(Default)]
pub(crate) struct Loader {
    files: BTreeMap<PathBuf, SourceFile>,
    modules: BTreeMap<(PathBuf, ModuleId), SourceModule>,
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
    /// What is wrong with `use` items.
    pub(crate) findings: Vec<Finding>,
    /// What is wrong with manifests and files.
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// Texts that diagnostics point into, besides the modules'.
    pub(crate) texts: BTreeMap<Arc<str>, Arc<str>>,
}

/// A package during a load.
struct Package {
    dir: PathBuf,
    /// What stands before its modules' names: `go_ci/`; empty for the root.
    prefix: String,
    entry: PathBuf,
    manifest: Option<Manifest>,
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
            system,
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
        let modules: Arc<[SourceModule]> = out.modules.clone().into();
        match Workspace::try_get(db) {
            Some(workspace) if *workspace.modules(db) != modules => {
                workspace.set_modules(db).to(modules);
            }
            Some(_) => {}
            None => {
                Workspace::new(db, modules);
            }
        }
        out
    }
}

struct Load<'a> {
    loader: &'a mut Loader,
    db: &'a mut Database,
    system: &'a dyn System,
    out: Loaded,
    packages: Vec<Package>,
    /// Packages by their canonical folder: one package, whatever name leads to it.
    by_dir: BTreeMap<PathBuf, usize>,
    /// Names of modules that are taken, with their files.
    names: BTreeMap<String, PathBuf>,
    /// Modules by canonical path; `None` while their imports are being loaded.
    done: BTreeMap<PathBuf, Option<SourceModule>>,
    /// Names of the modules on the way from the entry.
    path: Vec<(PathBuf, String)>,
}

/// A `use` item to follow.
struct Import {
    name: Arc<str>,
    key: crate::place::ItemKey,
    path: ast::UsePath,
    span: Span,
}

impl Load<'_> {
    fn run(&mut self, root: &PackageRoot, files: &[PathBuf]) {
        let package = self.package(&root.dir, root.manifest.as_deref(), &root.entry, String::new());
        self.out.manifest = self.packages.get(package).and_then(|package| package.manifest.clone());
        let entry = self.packages.get(package).map(|package| package.entry.clone()).unwrap_or_default();
        let mut wanted = vec![entry.clone()];
        wanted.extend(files.iter().map(|file| absolute(self.system, file)));
        for (index, file) in wanted.iter().enumerate() {
            let optional = index == 0 && !files.is_empty();
            if optional && self.system.kind(file) != Some(FileKind::File) {
                continue;
            }
            let module = self.module(package, file);
            if index == 0 {
                self.out.entry = module;
            }
        }
    }

    /// Registers a package, with its manifest read.
    fn package(&mut self, dir: &Path, manifest: Option<&Path>, entry: &Path, prefix: String) -> usize {
        let canonical = self.system.canonical(dir).unwrap_or_else(|_| dir.to_path_buf());
        if let Some(&known) = self.by_dir.get(&canonical) {
            return known;
        }
        let manifest = manifest.and_then(|path| self.manifest(path));
        let named = manifest.as_ref().and_then(|manifest| manifest.entry.as_deref());
        let entry = named.map_or_else(|| entry.to_path_buf(), |entry| dir.join(entry));
        self.packages.push(Package { dir: dir.to_path_buf(), prefix, entry, manifest });
        self.by_dir.insert(canonical, self.packages.len() - 1);
        self.packages.len() - 1
    }

    fn manifest(&mut self, path: &Path) -> Option<Manifest> {
        let name: Arc<str> = shown(self.system, path).into();
        match self.system.read(path) {
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
            std::io::ErrorKind::InvalidData => "it is not UTF-8 text".to_owned(),
            std::io::ErrorKind::FileTooLarge => "it is too large".to_owned(),
            _ => error.to_string(),
        };
        let place = FileSpan { file: name.clone(), start: 0, end: 0 };
        self.out.texts.entry(name.clone()).or_insert_with(|| Arc::from(""));
        self.out.diagnostics.push(Diagnostic::error(
            "unreadable-file",
            format!("cannot read `{name}`: {reason}"),
            place,
        ));
    }

    /// Loads a module and all it uses. `None` when it cannot be read, or is on the way to itself.
    fn module(&mut self, package: usize, file: &Path) -> Option<SourceModule> {
        let canonical = self.system.canonical(file).unwrap_or_else(|_| file.to_path_buf());
        if let Some(known) = self.done.get(&canonical) {
            return *known;
        }
        let source = self.source(file, &canonical)?;
        let (name, role) = self.name(package, file, &canonical);
        let module = self.register(&canonical, &name, source, role);
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
        let name: Arc<str> = shown(self.system, file).into();
        let text: Arc<str> = match self.system.read(file) {
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
                let source = SourceFile::new(self.db, name, text);
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

    fn register(&mut self, canonical: &Path, name: &str, source: SourceFile, role: Role) -> SourceModule {
        let id = ModuleId(name.into());
        let key = (canonical.to_path_buf(), id.clone());
        match self.loader.modules.get(&key) {
            Some(&known) => {
                if known.role(self.db) != role {
                    known.set_role(self.db).to(role);
                }
                known
            }
            None => {
                let module = SourceModule::new(self.db, id, source, role, Arc::new(Imports::new()));
                self.loader.modules.insert(key, module);
                module
            }
        }
    }

    fn imports(&mut self, package: usize, file: &Path, module: SourceModule) -> Imports {
        let uses: Vec<Import> = items(self.db, module)
            .nodes
            .iter()
            .filter(|node| node.key(self.db).kind == ItemTag::Use)
            .filter_map(|node| {
                let ast::ItemKind::Use(item) = &**node.tree(self.db) else { return None };
                let span = match &item.path {
                    ast::UsePath::File { span, .. } => *span,
                    ast::UsePath::Package(names) => names.first()?.span.to(names.last()?.span),
                };
                let key = node.key(self.db).clone();
                Some(Import { name: key.name.clone(), key, path: item.path.clone(), span })
            })
            .collect();
        let mut imports = Imports::new();
        for import in uses {
            let target = self.target(package, file, module, &import);
            imports.entry(import.name.clone()).or_insert(target);
        }
        imports
    }

    fn target(
        &mut self,
        package: usize,
        file: &Path,
        module: SourceModule,
        import: &Import,
    ) -> Option<SourceModule> {
        let (package, path) = match &import.path {
            ast::UsePath::File { path, .. } => {
                (package, self.file_target(package, file, module, import, path)?)
            }
            ast::UsePath::Package(names) => self.package_target(package, module, import, names)?,
        };
        let canonical = self.system.canonical(&path).unwrap_or_else(|_| path.clone());
        if let Some(None) = self.done.get(&canonical) {
            self.cycle(module, import, &canonical);
            return None;
        }
        deeper(|| self.module(package, &path))
    }

    fn report(&mut self, module: SourceModule, import: &Import, build: impl FnOnce(Place) -> Finding) {
        let place =
            Place { module: module.id(self.db).clone(), item: Some(import.key.clone()), span: import.span };
        self.out.findings.push(build(place));
    }

    /// `use "./deploy.pipe" as deploy`.
    fn file_target(
        &mut self,
        package: usize,
        file: &Path,
        module: SourceModule,
        import: &Import,
        path: &str,
    ) -> Option<PathBuf> {
        let folder = file.parent().unwrap_or(file);
        let target = normal(&folder.join(path));
        if Path::new(path).is_absolute() || !path.ends_with(".pipe") {
            self.report(module, import, |place| {
                Diagnostic::error("bad-import", format!("`{path}` is not a module of this package"), place)
                    .help("a module is named by its path from this file, like \"./deploy.pipe\"")
            });
            return None;
        }
        let root = self.packages.get(package).map(|package| package.dir.clone()).unwrap_or_default();
        let canonical_root = self.system.canonical(&root).unwrap_or(root);
        let inside = match self.system.canonical(&target) {
            Ok(canonical) => canonical.starts_with(&canonical_root),
            Err(_) => {
                self.not_found(module, import, path, folder);
                return None;
            }
        };
        if !inside {
            self.report(module, import, |place| {
                Diagnostic::error(
                    "import-outside-package",
                    format!("`{path}` lies outside this package"),
                    place,
                )
                .help(
                    "make its folder a package of its own, and name it under `[dependencies]` in `pipe.toml`",
                )
            });
            return None;
        }
        Some(target)
    }

    fn not_found(&mut self, module: SourceModule, import: &Import, path: &str, folder: &Path) {
        let (below, name) = path.rsplit_once('/').unwrap_or(("", path));
        let siblings = self.system.list(&normal(&folder.join(below))).unwrap_or_default();
        let prefix = path.strip_suffix(name).unwrap_or_default().to_owned();
        let names: Vec<String> = siblings
            .into_iter()
            .filter(|entry| entry.kind == FileKind::File && entry.name.ends_with(".pipe"))
            .map(|entry| entry.name)
            .collect();
        let nearest = pipe_diagnostics::nearest(name, names.iter().map(String::as_str)).map(str::to_owned);
        self.report(module, import, |place| {
            let found =
                Diagnostic::error("import-not-found", format!("there is no file `{path}`"), place.clone());
            match nearest {
                Some(best) => found.help(format!("did you mean \"{prefix}{best}\"?")).fix(
                    format!("write \"{prefix}{best}\""),
                    place,
                    format!("\"{prefix}{best}\""),
                ),
                None => found,
            }
        });
    }

    /// `use go_ci`, `use go_ci.checks`.
    fn package_target(
        &mut self,
        package: usize,
        module: SourceModule,
        import: &Import,
        names: &[ast::Name],
    ) -> Option<(usize, PathBuf)> {
        let (first, rest) = names.split_first()?;
        let owner = self.packages.get(package)?;
        let dependencies =
            owner.manifest.as_ref().map(|manifest| manifest.dependencies.clone()).unwrap_or_default();
        let (dir, prefix) = (owner.dir.clone(), owner.prefix.clone());
        let Some(dependency) = dependencies.get(&first.text) else {
            self.unknown_package(module, import, first, dependencies.keys());
            return None;
        };
        let folder = match &dependency.source {
            DependencySource::Path(path) => normal(&dir.join(path)),
            DependencySource::Git { url, .. } => {
                let message =
                    format!("`{}` comes from {url}, and dependencies by git are not there yet", first.text);
                self.report(module, import, |place| {
                    Diagnostic::error("git-dependency", message, place)
                        .help("clone it and name it by `path` for now")
                });
                return None;
            }
        };
        if self.system.kind(&folder) != Some(FileKind::Dir) {
            let place = dependency.place.clone();
            let message =
                format!("the folder of `{}` does not exist: {}", first.text, shown(self.system, &folder));
            let known = self.out.diagnostics.iter().any(|known| known.primary.place == place);
            if !known {
                self.out.diagnostics.push(Diagnostic::error("import-not-found", message, place));
            }
            return None;
        }
        let manifest = folder.join(MANIFEST);
        let manifest = (self.system.kind(&manifest) == Some(FileKind::File)).then_some(manifest);
        let entry = folder.join(super::root::DEFAULT_ENTRY);
        let index = self.package(&folder, manifest.as_deref(), &entry, format!("{prefix}{}/", first.text));
        let target = self.packages.get(index)?;
        let path = match rest {
            [] => target.entry.clone(),
            rest => {
                let parts: Vec<&str> = rest.iter().map(|name| name.text.as_str()).collect();
                target.dir.join(parts.join("/")).with_extension("pipe")
            }
        };
        if self.system.kind(&path) != Some(FileKind::File) {
            let shown: Vec<&str> = names.iter().map(|name| name.text.as_str()).collect();
            let message = match rest {
                [] => format!("package `{}` has no entry module", first.text),
                _ => format!("there is no module `{}`", shown.join(".")),
            };
            self.report(module, import, |place| Diagnostic::error("import-not-found", message, place));
            return None;
        }
        Some((index, path))
    }

    fn unknown_package<'n>(
        &mut self,
        module: SourceModule,
        import: &Import,
        first: &ast::Name,
        known: impl Iterator<Item = &'n String>,
    ) {
        let mut candidates: Vec<Arc<str>> = known.map(|name| name.as_str().into()).collect();
        let std = pipe_stdlib::MODULES.iter().any(|source| source.name == format!("std/{}", first.text));
        candidates.sort();
        let span = first.span;
        self.report(module, import, |place| {
            let place = Place { span, ..place };
            let found = Diagnostic::error(
                "unknown-package",
                format!("there is no package `{}`", first.text),
                place.clone(),
            );
            let found = with_nearest(found, &first.text, &candidates, place);
            match (found.help.is_some(), std) {
                (true, _) => found,
                (_, true) => found.help("a module of the standard library is there without `use`"),
                _ => found.help("name it under `[dependencies]` in `pipe.toml`"),
            }
        });
    }

    fn cycle(&mut self, module: SourceModule, import: &Import, target: &Path) {
        let from = self.path.iter().position(|(path, _)| path == target).unwrap_or(0);
        let mut names: Vec<&str> = self.path.iter().skip(from).map(|(_, name)| name.as_str()).collect();
        names.extend(self.path.get(from).map(|(_, name)| name.as_str()));
        let message = format!("modules use each other in a circle: {}", names.join(" -> "));
        self.report(module, import, |place| {
            Diagnostic::error("import-cycle", message, place)
                .help("move what both need into a module of its own")
        });
    }
}

/// The path without `.` and `..`, as far as it can be told from its text.
fn normal(path: &Path) -> PathBuf {
    use std::path::Component;
    let mut out = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if matches!(out.components().next_back(), Some(Component::Normal(_))) => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
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
