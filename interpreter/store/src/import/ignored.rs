//! What does not count by `.gitignore` and `.pipeignore`, as gitignore(5) has it: the last rule that matches decides, a deeper file
//! outranks those above it, and nothing in a folder that does not count is looked at. Rules of `.pipeignore` outrank all of `.gitignore`.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use rustix::fs::OFlags;

use super::read_error;
use crate::StoreError;
use crate::beneath::{open_beneath, open_folder};
use crate::locate::child_path;

/// Git's own rules.
const GIT: &str = ".gitignore";
/// Rules that are only for `pipe`.
const OWN: &str = ".pipeignore";
/// Bytes of the largest file of rules.
const LARGEST: u64 = 1 << 20;

/// The rules for what is in a folder: its own and those of the folders above it.
#[derive(Clone, Debug, Default)]
pub(super) struct Ignored {
    /// The folder's path from where the rules begin; paths that are asked for are seen from there.
    folder: Vec<u8>,
    nearest: Option<Arc<Level>>,
    /// Files of rules count at all.
    reads: bool,
}

/// The rules of one folder.
#[derive(Debug)]
struct Level {
    /// How many bytes of a path lead to the folder.
    start: usize,
    git: Option<Gitignore>,
    own: Option<Gitignore>,
    above: Option<Arc<Level>>,
}

impl Ignored {
    /// For a folder below `from`, by the rules of the folders that lead to it, without its own. Where those rules say that the folder itself does not
    /// count, they say nothing of what is in it: whoever names it wants it.
    ///
    /// # Errors
    /// When a file of rules cannot be read.
    pub(super) fn above(from: &Path, folder: &Path) -> Result<Ignored, StoreError> {
        let Ok(way) = folder.strip_prefix(from) else { return Ok(Ignored::none_above()) };
        let mut ignored = Ignored::none_above();
        let mut at = from.to_path_buf();
        for name in way {
            let held = ignored.held_at(&at)?;
            ignored = match held.ignores(name.as_bytes(), true) {
                true => {
                    Ignored { folder: child_path(&held.folder, name.as_bytes()), ..Ignored::none_above() }
                }
                false => held.entered(name.as_bytes()),
            };
            at.push(name);
        }
        Ok(ignored)
    }

    /// Where no folder above has a say.
    fn none_above() -> Ignored {
        Ignored { folder: Vec::new(), nearest: None, reads: true }
    }

    /// With what the folder itself, at this place, has to say. One that is not there says nothing.
    fn held_at(&self, folder: &Path) -> Result<Ignored, StoreError> {
        let opened = match open_folder(folder) {
            Ok(opened) => opened,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(self.clone()),
            Err(error) => return Err(read_error(folder, error)),
        };
        let is_there = |name: &str| folder.join(name).symlink_metadata().is_ok();
        self.within(&opened, folder, is_there(GIT), is_there(OWN))
    }

    /// With what the folder itself has to say: whether these files are in it is known.
    ///
    /// # Errors
    /// When one cannot be read.
    pub(super) fn within(
        &self,
        folder: impl AsFd,
        shown: &Path,
        has_git: bool,
        has_own: bool,
    ) -> Result<Ignored, StoreError> {
        if !self.reads || !(has_git || has_own) {
            return Ok(self.clone());
        }
        let read = |there: bool, name: &str| match there {
            true => rules(&folder, name).map_err(|error| read_error(&shown.join(name), error)),
            false => Ok(None),
        };
        let start = if self.folder.is_empty() { 0 } else { self.folder.len() + 1 };
        let level =
            Level { start, git: read(has_git, GIT)?, own: read(has_own, OWN)?, above: self.nearest.clone() };
        Ok(Ignored { nearest: Some(Arc::new(level)), ..self.clone() })
    }

    /// The rules for what is in a folder of this one, without its own.
    pub(super) fn entered(&self, name: &[u8]) -> Ignored {
        Ignored { folder: child_path(&self.folder, name), ..self.clone() }
    }

    /// Whether something in the folder does not count.
    pub(super) fn ignores(&self, name: &[u8], is_dir: bool) -> bool {
        let Some(nearest) = &self.nearest else { return false };
        let path = child_path(&self.folder, name);
        let says = |rules: fn(&Level) -> &Option<Gitignore>| {
            let levels = std::iter::successors(Some(nearest), |level| level.above.as_ref());
            let mut said = levels.filter_map(|level| {
                let below = path.get(level.start..).unwrap_or_default();
                match rules(level).as_ref()?.matched(Path::new(OsStr::from_bytes(below)), is_dir) {
                    Match::None => None,
                    Match::Ignore(_) => Some(true),
                    Match::Whitelist(_) => Some(false),
                }
            });
            said.next()
        };
        says(|level| &level.own).or_else(|| says(|level| &level.git)).unwrap_or(false)
    }
}

