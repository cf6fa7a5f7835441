//! Submodules of a commit: where they are, and which commit of each it is.

use std::path::Path;

use crate::commit::is_object;
use crate::error::FetchError;
use crate::remote::Remote;

/// A submodule of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submodule {
    /// Where it is in the repository, with `/` between its parts.
    pub path: Vec<u8>,
    /// The commit of it.
    pub commit: String,
    /// Its address, as `.gitmodules` has it; `None` when that does not name it.
    pub url: Option<String>,
}

impl Remote {
    /// The submodules of a commit that [`Remote::fetch_commit`] fetched into a folder, sorted by path.
    ///
    /// # Errors
    /// When the repository is not what it should be.
    pub fn submodules(&self, scratch: &Path, commit: &str) -> Result<Vec<Submodule>, FetchError> {
        let here = self.at(scratch);
        let listing =
            here.git(&["ls-tree", "-r", "-z", "--full-tree", commit])?.map_err(FetchError::Refused)?;
        let mut found: Vec<Submodule> = listing.split(|byte| *byte == 0).filter_map(link).collect();
        if found.is_empty() {
            return Ok(found);
        }
        let blob = format!("--blob={commit}:.gitmodules");
        // A commit without that file has submodules that nobody can find.
        let stated = here.git(&["config", &blob, "-z", "--list"])?.unwrap_or_default();
        let stated = stated_urls(&stated);
        for submodule in &mut found {
            let named = stated.iter().find(|(path, _)| *path == submodule.path);
            submodule.url = named.map(|(_, url)| url.clone());
        }
        Ok(found)
    }
}

/// A line of `git ls-tree` that is a link to a commit of another repository.
fn link(line: &[u8]) -> Option<Submodule> {
    let at = line.iter().position(|byte| *byte == b'\t')?;
    let (facts, path) = line.split_at(at);
    let facts = std::str::from_utf8(facts).ok()?;
    let commit = facts.strip_prefix("160000 commit ")?;
    let path = path.get(1..)?.to_vec();
    is_object(commit).then(|| Submodule { path, commit: commit.to_owned(), url: None })
}

/// Paths with their addresses, out of what `git config -z --list` prints: `submodule.NAME.path`, a line end, the value.
fn stated_urls(listing: &[u8]) -> Vec<(Vec<u8>, String)> {
    let text = String::from_utf8_lossy(listing);
    let settings: Vec<(&str, &str)> =
        text.split('\0').filter_map(|setting| setting.strip_prefix("submodule.")?.split_once('\n')).collect();
    let paths = settings.iter().filter_map(|(key, path)| Some((key.strip_suffix(".path")?, path)));
    paths
        .filter_map(|(name, path)| {
            let url = settings.iter().rev().find(|(key, _)| key.strip_suffix(".url") == Some(name));
            url.map(|(_, url)| (path.as_bytes().to_vec(), (*url).to_owned()))
        })
        .collect()
}

/// The address of a submodule: one that begins with `./` or `../` is seen from the repository that has it. `None` when it leads out of the host.
pub fn submodule_address(parent: &str, url: &str) -> Option<String> {
    if !url.starts_with("./") && !url.starts_with("../") {
        return Some(url.to_owned());
    }
    let (scheme, rest) = parent.trim_end_matches('/').split_once("://")?;
    let mut parts: Vec<&str> = rest.split('/').collect();
    for part in url.split('/') {
        match part {
            "." | "" => {}
            // The first part is the host.
            ".." if parts.len() > 1 => drop(parts.pop()),
            ".." => return None,
            other => parts.push(other),
        }
    }
    (parts.len() > 1).then(|| format!("{scheme}://{}", parts.join("/")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_and_where_they_lead_are_read() {
        let commit = "a".repeat(40);
        let line = format!("160000 commit {commit}\tlib/x");
        let found = link(line.as_bytes());
        assert_eq!(found.as_ref().map(|found| found.commit.as_str()), Some(commit.as_str()));
        assert_eq!(link(b"100644 blob aa\tx"), None);
        assert_eq!(link(b"160000 commit --evil\tx"), None);
        let listing =
            b"core.x\n1\0submodule.a.b.path\nlib/x\0submodule.a.b.url\n../x.git\0submodule.c.path\ny\0";
        assert_eq!(stated_urls(listing), [(b"lib/x".to_vec(), "../x.git".to_owned())]);
    }

    #[test]
    fn relative_addresses_are_seen_from_the_repository() {
        let from = |url: &str| submodule_address("https://h:1/team/app.git", url);
        assert_eq!(from("https://other/x").as_deref(), Some("https://other/x"));
        assert_eq!(from("../lib.git").as_deref(), Some("https://h:1/team/lib.git"));
        assert_eq!(from("./sub").as_deref(), Some("https://h:1/team/app.git/sub"));
        assert_eq!(from("../../x").as_deref(), Some("https://h:1/x"));
        assert_eq!(from("../../../x"), None);
    }
}
