//! The file system that a step will see, before it is mounted: regions, each a stack of layers or a part of the host.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Component, Path, PathBuf};

use super::layers::{Entry, LayerIndex, Stack};

/// A part of the file system with one source.
pub(super) struct Region {
    /// Where it begins: an absolute path without links.
    pub(super) at: PathBuf,
    pub(super) content: Content,
}

/// What a region shows.
pub(super) enum Content {
    /// Layers; the step writes over them.
    Layers(Stack),
    /// A folder of the host, read-only.
    Host(PathBuf),
    /// A single file: the host's, or the step's own copy.
    File(PathBuf),
    /// A cache volume's folder; the step writes to it.
    Volume(PathBuf),
    /// An empty folder in memory.
    Tmpfs,
    /// A file that only the step reads: with a secret, or a socket.
    Secret,
}

/// All regions, the root first.
pub(super) struct View<'a> {
    pub(super) regions: Vec<Region>,
    pub(super) index: &'a LayerIndex,
}

/// Where a path leads.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Absolute, without links.
    pub(super) path: PathBuf,
    pub(super) kind: PlaceKind,
}

/// What is there.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum PlaceKind {
    Dir,
    /// Readable at this path by the supervisor.
    File(PathBuf),
    Missing,
}

/// As many links as the kernel follows.
const MAX_LINKS: usize = 40;

impl View<'_> {
    /// The innermost region that holds a path without links.
    pub(super) fn region_of(&self, path: &Path) -> Option<(usize, &Region)> {
        let holds = |(_, region): &(usize, &Region)| path.starts_with(&region.at);
        self.regions.iter().enumerate().filter(holds).max_by_key(|(index, region)| {
            // The later of two at one path is on top.
            (region.at.components().count(), *index)
        })
    }

    /// What is at a path whose parents are folders.
    pub(super) fn entry(&self, path: &Path) -> Entry {
        let Some((_, region)) = self.region_of(path) else { return Entry::Missing };
        let inside = path.strip_prefix(&region.at).unwrap_or(path);
        match &region.content {
            Content::Layers(stack) => stack.entry(inside, self.index),
            Content::Host(folder) | Content::Volume(folder) => host_entry(folder.join(inside)),
            Content::Tmpfs if inside.as_os_str().is_empty() => Entry::Dir(PathBuf::new()),
            Content::Tmpfs => Entry::Missing,
            Content::File(file) => Entry::File(file.clone()),
            // Nothing is there for others.
            Content::Secret => Entry::File(PathBuf::new()),
        }
    }

    /// Follows a path as a process in the step would.
    pub(super) fn resolve(&self, path: &Path) -> Result<Place, String> {
        let mut pending: VecDeque<OsString> = names(path);
        let mut current = PathBuf::from("/");
        let mut links = 0;
        while let Some(name) = pending.pop_front() {
            if name == ".." {
                current.pop();
                continue;
            }
            let next = current.join(&name);
            match self.entry(&next) {
                Entry::Dir(_) => current = next,
                Entry::Symlink(target) => {
                    links += 1;
                    if links > MAX_LINKS {
                        return Err(format!("`{}` goes through too many links", path.display()));
                    }
                    if target.is_absolute() {
                        current = PathBuf::from("/");
                    }
                    for name in names(&target).into_iter().rev() {
                        pending.push_front(name);
                    }
                }
                Entry::File(_) if !pending.is_empty() => {
                    return Err(format!("`{}` is a file, not a folder", next.display()));
                }
                Entry::File(file) => return Ok(Place { path: next, kind: PlaceKind::File(file) }),
                Entry::Missing if pending.iter().any(|name| name == "..") => {
                    return Err(format!("`{}` goes through a folder that is not there", path.display()));
                }
                Entry::Missing => {
                    let path = pending.iter().fold(next, |path, name| path.join(name));
                    return Ok(Place { path, kind: PlaceKind::Missing });
                }
            }
        }
        Ok(Place { path: current, kind: PlaceKind::Dir })
    }
}

impl View<'_> {
    /// The beginning of a file, at most so many bytes; nothing of what is none.
    pub(super) fn read(&self, path: &Path, most: u64) -> Vec<u8> {
        let Ok(Place { kind: PlaceKind::File(file), .. }) = self.resolve(path) else { return Vec::new() };
        let mut bytes = Vec::new();
        // A file that cannot be read is as good as none; a pipe in its place must not hold anybody up.
        let opened = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(file);
        let read = opened.and_then(|file| match file.metadata()?.is_file() {
            true => file.take(most).read_to_end(&mut bytes),
            false => Ok(0),
        });
        if read.is_ok() { bytes } else { Vec::new() }
    }
}

fn names(path: &Path) -> VecDeque<OsString> {
    let name = |component: Component<'_>| match component {
        Component::Normal(_) | Component::ParentDir => Some(component.as_os_str().to_owned()),
        _ => None,
    };
    path.components().filter_map(name).collect()
}

fn host_entry(path: PathBuf) -> Entry {
    match std::fs::symlink_metadata(&path) {
        Ok(meta) if meta.is_dir() => Entry::Dir(path),
        Ok(meta) if meta.is_symlink() => std::fs::read_link(&path).map_or(Entry::Missing, Entry::Symlink),
        Ok(_) => Entry::File(path),
        Err(_) => Entry::Missing,
    }
}
