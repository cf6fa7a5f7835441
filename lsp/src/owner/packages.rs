//! The packages that open documents belong to, each with a database of its own.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use pipe_analysis::{Analysis, Edited, PackageRoot};
use pipe_ide::{PackageFolder, Results, Snapshot};
use tower_lsp::ls_types::{Diagnostic, Uri};

use super::Agreement;
use super::looking::Looked;
use crate::ask::{Names, Opened};
use crate::overlay::Overlay;

/// The packages that open documents belong to. A package keeps its index as long as the server runs.
#[derive(Default)]
pub(super) struct Packages {
    all: Vec<Option<Package>>,
    /// The package that a folder belongs to, if it belongs to one; looked up again when files came or went.
    roots: HashMap<PathBuf, Option<PackageRoot>>,
    generations: Generations,
}

/// Numbers the states of all packages. No number comes twice, also after they were forgotten: what was found in one of them fits
/// no other.
#[derive(Clone, Default)]
struct Generations(Arc<AtomicU64>);

impl Generations {
    fn next(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed)
    }
}

/// A package with open documents.
pub(super) struct Package {
    root: PackageRoot,
    analysis: Analysis,
    folder: PackageFolder,
    /// Open documents that belong to it.
    documents: BTreeSet<PathBuf>,
    behind: Behind,
    /// What is wrong in it has not been looked for since it changed.
    undiagnosed: bool,
    /// Looking for it was interrupted, and has not begun again.
    pub(super) interrupted: bool,
    /// Held by each question that every module is looked at for.
    asking: Arc<()>,
    /// Nothing was said about it yet.
    pub(super) fresh: bool,
    /// Another one after each change: what was found before one is not said after it.
    pub(super) generation: u64,
    generations: Generations,
    /// The generation that its texts were last edited for: what was found for another one has places that are none any more.
    pub(super) edits: u64,
    /// What is known of its steps, for the texts as they are.
    pub(super) results: Option<Arc<Results>>,
    /// The last look for that.
    pub(super) looked: Option<Looked>,
    /// The texts that were looked at last: what is known, and what a look under way will find, has places in these.
    looked_at: BTreeMap<Arc<str>, Arc<str>>,
    /// Stops that look.
    stop: Option<Arc<AtomicBool>>,
    /// What was said last about files.
    said: BTreeMap<String, Said>,
}

/// How far a program is behind its documents and the disk.
enum Behind {
    Not,
    /// Some of its files have these texts now.
    Texts(BTreeMap<PathBuf, Arc<str>>),
    /// It has to be read again.
    All,
}

/// What was said about a file.
struct Said {
    uri: Uri,
    /// That of the text, of a document; `None` when it was closed since.
    version: Option<i32>,
    diagnostics: Vec<Diagnostic>,
}

impl Packages {
    /// Forgets them all, with what they know.
    pub(super) fn forget(&mut self) {
        *self = Packages { generations: self.generations.clone(), ..Packages::default() };
    }

    pub(super) fn get(&mut self, index: usize) -> Option<&mut Package> {
        self.all.get_mut(index)?.as_mut()
    }

    /// The package of an open document, with its index.
    pub(super) fn of(&mut self, path: &Path) -> Option<(usize, &mut Package)> {
        let mut known = self.all.iter_mut().enumerate().filter_map(|(i, slot)| Some((i, slot.as_mut()?)));
        known.find(|(_, package)| package.documents.contains(path))
    }

    /// A document was opened. What a program has read already is no news to it.
    pub(super) fn open(&mut self, overlay: &Overlay, path: &Path, text: &Arc<str>) {
        let is_saved = path.is_file();
        if !is_saved {
            // It may be what makes a folder a package.
            self.roots.clear();
        }
        self.add(overlay, path);
        for package in self.all.iter_mut().flatten() {
            if package.analysis.has_text(path, text) {
                // What is wrong in it is said again, for this version of the text.
                package.undiagnosed |= package.documents.contains(path);
                continue;
            }
            if package.analysis.has(path) {
                package.edited(path, text);
            } else if package.documents.contains(path) || !is_saved {
                package.read_again();
            }
        }
    }

    /// A document was edited.
    pub(super) fn edit(&mut self, path: &Path, text: &Arc<str>) {
        for package in self.all.iter_mut().flatten() {
            if package.documents.contains(path) || package.analysis.has(path) {
                package.edited(path, text);
            }
        }
    }

    /// A document was closed. Files that something was said about, about which there is nothing to say any more.
    pub(super) fn close(&mut self, path: &Path) -> Vec<Uri> {
        self.roots.clear();
        for package in self.all.iter_mut().flatten() {
            let name = package.name_of(path);
            if let Some(said) = package.said.get_mut(&name) {
                said.version = None;
            }
            if package.documents.contains(path) || package.analysis.has(path) {
                package.read_again();
            }
        }
        self.remove(path)
    }

