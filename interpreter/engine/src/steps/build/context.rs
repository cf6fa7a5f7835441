//! The context of a build: a folder without what `.dockerignore` says.

use pipe_dockerfile::Ignore;
use pipe_store::{CopyOptions, Entry, PathError, Store, StoreError, Stored, Tree};

use super::filter;
use crate::failure::Cause;

pub(super) fn without_ignored(store: &Store, tree: &Tree, dockerfile: &str) -> Result<Tree, Cause> {
    let own = format!("{dockerfile}.dockerignore");
    let found = match text(store, tree, &own)? {
        Some(text) => Some((own, text)),
        None => text(store, tree, ".dockerignore")?.map(|text| (".dockerignore".to_owned(), text)),
    };
    let Some((name, text)) = found else { return Ok(tree.clone()) };
    let ignore = Ignore::parse(&text)
        .map_err(|error| Cause::pipeline(format!("`{name}`, line {}: {}", error.line, error.message)))?;
    if ignore.is_empty() {
        return Ok(tree.clone());
    }
    let options = CopyOptions { filter: filter(ignore, &[text]), ..CopyOptions::default() };
    Ok(store.with_copy(&store.empty_tree(), ".", &Stored::Tree(tree.clone()), &options)?)
}

/// The text of a file, if there is one.
fn text(store: &Store, tree: &Tree, path: &str) -> Result<Option<String>, Cause> {
    let file = match store.entry(tree, path) {
        Ok(Entry::File(file)) => file,
        Ok(_) | Err(StoreError::Path(PathError::Missing { .. } | PathError::NotADirectory { .. })) => {
            return Ok(None);
        }
        Err(error) => return Err(error.into()),
    };
    let bytes = store.read_file(&file)?;
    String::from_utf8(bytes).map(Some).map_err(|_| Cause::pipeline(format!("`{path}` is not UTF-8")))
}
