//! Which packages a package needs, as manifests say: what there is to fetch. Modules play no part in it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pipe_syntax::deeper;

use super::fetched::{Files, Locked, Unusable};
use super::lock::PackageLock;
use super::manifest::{self, Manifest};
use super::root::{MANIFEST, PackageRoot, leads_out};
use super::source::PackageSource;
use super::target::{Target, Unit, target};
use crate::system::{FileKind, System};

/// A package that comes by git, of which a package has need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NeededPackage {
    /// What it is.
    pub source: PackageSource,
    /// What its user calls it, behind what that is called itself: `web`, `web/go_ci`.
    pub name: String,
    /// Whether it is there.
    pub state: PackageState,
}

/// Whether a package is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PackageState {
    /// It is, and this is its manifest; `None` when it has none.
    There(Option<Box<Manifest>>),
    /// The lock does not have it.
    NotLocked,
    /// The lock has it, and it is not on this machine.
    NotFetched,
    /// What is there is something else.
    Changed,
    /// It needs itself: the names on the way from it to it.
    Circle(Vec<String>),
}

/// All packages by git that a package needs, directly or through others, each once, after what needs it. What only a package says
/// that is not there yet is not known yet. `vendor/` does not count.
pub fn needed_packages(system: &dyn System, root: &PackageRoot, lock: &PackageLock) -> Vec<NeededPackage> {
    let locked = Locked { lock: lock.clone(), vendored: None };
    let mut walk = Walk {
        files: Files::new(system),
        locked,
        folders: BTreeSet::new(),
        stack: Vec::new(),
        found: Vec::new(),
    };
    walk.folder(&root.dir, None, String::new());
    walk.found
}

struct Walk<'a> {
    files: Files<'a>,
    locked: Locked,
    /// Folders that were looked at.
    folders: BTreeSet<PathBuf>,
    /// Packages on the way from the root.
    stack: Vec<PackageSource>,
    found: Vec<NeededPackage>,
}

impl Walk<'_> {
    fn folder(&mut self, dir: &Path, unit: Option<&Unit>, name: String) -> Option<Manifest> {
        let canonical = self.files.canonical(dir).unwrap_or_else(|_| dir.to_path_buf());
        let file = dir.join(MANIFEST);
        if self.files.kind(&file) != Some(FileKind::File) || leads_out(&self.files, dir, &file) {
            return None;
        }
        let text = self.files.read(&file).ok()?;
        let (manifest, _) = manifest::parse(&text, &Arc::from(MANIFEST));
        if self.folders.insert(canonical) {
            for (local, dependency) in &manifest.dependencies {
                let name = if name.is_empty() { local.clone() } else { format!("{name}/{local}") };
                match target(dir, unit, &dependency.source) {
                    Target::Folder(folder, unit) => {
                        deeper(|| self.folder(&folder, unit.as_ref(), name));
                    }
                    Target::Package(source) => deeper(|| self.package(source, name)),
                    // The checker says it.
                    Target::Outside => {}
                }
            }
        }
        Some(manifest)
    }

    fn package(&mut self, source: PackageSource, name: String) {
        if let Some(from) = self.stack.iter().position(|other| *other == source) {
            let circle = self.stack.iter().skip(from).chain([&source]);
            let circle = circle.map(|source| source.short_name().to_owned()).collect();
            self.found.push(NeededPackage { source, name, state: PackageState::Circle(circle) });
            return;
        }
        if let Some(known) = self.found.iter_mut().find(|known| known.source == source) {
            // Of several names the one that is nearest to the package that is run.
            if name.matches('/').count() < known.name.matches('/').count() {
                known.name = name;
            }
            return;
        }
        let at = self.found.len();
        let state = PackageState::NotLocked;
        self.found.push(NeededPackage { source: source.clone(), name: name.clone(), state });
        let state = match self.files.take(&self.locked, &source) {
            Ok((root, _)) => {
                let unit = Unit { source: source.clone(), root: root.clone(), allowed: None };
                self.stack.push(source);
                let manifest = self.folder(&root, Some(&unit), name);
                self.stack.pop();
                PackageState::There(manifest.map(Box::new))
            }
            Err(Unusable::NotLocked) => PackageState::NotLocked,
            Err(Unusable::NotFetched | Unusable::NotVendored) => PackageState::NotFetched,
            Err(Unusable::Changed(_) | Unusable::ChangedInVendor(_)) => PackageState::Changed,
        };
        if let Some(found) = self.found.get_mut(at) {
            found.state = state;
        }
    }
}
