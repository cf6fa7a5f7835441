//! A version of a repository: from its address to the files of a package.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use crate::error::FetchError;
use crate::git::GitSettings;
use crate::listing::{self, Entry};

/// What is wanted of a repository.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Its address, `https` or `ssh`.
    pub url: &'a str,
    /// Which version.
    pub version: WantedVersion<'a>,
    /// The commit that this version was, if that is known: it is taken, whatever the version is by now.
    pub commit: Option<&'a str>,
    /// The folder in it, with `/` between its parts; empty for all.
    pub dir: &'a str,
}

/// A version of a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WantedVersion<'a> {
    /// A tag.
    Tag(&'a str),
    /// A branch.
    Branch(&'a str),
    /// A commit, by its whole name.
    Commit(&'a str),
}

/// What was fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// The commit.
    pub commit: String,
    /// The files that were asked for, by their paths in the folder.
    pub files: BTreeMap<String, Vec<u8>>,
}

/// What a repository has to offer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Versions {
    /// Names of its tags.
    pub tags: Vec<String>,
    /// Names of its branches.
    pub branches: Vec<String>,
    /// The branch that it shows.
    pub head: Option<String>,
}

/// The name under which a version is kept in the repository that it is fetched into.
const KEPT: &str = "refs/pipe/wanted";

/// Repositories elsewhere.
#[derive(Clone, Debug)]
pub struct Remote {
    pub(crate) settings: GitSettings,
}

impl WantedVersion<'_> {
    fn describe(self) -> String {
        match self {
            WantedVersion::Tag(name) => format!("tag `{name}`"),
            WantedVersion::Branch(name) => format!("branch `{name}`"),
            WantedVersion::Commit(name) => format!("commit {name}"),
        }
    }

    /// What a server calls it.
    fn reference(self) -> String {
        match self {
            WantedVersion::Tag(name) => format!("refs/tags/{name}"),
            WantedVersion::Branch(name) => format!("refs/heads/{name}"),
            WantedVersion::Commit(name) => name.to_owned(),
        }
    }
}

impl Remote {
    /// With the user's settings.
    pub fn new(settings: GitSettings) -> Remote {
        Remote { settings }
    }

    /// What a repository offers. `scratch` is an empty folder of ours.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub fn versions(&self, scratch: &Path, url: &str) -> Result<Versions, FetchError> {
        let address = self.settings.address(url);
        let args = ["ls-remote", "--symref", "--", &address];
        let listing = self.settings.ask(scratch, &address, &args)?;
        let listing = listing.map_err(|said| FetchError::Git { url: url.to_owned(), said })?;
        let mut versions = Versions::default();
        for line in String::from_utf8_lossy(&listing).lines() {
            let Some((what, name)) = line.split_once('\t') else { continue };
            if let (Some(head), "HEAD") = (what.strip_prefix("ref: refs/heads/"), name) {
                versions.head = Some(head.to_owned());
            } else if let Some(tag) = name.strip_prefix("refs/tags/").filter(|tag| !tag.ends_with("^{}")) {
                versions.tags.push(tag.to_owned());
            } else if let Some(branch) = name.strip_prefix("refs/heads/") {
                versions.branches.push(branch.to_owned());
            }
        }
        Ok(versions)
    }

    /// Fetches the files of a folder that `keep` asks for by their names. `scratch` is an empty folder of ours; the repository stays
    /// in it.
    ///
    /// # Errors
    /// When the version cannot be had, or there is something in it that no package may have.
    pub fn fetch(
        &self,
        scratch: &Path,
        wanted: Wanted<'_>,
        keep: &dyn Fn(&str) -> bool,
    ) -> Result<Fetched, FetchError> {
        let here = self.begin(scratch)?;
        let address = self.settings.address(wanted.url);
        let commit = match (wanted.commit, wanted.version) {
            (Some(commit), _) | (None, WantedVersion::Commit(commit)) => {
                here.commit(&address, wanted, commit)?
            }
            (None, _) => here.newest(&address, wanted)?,
        };
        let tree = format!("{commit}:{}", wanted.dir);
        let listing = here.git(&["ls-tree", "-r", "-z", "-l", "--full-tree", &tree])?;
        let listing = listing.map_err(|_| FetchError::NoFolder {
            url: wanted.url.to_owned(),
            dir: wanted.dir.to_owned(),
            commit: commit.clone(),
        })?;
        let files = here.contents(&listing::files(&listing, keep)?)?;
        Ok(Fetched { commit, files })
    }
}

impl Remote {
    /// An empty repository in an empty folder.
    pub(crate) fn begin<'a>(&'a self, scratch: &'a Path) -> Result<Repository<'a>, FetchError> {
        let here = self.at(scratch);
        here.git(&["init", "--quiet", "--bare", "--template=", "."])?.map_err(FetchError::Refused)?;
        Ok(here)
    }

