//! Where a package comes from that is no folder: a git repository, which version of it, and which folder in it.

use std::fmt;
use std::path::{Component, Path};

use pipe_literal::{CheckedKind, check_literal};

/// A package in a git repository, as a manifest names it. Two that are equal are one package.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PackageSource {
    /// The repository's address, `https` or `ssh`, as it is written.
    pub url: String,
    /// Which version of it.
    pub reference: Reference,
    /// The package's folder in it, with `/` between its parts; empty for the repository itself.
    pub dir: String,
}

/// Which version of a repository.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reference {
    /// A tag, which should never move.
    Tag(String),
    /// A commit, by its whole name.
    Rev(String),
    /// A branch, which moves: `pipe update` follows it.
    Branch(String),
}

impl PackageSource {
    /// The package in another folder of the same version of the same repository.
    pub fn beside(&self, dir: String) -> PackageSource {
        PackageSource { dir, ..self.clone() }
    }

    /// The word that it is best called by: its folder's name, else the repository's.
    pub fn short_name(&self) -> &str {
        let path = if self.dir.is_empty() { self.url.trim_end_matches('/') } else { &self.dir };
        let last = path.rsplit('/').next().unwrap_or(path);
        last.strip_suffix(".git").unwrap_or(last)
    }
}

impl fmt::Display for PackageSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.url)?;
        if !self.dir.is_empty() {
            write!(f, " ({})", self.dir)?;
        }
        write!(f, " at {}", self.reference)
    }
}

impl Reference {
    /// The key that it stands under in a manifest and in a lock.
    pub fn key(&self) -> &'static str {
        match self {
            Reference::Tag(_) => "tag",
            Reference::Rev(_) => "rev",
            Reference::Branch(_) => "branch",
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        match self {
            Reference::Tag(name) | Reference::Rev(name) | Reference::Branch(name) => name,
        }
    }

    /// From its key and its name.
    ///
    /// # Errors
    /// What is wrong with them, as a clause.
    pub fn parse(key: &str, name: &str) -> Result<Reference, String> {
        let named = |name: &str| match check_literal(CheckedKind::GitRef, name) {
            Ok(()) if name.contains(['~', '^', '@']) || name.starts_with('/') || name.ends_with(".lock") => {
                Err(format!("`{name}` is not the name of a {key}"))
            }
            Ok(()) => Ok(name.to_owned()),
            Err(error) => Err(format!("`{name}` is not the name of a {key}: {}", error.message())),
        };
        match key {
            "tag" => Ok(Reference::Tag(named(name)?)),
            "branch" => Ok(Reference::Branch(named(name)?)),
            "rev" if is_commit(name) => Ok(Reference::Rev(name.to_owned())),
            "rev" => Err("a `rev` is the whole name of a commit, 40 hexadecimal digits".to_owned()),
            _ => Err(format!("`{key}` is none of `tag`, `rev` and `branch`")),
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.key(), self.name())
    }
}

/// The whole name of a commit, SHA-1 or SHA-256.
pub(super) fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// Whether a repository's address is one that packages may come from.
///
/// # Errors
/// What is wrong with it, as a sentence, and what to write.
pub fn check_repository(text: &str) -> Result<(), (String, Option<String>)> {
    if let Err(error) = check_literal(CheckedKind::Url, text) {
        return Err((error.message(), error.help));
    }
    let refused = |reason: &str, help: &str| Err((format!("`{text}`: {reason}"), Some(help.to_owned())));
    let Ok(url) = url::Url::parse(text) else { return refused("not a URL", "write `https://…`") };
    match url.scheme() {
        "https" | "ssh" => {}
        scheme => {
            return refused(
                &format!("packages do not come by {scheme}"),
                "write `https://…` or `ssh://…`; a mirror is set in your own configuration",
            );
        }
    }
    let host = url.host_str().unwrap_or_default();
    if host.is_empty() || host.starts_with('-') || url.username().starts_with('-') {
        return refused("it names no host", "write `https://HOST/PATH`");
    }
    if url.password().is_some() || (url.scheme() == "https" && !url.username().is_empty()) {
        return refused(
            "credentials do not belong into a file that is shared",
            "leave them out; git takes them from `~/.netrc`, ssh from your keys",
        );
    }
    if url.query().is_some() || url.fragment().is_some() || text.contains(char::is_whitespace) {
        return refused(
            "a repository's address ends with its path",
            "say the version by `tag`, `rev` or `branch`",
        );
    }
    Ok(())
}

/// The folder of a package in a repository, without `.` and with `/` between its parts. `None` when it leads out, or has a name
/// that no lock can hold.
pub fn folder_in_repository(text: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in Path::new(text).components() {
        match part {
            Component::Normal(part) => parts.push(part.to_str()?),
            Component::CurDir => {}
            Component::ParentDir => drop(parts.pop()?),
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    let odd = |c: char| c.is_whitespace() || c.is_control() || c == '\\';
    let fits = |part: &&str| !part.contains(odd) && !part.eq_ignore_ascii_case(".git");
    parts.iter().all(fits).then(|| parts.join("/"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn addresses_are_of_hosts_and_without_secrets() {
        for good in ["https://example.com/a/b", "ssh://git@example.com/a.git", "https://example.com:8443/a"] {
            assert_eq!(check_repository(good), Ok(()), "{good}");
        }
        for bad in [
            "http://example.com/a",
            "file:///etc",
            "git@example.com:a/b",
            "https://me:token@example.com/a",
            "https://me@example.com/a",
            "ssh://-oProxyCommand=x/a",
            "ssh://-x@example.com/a",
            "https://example.com/a#v1",
            "https://example.com/a?x",
            "ext::sh -c x",
            "https://example.com/a b",
            "",
        ] {
            assert!(check_repository(bad).is_err(), "{bad}");
        }
        assert_eq!(
            check_repository("git@example.com:a/b").unwrap_err().1.as_deref(),
            Some("write `ssh://git@example.com/a/b`")
        );
    }

    #[test]
    fn references_are_names() {
        let commit = "0123456789abcdef0123456789abcdef01234567";
        assert_eq!(Reference::parse("rev", commit), Ok(Reference::Rev(commit.into())));
        for (key, bad) in [
            ("rev", "0123456"),
            ("rev", "HEAD"),
            ("tag", "-x"),
            ("tag", "a b"),
            ("tag", "v1~1"),
            ("branch", "a..b"),
            ("branch", "@{u}"),
            ("branch", "x.lock"),
            ("head", "x"),
        ] {
            assert!(Reference::parse(key, bad).is_err(), "{key} {bad}");
        }
    }

    #[test]
    fn folders_stay_in_the_repository() {
        for (text, folder) in [("", ""), (".", ""), ("a/b", "a/b"), ("a/./b/../c/", "a/c")] {
            assert_eq!(folder_in_repository(text).as_deref(), Some(folder), "{text}");
        }
        for bad in ["..", "a/../..", "/etc", "a b", "a\\b", ".git/x", "a/.GIT", "a\nb"] {
            assert_eq!(folder_in_repository(bad), None, "{bad}");
        }
    }

    #[test]
    fn short_names() {
        let source = |url: &str, dir: &str| PackageSource {
            url: url.into(),
            reference: Reference::Tag("v1".into()),
            dir: dir.into(),
        };
        assert_eq!(source("https://example.com/a/go_ci.git", "").short_name(), "go_ci");
        assert_eq!(source("https://example.com/a/", "x/y").short_name(), "y");
    }
}
