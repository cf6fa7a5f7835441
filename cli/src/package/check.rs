//! What `pipe check` looks at.

use std::collections::BTreeMap;
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pipe_analysis::{Analysis, PackageRoot};
use pipe_diagnostics::{Diagnostic, Sources};

use super::find;
use super::overlay::Overlay;
use crate::environment::Environment;
use crate::exit::CliError;

/// What was found in some files.
pub(crate) struct Checked {
    /// What is wrong, by place.
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// The texts of all files that had a part in it.
    pub(crate) sources: Sources,
    /// The files that belong to what was asked for, not to a dependency or the standard library: names, and the folders of their
    /// packages.
    pub(crate) own_files: BTreeMap<Arc<str>, PathBuf>,
    /// How many files were asked for.
    pub(crate) files: usize,
}

/// Checks the package of a folder, or these files and folders, each in its package. `texts` stand for what is in files.
///
/// # Errors
/// When a path cannot be read, or there is no package.
pub(crate) fn check_all(
    environment: &Environment,
    directory: Option<&Path>,
    paths: &[PathBuf],
    texts: &BTreeMap<PathBuf, String>,
) -> Result<Checked, CliError> {
    let system = Arc::new(Overlay::new(environment.system(), texts.clone()));
    let mut checked = Checked {
        diagnostics: Vec::new(),
        sources: Sources::default(),
        own_files: BTreeMap::new(),
        files: 0,
    };
    // What it knows is never freed piece by piece: the process ends soon.
    let mut analysis = ManuallyDrop::new(Analysis::new(system.clone()));
    if paths.is_empty() {
        let root = find::package(&*system, environment, directory)?;
        checked.add(&mut analysis, &root, &[]);
        checked.files = checked.own_files.len();
        return Ok(checked);
    }
    let mut files = Vec::new();
    for path in paths {
        find::files(&environment.current_dir.join(path), &mut files)?;
    }
    files.sort();
    files.dedup();
    checked.files = files.len();
    for (root, files) in by_package(&system, files) {
        checked.add(&mut analysis, &root, &files);
    }
    Ok(checked)
}

/// Files of one package are checked together.
fn by_package(system: &Overlay, files: Vec<PathBuf>) -> Vec<(PackageRoot, Vec<PathBuf>)> {
    let mut packages: Vec<(PackageRoot, Vec<PathBuf>)> = Vec::new();
    for file in files {
        let root = PackageRoot::of_file(system, &file);
        match packages.iter_mut().find(|(known, _)| *known == root) {
            Some((_, files)) => files.push(file),
            None => packages.push((root, vec![file])),
        }
    }
    packages
}

impl Checked {
    fn add(&mut self, analysis: &mut Analysis, root: &PackageRoot, files: &[PathBuf]) {
        self.diagnostics.extend(analysis.check(root, files));
        for (file, text) in analysis.sources() {
            self.sources.insert(file, text);
        }
        self.own_files.extend(analysis.own_files().map(|file| (file.clone(), root.dir.clone())));
    }
}
