//! The packages in `pipe.lock`: which commit and which content each dependency by git was, and what it was allowed to want.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::permissions::is_word;
use super::source::{PackageSource, Reference, check_repository, folder_in_repository, is_commit};

/// The name of the lock.
pub(crate) const LOCK: &str = "pipe.lock";

/// What stands before an entry.
const WORD: &str = "package";

/// The packages of a lock. As text one a line, sorted; lines of other words are others':
/// `package URL [dir=…] tag=… commit=… sha256=… [allow=…,…]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PackageLock {
    entries: BTreeMap<PackageSource, LockedPackage>,
}

/// What a package was when it was fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockedPackage {
    /// The commit that its reference was.
    pub commit: String,
    /// The digest of its content: see [`super::package_digest`].
    pub digest: String,
    /// What it was accepted to want, in the words of [`super::Permissions::wanted`].
    pub allowed: BTreeSet<String>,
}

/// A line that is no entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockError {
    /// The line, from 1.
    pub line: usize,
}

impl std::fmt::Display for LockError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {} is not of the form `package URL tag=… commit=… sha256=…`", self.line)
    }
}

impl PackageLock {
    /// Reads the packages of a lock.
    ///
    /// # Errors
    /// The first line that begins with `package` and is no entry, or is one for a source that has one already.
    pub fn parse(text: &str) -> Result<PackageLock, LockError> {
        let mut lock = PackageLock::default();
        for (line, words) in (1..).zip(text.lines().map(str::split_whitespace)) {
            let mut words = words.peekable();
            if words.peek() != Some(&WORD) {
                continue;
            }
            let (source, package) = entry(words.skip(1)).ok_or(LockError { line })?;
            if lock.entries.insert(source, package).is_some() {
                return Err(LockError { line });
            }
        }
        Ok(lock)
    }

    /// The text of a lock with these packages in it; what others wrote there stays.
    pub fn write_into(&self, text: &str) -> String {
        let others = text.lines().filter(|line| line.split_whitespace().next() != Some(WORD));
        let mut lines: Vec<String> = others.filter(|line| !line.is_empty()).map(str::to_owned).collect();
        lines.extend(self.lines());
        lines.sort();
        lines.iter().fold(String::new(), |mut text, line| {
            let _ = writeln!(text, "{line}");
            text
        })
    }

    /// Its lines, sorted.
    pub fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> =
            self.entries.iter().map(|(source, package)| line(source, package)).collect();
        lines.sort();
        lines
    }

    /// What a package was.
    pub fn get(&self, source: &PackageSource) -> Option<&LockedPackage> {
        self.entries.get(source)
    }

    /// Pins a package.
    pub fn insert(&mut self, source: PackageSource, package: LockedPackage) {
        self.entries.insert(source, package);
    }

    /// Keeps the packages of which this holds.
    pub fn retain(&mut self, mut keep: impl FnMut(&PackageSource) -> bool) {
        self.entries.retain(|source, _| keep(source));
    }

    /// This lock with what became other between two: what was pinned, taken away or pinned anew.
    #[must_use]
    pub fn changed(mut self, before: &PackageLock, after: &PackageLock) -> PackageLock {
        self.retain(|source| before.get(source).is_none() || after.get(source).is_some());
        let new = after.iter().filter(|(source, package)| before.get(source) != Some(package));
        self.entries.extend(new.map(|(source, package)| (source.clone(), package.clone())));
        self
    }

    /// All of them, in order of their sources.
    pub fn iter(&self) -> impl Iterator<Item = (&PackageSource, &LockedPackage)> {
        self.entries.iter()
    }

    /// What the package in this folder of this repository was accepted to want, in whatever version; `None` when there is none.
    pub fn accepted(&self, source: &PackageSource) -> Option<BTreeSet<String>> {
        let same = |other: &PackageSource| other.url == source.url && other.dir == source.dir;
        let mut versions = self.entries.iter().filter(|(other, _)| same(other)).peekable();
        versions.peek()?;
        Some(versions.flat_map(|(_, package)| package.allowed.iter().cloned()).collect())
    }
}

