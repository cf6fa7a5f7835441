//! Checksums as `sha256sum` of the GNU coreutils writes and checks them.

use std::io::Write;

use pipe_store::{EntryKind, TreeContent};

use crate::ArchiveError;

pub(crate) fn write(tree: &TreeContent, to: &mut dyn Write) -> Result<(), ArchiveError> {
    // By the whole path, as `sort` would: folders do not come before what is beside them.
    let mut entries: Vec<_> = tree.entries().iter().collect();
    entries.sort_by(|a, b| a.path.cmp(&b.path));
    for entry in entries {
        if let EntryKind::File { digest, .. } = entry.kind {
            to.write_all(&line(&digest.to_string(), &entry.path))?;
        }
    }
    Ok(())
}

/// A name with a backslash or a line end in it is escaped, and a backslash in front says so.
fn line(digest: &str, path: &[u8]) -> Vec<u8> {
    let mut name = Vec::with_capacity(path.len());
    for byte in path {
        match byte {
            b'\\' => name.extend(b"\\\\"),
            b'\n' => name.extend(b"\\n"),
            b'\r' => name.extend(b"\\r"),
            other => name.push(*other),
        }
    }
    let mark: &[u8] = if name.len() == path.len() { b"" } else { b"\\" };
    [mark, digest.as_bytes(), b"  ", &name, b"\n"].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_names_are_escaped() {
        assert_eq!(line("ab", b"dir/a b"), b"ab  dir/a b\n");
        assert_eq!(line("ab", b"a\n\\b"), b"\\ab  a\\n\\\\b\n");
        assert_eq!(line("ab", b"\xff"), b"ab  \xff\n");
    }
}
