//! What `use` items name.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use pipe_diagnostics::Diagnostic;
use pipe_syntax::{Span, ast, deeper};

use super::loader::Load;
use super::manifest::Dependency;
use super::permissions::to_accept;
use super::root::{DEFAULT_ENTRY, MANIFEST, normal, shown};
use super::target::{Target, Unit, target};
use super::unusable;
use crate::db::{Imports, SourceModule, items};
use crate::nearest::with_nearest;
use crate::place::{Finding, ItemKey, ItemTag, Place};
use crate::system::{FileKind, System};

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
        let canonical = self.files.canonical(&path).unwrap_or_else(|_| path.clone());
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
        let canonical_root = self.files.canonical(&root).unwrap_or(root);
        let inside = match self.files.canonical(&target) {
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
        let siblings = self.files.list(&normal(&folder.join(below))).unwrap_or_default();
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
        let prefix = owner.prefix.clone();
        let Some(dependency) = dependencies.get(first.text.as_str()) else {
            self.unknown_package(module, import, first, dependencies.keys());
            return None;
        };
        let dependency = dependency.clone();
        let (folder, unit) = self.dependency_folder(package, module, import, first, &dependency)?;
        let manifest = folder.join(MANIFEST);
        let manifest = (self.files.kind(&manifest) == Some(FileKind::File)).then_some(manifest);
        let entry = folder.join(DEFAULT_ENTRY);
        let index =
            self.package(&folder, manifest.as_deref(), &entry, format!("{prefix}{}/", first.text), unit);
        self.not_accepted(index, &first.text, &dependency);
        let target = self.packages.get(index)?;
        if target.unreadable {
            return None;
        }
        let path = match rest {
            [] => target.entry.clone(),
            rest => {
                let parts: Vec<&str> = rest.iter().map(|name| name.text.as_str()).collect();
                target.dir.join(parts.join("/")).with_extension("pipe")
            }
        };
        if self.files.kind(&path) != Some(FileKind::File) {
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

    /// The folder of a dependency, and what it is a part of when it was fetched.
    fn dependency_folder(
        &mut self,
        package: usize,
        module: SourceModule,
        import: &Import,
        name: &ast::Name,
        dependency: &Dependency,
    ) -> Option<(PathBuf, Option<Unit>)> {
        let owner = self.packages.get(package)?;
        match target(&owner.dir, owner.unit.as_ref(), &dependency.source) {
            Target::Folder(folder, unit) => {
                if self.files.kind(&folder) == Some(FileKind::Dir) {
                    return Some((folder, unit));
                }
                let place = dependency.place.clone();
                let message =
                    format!("the folder of `{}` does not exist: {}", name.text, shown(&self.files, &folder));
                let known = self.out.diagnostics.iter().any(|known| known.primary.place == place);
                if !known {
                    self.out.diagnostics.push(Diagnostic::error("import-not-found", message, place));
                }
                None
            }
            Target::Outside => {
                let message = format!("`{}` lies outside the repository that its user comes from", name.text);
                self.report(module, import, |place| {
                    Diagnostic::error("import-outside-package", message, place)
                        .help("name it by `git` in the manifest that wants it")
                });
                None
            }
            Target::Package(source) => match self.files.take(&self.locked, &source) {
                Ok((root, locked)) => {
                    let unit = Unit { source, root: root.clone(), allowed: Some(locked.allowed) };
                    Some((root, Some(unit)))
                }
                Err(reason) => {
                    self.report(module, import, |place| {
                        unusable::finding(&name.text, &source, &reason, place)
                    });
                    None
                }
            },
        }
    }

    /// Says when a fetched package wants more than was accepted.
    fn not_accepted(&mut self, package: usize, name: &str, dependency: &Dependency) {
        let Some(package) = self.packages.get(package) else { return };
        let Some(allowed) = package.unit.as_ref().and_then(|unit| unit.allowed.as_ref()) else { return };
        let wanted =
            package.manifest.as_ref().map(|manifest| manifest.permissions.clone()).unwrap_or_default();
        let more = to_accept(&wanted.wanted(), Some(allowed));
        let place = dependency.place.clone();
        let said = |known: &Diagnostic| known.primary.place == place;
        if !more.is_empty() && !self.out.diagnostics.iter().any(said) {
            self.out.diagnostics.push(unusable::not_accepted(name, &more, place));
        }
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
