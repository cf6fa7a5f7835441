//! What a folder of a commit holds, as `git ls-tree -r -z -l` lists it, and which of it a package may have.

use crate::error::FetchError;

/// Bytes of the largest file of a package.
const LARGEST_FILE: u64 = 4 << 20;
/// Bytes of all files of a package.
const LARGEST_PACKAGE: u64 = 64 << 20;
/// How many files a package has at most.
const MOST_FILES: usize = 10_000;

/// A file that is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The object that is its content.
    pub(crate) object: String,
    pub(crate) size: u64,
    /// With `/` between its parts.
    pub(crate) path: String,
}

/// The files of a listing that `keep` asks for by their names.
///
/// # Errors
/// When there is anything that no package may have: a submodule, a name that leads elsewhere, a wanted file that is a link, too much.
pub(crate) fn files(listing: &[u8], keep: &dyn Fn(&str) -> bool) -> Result<Vec<Entry>, FetchError> {
    let mut found: Vec<Entry> = Vec::new();
    let mut total = 0;
    for line in listing.split(|byte| *byte == 0).filter(|line| !line.is_empty()) {
        let refused = |what: &str| {
            let path = line.splitn(2, |byte| *byte == b'\t').nth(1).unwrap_or(line);
            Err(FetchError::Refused(format!("`{}` {what}", String::from_utf8_lossy(path).escape_debug())))
        };
        let Ok(text) = std::str::from_utf8(line) else { return refused("is not a name in UTF-8") };
        let Some((facts, path)) = text.split_once('\t') else {
            return refused("is listed in no form that is known");
        };
        let facts: Vec<&str> = facts.split_whitespace().collect();
        let &[mode, _, object, size] = facts.as_slice() else {
            return refused("is listed in no form that is known");
        };
        if !is_plain(path) {
            return refused("is a name that a package cannot have");
        }
        if mode == "160000" {
            return refused(
                "is a submodule, and those are not fetched; keep the package in a folder without one, and name that by `dir`",
            );
        }
        let name = path.rsplit('/').next().unwrap_or(path);
        if !keep(name) {
            continue;
        }
        let size = match (mode, size.parse::<u64>()) {
            ("100644" | "100755", Ok(size)) => size,
            ("120000", _) => return refused("is a link, and a package has none"),
            _ => return refused("is no file"),
        };
        total += size;
        if size > LARGEST_FILE {
            return refused("is larger than 4 MiB");
        }
        if found.len() == MOST_FILES || total > LARGEST_PACKAGE {
            return refused("is one file too many: a package has at most 10,000, of 64 MiB together");
        }
        found.push(Entry { object: object.to_owned(), size, path: path.to_owned() });
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    match found.windows(2).find(|pair| pair[0].path == pair[1].path) {
        Some(pair) => Err(FetchError::Refused(format!("`{}` is there twice", pair[0].path))),
        None => Ok(found),
    }
}

/// A path that leads to a place below where it starts, on every file system, and can be shown.
fn is_plain(path: &str) -> bool {
    path.split('/').all(|part| {
        !part.is_empty()
            && part != "."
            && part != ".."
            && part.len() <= 255
            && !part.eq_ignore_ascii_case(".git")
            && !part.contains(|c: char| c.is_control() || c == '\\')
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn listed(lines: &[&str]) -> Result<Vec<String>, String> {
        let listing: Vec<u8> = lines.iter().flat_map(|line| [line.as_bytes(), b"\0"].concat()).collect();
        let found = files(&listing, &|name| name.ends_with(".pipe"));
        found
            .map(|found| found.into_iter().map(|entry| entry.path).collect())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn files_are_taken_by_their_names() {
        let found = listed(&[
            "100644 blob aa       3\tz.pipe",
            "100755 blob bb       4\ta/b.pipe",
            "100644 blob cc       5\tREADME",
            "120000 blob dd       5\tlink",
            "100644 blob cc  999999999999\tlarge.bin",
        ]);
        assert_eq!(found.unwrap(), ["a/b.pipe", "z.pipe"]);
    }

    #[test]
    fn what_no_package_may_have_is_refused() {
        for (line, reason) in [
            ("160000 commit aa       -\tsub", "submodule"),
            ("120000 blob aa       3\tx.pipe", "is a link"),
            ("100644 blob aa       3\t../x", "a name that"),
            ("100644 blob aa       3\t/etc/x", "a name that"),
            ("100644 blob aa       3\ta/./x", "a name that"),
            ("100644 blob aa       3\t.git/config", "a name that"),
            ("100644 blob aa       3\tsub/.GIT/hooks/x", "a name that"),
            ("100644 blob aa       3\ta\nb", "a name that"),
            ("100644 blob aa       3\ta\\b", "a name that"),
            ("100644 blob aa       9999999\tx.pipe", "larger"),
            ("100644 blob", "no form"),
            ("040000 tree aa       -\tx.pipe", "no file"),
        ] {
            let said = listed(&[line]).unwrap_err();
            assert!(said.contains(reason), "{line:?}: {said}");
        }
        let twice = ["100644 blob aa       3\tx.pipe", "100644 blob bb       3\tx.pipe"];
        assert!(listed(&twice).unwrap_err().contains("twice"));
    }
}