    /// The repository that was begun in a folder.
    pub(crate) fn at<'a>(&'a self, scratch: &'a Path) -> Repository<'a> {
        Repository { settings: &self.settings, folder: scratch }
    }
}

/// The repository that a version is fetched into.
pub(crate) struct Repository<'a> {
    settings: &'a GitSettings,
    folder: &'a Path,
}

impl Repository<'_> {
    pub(crate) fn git(&self, args: &[&str]) -> Result<Result<Vec<u8>, String>, FetchError> {
        self.settings.run(self.folder, args)
    }

    fn fetch(
        &self,
        address: &str,
        options: &[&str],
        what: &[&str],
    ) -> Result<Result<(), String>, FetchError> {
        let mut args =
            vec!["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules"];
        args.extend(options);
        args.extend(["--", address]);
        args.extend(what);
        Ok(self.settings.ask(self.folder, address, &args)?.map(drop))
    }

    /// The commit that something is; `None` when there is no such thing, or it is no commit.
    fn is_commit(&self, what: &str) -> Result<Option<String>, FetchError> {
        let wanted = format!("{what}^{{commit}}");
        let found = self.git(&["rev-parse", "--verify", "--quiet", "--end-of-options", &wanted])?;
        Ok(found.ok().and_then(|name| String::from_utf8(name).ok()).map(|name| name.trim().to_owned()))
    }

    /// The commit that a tag or a branch is now.
    fn newest(&self, address: &str, wanted: Wanted<'_>) -> Result<String, FetchError> {
        let what = format!("+{}:{KEPT}", wanted.version.reference());
        let missing =
            || FetchError::NoVersion { url: wanted.url.to_owned(), what: wanted.version.describe() };
        match self.fetch(address, &["--depth=1"], &[&what])? {
            Ok(()) => self.is_commit(KEPT)?.ok_or_else(missing),
            Err(said) if said.contains("couldn't find remote ref") => Err(missing()),
            Err(said) => Err(FetchError::Git { url: wanted.url.to_owned(), said }),
        }
    }

    /// A certain commit. Not every server gives one by its name: then it is looked for in all branches and tags.
    pub(crate) fn commit(
        &self,
        address: &str,
        wanted: Wanted<'_>,
        commit: &str,
    ) -> Result<String, FetchError> {
        let refused = match self.fetch(address, &["--depth=1"], &[commit])? {
            Ok(()) => None,
            Err(_) => {
                self.fetch(address, &[], &["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"])?.err()
            }
        };
        if let Some(said) = refused {
            return Err(FetchError::Git { url: wanted.url.to_owned(), said });
        }
        if self.is_commit(commit)?.as_deref() == Some(commit) {
            return Ok(commit.to_owned());
        }
        let now = self.is_commit(&wanted.version.reference())?;
        Err(match (wanted.version, now) {
            (WantedVersion::Tag(_), Some(now)) => FetchError::Moved {
                url: wanted.url.to_owned(),
                what: wanted.version.describe(),
                was: commit.to_owned(),
                now,
            },
            _ => FetchError::NoVersion {
                url: wanted.url.to_owned(),
                what: format!("commit {commit} any more"),
            },
        })
    }

    /// The contents of files, by their paths.
    fn contents(&self, entries: &[Entry]) -> Result<BTreeMap<String, Vec<u8>>, FetchError> {
        let list = self.folder.join("wanted");
        let names: String = entries.iter().map(|entry| format!("{}\n", entry.object)).collect();
        std::fs::write(&list, names).map_err(FetchError::disk(&list))?;
        let input = File::open(&list).map_err(FetchError::disk(&list))?;
        let output = self.settings.run_on(self.folder, input, &["cat-file", "--batch"])?;
        let output = output.map_err(FetchError::Refused)?;
        let mut rest = output.as_slice();
        let mut files = BTreeMap::new();
        for entry in entries {
            let content = object(&mut rest, entry).ok_or_else(|| {
                FetchError::Refused(format!("`{}` is not whole in the repository", entry.path))
            })?;
            files.insert(entry.path.clone(), content);
        }
        Ok(files)
    }
}

/// The next object that `git cat-file --batch` gives: `NAME blob SIZE`, its bytes, a line end.
fn object(rest: &mut &[u8], entry: &Entry) -> Option<Vec<u8>> {
    let header = format!("{} blob {}\n", entry.object, entry.size);
    let after = rest.strip_prefix(header.as_bytes())?;
    let (content, after) = after.split_at_checked(usize::try_from(entry.size).ok()?)?;
    *rest = after.strip_prefix(b"\n")?;
    Some(content.to_vec())
}
