//! The packages that open documents belong to, each with a database of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pipe_analysis::{Analysis, PackageRoot};
use pipe_ide::{PackageFolder, Snapshot};
use tower_lsp::ls_types::{Diagnostic, Uri};

use super::Agreement;
use crate::ask::{Names, Opened};
use crate::overlay::Overlay;

/// The packages that open documents belong to. A package keeps its index as long as the server runs.
#[derive(Default)]
pub(super) struct Packages {
    all: Vec<Option<Package>>,
}

/// A package with open documents.
pub(super) struct Package {
    root: PackageRoot,
    analysis: Analysis,
    folder: PackageFolder,
    /// Open documents that belong to it.
    documents: BTreeSet<PathBuf>,
    /// Something changed since it was read.
    stale: bool,
    /// What is wrong in it has not been looked for since.
    undiagnosed: bool,
    /// Nothing was said about it yet.
    pub(super) fresh: bool,
    /// Counts the changes: what was found before one is not said after it.
    pub(super) generation: u64,
    /// Files that something was said about.
    said: BTreeMap<String, Uri>,
}

impl Packages {
    pub(super) fn get(&mut self, index: usize) -> Option<&mut Package> {
        self.get_mut(index)
    }

    pub(super) fn get_mut(&mut self, index: usize) -> Option<&mut Package> {
        self.all.get_mut(index)?.as_mut()
    }

    /// The package of an open document.
    pub(super) fn of(&mut self, path: &Path) -> Option<&mut Package> {
        self.all.iter_mut().flatten().find(|package| package.documents.contains(path))
    }

    /// Adds a document to its package.
    pub(super) fn add(&mut self, overlay: &Overlay, path: &Path) {
        let dir = path.parent().unwrap_or(path);
        let root = PackageRoot::of_file(&overlay.system(dir), path);
        let known = self.all.iter_mut().flatten().find(|package| package.root == root);
        match known {
            Some(package) => {
                package.documents.insert(path.to_path_buf());
            }
            None => {
                let system = Arc::new(overlay.system(&root.dir));
                self.all.push(Some(Package {
                    folder: PackageFolder::new(system.clone(), root.dir.clone()),
                    analysis: Analysis::new(system),
                    documents: BTreeSet::from([path.to_path_buf()]),
                    stale: true,
                    undiagnosed: true,
                    fresh: true,
                    generation: 0,
                    said: BTreeMap::new(),
                    root,
                }));
            }
        }
    }

    /// Takes a document out. A package without any goes, too: files that something was said about, about which there is nothing to
    /// say any more.
    pub(super) fn remove(&mut self, path: &Path) -> Vec<Uri> {
        let mut silent = Vec::new();
        for slot in &mut self.all {
            let Some(package) = slot else { continue };
            if package.documents.remove(path) && package.documents.is_empty() {
                silent.extend(std::mem::take(&mut package.said).into_values());
                *slot = None;
            }
        }
        silent
    }

    /// Moves a document if it belongs to another package by now; as for [`Packages::remove`].
    pub(super) fn move_to_its_package(&mut self, overlay: &Overlay, path: &Path) -> Vec<Uri> {
        let root = PackageRoot::of_file(&overlay.system(path.parent().unwrap_or(path)), path);
        if self.of(path).is_some_and(|package| package.root == root) {
            return Vec::new();
        }
        let silent = self.remove(path);
        self.add(overlay, path);
        silent
    }

    /// Files came, went or changed on the disk.
    pub(super) fn files_changed(&mut self) {
        self.all.iter_mut().flatten().for_each(|package| package.folder.forget());
        self.all_stale();
    }

    /// Something changed that any of them may use.
    pub(super) fn all_stale(&mut self) {
        for package in self.all.iter_mut().flatten() {
            package.stale = true;
            package.undiagnosed = true;
            package.generation += 1;
        }
    }

    /// An open document of each.
    pub(super) fn documents(&self) -> impl Iterator<Item = &PathBuf> {
        self.all.iter().flatten().filter_map(|package| package.documents.first())
    }

    /// Those to look for mistakes in; each is given once.
    pub(super) fn undiagnosed(&mut self) -> impl Iterator<Item = (usize, &mut Package)> {
        let all = self.all.iter_mut().enumerate();
        all.filter_map(|(index, package)| Some((index, package.as_mut()?))).filter_map(|(index, package)| {
            std::mem::take(&mut package.undiagnosed).then_some((index, package))
        })
    }
}

impl Package {
    /// The program as it is now. Reading it waits until earlier snapshots are gone.
    pub(super) fn snapshot(&mut self) -> Snapshot {
        if self.stale {
            let files: Vec<PathBuf> = self.documents.iter().cloned().collect();
            self.analysis.load(&self.root, &files);
            self.stale = false;
        }
        self.analysis.snapshot()
    }

    /// As [`Package::snapshot`], with every module of the package: also those that nothing uses and nobody has open. Whoever asks next
    /// has the program as it is again.
    pub(super) fn whole(&mut self) -> Snapshot {
        let others = self.folder.module_paths().map(|path| self.root.dir.join(path));
        let files: Vec<PathBuf> = self.documents.iter().cloned().chain(others).collect();
        self.analysis.load(&self.root, &files);
        self.stale = true;
        self.analysis.snapshot()
    }

    /// The name of a file in the program.
    pub(super) fn name_of(&self, path: &Path) -> String {
        path.strip_prefix(&self.root.dir).unwrap_or(path).to_string_lossy().into_owned()
    }

    pub(super) fn names(&self, open: &Arc<BTreeMap<PathBuf, Opened>>, agreement: Agreement) -> Names {
        Names {
            dir: self.root.dir.clone(),
            folder: self.folder.clone(),
            open: open.clone(),
            encoding: agreement.encoding,
            standard_library: agreement.standard_library,
        }
    }

    /// What is to be said about the files of the package: also that nothing is wrong any more where something was.
    pub(super) fn published(
        &mut self,
        mut found: BTreeMap<String, Vec<Diagnostic>>,
        names: &Names,
    ) -> Vec<(Uri, PathBuf, Vec<Diagnostic>)> {
        let open: Vec<String> = self.documents.iter().map(|path| self.name_of(path)).collect();
        for file in open.iter().chain(self.said.keys()) {
            found.entry(file.clone()).or_default();
        }
        let mut out = Vec::new();
        for (file, diagnostics) in found {
            let path = self.root.dir.join(&file);
            let Some(uri) = names.uri_of_path(&path) else { continue };
            match diagnostics.is_empty() && !names.open.contains_key(&path) {
                true => self.said.remove(&file),
                false => self.said.insert(file, uri.clone()),
            };
            out.push((uri, path, diagnostics));
        }
        out
    }
}
