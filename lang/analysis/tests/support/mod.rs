//! Cases as text: files with expectations written as comments, and what the checker says about them.
//!
//! The format is described in `tests/lang/README.md`.

// Each test binary uses a part of it.
#![allow(dead_code, clippy::unwrap_used, clippy::disallowed_methods)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use pipe_analysis::{Analysis, MemorySystem, PackageRoot, System};
use pipe_diagnostics::{Diagnostic, Fix, Label, Severity, Sources, render};

/// What a person reads of a diagnostic. Where it shows a line of the standard library, no number is shown: the pages and snapshots would
/// change with every line that is added there.
pub(crate) fn shown(diagnostic: &Diagnostic, analysis: &Analysis) -> String {
    let (mut diagnostic, mut sources) = (diagnostic.clone(), Sources::default());
    for (file, text) in analysis.sources() {
        let text = match file.starts_with("std/") {
            true => cropped(&mut diagnostic, &file, &text).into(),
            false => text,
        };
        sources.insert(file, text);
    }
    without_numbers(&render::full(&diagnostic, &sources, false))
}

/// The lines of a file that a diagnostic shows, which it is changed to point into.
fn cropped(diagnostic: &mut Diagnostic, file: &str, text: &str) -> String {
    let labels = std::iter::once(&mut diagnostic.primary).chain(&mut diagnostic.labels);
    let mut labels: Vec<&mut Label> = labels.filter(|label| *label.place.file == *file).collect();
    let (Some(first), Some(last)) =
        (labels.iter().map(|l| l.place.start).min(), labels.iter().map(|l| l.place.end).max())
    else {
        return String::new();
    };
    let start = text[..first as usize].rfind('\n').map_or(0, |at| at + 1);
    let end = text[last as usize..].find('\n').map_or(text.len(), |at| last as usize + at + 1);
    for label in &mut labels {
        label.place.start -= start as u32;
        label.place.end -= start as u32;
    }
    text[start..end].to_owned()
}

/// A report without the numbers of lines in its parts that show the standard library.
fn without_numbers(report: &str) -> String {
    let mut in_std = false;
    let lines = report.lines().map(|line| {
        if let Some((before, place)) = line.split_once("─[ ") {
            in_std = place.starts_with("std/");
            let file = place.split(':').next().unwrap();
            return if in_std { format!("{before}─[ {file} ]\n") } else { format!("{line}\n") };
        }
        match line.split_once(" │") {
            Some((number, rest)) if in_std && number.trim().parse::<u32>().is_ok() => {
                format!("{} │{rest}\n", " ".repeat(number.len()))
            }
            _ => format!("{line}\n"),
        }
    });
    lines.collect()
}

/// The root of the repository.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// A case: some files, the first of which is the entry.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) files: Vec<CaseFile>,
}

/// A file of a case.
#[derive(Debug)]
pub(crate) struct CaseFile {
    pub(crate) path: String,
    pub(crate) text: String,
    /// Words after the path in the fence.
    pub(crate) info: Vec<String>,
}

/// The cases of a Markdown file: each heading that has fences is one.
pub(crate) fn cases(markdown: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    let mut name = String::new();
    let mut lines = markdown.lines();
    while let Some(line) = lines.next() {
        if let Some(heading) =
            line.strip_prefix('#').filter(|_| line.trim_start_matches('#').starts_with(' '))
        {
            name = heading.trim_start_matches('#').trim().to_owned();
            continue;
        }
        let Some(info) = line.strip_prefix("```") else { continue };
        let text: String = lines.by_ref().take_while(|line| !line.starts_with("```")).fold(
            String::new(),
            |mut text, line| {
                writeln!(text, "{line}").unwrap();
                text
            },
        );
        if cases.last().is_none_or(|case| case.name != name) {
            cases.push(Case { name: name.clone(), files: Vec::new() });
        }
        cases.last_mut().unwrap().files.extend(file(info, text));
    }
    cases.retain(|case| !case.files.is_empty());
    cases
}

