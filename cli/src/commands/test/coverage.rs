//! `--coverage`: which functions and arms the tests entered.

use std::fmt::Write;

use pipe_diagnostics::{FileSpan, Sources};
use pipe_eval::Covered;

use crate::progress::printable;

/// A longer line of source is cut.
const LONGEST: usize = 60;

/// How many there are, and how many were entered.
#[derive(Clone, Copy, Default)]
struct Share {
    entered: usize,
    all: usize,
}

impl Share {
    fn add(&mut self, entered: bool) {
        self.all += 1;
        self.entered += usize::from(entered);
    }

    fn join(&mut self, other: Share) {
        self.all += other.all;
        self.entered += other.entered;
    }
}

impl std::fmt::Display for Share {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Share { entered, all } = *self;
        match (entered * 100).checked_div(all) {
            Some(percent) => f.pad(&format!("{entered} of {all}, {percent} %")),
            None => f.pad("none"),
        }
    }
}

/// A table by file, then the place of each function and arm that no test entered.
pub(super) fn render(items: &[Covered], sources: &Sources) -> String {
    let mut files: Vec<(&str, Share, Share)> = Vec::new();
    let mut never = String::new();
    for item in items {
        let file = &*item.place.file;
        if files.last().is_none_or(|(last, ..)| *last != file) {
            files.push((file, Share::default(), Share::default()));
        }
        if let (Some(entered), Some((_, functions, _))) = (item.entered, files.last_mut()) {
            functions.add(entered);
            if !entered {
                let name = printable(&item.name, false);
                let _ = writeln!(never, "  {}  {name}", place(&item.place, sources));
            }
        }
        for (arm, taken) in &item.arms {
            if let Some((_, _, arms)) = files.last_mut() {
                arms.add(*taken);
            }
            // Of a function that was never entered its name says enough.
            if !taken && item.entered != Some(false) {
                let name = printable(&item.name, false);
                let _ = writeln!(never, "  {}  {name}: {}", place(arm, sources), line_of(arm, sources));
            }
        }
    }
    let (mut functions, mut arms) = (Share::default(), Share::default());
    for (_, in_file, arms_in_file) in &files {
        functions.join(*in_file);
        arms.join(*arms_in_file);
    }
    if files.len() != 1 {
        files.push(("all", functions, arms));
    }
    let width = files.iter().map(|(file, ..)| file.chars().count()).max().unwrap_or(0).max("file".len());
    let mut text = format!("{:<width$}  {:<18}  arms\n", "file", "functions");
    for (file, functions, arms) in &files {
        let _ = writeln!(text, "{:<width$}  {functions:<18}  {arms}", printable(file, false));
    }
    if !never.is_empty() {
        let _ = write!(text, "never entered:\n{never}");
    }
    text
}

fn place(at: &FileSpan, sources: &Sources) -> String {
    format!("{}:{}", printable(&at.file, false), sources.position(at).line)
}

/// The line on which what an arm gives begins: its pattern stands before it.
fn line_of(arm: &FileSpan, sources: &Sources) -> String {
    let number = sources.position(arm).line as usize;
    let line = sources.text(&arm.file).lines().nth(number.saturating_sub(1)).unwrap_or_default().trim();
    let line = printable(line, false);
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("`{}…`", line.get(..end).unwrap_or_default()),
        None => format!("`{line}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_the_places_that_no_test_entered() {
        let text = "fn a() -> Int { 1 }\nfn b(x: Int) -> Int {\n  match x {\n    0 => 1\n    _ => 2\n  }\n}\nfn c() -> Int { match 1 { _ => 1 } }\n";
        let mut sources = Sources::default();
        sources.insert("main.pipe".into(), text.into());
        let at = |part: &str| {
            let start = text.find(part).map_or(0, |start| start as u32);
            FileSpan { file: "main.pipe".into(), start, end: start + 1 }
        };
        let item = |name: &str, entered, arms| Covered {
            name: name.into(),
            place: at(&format!("{name}(")),
            entered,
            arms,
        };
        let items = [
            item("a", Some(true), vec![]),
            item("b", Some(true), vec![(at("1\n    _"), true), (at("2\n"), false)]),
            item("c", Some(false), vec![(at("1 } }"), false)]),
        ];
        assert_eq!(
            render(&items, &sources),
            "file       functions           arms\nmain.pipe  2 of 3, 66 %        1 of 3, 33 %\nnever entered:\n  main.pipe:5  b: `_ => 2`\n  main.pipe:8  c\n"
        );
    }
}
