//! What a package and the standard library offer.

use std::mem::ManuallyDrop;
use std::path::Path;
use std::sync::Arc;

use pipe_analysis::{Analysis, Manifest, NetworkPermission, PackageRoot};
use pipe_diagnostics::Severity;
use pipe_doc::Docs;

use super::{find, sources_of};
use crate::environment::Environment;
use crate::exit::{CliError, Exit};

/// Documentation.
pub(crate) struct Documentation {
    /// Of the package, or why there is none.
    found: Result<Docs, CliError>,
    /// What it knows is never freed piece by piece: the process ends soon.
    analysis: ManuallyDrop<Analysis>,
}

impl Documentation {
    /// That of the package.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn package(&self) -> Result<&Docs, CliError> {
        self.found.as_ref().map_err(Clone::clone)
    }

    /// That of the standard library.
    pub(crate) fn standard_library(&self) -> Docs {
        pipe_doc::standard_library(&self.analysis.snapshot())
    }
}

/// The documentation of the package of a folder, with all its modules, and of the standard library. Without a package there
/// still is the latter.
///
/// # Errors
/// When the package has errors.
pub(crate) fn documentation(
    environment: &Environment,
    directory: Option<&Path>,
) -> Result<Documentation, CliError> {
    let system = environment.system();
    let mut analysis = ManuallyDrop::new(Analysis::new(Arc::new(system.clone())));
    let found = match find::package(&system, environment, directory) {
        Ok(root) => Ok(of_package(&mut analysis, &root, environment, directory)?),
        Err(error) => Err(error),
    };
    Ok(Documentation { found, analysis })
}

fn of_package(
    analysis: &mut Analysis,
    root: &PackageRoot,
    environment: &Environment,
    directory: Option<&Path>,
) -> Result<Docs, CliError> {
    let mut found = analysis.check(root, &[]);
    // The entry module may use none of the others; what it uses is told again.
    for diagnostic in analysis.check(root, &find::source_files(environment, directory, &[])?) {
        if !found.contains(&diagnostic) {
            found.push(diagnostic);
        }
    }
    found.retain(|diagnostic| diagnostic.severity == Severity::Error);
    if !found.is_empty() {
        return Err(CliError::diagnostics(Exit::Usage, found, Arc::new(sources_of(analysis))));
    }
    let folder = root.dir.file_name().map(|name| name.to_string_lossy().into_owned());
    let manifest = analysis.manifest();
    let title = manifest.map(|manifest| manifest.name.clone()).filter(|name| !name.is_empty()).or(folder);
    let permissions = manifest.map(permissions).unwrap_or_default();
    let mut docs =
        pipe_doc::package(&analysis.snapshot(), &title.unwrap_or_else(|| "package".into()), permissions);
    // The same page, wherever it is made.
    for module in &mut docs.modules {
        let file = environment.current_dir.join(&module.file);
        if let Ok(inside) = file.strip_prefix(&root.dir) {
            module.file = inside.display().to_string();
        }
    }
    Ok(docs)
}

/// What a manifest asks for, in sentences.
fn permissions(manifest: &Manifest) -> Vec<String> {
    let asked = &manifest.permissions;
    let mut out = Vec::new();
    match asked.network {
        NetworkPermission::Outbound => {}
        NetworkPermission::Off => out.push("its steps get no network unless they ask for one".to_owned()),
        NetworkPermission::Host => out.push("its steps may ask for the host's own network".to_owned()),
    }
    let mut each = |what: &str, names: &[String]| {
        out.extend(names.iter().map(|name| format!("{what} {name}")));
    };
    each("takes a secret as", &asked.secrets);
    each("has the effect", &asked.actions);
    each("reads the environment variable", &asked.env);
    each("reads files of the host:", &asked.files);
    each("connects to the private host", &asked.hosts);
    out
}