    /// Adds a document to its package.
    pub(super) fn add(&mut self, overlay: &Overlay, path: &Path) {
        let root = self.root_of(overlay, path);
        let known = self.all.iter_mut().flatten().find(|package| package.root == root);
        match known {
            Some(package) => {
                package.documents.insert(path.to_path_buf());
            }
            None => {
                let system = Arc::new(overlay.system(&root.dir));
                self.all.push(Some(Package {
                    folder: PackageFolder::new(system.clone(), root.dir.clone()),
                    analysis: Analysis::new(system).for_editing(),
                    documents: BTreeSet::from([path.to_path_buf()]),
                    behind: Behind::All,
                    undiagnosed: true,
                    interrupted: false,
                    asking: Arc::default(),
                    fresh: true,
                    generation: self.generations.next(),
                    generations: self.generations.clone(),
                    edits: self.generations.next(),
                    results: None,
                    looked: None,
                    looked_at: BTreeMap::new(),
                    stop: None,
                    said: BTreeMap::new(),
                    root,
                }));
            }
        }
    }

    fn root_of(&mut self, overlay: &Overlay, path: &Path) -> PackageRoot {
        let dir = path.parent().unwrap_or(path);
        let found = match self.roots.get(dir) {
            Some(known) => known.clone(),
            None => {
                let found = PackageRoot::discover(&overlay.system(dir), dir);
                self.roots.insert(dir.to_path_buf(), found.clone());
                found
            }
        };
        found.unwrap_or_else(|| PackageRoot::of_file(&overlay.system(dir), path))
    }

    /// Takes a document out. A package without any goes, too: files that something was said about, about which there is nothing to
    /// say any more.
    fn remove(&mut self, path: &Path) -> Vec<Uri> {
        let mut silent = Vec::new();
        for slot in &mut self.all {
            let Some(package) = slot else { continue };
            if package.documents.remove(path) && package.documents.is_empty() {
                silent.extend(std::mem::take(&mut package.said).into_values().map(|said| said.uri));
                *slot = None;
            }
        }
        silent
    }

    /// Moves a document if it belongs to another package by now; as for [`Packages::close`].
    pub(super) fn move_to_its_package(&mut self, overlay: &Overlay, path: &Path) -> Vec<Uri> {
        let root = self.root_of(overlay, path);
        if self.of(path).is_some_and(|(_, package)| package.root == root) {
            return Vec::new();
        }
        if let Some((_, package)) = self.of(path) {
            // From here on its new package speaks of it: the old one must not say that nothing is wrong in it any more.
            package.said.remove(&package.name_of(path));
        }
        let silent = self.remove(path);
        self.add(overlay, path);
        silent
    }

    /// Files may have come, gone or changed on the disk.
    pub(super) fn files_changed(&mut self) {
        self.roots.clear();
        self.all.iter_mut().flatten().for_each(Package::read_again);
    }

    /// An open document of each.
    pub(super) fn documents(&self) -> impl Iterator<Item = &PathBuf> {
        self.all.iter().flatten().filter_map(|package| package.documents.first())
    }

    /// Whether a question is being answered that every module of a package is looked at for.
    pub(super) fn are_asked(&self) -> bool {
        self.all.iter().flatten().any(Package::is_asked)
    }

    /// The first one whose steps are to be looked for, by its last look and its generation; none of which such a question is answered.
    pub(super) fn next_to_look_at(
        &mut self,
        needs: impl Fn(Option<Looked>, u64) -> bool,
    ) -> Option<(usize, &mut Package)> {
        let mut known = self.all.iter_mut().enumerate().filter_map(|(i, slot)| Some((i, slot.as_mut()?)));
        known.find(|(_, package)| !package.is_asked() && needs(package.looked, package.generation))
    }

    /// Those to look for mistakes in; each is given once.
    pub(super) fn undiagnosed(&mut self) -> impl Iterator<Item = (usize, &mut Package)> {
        let all = self.all.iter_mut().enumerate();
        all.filter_map(|(index, package)| Some((index, package.as_mut()?))).filter_map(|(index, package)| {
            let looks = std::mem::take(&mut package.undiagnosed);
            package.interrupted &= !looks;
            looks.then_some((index, package))
        })
    }
}

impl Package {
    /// The program as it is now. Taking what is new waits until earlier snapshots are gone.
    pub(super) fn snapshot(&mut self) -> Snapshot {
        let is_taken = match std::mem::replace(&mut self.behind, Behind::Not) {
            Behind::Not => true,
            // Each is tried, also behind one that is not taken: a file is edited from its first edit on.
            Behind::Texts(texts) => texts.iter().fold(true, |are_taken, (path, text)| {
                self.analysis.edit(path, text) == Edited::Taken && are_taken
            }),
            Behind::All => false,
        };
        if !is_taken {
            let files: Vec<PathBuf> = self.documents.iter().cloned().collect();
            return self.load(&files);
        }
        self.analysis.snapshot()
    }

