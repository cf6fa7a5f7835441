//! The one place that decides what of the host a graph may read.
//!
//! A package may read its own folder, but not through links that leave it; everything else is granted by the user.

use std::io;
use std::path::{Component, Path, PathBuf};

use pipe_ops::{Graph, NodeId, Op, Origin, Output};

/// What the user granted. A value given on the command line is its own grant: who takes it from there puts it here.
#[derive(Clone, Debug, Default)]
pub struct Grants {
    /// Absolute paths that may be read, with all below them.
    pub files: Vec<PathBuf>,
}

/// The host as one package sees it: its own folder and what was granted beside it.
#[derive(Clone, Debug)]
pub struct HostAccess {
    package: PathBuf,
    granted: Vec<PathBuf>,
}

/// A host path that may not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{path}` is outside the package: allow it with `{}`", self.flag())]
pub struct MissingGrant {
    /// The path as the pipeline names it.
    pub path: String,
    /// Where it really is, with all links followed.
    pub real: PathBuf,
    /// The nodes that read it.
    pub nodes: Vec<NodeId>,
    /// Where they were made.
    pub origins: Vec<Origin>,
}

impl MissingGrant {
    /// The flag that grants it.
    pub fn flag(&self) -> String {
        format!("--allow {}", self.grant())
    }

    /// The grant as it is written: `file:PATH`.
    pub fn grant(&self) -> String {
        format!("file:{}", self.real.display())
    }
}

impl HostAccess {
    /// For the package in this folder.
    ///
    /// # Errors
    /// When the folder cannot be resolved.
    pub fn new(package: &Path, grants: &Grants) -> io::Result<HostAccess> {
        let real = |path: &PathBuf| real_path(path).unwrap_or_else(|_| normalised(path));
        let granted = grants.files.iter().map(real).collect();
        Ok(HostAccess { package: package.canonicalize()?, granted })
    }

    /// Where a path of the pipeline really is, if it may be read. Links are followed here, once; what is read afterwards is
    /// the path that is given back. A path that does not exist may be asked for: reading it fails later.
    ///
    /// # Errors
    /// When it leaves the package, by `..`, by being absolute or through a link, and was not granted.
    pub fn resolve(&self, path: &str) -> Result<PathBuf, MissingGrant> {
        let joined = self.package.join(path);
        // What cannot be resolved (a loop of links, a folder that may not be entered) is judged by its name.
        let real = real_path(&joined).unwrap_or_else(|_| normalised(&joined));
        if real.starts_with(&self.package) || self.granted.iter().any(|granted| real.starts_with(granted)) {
            return Ok(real);
        }
        Err(MissingGrant { path: path.to_owned(), real, nodes: Vec::new(), origins: Vec::new() })
    }

    /// What these outputs read of the host and may not, each real path once, in the order of the graph.
    pub fn missing(&self, graph: &Graph, outputs: &[Output]) -> Vec<MissingGrant> {
        let mut missing: Vec<MissingGrant> = Vec::new();
        for id in graph.reachable(outputs) {
            let Some(node) = graph.get(id) else { continue };
            let Some(Err(grant)) = host_path(&node.op).map(|path| self.resolve(path)) else { continue };
            let at = missing.iter().position(|known| known.real == grant.real).unwrap_or_else(|| {
                missing.push(grant);
                missing.len() - 1
            });
            if let Some(known) = missing.get_mut(at) {
                known.nodes.push(id);
                known.origins.extend(node.origins.iter().cloned());
            }
        }
        missing
    }
}

/// The host path an op reads, if it reads one. The host's toolchain needs no grant.
pub(crate) fn host_path(op: &Op) -> Option<&str> {
    match op {
        Op::HostDir(dir) => Some(&dir.path),
        Op::HostFile { path } => Some(path),
        _ => None,
    }
}

/// With all links followed; of a path that does not exist, the part that does.
fn real_path(path: &Path) -> io::Result<PathBuf> {
    match path.canonicalize() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        other => return other,
    }
    // A link that leads nowhere exists itself: what it would lead to is what counts.
    if let Ok(target) = path.read_link() {
        let parent = path.parent().unwrap_or(Path::new("/"));
        return real_path(&parent.join(target));
    }
    match (path.parent(), path.components().next_back()) {
        (Some(parent), Some(Component::ParentDir)) => {
            let parent = real_path(parent)?;
            Ok(parent.parent().unwrap_or(Path::new("/")).to_owned())
        }
        (Some(parent), Some(last)) => Ok(real_path(parent)?.join(last)),
        _ => Ok(path.to_owned()),
    }
}

/// Without `.` and `..`, by name alone.
fn normalised(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::os::unix::fs::symlink;

    use super::*;

    struct Place {
        root: tempfile::TempDir,
    }

    impl Place {
        fn new() -> Place {
            let root = tempfile::tempdir().unwrap();
            std::fs::create_dir_all(root.path().join("package/src")).unwrap();
            std::fs::create_dir_all(root.path().join("other/deep")).unwrap();
            Place { root }
        }

        fn at(&self, path: &str) -> PathBuf {
            self.root.path().canonicalize().unwrap().join(path)
        }

        fn access(&self, granted: &[&str]) -> HostAccess {
            let files = granted.iter().map(|path| self.at(path)).collect();
            HostAccess::new(&self.at("package"), &Grants { files }).unwrap()
        }
    }

    #[test]
    fn the_package_is_its_own() {
        let place = Place::new();
        let access = place.access(&[]);
        assert_eq!(access.resolve("src").unwrap(), place.at("package/src"));
        assert_eq!(access.resolve(".").unwrap(), place.at("package"));
        assert_eq!(access.resolve("src/../src/missing/x").unwrap(), place.at("package/src/missing/x"));
    }

    #[test]
    fn leaving_it_needs_a_grant_whose_flag_is_named() {
        let place = Place::new();
        let refused = place.access(&[]).resolve("../other/deep").unwrap_err();
        assert_eq!(refused.flag(), format!("--allow file:{}", place.at("other/deep").display()));
        assert!(place.access(&[]).resolve("/etc/passwd").is_err());
        assert!(place.access(&[]).resolve("missing/../../other").is_err());
        assert!(place.access(&["other"]).resolve("../other/deep").is_ok());
        assert!(place.access(&["other/deep"]).resolve("../other").is_err());
    }

    #[test]
    fn a_folder_beside_the_package_with_its_name_in_front_is_outside() {
        let place = Place::new();
        std::fs::create_dir(place.at("package-secrets")).unwrap();
        assert!(place.access(&[]).resolve("../package-secrets").is_err());
    }

    #[test]
    fn links_that_leave_the_package_need_a_grant_for_where_they_lead() {
        let place = Place::new();
        symlink(place.at("other"), place.at("package/link")).unwrap();
        symlink("src", place.at("package/inner")).unwrap();
        symlink(place.at("other/not-there"), place.at("package/dangling")).unwrap();
        symlink("loop", place.at("package/loop")).unwrap();
        let access = place.access(&[]);
        assert_eq!(access.resolve("link/deep").unwrap_err().real, place.at("other/deep"));
        assert_eq!(access.resolve("dangling").unwrap_err().real, place.at("other/not-there"));
        assert_eq!(access.resolve("inner").unwrap(), place.at("package/src"));
        assert!(access.resolve("loop").is_ok());
        assert!(place.access(&["other"]).resolve("link/deep").is_ok());
    }
}
