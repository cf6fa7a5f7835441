//! A new dependency in `pipe.toml`; all else in it stays as it is.

use std::path::{Path, PathBuf};

use pipe_analysis::PackageSource;
use toml_edit::{DocumentMut, InlineTable, Item, Table, Value};

use crate::exit::CliError;

/// What a dependency is.
#[derive(Clone, Debug)]
pub(crate) enum Named {
    /// A folder, relative to the package.
    Folder(PathBuf),
    /// A package in a repository.
    Git(PackageSource),
}

/// The text of the manifest of a package.
///
/// # Errors
/// When there is none, or it cannot be read.
pub(crate) fn text_of_manifest(folder: &Path) -> Result<(PathBuf, String), CliError> {
    let file = folder.join("pipe.toml");
    match std::fs::read_to_string(&file) {
        Ok(text) => Ok((file, text)),
        Err(error) => Err(CliError::usage(format!("cannot read {}: {error}", file.display()))
            .help("a package with dependencies has a `pipe.toml` with a `[package]` and its `name`")),
    }
}

/// The text of a manifest with a dependency in it.
///
/// # Errors
/// When the text is no manifest, or has a dependency of that name.
pub(crate) fn add_dependency(text: &str, name: &str, source: &Named) -> Result<String, CliError> {
    let broken = |what: &str| CliError::usage(format!("`pipe.toml`: {what}")).help("`pipe check` says more");
    let mut document: DocumentMut = text.parse().map_err(|_| broken("it is not valid TOML"))?;
    let dependencies = document.entry("dependencies").or_insert_with(|| Item::Table(Table::new()));
    let dependencies =
        dependencies.as_table_like_mut().ok_or_else(|| broken("`[dependencies]` is no table"))?;
    if dependencies.contains_key(name) {
        return Err(CliError::usage(format!("there is a dependency `{name}` already"))
            .help("give it another name with `--as NAME`, or change the one in `pipe.toml`"));
    }
    let mut entry = InlineTable::new();
    match source {
        Named::Folder(path) => drop(entry.insert("path", path.to_string_lossy().as_ref().into())),
        Named::Git(source) => {
            entry.insert("git", source.url.as_str().into());
            entry.insert(source.reference.key(), source.reference.name().into());
            if !source.dir.is_empty() {
                entry.insert("dir", source.dir.as_str().into());
            }
        }
    }
    dependencies.insert(name, Item::Value(Value::InlineTable(entry)));
    Ok(document.to_string())
}

/// What `use` may call a package of this name: lower case, with `_`.
pub(crate) fn dependency_name(name: &str) -> Option<String> {
    let fits = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    let name: String = name.chars().map(fits).collect();
    let name = name.trim_matches('_');
    name.starts_with(|c: char| c.is_ascii_lowercase()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use pipe_analysis::Reference;

    use super::*;

    fn git() -> Named {
        Named::Git(PackageSource {
            url: "https://example.com/a".into(),
            reference: Reference::Tag("v1".into()),
            dir: "ci".into(),
        })
    }

    #[test]
    fn comments_and_order_stay() {
        let text = "# mine\n[package]\nname = \"a\"   # why\n\n[dependencies]\n# old\nb = { path = \"../b\" }\n\n[permissions]\nnetwork = \"off\"\n";
        let added = add_dependency(text, "web", &git()).unwrap();
        assert_eq!(
            added,
            text.replace(
                "\n\n[permissions]",
                "\nweb = { git = \"https://example.com/a\", tag = \"v1\", dir = \"ci\" }\n\n[permissions]"
            )
        );
        assert!(add_dependency(&added, "web", &git()).is_err());
        assert!(add_dependency("[package", "web", &git()).is_err());
        assert!(add_dependency("dependencies = 1", "web", &git()).is_err());
    }

    #[test]
    fn a_table_is_made_when_there_is_none() {
        let added = add_dependency("[package]\nname = \"a\"\n", "b", &Named::Folder("../b".into())).unwrap();
        assert_eq!(added, "[package]\nname = \"a\"\n\n[dependencies]\nb = { path = \"../b\" }\n");
    }

    #[test]
    fn names_that_use_can_write() {
        assert_eq!(dependency_name("Go-CI").as_deref(), Some("go_ci"));
        assert_eq!(dependency_name("..").as_deref(), None);
        assert_eq!(dependency_name("1x").as_deref(), None);
    }
}
