//! Which folders may hold what a glob matches: the others need not be listed.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use globset::{GlobBuilder, GlobMatcher};

/// A glob's way down from the root, a name at a time.
#[derive(Clone, Debug)]
pub(crate) struct Lead {
    names: Vec<GlobMatcher>,
    /// Behind these names anything may come.
    deep: bool,
}

impl Lead {
    /// Of a glob without a slash at its beginning and its end. Where it cannot be told name by name (`**`, `{a/b,c}`), it may lead
    /// anywhere.
    pub(crate) fn of(glob: &str) -> Lead {
        let mut lead = Lead { names: Vec::new(), deep: false };
        for name in glob.split('/') {
            let built = GlobBuilder::new(name).literal_separator(true).backslash_escape(true).build();
            match built {
                Ok(built) if name != "**" => lead.names.push(built.compile_matcher()),
                _ => {
                    lead.deep = true;
                    break;
                }
            }
        }
        lead
    }

    /// Whether something below this folder may match.
    pub(crate) fn may_lead_into(&self, folder: &[u8]) -> bool {
        let mut wanted = self.names.iter();
        for name in folder.split(|byte| *byte == b'/') {
            match wanted.next() {
                Some(wanted) if wanted.is_match(Path::new(OsStr::from_bytes(name))) => {}
                Some(_) => return false,
                None => return self.deep,
            }
        }
        self.deep || wanted.next().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_may_hold_a_match_is_listed() {
        for (glob, into, not_into) in [
            ("a/**", vec!["a", "a/b/c"], vec!["b", "aa", "b/a"]),
            ("a/*/c/*.rs", vec!["a", "a/x", "a/x/c"], vec!["a/x/d", "a/x/c/d", "c"]),
            ("*.md", vec![], vec!["a", "a/b"]),
            ("**/*.md", vec!["a", "a/b"], vec![]),
            ("a/{b/c,d}/e", vec!["a", "a/b", "a/x"], vec!["b"]),
            ("{a,b}/c", vec!["a", "b"], vec!["c", "a/b"]),
        ] {
            let lead = Lead::of(glob);
            for folder in into {
                assert!(lead.may_lead_into(folder.as_bytes()), "{glob} into {folder}");
            }
            for folder in not_into {
                assert!(!lead.may_lead_into(folder.as_bytes()), "{glob} not into {folder}");
            }
        }
    }
}
