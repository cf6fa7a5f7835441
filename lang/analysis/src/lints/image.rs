//! Images without a pin, in a package that pins.

use std::collections::BTreeMap;

use pipe_diagnostics::Diagnostic;

use crate::place::{Finding, Place};

/// The names that a `pipe.lock` pins, with their digests: lines of `image NAME DIGEST`.
pub(crate) fn pins(lock: &str) -> BTreeMap<String, String> {
    let words = lock.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    words
        .filter_map(|words| match words.as_slice() {
            ["image", name, digest] => Some(((*name).to_owned(), (*digest).to_owned())),
            _ => None,
        })
        .collect()
}

/// What is wrong with an image by this reference.
pub(super) fn unpinned(reference: &str, place: &Place, pins: &BTreeMap<String, String>) -> Option<Finding> {
    if reference.contains('@') {
        return None;
    }
    let (_, tag) = full(reference);
    let found = |message: String| Diagnostic::warning("unpinned-image", message, place.clone());
    if tag == "latest" {
        let message =
            format!("`{reference}` does not say which version it means: `latest` is whatever is pushed last");
        return Some(
            found(message).help("name a version: an update of pipe.lock should change what you expect"),
        );
    }
    if pinned(reference, pins).is_some() {
        return None;
    }
    Some(
        found(format!("`{reference}` has no pin in pipe.lock")).help(
            "run once without `--locked`: the tag is resolved, and its digest is written into pipe.lock",
        ),
    )
}

/// The digest that an image by this reference is pinned to.
pub(crate) fn pinned<'p>(reference: &str, pins: &'p BTreeMap<String, String>) -> Option<&'p str> {
    let (name, tag) = full(reference);
    pins.get(&format!("{name}:{tag}")).map(String::as_str)
}

/// The name with registry and folder, and the tag, as a lock writes them.
fn full(reference: &str) -> (String, &str) {
    let slash = reference.rfind('/').map_or(0, |slash| slash + 1);
    let (path, tag) = match reference.get(slash..).and_then(|last| last.find(':')) {
        Some(colon) => reference.split_at(slash + colon),
        None => (reference, ":latest"),
    };
    let is_host = |first: &str| first == "localhost" || first.contains(['.', ':']);
    let (registry, repository) = match path.split_once('/') {
        Some((first, rest)) if is_host(first) => (first, rest),
        _ => ("docker.io", path),
    };
    let hub = ["docker.io", "index.docker.io", "registry-1.docker.io"].contains(&registry);
    let registry = if hub { "docker.io" } else { registry };
    let folder = if hub && !repository.contains('/') { "library/" } else { "" };
    (format!("{registry}/{folder}{repository}"), tag.trim_start_matches(':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_as_a_lock_writes_them() {
        for (reference, name, tag) in [
            ("alpine", "docker.io/library/alpine", "latest"),
            ("alpine:3.20", "docker.io/library/alpine", "3.20"),
            ("index.docker.io/me/app:1", "docker.io/me/app", "1"),
            ("localhost:5000/app", "localhost:5000/app", "latest"),
            ("ghcr.io/a/b/c:v1", "ghcr.io/a/b/c", "v1"),
        ] {
            assert_eq!(full(reference), (name.to_owned(), tag), "{reference}");
        }
    }
}
