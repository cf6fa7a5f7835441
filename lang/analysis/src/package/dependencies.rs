//! `[dependencies]` of `pipe.toml`.

use std::ops::Range;
use std::path::PathBuf;

use pipe_diagnostics::Diagnostic;
use toml::de::DeTable;

use super::manifest::{Dependency, DependencySource, Manifest, Reader, Value};
use super::source::{PackageSource, Reference, check_repository, folder_in_repository};

impl Reader<'_> {
    /// `name = { path = "…" }`, `name = { git = "…", tag = "…" }`.
    pub(super) fn dependencies(&mut self, value: &Value<'_>, out: &mut Manifest) {
        let Some(table) = self.table("[dependencies]", value) else { return };
        for (key, value) in table.iter() {
            let name = key.get_ref();
            if !is_module_name(name) {
                let help = format!("`{}`", name.to_lowercase().replace('-', "_"));
                self.error(format!("a dependency's name is how `use` writes it: like {help}"), key.span());
                continue;
            }
            if pipe_stdlib::MODULES.iter().any(|module| module.name.strip_prefix("std/") == Some(name)) {
                self.error(
                    format!(
                        "`{name}` is a module of the standard library: call the dependency something else"
                    ),
                    key.span(),
                );
                continue;
            }
            if let Some(source) = self.dependency(name, value) {
                let place = self.place(key.span());
                out.dependencies.insert(name.to_string(), Dependency { source, place });
            }
        }
    }

    fn dependency(&mut self, name: &str, value: &Value<'_>) -> Option<DependencySource> {
        let table = self.table(name, value)?;
        self.known_keys(name, table, &["path", "git", "tag", "rev", "branch", "dir"]);
        match (table.get("path"), table.get("git")) {
            (Some(path), None) => {
                if let Some((key, _)) = table.iter().find(|(key, _)| *key.get_ref() != "path") {
                    self.error(
                        format!("`{name}` has a `path`, so `{}` says nothing", key.get_ref()),
                        key.span(),
                    );
                }
                self.text("path", path).map(|path| DependencySource::Path(PathBuf::from(path)))
            }
            (None, Some(url)) => self.git(name, table, url, value.span()).map(DependencySource::Git),
            _ => {
                let message = format!("`{name}` needs either `path`, or `git` with `tag`, `rev` or `branch`");
                self.error(message, value.span());
                None
            }
        }
    }

    fn git(
        &mut self,
        name: &str,
        table: &DeTable<'_>,
        url: &Value<'_>,
        range: Range<usize>,
    ) -> Option<PackageSource> {
        let address = self.text("git", url)?;
        if let Err((message, help)) = check_repository(&address) {
            let found = Diagnostic::error("manifest", message, self.place(url.span()));
            self.diagnostics.push(match help {
                Some(help) => found.help(help),
                None => found,
            });
            return None;
        }
        let versions: Vec<(&str, &Value<'_>)> =
            ["tag", "rev", "branch"].into_iter().filter_map(|key| Some((key, table.get(key)?))).collect();
        let [(key, version)] = versions.as_slice() else {
            self.error(format!("`{name}` needs one of `tag`, `rev` and `branch`"), range);
            return None;
        };
        let text = self.text(key, version)?;
        let reference = match Reference::parse(key, &text) {
            Ok(reference) => reference,
            Err(message) => {
                self.error(message, version.span());
                return None;
            }
        };
        let dir = match table.get("dir") {
            None => String::new(),
            Some(dir) => match folder_in_repository(&self.text("dir", dir)?) {
                Some(folder) => folder,
                None => {
                    self.error("`dir` is a folder in the repository, like `ci/go`", dir.span());
                    return None;
                }
            },
        };
        Some(PackageSource { url: address, reference, dir })
    }
}

fn is_module_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}
