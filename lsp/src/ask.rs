//! A question about a file, and what its answer is made from.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use pipe_analysis::inspect::Stopper;
use pipe_diagnostics::{Edit, FileSpan};
use pipe_ide::{PackageFolder, Results, Shown, Snapshot};
use tower_lsp::ls_types::{Location, Position, Range, TextEdit, Uri, WorkspaceEdit};

use crate::position::{Encoding, Lines};

/// A file of a program at one moment.
pub(crate) struct View<'a> {
    pub(crate) snapshot: &'a Snapshot,
    /// Its name in the program.
    pub(crate) file: &'a str,
    pub(crate) text: Text<'a>,
    pub(crate) names: &'a Names,
}

/// A text, with its places as the client counts them.
pub(crate) struct Text<'a> {
    pub(crate) source: &'a str,
    lines: Lines<'a>,
}

/// How files are called: in the program, on the disk, by the client.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    /// The folder that names of the program are relative to.
    pub(crate) dir: PathBuf,
    /// Its files.
    pub(crate) folder: PackageFolder,
    /// What the client has open.
    pub(crate) open: Arc<BTreeMap<PathBuf, Opened>>,
    pub(crate) encoding: Encoding,
    /// The client can show files of the standard library.
    pub(crate) standard_library: bool,
    /// What is known of the steps of the program.
    pub(crate) results: Option<Arc<Results>>,
    /// It is shown in the text what is cached.
    pub(crate) cache_state: bool,
}

/// How the client calls a document, and which version of it is meant.
#[derive(Clone, Debug)]
pub(crate) struct Opened {
    pub(crate) uri: Uri,
    pub(crate) version: i32,
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

    pub(crate) fn uri_of_path(&self, path: &Path) -> Option<Uri> {
        self.open.get(path).map(|open| open.uri.clone()).or_else(|| Uri::from_file_path(path))
    }

    /// A place of the program as the client names it.
    pub(crate) fn location(&self, snapshot: &Snapshot, place: &FileSpan) -> Option<Location> {
        let uri = self.uri(snapshot, &place.file)?;
        let text = snapshot.source(&place.file)?;
        let range = Lines::new(&text, self.encoding).range(place.start, place.end);
        Some(Location { uri, range })
    }
}

impl<'a> Text<'a> {
    pub(crate) fn new(source: &'a str, encoding: Encoding) -> Text<'a> {
        Text { source, lines: Lines::new(source, encoding) }
    }

    pub(crate) fn lines(&self) -> &Lines<'a> {
        &self.lines
    }

    pub(crate) fn offset(&self, position: Position) -> u32 {
        self.lines.offset(position) as u32
    }

    pub(crate) fn span(&self, range: Range) -> pipe_syntax::Span {
        pipe_syntax::Span::new(self.lines.offset(range.start), self.lines.offset(range.end))
    }

    pub(crate) fn edits(&self, edits: Vec<pipe_ide::TextEdit>) -> Vec<TextEdit> {
        let edit = |edit: pipe_ide::TextEdit| TextEdit {
            range: self.lines.range(edit.span.start, edit.span.end),
            new_text: edit.text,
        };
        edits.into_iter().map(edit).collect()
    }
}

impl<'a> View<'a> {
    pub(crate) fn lines(&self) -> &Lines<'a> {
        self.text.lines()
    }

    pub(crate) fn offset(&self, position: Position) -> u32 {
        self.text.offset(position)
    }

    pub(crate) fn span(&self, range: Range) -> pipe_syntax::Span {
        self.text.span(range)
    }

    pub(crate) fn edits(&self, edits: Vec<pipe_ide::TextEdit>) -> Vec<TextEdit> {
        self.text.edits(edits)
    }

    /// What is known of the steps of the program, as it is told now.
    pub(crate) fn shown(&self) -> Option<Shown<'_>> {
        self.names.results.as_deref().map(|results| Shown { results, now: SystemTime::now() })
    }

    pub(crate) fn location(&self, place: &FileSpan) -> Option<Location> {
        self.names.location(self.snapshot, place)
    }

    /// Edits of files of the program; `None` when one of them is a file that the client cannot change.
    #[allow(clippy::mutable_key_type)] // the protocol's own type
    pub(crate) fn workspace_edit(&self, edits: &[Edit]) -> Option<WorkspaceEdit> {
        let mut changes: HashMap<Uri, Vec<TextEdit>> = HashMap::new();
        for edit in edits {
            if self.snapshot.in_standard_library(&edit.place.file) {
                return None;
            }
            let location = self.location(&edit.place)?;
            let edit = TextEdit { range: location.range, new_text: edit.text.clone() };
            changes.entry(location.uri).or_default().push(edit);
        }
        Some(WorkspaceEdit { changes: Some(changes), ..WorkspaceEdit::default() })
    }

    pub(crate) fn range(&self, span: pipe_syntax::Span) -> Range {
        self.lines().range(span.start, span.end)
    }
}

/// Stops a question when whoever asked it gives up, even before the search for its answer begins.
#[derive(Debug, Default)]
pub(crate) struct Stop(Mutex<Stopping>);

#[derive(Debug, Default)]
struct Stopping {
    stopped: bool,
    stopper: Option<Stopper>,
}

impl Stop {
    /// The search begins.
    pub(crate) fn begin(&self, stopper: Stopper) {
        let mut stopping = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if stopping.stopped {
            stopper.stop();
        }
        stopping.stopper = Some(stopper);
    }

    /// Nobody wants the answer.
    fn stop(&self) {
        let mut stopping = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        stopping.stopped = true;
        if let Some(stopper) = &stopping.stopper {
            stopper.stop();
        }
    }
}

/// Held while an answer is awaited: a request that the client cancels is dropped by the library.
pub(crate) struct StopWhenDropped(pub(crate) Arc<Stop>);

impl Drop for StopWhenDropped {
    fn drop(&mut self) {
        self.0.stop();
    }
}
