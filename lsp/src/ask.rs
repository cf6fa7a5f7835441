//! A question about a file, and what its answer is made from.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pipe_diagnostics::FileSpan;
use pipe_ide::Snapshot;
use tower_lsp::ls_types::{Location, Position, Range, TextEdit, Uri};

use crate::position::{Encoding, Lines};

/// A file of a program at one moment.
pub(crate) struct View<'a> {
    pub(crate) snapshot: &'a Snapshot,
    /// Its name in the program.
    pub(crate) file: &'a str,
    pub(crate) text: Arc<str>,
    pub(crate) names: &'a Names,
}

/// How files are called: in the program, on the disk, by the client.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    /// The folder that names of the program are relative to.
    pub(crate) dir: PathBuf,
    /// How the client calls what it has open.
    pub(crate) open: Arc<BTreeMap<PathBuf, Uri>>,
    pub(crate) encoding: Encoding,
    /// The client can show files of the standard library.
    pub(crate) standard_library: bool,
}

/// The scheme of the files of the standard library.
pub(crate) const STANDARD_LIBRARY_SCHEME: &str = "pipe-std";

impl Names {
    /// How the client calls a file of the program; `None` when it cannot show it.
    pub(crate) fn uri(&self, snapshot: &Snapshot, file: &str) -> Option<Uri> {
        if snapshot.in_standard_library(file) {
            let uri = format!("{STANDARD_LIBRARY_SCHEME}:/{file}.pipe");
            return uri.parse().ok().filter(|_| self.standard_library);
        }
        self.uri_of_path(&self.dir.join(file))
    }

    fn uri_of_path(&self, path: &Path) -> Option<Uri> {
        self.open.get(path).cloned().or_else(|| Uri::from_file_path(path))
    }

    /// A place of the program as the client names it.
    pub(crate) fn location(&self, snapshot: &Snapshot, place: &FileSpan) -> Option<Location> {
        let uri = self.uri(snapshot, &place.file)?;
        let text = snapshot.source(&place.file)?;
        let range = Lines::new(&text, self.encoding).range(place.start, place.end);
        Some(Location { uri, range })
    }
}

impl View<'_> {
    pub(crate) fn lines(&self) -> Lines<'_> {
        Lines::new(&self.text, self.names.encoding)
    }

    pub(crate) fn offset(&self, position: Position) -> u32 {
        self.lines().offset(position) as u32
    }

    pub(crate) fn span(&self, range: Range) -> pipe_syntax::Span {
        let lines = self.lines();
        pipe_syntax::Span::new(lines.offset(range.start), lines.offset(range.end))
    }

    pub(crate) fn edits(&self, edits: Vec<pipe_ide::TextEdit>) -> Vec<TextEdit> {
        let lines = self.lines();
        let edit = |edit: pipe_ide::TextEdit| TextEdit {
            range: lines.range(edit.span.start, edit.span.end),
            new_text: edit.text,
        };
        edits.into_iter().map(edit).collect()
    }

    pub(crate) fn range(&self, span: pipe_syntax::Span) -> Range {
        self.lines().range(span.start, span.end)
    }
}
