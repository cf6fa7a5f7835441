//! Where things are mounted, and what must be made so that they can be.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::layers::Entry;
use super::skeleton::Stub;
use super::view::{Content, PlaceKind, Region, View};

/// A view that grows by mounts; remembers the stubs that each region needs.
pub(super) struct MountPoints<'a> {
    pub(super) view: View<'a>,
    /// By region, then by path inside the region.
    stubs: BTreeMap<usize, BTreeMap<PathBuf, Stub>>,
    /// By the path that something is mounted at: what is to be made first in a volume or in memory, by the step's own first process.
    missing: BTreeMap<PathBuf, Vec<(PathBuf, Stub)>>,
}

impl<'a> MountPoints<'a> {
    /// Over a view of the root alone.
    pub(super) fn new(view: View<'a>) -> MountPoints<'a> {
        MountPoints { view, stubs: BTreeMap::new(), missing: BTreeMap::new() }
    }

    /// What must be made in a region.
    pub(super) fn stubs(&self, region: usize) -> Option<&BTreeMap<PathBuf, Stub>> {
        self.stubs.get(&region)
    }

    /// What must be made before something can be mounted at a path.
    pub(super) fn missing(&self, target: &Path) -> &[(PathBuf, Stub)] {
        self.missing.get(target).map_or(&[], Vec::as_slice)
    }

    /// Mounts something: where it really goes, links followed. What is missing is remembered.
    pub(super) fn mount(&mut self, path: &Path, content: Content) -> Result<PathBuf, String> {
        let place = self.view.resolve(path)?;
        if belongs_to_the_sandbox(&place.path) {
            return Err(nothing_there(path, &place.path));
        }
        let is_file = matches!(content, Content::File(_) | Content::Secret);
        match place.kind {
            PlaceKind::Dir if is_file => {
                return Err(format!("`{}` is a folder; a file cannot be mounted there", path.display()));
            }
            PlaceKind::File(_) if !is_file => {
                return Err(format!("`{}` is a file; a folder cannot be mounted there", path.display()));
            }
            PlaceKind::Missing => self.stub(&place.path, if is_file { Stub::File } else { Stub::Dir })?,
            PlaceKind::Dir | PlaceKind::File(_) => {}
        }
        self.view.regions.push(Region { at: place.path.clone(), content });
        Ok(place.path)
    }

    /// Mounts something where the base has a place for it that no layer touched.
    pub(super) fn mount_as_is(&mut self, path: PathBuf, content: Content) -> PathBuf {
        self.view.regions.push(Region { at: path.clone(), content });
        path
    }

    /// Sees to it that a folder of the root is there, itself and no link.
    pub(super) fn require_folder(&mut self, path: &Path) -> Result<(), String> {
        let place = self.view.resolve(path)?;
        match place.kind {
            PlaceKind::Missing if place.path == path => self.stub(path, Stub::Dir),
            PlaceKind::Dir if place.path == path => Ok(()),
            _ => Err(format!("`{}` must be a folder of its own in the root", path.display())),
        }
    }

    /// Sees to it that a link is there, whatever a layer says.
    pub(super) fn require_link(&mut self, path: &Path, target: &Path) -> Result<(), String> {
        match self.view.entry(path) {
            Entry::Symlink(found) if found == target => Ok(()),
            _ => self.stub(path, Stub::Symlink(target.to_path_buf())),
        }
    }

    fn stub(&mut self, path: &Path, stub: Stub) -> Result<(), String> {
        match self.view.region_of(path) {
            Some((index, Region { at, content: Content::Layers(_) })) => {
                let inside = path.strip_prefix(at).unwrap_or(path).to_path_buf();
                self.stubs.entry(index).or_default().insert(inside, stub);
                Ok(())
            }
            Some((_, Region { at, content: Content::Volume(_) | Content::Tmpfs })) => {
                let folders = path.ancestors().skip(1).take_while(|folder| *folder != at.as_path());
                let mut missing: Vec<_> = folders.map(|folder| (folder.to_path_buf(), Stub::Dir)).collect();
                missing.reverse();
                missing.push((path.to_path_buf(), stub));
                self.missing.insert(path.to_path_buf(), missing);
                Ok(())
            }
            _ => Err(format!(
                "`{}` does not exist in the host's tools, which are read-only; mount at another path",
                path.display()
            )),
        }
    }
}

/// The root itself, and what the sandbox mounts: a step's layers may have a link that leads there.
fn belongs_to_the_sandbox(path: &Path) -> bool {
    path == Path::new("/") || ["/proc", "/sys", "/dev"].iter().any(|kept| path.starts_with(kept))
}

fn nothing_there(path: &Path, place: &Path) -> String {
    let link = if path == place { String::new() } else { format!(", which leads to `{}`", place.display()) };
    format!("nothing can be mounted at `{}`{link}", path.display())
}
