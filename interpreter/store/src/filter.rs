//! What of a folder counts.

use std::ffi::OsStr;
use std::fmt::Debug;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use pipe_ops::Digest;

use crate::StoreError;
use crate::lead::Lead;

/// What of a folder counts. Globs match the path from the folder's root: `dist` is the one at the top, `**/dist` any; a folder that
/// matches stands for everything in it. `*` and `?` do not match `/`.
#[derive(Clone, Debug)]
pub struct Filter {
    include: Option<Include>,
    exclude: GlobSet,
    rules: Option<Arc<dyn Rules>>,
    key: Digest,
}

/// What counts, and which folders may hold it.
#[derive(Clone, Debug)]
struct Include {
    globs: GlobSet,
    leads: Vec<Lead>,
}

/// What of a folder does not count, by rules that are no lists of globs.
pub trait Rules: Debug + Send + Sync {
    /// Whether a path from the folder's root does not count.
    fn excludes(&self, path: &[u8]) -> bool;

    /// Whether something may count in a folder that does not.
    fn has_exceptions(&self) -> bool;
}

/// What a filter says of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It counts; of a folder, so does everything in it that is not excluded.
    In,
    /// It does not count, but something in it may.
    Through,
    /// Neither it nor anything in it counts.
    Out,
}

impl Default for Filter {
    fn default() -> Filter {
        Filter { include: None, exclude: GlobSet::empty(), rules: None, key: key(&[], &[]) }
    }
}

impl Filter {
    /// From globs of what counts (none: everything) and of what does not, which is stronger.
    pub fn new(include: &[String], exclude: &[String]) -> Result<Filter, StoreError> {
        let set = (!include.is_empty()).then(|| Include::of(include)).transpose()?;
        Ok(Filter { include: set, exclude: globs(exclude)?, rules: None, key: key(include, exclude) })
    }

    /// By rules, which are the same when their texts are.
    pub fn by(rules: Arc<dyn Rules>, texts: &[String]) -> Filter {
        Filter { rules: Some(rules), key: key(&["!rules".to_owned()], texts), ..Filter::default() }
    }

    /// Everything counts.
    pub fn is_all(&self) -> bool {
        self.include.is_none() && self.exclude.is_empty() && self.rules.is_none()
    }

    /// Names the filter: two with the same globs have the same.
    pub(crate) fn key(&self) -> Digest {
        self.key
    }

    /// What is to be done with a path. `inside` is whether the folder that holds it was [`Verdict::In`].
    pub(crate) fn verdict(&self, path: &[u8], inside: bool) -> Verdict {
        if let Some(rules) = &self.rules {
            return match (rules.excludes(path), rules.has_exceptions()) {
                (false, _) => Verdict::In,
                (true, true) => Verdict::Through,
                (true, false) => Verdict::Out,
            };
        }
        let path = Path::new(OsStr::from_bytes(path));
        if self.exclude.is_match(path) {
            return Verdict::Out;
        }
        match &self.include {
            Some(include) if !inside && !include.globs.is_match(path) => include.beside(path),
            _ => Verdict::In,
        }
    }

    /// Whether something at a path may count. Of a folder, or of what is gone and may have been one, that is so also when something in it does.
    pub fn may_count(&self, path: &Path, is_file: bool) -> bool {
        let path = path.as_os_str().as_bytes();
        let ends = path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at);
        let mut inside = self.root();
        for end in ends.chain([path.len()]).filter(|end| *end > 0) {
            inside = self.verdict(path.get(..end).unwrap_or(path), inside == Verdict::In);
            if inside == Verdict::Out {
                return false;
            }
        }
        inside == Verdict::In || !is_file
    }

    /// What is to be done with the folder itself.
    pub(crate) fn root(&self) -> Verdict {
        if self.include.is_some() { Verdict::Through } else { Verdict::In }
    }
}

impl Include {
    fn of(include: &[String]) -> Result<Include, StoreError> {
        Ok(Include {
            globs: globs(include)?,
            leads: include.iter().map(|glob| Lead::of(plain(glob))).collect(),
        })
    }

