//! What of a check's files is taken out by globs: `keep:`, `junit`. Also of one that failed.

use std::collections::BTreeMap;

use pipe_ops::pure::{fixed_part, join_path};
use pipe_ops::{Arg, Copy, Op, Output};

use super::places::Place;
use super::starts::plain_copy;
use crate::error::{self, Result};
use crate::machine::{Machine, Site};
use crate::value::ContainerValue;

/// Where files are looked for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Source {
    /// The tree: a mount, or the root.
    mount: Option<usize>,
    /// It begins at the working folder, which lies in that tree; else at the tree's own root.
    at_workdir: bool,
    /// It is a single mounted file.
    is_file: bool,
    /// Where what is found goes.
    to: String,
}

impl Machine {
    /// A folder with the files of a container that match. Relative globs are relative to the working folder, and so are the paths of what
    /// they find; of what others find, to the root. `None` without globs.
    pub(crate) fn kept<G: AsRef<str>>(
        &mut self,
        container: &ContainerValue,
        globs: &[G],
        site: &Site,
    ) -> Result<Option<Output>> {
        if globs.is_empty() {
            return Ok(None);
        }
        let mut found: BTreeMap<Source, Vec<String>> = BTreeMap::new();
        for glob in globs {
            let (source, include) = source(container, glob.as_ref(), site)?;
            found.entry(source).or_default().push(include);
        }
        let mut kept = self.add_main(Op::Empty, site)?;
        for (source, include) in found {
            let tree = match source.mount {
                Some(index) => container.mounts.get(index).and_then(|mount| mount.shown.source()),
                None => Some(container.root),
            };
            let tree = tree.ok_or_else(|| error::internal("no such mount", site.place.clone()))?;
            let tree =
                if source.at_workdir { self.workdir_in(container, tree, &source, site)? } else { tree };
            let include = if source.is_file { Vec::new() } else { include };
            let path = Arg::text(if source.to.is_empty() { "." } else { source.to.as_str() });
            let copy = Copy { path, source: tree, is_file: source.is_file, include, ..plain_copy(kept) };
            kept = self.add_main(Op::Copy(Box::new(copy)), site)?;
        }
        Ok(Some(kept))
    }

    /// The working folder, as a part of the tree that it lies in.
    fn workdir_in(
        &mut self,
        container: &ContainerValue,
        tree: Output,
        source: &Source,
        site: &Site,
    ) -> Result<Output> {
        let path = match source.mount.and_then(|index| container.mounts.get(index)) {
            None => self.workdir_of(container, site)?,
            Some(mount) => Arg::text(inside(container.workdir(), &mount.path).unwrap_or_default()),
        };
        match &path {
            Arg::Const(path) if matches!(path.as_text(), Some("" | "/")) => Ok(tree),
            _ => self.add_main(Op::Subdir { tree, path }, site),
        }
    }
}

/// Where a glob looks, and the glob as it is from there.
fn source(container: &ContainerValue, glob: &str, site: &Site) -> Result<(Source, String)> {
    let workdir = container.workdir();
    let root = |to: &str| Source { mount: None, at_workdir: false, is_file: false, to: to.to_owned() };
    if !workdir.starts_with('/') && !glob.starts_with('/') {
        // Only the image knows where that is. A mount may lie anywhere.
        if container.mounts.is_empty() {
            return Ok((Source { at_workdir: true, ..root("") }, glob.to_owned()));
        }
        let message = format!(
            "`{glob}` is relative to the image's own working folder, which is known only when the image was fetched"
        );
        let error = error::invalid(message, site.place.clone());
        return Err(error.help("give an absolute one, or say `.workdir(\"/…\")` before"));
    }
    let whole = join_path(workdir, glob);
    let below_workdir = inside(&whole, workdir).filter(|_| workdir.starts_with('/'));
    let seen = |path: &str| {
        below_workdir
            .map_or(path.trim_start_matches('/'), |_| inside(path, workdir).unwrap_or_default())
            .to_owned()
    };
    match container.locate(fixed_part(&whole)) {
        Place::Apart(what) => {
            let message = format!("`{glob}` lies in {what}, which only steps read and write");
            let error = error::invalid(message, site.place.clone());
            Err(error.help("copy it inside the step, out to a folder of the container such as `/out`"))
        }
        Place::MountedFile(index) => {
            Ok((Source { mount: Some(index), is_file: true, ..root(&seen(&whole)) }, String::new()))
        }
        Place::Root(_) => match below_workdir {
            Some(rest) => Ok((Source { at_workdir: true, ..root("") }, rest.to_owned())),
            None => Ok((root(""), whole.trim_start_matches('/').to_owned())),
        },
        Place::Mount(index, _) => {
            let path = container.mounts.get(index).map_or("/", |mount| mount.path.as_str());
            let source = Source { mount: Some(index), ..root("") };
            match below_workdir {
                Some(rest) if inside(workdir, path).is_some() => {
                    Ok((Source { at_workdir: true, ..source }, rest.to_owned()))
                }
                _ => {
                    let rest = inside(&whole, path).unwrap_or_default().to_owned();
                    Ok((Source { to: seen(path), ..source }, rest))
                }
            }
        }
    }
}

/// The path of something below a folder, from there on; empty for the folder itself.
fn inside<'p>(path: &'p str, folder: &str) -> Option<&'p str> {
    let rest = path.strip_prefix(folder.trim_end_matches('/'))?;
    if rest.is_empty() { Some("") } else { rest.strip_prefix('/') }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_inside_a_folder() {
        assert_eq!(inside("/a/b", "/a"), Some("b"));
        assert_eq!(inside("/ab", "/a"), None);
        assert_eq!(inside("/a", "/"), Some("a"));
        assert_eq!(inside("/a", "/a"), Some(""));
    }
}
