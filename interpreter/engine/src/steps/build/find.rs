//! Finding what a pattern of `COPY` means in a tree.

use pipe_dockerfile::{Pattern, has_wildcards};
use pipe_store::{Entry, PathError, Store, StoreError, Tree};

use crate::failure::Cause;

/// Something that was found.
pub(super) struct Found {
    /// Its names from the tree's root on.
    pub(super) names: Vec<String>,
    pub(super) entry: Entry,
}

/// A pattern as a list of names, `.` and `..` taken away: no path leads out of a tree.
pub(super) fn names(pattern: &str) -> Vec<&str> {
    let mut names = Vec::new();
    for name in pattern.split('/') {
        match name {
            "" | "." => {}
            ".." => drop(names.pop()),
            name => names.push(name),
        }
    }
    names
}

/// Everything that a pattern means, in the order of names. A name without wildcards must be there.
pub(super) fn find(store: &Store, tree: &Tree, pattern: &str) -> Result<Vec<Found>, Cause> {
    let names = names(pattern);
    let first = names.iter().position(|name| has_wildcards(name)).unwrap_or(names.len());
    let (plain, wild) = names.split_at(first);
    let plain: Vec<String> = plain.iter().map(|name| unescaped(name)).collect();
    let at = if plain.is_empty() { ".".to_owned() } else { plain.join("/") };
    let entry = match store.entry(tree, &at) {
        // The folder that a pattern looks in need not be there either.
        Err(StoreError::Path(PathError::Missing { .. })) if !wild.is_empty() => return Ok(Vec::new()),
        entry => entry?,
    };
    let mut found = vec![Found { names: plain, entry }];
    for name in wild {
        let pattern = Pattern::new(name).map_err(|error| Cause::pipeline(error.to_string()))?;
        found = below(store, &found, &pattern)?;
    }
    Ok(found)
}

/// What in the folders that were found a pattern matches.
fn below(store: &Store, folders: &[Found], pattern: &Pattern) -> Result<Vec<Found>, Cause> {
    let mut found = Vec::new();
    for folder in folders {
        let Entry::Dir(tree) = &folder.entry else { continue };
        for name in store.names(tree)? {
            if !pattern.matches(&String::from_utf8_lossy(&name)) {
                continue;
            }
            let Ok(name) = String::from_utf8(name) else {
                return Err(Cause::pipeline("a name that the pattern matches is not UTF-8")
                    .help("copy the folder that it is in instead"));
            };
            let entry = match store.entry(tree, &name) {
                // A link that leads nowhere.
                Err(StoreError::Path(PathError::Missing { .. })) => continue,
                entry => entry?,
            };
            found.push(Found { names: [&folder.names[..], &[name]].concat(), entry });
        }
    }
    Ok(found)
}

/// A name without the `\` that take the meaning of wildcards.
fn unescaped(name: &str) -> String {
    let mut chars = name.chars();
    let mut plain = String::new();
    while let Some(c) = chars.next() {
        plain.push(if c == '\\' { chars.next().unwrap_or(c) } else { c });
    }
    plain
}
