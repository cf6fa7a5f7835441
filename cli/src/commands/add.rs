//! `pipe add`.

use std::path::{Component, Path, PathBuf};

use pipe_analysis::{PackageSource, Reference};

use crate::args::AddArgs;
use crate::environment::Environment;
use crate::exit::CliError;
use crate::packages::{
    Named, Place, Renew, Rules, Source, add_dependency, dependency_name, parse_source, text_of_manifest,
};
use crate::progress::Style;
use crate::report;
use crate::rewrite::Change;

/// Adds a dependency. The manifest is as it was when that fails.
///
/// # Errors
/// When there is no such package, or it is not accepted.
pub(crate) fn run(
    args: &AddArgs,
    directory: Option<&Path>,
    environment: &Environment,
    style: Style,
) -> Result<(), CliError> {
    let place = Place::find(environment, directory)?;
    let (file, before) = text_of_manifest(&place.root.dir)?;
    let source = match parse_source(&args.source, &environment.current_dir)? {
        Source::Folder(path) => {
            Named::Folder(from_package(&place.root.dir, &environment.current_dir.join(path))?)
        }
        Source::Git { url, version, dir } => {
            let reference = version_of(&place, &url, version.as_deref())?;
            Named::Git(PackageSource { url, reference, dir })
        }
    };
    let name = name(args, &source)?;
    let after = add_dependency(&before, &name, &source)?;
    let name_of_file = file.strip_prefix(&environment.current_dir).unwrap_or(&file).display().to_string();
    let change = Change { file, name: name_of_file, old: before, new: after };
    change.write()?;
    let rules = Rules { renew: Renew::Nothing, locked: false, offline: false, accept: args.accept, style };
    if let Err(error) = super::update::bring_up_to_date(&place, &rules) {
        change.undone().write()?;
        return Err(error);
    }
    let what = match &source {
        Named::Folder(path) => path.display().to_string(),
        Named::Git(source) => source.to_string(),
    };
    report::notice(&format!("added `{name}`: {what}; `use {name}` imports it\n"), style);
    Ok(())
}

fn name(args: &AddArgs, source: &Named) -> Result<String, CliError> {
    if let Some(name) = &args.name {
        return match dependency_name(name) {
            Some(fits) if fits == *name => Ok(fits),
            Some(fits) => Err(CliError::usage(format!("`use` cannot write `{name}`; `{fits}` would do"))),
            None => Err(CliError::usage(format!("`use` cannot write `{name}`; a name is like `go_ci`"))),
        };
    }
    let usual = match source {
        Named::Folder(path) => path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        Named::Git(source) => source.short_name().to_owned(),
    };
    dependency_name(&usual).ok_or_else(|| {
        CliError::usage(format!("`use` cannot write `{usual}`")).help("name it with `--as NAME`")
    })
}

/// A folder as a manifest writes it: relative to the package.
fn from_package(package: &Path, folder: &Path) -> Result<PathBuf, CliError> {
    let real = |path: &Path| {
        path.canonicalize()
            .map_err(|error| CliError::usage(format!("cannot read {}: {error}", path.display())))
    };
    let (package, folder) = (real(package)?, real(folder)?);
    if package == folder {
        return Err(CliError::usage("a package cannot depend on itself"));
    }
    let shared = package.components().zip(folder.components()).take_while(|(a, b)| a == b).count();
    let up = package.components().skip(shared).map(|_| Component::ParentDir);
    Ok(up.chain(folder.components().skip(shared)).collect())
}

/// What a name of a version is: a tag, a branch, or a commit. Without a name the newest version that is tagged, else the main branch.
fn version_of(place: &Place<'_>, url: &str, name: Option<&str>) -> Result<Reference, CliError> {
    if let Some(Ok(commit)) = name.map(|name| Reference::parse("rev", name)) {
        return Ok(commit);
    }
    let versions = place.versions(url)?;
    let has = |names: &[String], name: &str| names.iter().any(|known| known == name);
    let key = match name {
        Some(name) if has(&versions.tags, name) => Reference::parse("tag", name),
        Some(name) if has(&versions.branches, name) => Reference::parse("branch", name),
        Some(name) => {
            let error = CliError::usage(format!("{url} has neither a tag nor a branch `{name}`"));
            let known = versions.tags.iter().chain(&versions.branches).map(String::as_str);
            return Err(match pipe_diagnostics::nearest(name, known) {
                Some(near) => {
                    error.help(format!("did you mean `{near}`? A commit is named by all of its 40 digits"))
                }
                None => error.help("a commit is named by all of its 40 digits"),
            });
        }
        None => match newest(&versions.tags).or(versions.head.as_deref().map(|head| ("branch", head))) {
            Some((key, name)) => Reference::parse(key, name),
            None => return Err(CliError::usage(format!("{url} has no version: it is empty"))),
        },
    };
    key.map_err(CliError::usage)
}

/// The tag of the newest version: `v1.2.0`, `1.2.0`, `v1.2`, `v1`; what is not yet released counts less.
fn newest(tags: &[String]) -> Option<(&'static str, &str)> {
    let version = |tag: &String| {
        let text = tag.strip_prefix('v').unwrap_or(tag);
        ["", ".0", ".0.0"].iter().find_map(|rest| semver::Version::parse(&format!("{text}{rest}")).ok())
    };
    let versions = tags.iter().filter_map(|tag| Some((version(tag)?, tag.as_str())));
    let (_, tag) = versions.max_by_key(|(version, _)| (version.pre.is_empty(), version.clone()))?;
    Some(("tag", tag))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_newest_version_counts() {
        let tags = |tags: &[&str]| tags.iter().map(|tag| (*tag).to_owned()).collect::<Vec<String>>();
        let newest = |names: &[&str]| newest(&tags(names)).map(|(_, tag)| tag.to_owned());
        assert_eq!(newest(&["v1.9.0", "v1.10.0", "nightly", "v2.0.0-rc.1"]).as_deref(), Some("v1.10.0"));
        assert_eq!(newest(&["v2.0.0-rc.1"]).as_deref(), Some("v2.0.0-rc.1"));
        assert_eq!(newest(&["v1", "v1.1", "v1.0.9"]).as_deref(), Some("v1.1"));
        assert_eq!(newest(&["nightly"]), None);
    }

    #[test]
    fn folders_are_named_from_the_package() {
        let root = tempfile::tempdir().unwrap();
        for folder in ["a/b", "c"] {
            std::fs::create_dir_all(root.path().join(folder)).unwrap();
        }
        let from =
            |package: &str, folder: &str| from_package(&root.path().join(package), &root.path().join(folder));
        assert_eq!(from("a/b", "c").unwrap(), Path::new("../../c"));
        assert_eq!(from("a", "a/b").unwrap(), Path::new("b"));
        assert!(from("a", "a").is_err());
    }
}