    /// What is to be done with a path that no glob matches.
    fn beside(&self, path: &Path) -> Verdict {
        let folder = path.as_os_str().as_bytes();
        match self.leads.iter().any(|lead| lead.may_lead_into(folder)) {
            true => Verdict::Through,
            false => Verdict::Out,
        }
    }
}

/// A glob as it is matched: paths begin at the root, and a folder is named without a slash.
fn plain(glob: &str) -> &str {
    glob.strip_prefix("./").unwrap_or(glob).trim_start_matches('/').trim_end_matches('/')
}

fn globs(globs: &[String]) -> Result<GlobSet, StoreError> {
    let mut set = GlobSetBuilder::new();
    for glob in globs {
        let refused = |reason: String| StoreError::Glob { glob: glob.clone(), reason };
        if glob.starts_with('!') {
            return Err(refused("`!` means nothing here; use `include` and `exclude`".to_owned()));
        }
        let built = GlobBuilder::new(plain(glob)).literal_separator(true).backslash_escape(true).build();
        set.add(built.map_err(|error| refused(error.kind().to_string()))?);
    }
    set.build().map_err(|error| StoreError::Glob { glob: globs.join(", "), reason: error.kind().to_string() })
}

fn key(include: &[String], exclude: &[String]) -> Digest {
    // A list of texts has one postcard encoding, and encoding into memory does not fail.
    Digest::of(&postcard::to_stdvec(&(include, exclude)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn filter(include: &[&str], exclude: &[&str]) -> Filter {
        let owned = |globs: &[&str]| globs.iter().map(|glob| (*glob).to_owned()).collect::<Vec<_>>();
        Filter::new(&owned(include), &owned(exclude)).unwrap()
    }

    #[test]
    fn globs_stand_at_the_root() {
        let filter = filter(&[], &["dist", "**/*.o", "/docs/"]);
        let out = |path: &str| filter.verdict(path.as_bytes(), true) == Verdict::Out;
        assert!(out("dist") && out("a.o") && out("a/b.o") && out("docs"));
        assert!(!out("a/dist") && !out("a.os") && !out("a/docs"));
    }

    #[test]
    fn a_path_counts_as_the_folders_that_lead_to_it_do() {
        let filter = filter(&["src", "*.md"], &["src/gen"]);
        let counts = |path: &str| filter.may_count(Path::new(path), true);
        assert!(counts("src/a/b.c") && counts("README.md"));
        assert!(!counts("src/gen/a.c") && !counts("docs/a.md") && !counts("main.c"));
        assert!(
            !filter.may_count(Path::new("docs"), false) && !filter.may_count(Path::new("src/gen"), false)
        );
        assert!(filter.may_count(Path::new(""), false));
        // What is no file any more may have been a folder with something in it.
        assert!(self::filter(&["docs/*.md"], &[]).may_count(Path::new("docs"), false));
    }

    #[test]
    fn what_is_included_and_not_excluded_counts() {
        let filter = filter(&["src", "*.md", "docs/**/*.md"], &["src/gen"]);
        assert_eq!(filter.root(), Verdict::Through);
        assert_eq!(filter.verdict(b"src", false), Verdict::In);
        assert_eq!(filter.verdict(b"src/a.c", true), Verdict::In);
        assert_eq!(filter.verdict(b"src/gen", true), Verdict::Out);
        assert_eq!(filter.verdict(b"a.md", false), Verdict::In);
        assert_eq!(filter.verdict(b"docs", false), Verdict::Through);
        assert_eq!(filter.verdict(b"docs/a/b.md", false), Verdict::In);
        assert_eq!(filter.verdict(b"other", false), Verdict::Out);
    }

    #[test]
    fn what_is_no_glob_is_refused() {
        for glob in ["a[", "{a", "!a"] {
            let error = Filter::new(&[], &[glob.to_owned()]).unwrap_err().to_string();
            assert!(error.contains(glob), "{error}");
        }
        assert_ne!(filter(&["a"], &[]).key(), filter(&[], &["a"]).key());
    }
}
