//! What `use` items name.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use pipe_diagnostics::Diagnostic;
use pipe_syntax::{Span, ast};

use super::loader::Load;
use super::manifest::DependencySource;
use super::root::{DEFAULT_ENTRY, MANIFEST, shown};
use crate::db::{Imports, SourceModule, items};
use crate::nearest::with_nearest;
use crate::place::{Finding, ItemKey, ItemTag, Place};
use crate::stack::deeper;
use crate::system::FileKind;

/// A `use` item to follow.
struct Import {
    name: Arc<str>,
    key: ItemKey,
    path: ast::UsePath,
    span: Span,
}

impl Load<'_> {
    /// What the `use` items of a module mean; each module that is named is loaded.
    pub(super) fn imports(&mut self, package: usize, file: &Path, module: SourceModule) -> Imports {
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
        let entry = folder.join(DEFAULT_ENTRY);
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
        let folder = target.dir.clone();
        if self.leads_out(&folder, &path) {
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