fn file(info: &str, text: String) -> Option<CaseFile> {
    let mut words = info.split_whitespace().map(str::to_owned);
    let default = match words.next()?.as_str() {
        "pipe" => "main.pipe",
        "toml" => "pipe.toml",
        _ => return None,
    };
    let mut info: Vec<String> = words.collect();
    let path = match info.first() {
        Some(first) if first.contains('.') => info.remove(0),
        _ => default.to_owned(),
    };
    Some(CaseFile { path, text, info })
}

/// What is wrong in a package of some files, as the checker says, with the analysis that said it.
pub(crate) fn check(files: &[(&str, &str)]) -> (Vec<Diagnostic>, Analysis) {
    let mut system = MemorySystem::new();
    for (path, text) in files {
        system.write(path, *text);
    }
    let system = Arc::new(system);
    let root = PackageRoot::of_file(&*system, Path::new(files[0].0));
    let mut analysis = Analysis::new(system);
    let found = analysis.check(&root, &[]);
    (found, analysis)
}

/// Files in memory that can be edited while a checker reads them.
#[derive(Default)]
pub(crate) struct Files(Mutex<MemorySystem>);

impl Files {
    /// Writes a file.
    pub(crate) fn write(&self, path: &str, text: &str) {
        self.0.lock().unwrap().write(path, text);
    }
}

impl System for Files {
    fn current_dir(&self) -> PathBuf {
        self.0.lock().unwrap().current_dir()
    }
    fn read(&self, path: &Path) -> std::io::Result<String> {
        self.0.lock().unwrap().read(path)
    }
    fn kind(&self, path: &Path) -> Option<pipe_analysis::FileKind> {
        self.0.lock().unwrap().kind(path)
    }
    fn list(&self, dir: &Path) -> std::io::Result<Vec<pipe_analysis::Entry>> {
        self.0.lock().unwrap().list(dir)
    }
    fn canonical(&self, path: &Path) -> std::io::Result<PathBuf> {
        self.0.lock().unwrap().canonical(path)
    }
}

/// A checker of one file that is checked again and again: the standard library is read once.
pub(crate) struct Again {
    files: Arc<Files>,
    analysis: Analysis,
}

impl Again {
    pub(crate) fn new() -> Again {
        let files = Arc::new(Files::default());
        Again { analysis: Analysis::new(files.clone()), files }
    }

    /// What is wrong in the text.
    pub(crate) fn check(&mut self, text: &str) -> Vec<Diagnostic> {
        self.files.write("main.pipe", text);
        let root = PackageRoot::of_file(&*self.files, Path::new("main.pipe"));
        self.analysis.check(&root, &[])
    }
}

/// What is wrong in one file that is a package of its own.
pub(crate) fn check_one(text: &str) -> Vec<Diagnostic> {
    check(&[("main.pipe", text)]).0
}

/// The text of `main.pipe` with the automatic fixes of what is found in it applied, round after round.
pub(crate) fn apply_automatic(text: &str, check: impl Fn(&str) -> Vec<Diagnostic>) -> String {
    let mut text = text.to_owned();
    for _ in 0..10 {
        let found = check(&text);
        let automatic: Vec<&Fix> =
            found.iter().filter_map(|d| d.fixes.iter().find(|fix| fix.automatic)).collect();
        let mut sources = Sources::default();
        sources.insert("main.pipe".into(), text.as_str().into());
        let Some(new) = pipe_diagnostics::apply(automatic, &sources).texts.remove("main.pipe") else {
            return text;
        };
        text = new;
    }
    panic!("the fixes do not come to an end: {text}");
}

/// A diagnostic that a comment asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Expectation {
    pub(crate) file: String,
    pub(crate) severity: Severity,
    /// From 0.
    pub(crate) line: usize,
    /// Columns of the primary place, from 0, in characters, when carets mark them.
    pub(crate) columns: Option<(usize, usize)>,
    pub(crate) code: Option<String>,
    /// A part of the message.
    pub(crate) message: String,
}

