//! A commit of a repository: which one a name is, and all that is in it.

use std::path::Path;

use crate::error::FetchError;
use crate::remote::{Remote, Wanted, WantedVersion};

/// What a name is in a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolvedName {
    /// The commit that it is now.
    pub commit: String,
    /// It is a tag, which should not become another commit.
    pub is_tag: bool,
}

impl Remote {
    /// The commit that a branch, a tag, `HEAD` or a reference by its whole name is now; `None` when there is none of this name. `scratch` is an empty
    /// folder of ours.
    ///
    /// # Errors
    /// When the repository cannot be reached.
    pub fn resolve(&self, scratch: &Path, url: &str, name: &str) -> Result<Option<ResolvedName>, FetchError> {
        let address = self.settings.address(url);
        let listing = self.settings.ask(scratch, &address, &["ls-remote", "--", &address])?;
        let listing = listing.map_err(|said| FetchError::Git { url: url.to_owned(), said })?;
        Ok(resolved(&String::from_utf8_lossy(&listing), name))
    }

    /// Fetches a commit by its whole name, without what came before it, into an empty folder of ours, which becomes a repository. Nothing is checked
    /// out.
    ///
    /// # Errors
    /// When it cannot be had.
    pub fn fetch_commit(&self, scratch: &Path, url: &str, commit: &str) -> Result<(), FetchError> {
        let here = self.begin(scratch)?;
        let wanted = Wanted { url, version: WantedVersion::Commit(commit), commit: Some(commit), dir: "" };
        here.commit(&self.settings.address(url), wanted, commit).map(drop)
    }
}

/// The commit that a name is, by a listing of `git ls-remote`: tags come before branches, as for git, and of a tag that is an object of its own it is what that
/// stands for.
pub fn resolved(listing: &str, name: &str) -> Option<ResolvedName> {
    let lines = listing.lines().filter_map(|line| line.split_once('\t'));
    let of =
        |wanted: &str| lines.clone().find(|(_, known)| *known == wanted).map(|(object, _)| object.to_owned());
    let wanted = [name.to_owned(), format!("refs/tags/{name}"), format!("refs/heads/{name}")];
    wanted.iter().filter(|wanted| *wanted == "HEAD" || wanted.starts_with("refs/")).find_map(|wanted| {
        // What the server says is not trusted to be the name of a commit.
        let object = of(&format!("{wanted}^{{}}")).or_else(|| of(wanted));
        let is_tag = wanted.starts_with("refs/tags/");
        object.filter(|object| is_object(object)).map(|commit| ResolvedName { commit, is_tag })
    })
}

/// The whole name of an object.
pub(crate) fn is_object(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_git_takes_them_for() {
        let [head, branch, tag, peeled, both] = ["a", "b", "c", "d", "e"].map(|digit| digit.repeat(40));
        let listing = format!(
            "{head}\tHEAD\n{branch}\trefs/heads/main\n{branch}\trefs/heads/both\n{tag}\trefs/tags/v1\n{peeled}\trefs/tags/v1^{{}}\n\
             {both}\trefs/tags/both\nnonsense\trefs/tags/bad\n"
        );
        for (name, commit) in [
            ("HEAD", Some(&head)),
            ("main", Some(&branch)),
            ("refs/heads/main", Some(&branch)),
            ("v1", Some(&peeled)),
            ("both", Some(&both)),
            ("refs/heads/both", Some(&branch)),
            ("bad", None),
            ("other", None),
            ("", None),
        ] {
            let found = resolved(&listing, name);
            assert_eq!(found.as_ref().map(|found| &found.commit), commit, "{name}");
            let is_tag = matches!(name, "v1" | "both");
            assert!(found.is_none_or(|found| found.is_tag == is_tag), "{name}");
        }
    }
}