fn entry<'t>(mut words: impl Iterator<Item = &'t str>) -> Option<(PackageSource, LockedPackage)> {
    let url = words.next().filter(|url| check_repository(url).is_ok())?.to_owned();
    let mut values = BTreeMap::new();
    for word in words {
        let (key, value) = word.split_once('=')?;
        if values.insert(key, value).is_some() {
            return None;
        }
    }
    let dir = values.remove("dir").unwrap_or_default();
    let dir = folder_in_repository(dir).filter(|folder| folder == dir)?;
    let allow = values.remove("allow").unwrap_or_default();
    let allowed: BTreeSet<String> =
        allow.split(',').filter(|word| !word.is_empty()).map(str::to_owned).collect();
    let commit = values.remove("commit").filter(|commit| is_commit(commit))?.to_owned();
    let digest = values.remove("sha256").filter(|digest| digest.len() == 64 && is_commit(digest))?.to_owned();
    let (key, name) = values.pop_first()?;
    let reference = Reference::parse(key, name).ok()?;
    let whole = values.is_empty() && allowed.iter().all(|word| is_word(word));
    whole.then_some((PackageSource { url, reference, dir }, LockedPackage { commit, digest, allowed }))
}

fn line(source: &PackageSource, package: &LockedPackage) -> String {
    let PackageSource { url, reference, dir } = source;
    let mut line = format!("{WORD} {url}");
    if !dir.is_empty() {
        let _ = write!(line, " dir={dir}");
    }
    let _ = write!(line, " {}={}", reference.key(), reference.name());
    let _ = write!(line, " commit={} sha256={}", package.commit, package.digest);
    if !package.allowed.is_empty() {
        let allowed: Vec<&str> = package.allowed.iter().map(String::as_str).collect();
        let _ = write!(line, " allow={}", allowed.join(","));
    }
    line
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

    fn digest() -> String {
        "ab".repeat(32)
    }

    #[test]
    fn packages_come_back_sorted_and_leave_others_alone() {
        let (b, digest) = (COMMIT, digest());
        let text = format!(
            "zip other 1\npackage https://example.com/b dir=go tag=v1 commit={b} sha256={digest} allow=action:push,network\n\
             image x sha256:1\n"
        );
        let mut lock = PackageLock::parse(&text).unwrap();
        let source = PackageSource {
            url: "https://example.com/a".into(),
            reference: Reference::Branch("main".into()),
            dir: String::new(),
        };
        let package = LockedPackage { commit: b.into(), digest: digest.clone(), allowed: BTreeSet::new() };
        lock.insert(source, package);
        let written = lock.write_into(&text);
        assert_eq!(
            written,
            format!(
                "image x sha256:1\npackage https://example.com/a branch=main commit={b} sha256={digest}\n\
                 package https://example.com/b dir=go tag=v1 commit={b} sha256={digest} allow=action:push,network\n\
                 zip other 1\n"
            )
        );
        assert_eq!(PackageLock::parse(&written), Ok(lock));
    }

    #[test]
    fn what_is_no_entry_is_refused() {
        let digest = digest();
        let good = format!("package https://example.com/a tag=v1 commit={COMMIT} sha256={digest}");
        assert!(PackageLock::parse(&good).is_ok());
        for bad in [
            "package".to_owned(),
            format!("{good} rev={COMMIT}"),
            format!("{good} tag=v2"),
            format!("{good} dir=../x"),
            format!("{good} dir=a/."),
            format!("{good} allow=everything"),
            good.replace("https:", "http:"),
            good.replace("tag=v1", ""),
            good.replace("tag=v1", "tag=-x"),
            good.replace(&digest, "ab"),
            good.replace(&digest, &digest.to_uppercase()),
            good.replace(COMMIT, "HEAD"),
            format!("{good}\n{good}"),
        ] {
            assert!(PackageLock::parse(&bad).is_err(), "{bad}");
        }
        assert_eq!(PackageLock::parse(&format!("image\n\n{good} x")), Err(LockError { line: 3 }));
    }

    #[test]
    fn what_one_version_was_accepted_to_want_holds_for_the_next() {
        let digest = digest();
        let entry = |tag: &str, allow: &str| {
            format!("package https://example.com/a tag={tag} commit={COMMIT} sha256={digest} allow={allow}\n")
        };
        let lock = PackageLock::parse(&(entry("v1", "action:push") + &entry("v2", "network"))).unwrap();
        let next = |dir: &str| PackageSource {
            url: "https://example.com/a".into(),
            reference: Reference::Tag("v3".into()),
            dir: dir.into(),
        };
        let both = BTreeSet::from(["action:push".to_owned(), "network".to_owned()]);
        assert_eq!(lock.accepted(&next("")), Some(both));
        assert_eq!(lock.accepted(&next("other")), None);
    }
}
