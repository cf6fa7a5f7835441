//! Programs of tests: `$0` is the cursor, `^^^` in a comment below a line marks a range of it, `--- name` begins another file.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use pipe_analysis::inspect::Snapshot;
use pipe_analysis::{Analysis, MemorySystem, PackageRoot};
use pipe_diagnostics::FileSpan;

use crate::folder::PackageFolder;
use crate::{CacheState, ItemResult, LastRun, Results, StepResult};

/// A program with a cursor and marks.
pub(crate) struct Fixture {
    analysis: Analysis,
    system: Arc<MemorySystem>,
    cursor: Option<(String, u32)>,
    marks: Vec<Mark>,
}

/// A marked range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) file: String,
    pub(crate) range: Range<u32>,
    /// What stands behind the mark.
    pub(crate) text: String,
}

impl Fixture {
    /// A package; the first file is `main.pipe`.
    pub(crate) fn new(text: &str) -> Fixture {
        let mut system = MemorySystem::new();
        let (mut cursor, mut marks) = (None, Vec::new());
        for (name, text) in files(text) {
            let text = match text.split_once("$0") {
                Some((before, after)) => {
                    cursor = Some((name.clone(), before.len() as u32));
                    format!("{before}{after}")
                }
                None => text,
            };
            marks.extend(marks_of(&name, &text));
            system.write(&name, text);
        }
        let root = PackageRoot::of_file(&system, Path::new("main.pipe"));
        let system = Arc::new(system);
        let mut analysis = Analysis::new(system.clone());
        analysis.load(&root, &[]);
        Fixture { analysis, system, cursor, marks }
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        self.analysis.snapshot()
    }

    pub(crate) fn folder(&self) -> PackageFolder {
        PackageFolder::new(self.system.clone(), "/".into())
    }

    /// Results as the marks have them, each of 2 s and 60 s before 100 s after 1970: `cached`, `runs` or `unknown` for the step that the
    /// marked call makes, with `item` before it for the item whose name is marked.
    pub(crate) fn results(&self) -> Results {
        let mut results = Results::default();
        let at = UNIX_EPOCH + Duration::from_secs(40);
        let last = Some(LastRun { exit_code: 0, took: Duration::from_secs(2), at });
        for mark in &self.marks {
            let place =
                FileSpan { file: mark.file.as_str().into(), start: mark.range.start, end: mark.range.end };
            let state = |word: &str| match word {
                "cached" => CacheState::Cached,
                "runs" => CacheState::Runs(None),
                _ => CacheState::Unknown("`x`".into()),
            };
            match mark.text.strip_prefix("item ") {
                Some(word) => results.items.push(ItemResult { place, steps: vec![(state(word), last)] }),
                None => results.steps.push(StepResult { place, state: state(&mark.text), last }),
            }
        }
        results
    }

    pub(crate) fn cursor(&self) -> (String, u32) {
        self.cursor.clone().expect("a fixture with `$0`")
    }

    pub(crate) fn marks(&self) -> &[Mark] {
        &self.marks
    }
}

fn files(text: &str) -> Vec<(String, String)> {
    let mut files = vec![("main.pipe".to_owned(), String::new())];
    for line in text.split_inclusive('\n') {
        match line.strip_prefix("--- ") {
            Some(name) => files.push((name.trim().to_owned(), String::new())),
            None => files.last_mut().expect("one at least").1.push_str(line),
        }
    }
    files
}

fn marks_of(file: &str, text: &str) -> Vec<Mark> {
    let mut marks = Vec::new();
    let (mut at, mut marked) = (0, 0);
    for line in text.split_inclusive('\n') {
        let start = line.find('^').filter(|_| line.trim_start().starts_with('#'));
        match start {
            Some(start) => {
                let len = line[start..].chars().take_while(|c| *c == '^').count();
                let range = (marked + start) as u32..(marked + start + len) as u32;
                marks.push(Mark { file: file.into(), range, text: line[start + len..].trim().into() });
            }
            None => marked = at,
        }
        at += line.len();
    }
    marks
}

/// The files of a package with edits, as one text like that of a fixture.
pub(crate) fn applied(snapshot: &Snapshot, edits: &[pipe_diagnostics::Edit]) -> String {
    let mut out = String::new();
    let mut files: Vec<_> = snapshot.own_files().cloned().collect();
    files.sort_by_key(|file| (&**file != "main.pipe", file.clone()));
    for (i, file) in files.iter().enumerate() {
        if i > 0 {
            out.push_str(&format!("--- {file}\n"));
        }
        let mut text = snapshot.source(file).unwrap_or_default().to_string();
        let mut own: Vec<_> = edits.iter().filter(|edit| edit.place.file == *file).collect();
        own.sort_by_key(|edit| (edit.place.start, edit.place.end));
        for edit in own.iter().rev() {
            text.replace_range(edit.place.start as usize..edit.place.end as usize, &edit.text);
        }
        out.push_str(&text);
    }
    out
}