/// Whether something in a folder does not count by files of rules when the folder is taken in with
/// [`ImportOptions::ignore_files_from`](crate::ImportOptions). `path` is seen from the folder. What cannot be found out counts.
pub fn is_ignored(from: &Path, folder: &Path, path: &Path, is_dir: bool) -> bool {
    let look = || {
        // Whoever asks may name them by links; no folder is opened by one.
        let real = |path: &Path| path.canonicalize().map_err(|error| read_error(path, error));
        let mut at = real(folder)?;
        let mut ignored = Ignored::above(&real(from)?, &at)?;
        let mut names = path.iter().peekable();
        while let Some(name) = names.next() {
            let held = ignored.held_at(&at)?;
            if held.ignores(name.as_bytes(), is_dir || names.peek().is_some()) {
                return Ok(true);
            }
            ignored = held.entered(name.as_bytes());
            at.push(name);
        }
        Ok::<bool, StoreError>(false)
    };
    look().unwrap_or(false)
}

/// Whether files of rules are among the names in a folder: git's, and our own.
pub(super) fn among<'a>(names: impl Iterator<Item = &'a [u8]>) -> (bool, bool) {
    names.fold((false, false), |(git, own), name| {
        (git || name == GIT.as_bytes(), own || name == OWN.as_bytes())
    })
}

/// The rules in a file of a folder. One that is a link, or no file, has none, as for git; neither has a line that is no pattern.
fn rules(folder: impl AsFd, name: &str) -> io::Result<Option<Gitignore>> {
    let file = match open_beneath(folder, name.as_bytes(), OFlags::empty()) {
        Ok(file) => File::from(file),
        Err(error) if is_no_file(&error) => return Ok(None),
        Err(error) => return Err(error),
    };
    if !file.metadata()?.is_file() {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    if file.take(LARGEST + 1).read_to_end(&mut bytes)? as u64 > LARGEST {
        return Err(io::Error::other("it is larger than 1 MiB, which no file of rules is"));
    }
    let text = String::from_utf8_lossy(&bytes);
    let mut builder = GitignoreBuilder::new("");
    for line in text.trim_start_matches('\u{feff}').lines() {
        let _ = builder.add_line(None, line);
    }
    Ok(builder.build().ok().filter(|rules| !rules.is_empty()))
}

fn is_no_file(error: &io::Error) -> bool {
    let code = error.raw_os_error().map(rustix::io::Errno::from_raw_os_error);
    matches!(code, Some(rustix::io::Errno::LOOP | rustix::io::Errno::NOENT | rustix::io::Errno::NXIO))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn rules_of(text: &str) -> Ignored {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(GIT), text).unwrap();
        let opened = File::open(folder.path()).unwrap();
        Ignored::none_above().within(&opened, folder.path(), true, false).unwrap()
    }

    /// Each pattern as gitignore(5) explains it.
    #[test]
    fn patterns_mean_what_git_says() {
        for (text, path, is_dir, ignored) in [
            ("*.o", "a.o", false, true),
            ("/a", "a", false, true),
            ("a/", "a", false, false),
            ("a/", "a", true, true),
            ("*.o\n!keep.o", "keep.o", false, false),
            ("!keep.o\n*.o", "keep.o", false, true),
            ("# a\n\\#a", "#a", false, true),
            ("a  ", "a", false, true),
            ("a\\ ", "a ", false, true),
            ("\u{feff}a\r\nb\r\n", "b", false, true),
            ("\u{feff}a\r\nb\r\n", "a", false, true),
        ] {
            assert_eq!(rules_of(text).ignores(path.as_bytes(), is_dir), ignored, "{text:?} on {path:?}");
        }
    }

    #[test]
    fn a_pattern_with_a_slash_stands_at_its_own_folder() {
        let below = rules_of("a/b\nc").entered(b"x");
        assert!(!below.entered(b"a").ignores(b"b", false));
        assert!(below.ignores(b"c", false));
        assert!(rules_of("a/b").entered(b"a").ignores(b"b", false));
    }
}
