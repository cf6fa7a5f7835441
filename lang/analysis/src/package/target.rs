//! What a dependency of a package means: a folder, or a package that is fetched.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::manifest::DependencySource;
use super::root::normal;
use super::source::{PackageSource, folder_in_repository};

/// What was fetched as one: a folder of a repository with all below it.
#[derive(Clone, Debug)]
pub(super) struct Unit {
    /// What it is.
    pub(super) source: PackageSource,
    /// Where it lies.
    pub(super) root: PathBuf,
    /// What the package at its root was accepted to want; `None` for a package below that.
    pub(super) allowed: Option<BTreeSet<String>>,
}

/// What a dependency means.
#[derive(Debug)]
pub(super) enum Target {
    /// A folder, and what it is a part of when that was fetched.
    Folder(PathBuf, Option<Unit>),
    /// A package that is fetched.
    Package(PackageSource),
    /// A folder outside the repository that the package was fetched from.
    Outside,
}

/// What a dependency means that the package in `dir` names, which is a part of `unit` when it was fetched. A path that leads out of
/// what was fetched, but not out of its repository, is another package of the same version.
pub(super) fn target(dir: &Path, unit: Option<&Unit>, dependency: &DependencySource) -> Target {
    let (path, unit) = match (dependency, unit) {
        (DependencySource::Git(source), _) => return Target::Package(source.clone()),
        (DependencySource::Path(path), None) => return Target::Folder(normal(&dir.join(path)), None),
        (DependencySource::Path(path), Some(unit)) => (path, unit),
    };
    let below = dir.strip_prefix(&unit.root).unwrap_or(Path::new(""));
    let wanted = Path::new(&unit.source.dir).join(below).join(path);
    let Some(wanted) = wanted.to_str().and_then(folder_in_repository) else { return Target::Outside };
    match Path::new(&wanted).strip_prefix(&unit.source.dir) {
        Ok(below) => Target::Folder(unit.root.join(below), Some(Unit { allowed: None, ..unit.clone() })),
        Err(_) => Target::Package(unit.source.beside(wanted)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::source::Reference;
    use super::*;

    fn of(dir: &str, path: &str) -> String {
        let source = PackageSource {
            url: "https://example.com/x".into(),
            reference: Reference::Tag("v1".into()),
            dir: "ci".into(),
        };
        let unit = Unit { source, root: "/store/abc".into(), allowed: None };
        match target(Path::new(dir), Some(&unit), &DependencySource::Path(path.into())) {
            Target::Folder(folder, _) => folder.display().to_string(),
            Target::Package(source) => source.to_string(),
            Target::Outside => "outside".into(),
        }
    }

    #[test]
    fn a_path_stays_in_the_repository() {
        assert_eq!(of("/store/abc", "lib"), "/store/abc/lib");
        assert_eq!(of("/store/abc/lib", "../other"), "/store/abc/other");
        assert_eq!(of("/store/abc", "../common"), "https://example.com/x (common) at tag v1");
        assert_eq!(of("/store/abc/lib", "../../ci"), "/store/abc/");
        assert_eq!(of("/store/abc", ".."), "https://example.com/x at tag v1");
        for out in ["../..", "../../etc", "/etc"] {
            assert_eq!(of("/store/abc", out), "outside", "{out}");
        }
    }
}