    /// The program that begins with these files. What is known of steps goes with a text that the disk has another one of.
    fn load(&mut self, files: &[PathBuf]) -> Snapshot {
        self.analysis.load(&self.root, files);
        let snapshot = self.analysis.snapshot();
        let is_other = |(file, text): (Arc<str>, Arc<str>)| {
            self.looked_at.get(&file).is_some_and(|looked_at| *looked_at != text)
        };
        if !self.looked_at.is_empty() && snapshot.texts().into_iter().any(is_other) {
            self.edits = self.generations.next();
            self.looked = None;
            self.forget_results();
        }
        snapshot
    }

    /// As [`Package::snapshot`], for a look that can be stopped: its results are of these texts.
    pub(super) fn snapshot_to_look_at(&mut self, stop: &Arc<AtomicBool>) -> Snapshot {
        let snapshot = self.snapshot();
        self.looked_at = snapshot.texts();
        self.stop = Some(stop.clone());
        snapshot
    }

    /// What was found, and what is being looked for, is of a text that is no more.
    fn forget_results(&mut self) {
        self.results = None;
        self.looked_at.clear();
        if let Some(stop) = self.stop.take() {
            stop.store(true, Ordering::Relaxed);
        }
    }

    /// As [`Package::snapshot`], with every module of the package: also those that nothing uses and nobody has open. Whoever asks next
    /// has the program as it is again.
    pub(super) fn whole(&mut self) -> Snapshot {
        let others = self.folder.module_paths().map(|path| self.root.dir.join(path));
        let files: Vec<PathBuf> = self.documents.iter().cloned().chain(others).collect();
        self.behind = Behind::All;
        self.load(&files)
    }

    /// To be held while a question is answered that every module is looked at for.
    pub(super) fn asking(&self) -> Arc<()> {
        self.asking.clone()
    }

    fn is_asked(&self) -> bool {
        Arc::strong_count(&self.asking) > 1
    }

    /// The names of its open documents.
    pub(super) fn open_files(&self) -> impl Iterator<Item = String> {
        self.documents.iter().map(|path| self.name_of(path))
    }

    /// Whether what is wrong has to be looked for again, and can be: nothing is asked that this would interrupt.
    pub(super) fn looks_again(&mut self) -> bool {
        let again = !self.is_asked() && std::mem::take(&mut self.interrupted);
        self.undiagnosed |= again;
        again
    }

    fn edited(&mut self, path: &Path, text: &Arc<str>) {
        match &mut self.behind {
            Behind::Not => self.behind = Behind::Texts(BTreeMap::from([(path.to_path_buf(), text.clone())])),
            Behind::Texts(texts) => _ = texts.insert(path.to_path_buf(), text.clone()),
            Behind::All => {}
        }
        self.changed();
        self.edits = self.generation;
        self.forget_results();
    }

    fn read_again(&mut self) {
        self.folder.forget();
        self.behind = Behind::All;
        self.changed();
    }

    fn changed(&mut self) {
        self.undiagnosed = true;
        self.generation = self.generations.next();
    }

    /// The name of a file in the program.
    pub(super) fn name_of(&self, path: &Path) -> String {
        path.strip_prefix(&self.root.dir).unwrap_or(path).to_string_lossy().into_owned()
    }

    /// What answers have to know; of what is known of steps, what fits the last snapshot.
    pub(super) fn names(&self, open: &Arc<BTreeMap<PathBuf, Opened>>, agreement: Agreement) -> Names {
        Names {
            dir: self.root.dir.clone(),
            folder: self.folder.clone(),
            open: open.clone(),
            encoding: agreement.encoding,
            standard_library: agreement.standard_library,
            results: self.results.clone(),
            cache_state: agreement.cache_state,
        }
    }

    /// What is to be said about the files of the package: what is not said yet, also that nothing is wrong any more where something was.
    /// About a document it is said for each version of its text.
    pub(super) fn published(
        &mut self,
        mut found: BTreeMap<String, Vec<Diagnostic>>,
        names: &Names,
    ) -> Vec<(Uri, Vec<Diagnostic>, Option<i32>)> {
        let open: Vec<String> = self.open_files().collect();
        for file in open.iter().chain(self.said.keys()) {
            found.entry(file.clone()).or_default();
        }
        let mut out = Vec::new();
        for (file, diagnostics) in found {
            let path = self.root.dir.join(&file);
            let Some(uri) = names.uri_of_path(&path) else { continue };
            let version = names.open.get(&path).map(|open| open.version);
            let is_said = |said: &Said| said.version == version && said.diagnostics == diagnostics;
            if self.said.get(&file).is_some_and(is_said) {
                continue;
            }
            if diagnostics.is_empty() && version.is_none() {
                self.said.remove(&file);
            } else {
                let said = Said { uri: uri.clone(), version, diagnostics: diagnostics.clone() };
                self.said.insert(file, said);
            }
            out.push((uri, diagnostics, version));
        }
        out
    }
}