/// The expectations in the comments of a file.
pub(crate) fn expectations(path: &str, text: &str) -> Vec<Expectation> {
    let mut found = Vec::new();
    let mut target = 0;
    for (number, line) in text.lines().enumerate() {
        let own_line = line.trim_start().starts_with('#');
        let marks =
            line.trim_start().strip_prefix('#').map(str::trim_start).filter(|rest| rest.starts_with('^'));
        if !own_line {
            target = number;
        }
        let Some((severity, rest)) = comment(line) else { continue };
        let columns = marks.map(|marks| {
            let start = line.chars().position(|c| c == '^').unwrap();
            (start, start + marks.chars().take_while(|c| *c == '^').count())
        });
        let (code, message) = match rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((code, message)) => (Some(code.to_owned()), message.trim().to_owned()),
            None => (None, rest.trim().to_owned()),
        };
        let line = if own_line { target } else { number };
        found.push(Expectation { file: path.to_owned(), severity, line, columns, code, message });
    }
    found
}

fn comment(line: &str) -> Option<(Severity, &str)> {
    let at = |marker: &str| line.rfind(marker).map(|at| line[at + marker.len()..].trim());
    let error = at("# error: [").map(|_| (Severity::Error, at("# error:").unwrap()));
    let marked = line.trim_start().trim_start_matches('#').trim_start().trim_start_matches('^').trim();
    let after_carets = |word: &str| marked.strip_prefix(word).map(str::trim).filter(|_| line.contains('^'));
    error
        .or_else(|| at("# warning: [").map(|_| (Severity::Warning, at("# warning:").unwrap())))
        .or_else(|| after_carets("error:").map(|rest| (Severity::Error, rest)))
        .or_else(|| after_carets("warning:").map(|rest| (Severity::Warning, rest)))
}

/// Line and columns of a diagnostic's primary place, from 0, in characters; the end is on the same line.
pub(crate) fn position(diagnostic: &Diagnostic, text: &str) -> (usize, usize, usize) {
    let place = &diagnostic.primary.place;
    let before = &text[..place.start as usize];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = before.matches('\n').count();
    let column = text[line_start..place.start as usize].chars().count();
    let marked = &text[place.start as usize..place.end as usize];
    (line, column, column + marked.lines().next().unwrap_or_default().chars().count())
}

/// What differs between what is expected and what was found; empty when nothing does.
pub(crate) fn compare(expected: &[Expectation], found: &[Diagnostic], files: &[(&str, &str)]) -> String {
    let mut out = String::new();
    let mut left: Vec<&Diagnostic> = found.iter().collect();
    for expectation in expected {
        match left.iter().position(|diagnostic| fits(expectation, diagnostic, files)) {
            Some(index) => {
                left.remove(index);
            }
            None => writeln!(out, "  not reported: {expectation:?}").unwrap(),
        }
    }
    for diagnostic in left {
        let text = text_of(&diagnostic.primary.place.file, files);
        let (line, start, end) = position(diagnostic, text);
        let place = format!("{}:{}:{}-{}", diagnostic.primary.place.file, line + 1, start + 1, end + 1);
        writeln!(out, "  not expected: {place} [{}] {}", diagnostic.code, diagnostic.message).unwrap();
    }
    out
}

fn fits(expectation: &Expectation, diagnostic: &Diagnostic, files: &[(&str, &str)]) -> bool {
    let (line, start, end) = position(diagnostic, text_of(&diagnostic.primary.place.file, files));
    *diagnostic.primary.place.file == *expectation.file
        && diagnostic.severity == expectation.severity
        && line == expectation.line
        && expectation.columns.is_none_or(|columns| columns == (start, end))
        && expectation.code.as_deref().is_none_or(|code| code == diagnostic.code)
        && diagnostic.message.contains(&expectation.message)
}

fn text_of<'a>(file: &str, files: &[(&str, &'a str)]) -> &'a str {
    files.iter().find(|(path, _)| *path == file).map_or("", |(_, text)| text)
}

/// All files below a folder with an extension, sorted.
pub(crate) fn files_below(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
