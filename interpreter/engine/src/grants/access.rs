//! The host as one package sees it.

use std::io;
use std::path::{Path, PathBuf};

use pipe_ops::{Graph, Op, Output};
use pipe_store::ImportOptions;

use super::ask::{MissingGrant, Places, asked};
use super::grant::Grant;
use super::path::resolved;

/// What the user granted. A value given on the command line is its own grant: who takes it from there puts it here.
#[derive(Clone, Debug, Default)]
pub struct Grants {
    /// What was granted.
    pub all: Vec<Grant>,
    /// The user's home: `~` in the place of a secret.
    pub home: Option<PathBuf>,
}

impl Grants {
    /// Whether something was granted.
    pub fn cover(&self, asked: &Grant) -> bool {
        self.all.iter().any(|granted| granted.covers(asked))
    }

    /// Grants reading a file or folder.
    pub fn allow_file(&mut self, path: &Path) {
        self.all.push(Grant::File(resolved(path)));
    }
}

/// The host as one package sees it: its own folder and what was granted beside it.
#[derive(Clone, Debug)]
pub struct HostAccess {
    package: PathBuf,
    grants: Grants,
}

impl HostAccess {
    /// For the package in this folder.
    ///
    /// # Errors
    /// When the folder cannot be resolved.
    pub fn new(package: &Path, grants: &Grants) -> io::Result<HostAccess> {
        Ok(HostAccess { package: package.canonicalize()?, grants: grants.clone() })
    }

    /// The package's folder, with all links followed.
    pub fn package(&self) -> &Path {
        &self.package
    }

    /// Where a path of the pipeline really is, if it may be read. Links are followed here, once; what is read afterwards is
    /// the path that is given back. A path that does not exist may be asked for: reading it fails later.
    ///
    /// # Errors
    /// When it leaves the package, by `..`, by being absolute or through a link, and was not granted.
    pub fn resolve(&self, path: &str) -> Result<PathBuf, MissingGrant> {
        self.check(&Op::HostFile { path: path.to_owned() })?;
        Ok(resolved(&self.package.join(path)))
    }

    /// How a folder is taken in that was resolved.
    pub fn import_options(&self, folder: &Path) -> ImportOptions {
        let from = ignore_files_from(&self.package, folder);
        ImportOptions { ignore_files_from: Some(from), ..ImportOptions::default() }
    }

    /// Where a path of the pipeline that is written really is; whether it may be written was asked before it was to be.
    ///
    /// # Errors
    /// As [`HostAccess::resolve`].
    pub fn destination(&self, op: &Op, path: &str) -> Result<PathBuf, MissingGrant> {
        self.check(op)?;
        Ok(resolved(&self.package.join(path)))
    }

    /// Whether what an op asks for is granted. Nothing is opened or read for the answer.
    ///
    /// # Errors
    /// When it is not.
    pub fn check(&self, op: &Op) -> Result<(), MissingGrant> {
        self.refused(op).into_iter().next().map_or(Ok(()), Err)
    }

    /// All that an op asks for and was not granted. Nothing is opened or read for the answer.
    pub(crate) fn refused(&self, op: &Op) -> Vec<MissingGrant> {
        let places = Places { package: &self.package, home: self.grants.home.as_deref() };
        let missing = asked(op, &places).into_iter().filter(|(grant, _)| !self.grants.cover(grant));
        missing
            .map(|(grant, what)| MissingGrant { grant, what, nodes: Vec::new(), origins: Vec::new() })
            .collect()
    }

    /// What these outputs need and may not have, each grant once, in the order of the graph.
    pub fn missing(&self, graph: &Graph, outputs: &[Output]) -> Vec<MissingGrant> {
        let mut missing: Vec<MissingGrant> = Vec::new();
        for id in graph.reachable(outputs) {
            let Some(node) = graph.get(id) else { continue };
            for one in self.refused(&node.op) {
                let at = missing.iter().position(|known| known.grant == one.grant).unwrap_or_else(|| {
                    missing.push(one);
                    missing.len() - 1
                });
                if let Some(known) = missing.get_mut(at).filter(|known| known.nodes.last() != Some(&id)) {
                    known.nodes.push(id);
                    known.origins.extend(node.origins.iter().cloned());
                }
            }
        }
        missing
    }
}

/// Where the rules of `.gitignore` and `.pipeignore` begin for a folder, all links followed: at the root of the repository that contains the
/// package, or at the package; for a folder elsewhere at the root of its own repository, or at the folder itself.
pub fn ignore_files_from(package: &Path, folder: &Path) -> PathBuf {
    let repository = |of: &Path| {
        let is_root = |at: &&Path| at.join(".git").symlink_metadata().is_ok();
        of.ancestors().find(is_root).unwrap_or(of).to_path_buf()
    };
    let own = repository(package);
    if folder.starts_with(&own) { own } else { repository(folder) }
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
            let mut grants = Grants { home: Some(self.at("home")), ..Grants::default() };
            granted.iter().for_each(|path| grants.allow_file(&self.at(path)));
            HostAccess::new(&self.at("package"), &grants).unwrap()
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
        assert_eq!(access.resolve("link/deep").unwrap_err().grant, Grant::File(place.at("other/deep")));
        assert_eq!(access.resolve("dangling").unwrap_err().grant, Grant::File(place.at("other/not-there")));
        assert_eq!(access.resolve("inner").unwrap(), place.at("package/src"));
        assert!(access.resolve("loop").is_ok());
        assert!(place.access(&["other"]).resolve("link/deep").is_ok());
    }

    fn flag(access: &HostAccess, op: Op) -> Option<String> {
        access.check(&op).err().map(|missing| missing.flag())
    }

    #[test]
    fn rules_begin_at_the_repository() {
        let place = Place::new();
        let from = |folder: &str| ignore_files_from(&place.at("package"), &place.at(folder));
        assert_eq!(from("package/src"), place.at("package"));
        assert_eq!(from("other/deep"), place.at("other/deep"));
        std::fs::create_dir(place.at("other/.git")).unwrap();
        assert_eq!(from("other/deep"), place.at("other"));
        std::fs::write(place.at(".git"), "gitdir: elsewhere").unwrap();
        assert_eq!(from("package/src"), place.at(""));
        assert_eq!(from("other/deep"), place.at(""));
    }

    #[test]
    fn secrets_variables_and_what_is_written_elsewhere_need_grants() {
        let place = Place::new();
        let access = place.access(&["other"]);
        let secret = |source: &str| flag(&access, Op::HostSecret { source: source.to_owned() });
        assert_eq!(secret("env:TOKEN").unwrap(), "--allow secret:TOKEN");
        assert_eq!(
            secret("file:~/key").unwrap(),
            format!("--allow secret:file:{}", place.at("home/key").display())
        );
        // Also in the package's own folder: a secret is more than a file.
        assert!(secret("file:src/key").is_some());
        assert_eq!(flag(&access, Op::HostEnv { name: "X".into() }).unwrap(), "--allow env:X");
        let export = |path: &str| {
            let source = pipe_ops::Output { node: pipe_ops::NodeId(0), slot: pipe_ops::Slot::Main };
            let act = pipe_ops::Act::Export { source, is_file: true, path: path.to_owned() };
            let effect = pipe_ops::Effect { name: "export".into(), act, after: Vec::new(), cleanup: false };
            flag(&access, Op::Effect(Box::new(effect)))
        };
        assert_eq!(export("out/x"), None);
        assert_eq!(export("../x").unwrap(), format!("--allow export:{}", place.at("x").display()));
        assert!(export("../other/x").is_some(), "what may be read may not be written");
    }
}
