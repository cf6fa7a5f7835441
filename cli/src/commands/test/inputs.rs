//! What of the host a test read.

use std::path::{Path, PathBuf};

use pipe_engine::{ignore_files_from, normalised};
use pipe_ops::{GitQuery, Graph, HostDir, Op, Output};
use pipe_store::{Filter, is_ignored};

/// Something of the host that counts for a test.
#[derive(Clone, Debug)]
pub(super) enum HostInput {
    /// A folder, with what of it counts, and where files that say what does not begin to count.
    Dir(PathBuf, Filter, PathBuf),
    /// A file.
    File(PathBuf),
    /// What the repository holds.
    Repo,
    /// Whether files differ from what the repository holds: every file counts.
    Everything,
}

/// What outputs need of the host, seen from the package's folder. Paths are as those of events are: without `.` and `..`.
pub(super) fn of(graph: &Graph, outputs: &[Output], folder: &Path) -> Vec<HostInput> {
    let nodes = graph.reachable(outputs).into_iter().filter_map(|id| graph.get(id));
    let input = |op: &Op| match op {
        Op::HostDir(HostDir { path, include, exclude }) => {
            let filter = Filter::new(include, exclude).unwrap_or_default();
            let dir = normalised(&folder.join(path));
            let from = ignore_files_from(folder, &dir);
            Some(HostInput::Dir(dir, filter, from))
        }
        Op::HostFile { path } => Some(HostInput::File(normalised(&folder.join(path)))),
        Op::Git { query: GitQuery::Dirty, .. } => Some(HostInput::Everything),
        Op::Repo { .. } | Op::Git { .. } => Some(HostInput::Repo),
        _ => None,
    };
    nodes.filter_map(|node| input(&node.op)).collect()
}

impl HostInput {
    /// Whether it may be another one now that something at this path changed.
    pub(super) fn is_touched_by(&self, changed: &Path) -> bool {
        match self {
            HostInput::Everything => true,
            HostInput::Repo => changed.components().any(|part| part.as_os_str() == ".git"),
            HostInput::File(file) => changed == file || file.starts_with(changed),
            HostInput::Dir(folder, filter, from) => match changed.strip_prefix(folder) {
                Ok(path) => {
                    filter.may_count(path, changed.is_file())
                        && !is_ignored(from, folder, path, changed.is_dir())
                }
                // A folder above it was moved away.
                Err(_) => folder.starts_with(changed),
            },
        }
    }

    /// What has to be watched besides the package's folder.
    pub(super) fn outside(&self, folder: &Path) -> Option<&Path> {
        match self {
            HostInput::Dir(path, ..) | HostInput::File(path) if !path.starts_with(folder) => Some(path),
            _ => None,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn only_what_counts_touches_a_folder() {
        let filter = Filter::new(&[], &["dist".to_owned(), "**/*.o".to_owned()]).unwrap();
        let dir = HostInput::Dir("/p/src".into(), filter, "/p/src".into());
        for (path, touched) in [
            ("/p/src/a.c", true),
            ("/p/src", true),
            ("/p", true),
            ("/p/src/x/a.o", false),
            ("/p/src/dist/a.c", false),
            ("/p/other", false),
            ("/p/srcs", false),
        ] {
            assert_eq!(dir.is_touched_by(Path::new(path)), touched, "{path}");
        }
        let file = HostInput::File("/p/VERSION".into());
        assert!(
            file.is_touched_by(Path::new("/p/VERSION")) && !file.is_touched_by(Path::new("/p/VERSION.md"))
        );
        assert!(HostInput::Repo.is_touched_by(Path::new("/p/.git/HEAD")));
        assert!(!HostInput::Repo.is_touched_by(Path::new("/p/HEAD")));
    }
}
