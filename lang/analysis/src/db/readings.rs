//! What was read of the files that are being edited, so that the next reading of each is of what changed. It is no part of any
//! answer: with it and without it the same comes out.

use std::sync::{Arc, Mutex, PoisonError};

use pipe_syntax::{KnownItems, Parsed};

use super::{Db, SourceFile};

/// How many files are followed. More are not edited at once.
const FOLLOWED: usize = 8;

/// A file that is being edited, and what its items were when it was read last.
type Followed = (SourceFile, Arc<KnownItems>);

/// The items of files that are being edited. Clones are one.
#[derive(Clone, Default)]
pub(crate) struct Readings {
    /// The one that was followed last comes last.
    files: Arc<Mutex<Vec<Followed>>>,
}

impl Readings {
    /// Keeps what is read of a file from now on.
    pub(crate) fn follow(&self, file: SourceFile) {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        let found = files.iter().position(|(other, _)| *other == file);
        let known = found.map_or_else(Default::default, |at| files.remove(at).1);
        files.push((file, known));
        if files.len() > FOLLOWED {
            files.remove(0);
        }
    }

    fn known(&self, file: SourceFile) -> Option<Arc<KnownItems>> {
        let files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        files.iter().find(|(other, _)| *other == file).map(|(_, known)| known.clone())
    }

    fn keep(&self, file: SourceFile, known: KnownItems) {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = files.iter_mut().find(|(other, _)| *other == file) {
            entry.1 = Arc::new(known);
        }
    }
}

/// Parses the text of a file.
pub(crate) fn read(db: &dyn Db, file: SourceFile) -> Parsed {
    let text = file.text(db);
    let Some(known) = db.readings().known(file) else { return pipe_syntax::parse(text) };
    let mut known = KnownItems::clone(&known);
    let parsed = known.parse_again(text);
    db.readings().keep(file, known);
    parsed
}

/// Parses a text that a file could have.
pub(crate) fn read_draft(db: &dyn Db, file: SourceFile, text: &str) -> Parsed {
    match db.readings().known(file) {
        Some(known) => known.parse(text),
        None => pipe_syntax::parse(text),
    }
}
