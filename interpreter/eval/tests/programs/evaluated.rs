//! The programs of `tests/lang/evaluated`: every expectation of their tests holds, and what fails does so at its line.

use std::fmt::Write as _;
use std::path::Path;

use pipe_eval::Budget;

use crate::pipeline::{Pipeline, facts, holds};

/// A program of a Markdown file, by its heading.
struct Case {
    title: String,
    program: String,
}

fn cases(markdown: &str) -> Vec<Case> {
    let (mut found, mut title, mut program) = (Vec::new(), String::new(), None::<String>);
    for line in markdown.lines() {
        match (&mut program, line) {
            (None, "```pipe") => program = Some(String::new()),
            (Some(_), "```") => {
                found.push(Case { title: title.clone(), program: program.take().unwrap_or_default() })
            }
            (Some(text), line) => writeln!(text, "{line}").unwrap(),
            (None, line) => {
                if let Some(heading) = line.strip_prefix("# ") {
                    title = heading.to_owned();
                }
            }
        }
    }
    found
}

/// Where a test fails: the line, the code, a part of the message.
type Fails = (usize, String, String);

/// The tests of a program by their titles, each with where it fails; `None` for one that holds.
fn tests(program: &str) -> Vec<(String, Option<Fails>)> {
    let mut found: Vec<(String, Option<Fails>)> = Vec::new();
    for (number, line) in program.lines().enumerate() {
        if let Some(rest) = line.strip_prefix("test \"") {
            found.push((rest.split('"').next().unwrap_or_default().to_owned(), None));
        }
        let Some((code, message)) = line.split_once("# fails: [").and_then(|(_, rest)| rest.split_once(']'))
        else {
            continue;
        };
        if let Some((_, fails)) = found.last_mut() {
            *fails = Some((number, code.to_owned(), message.trim().to_owned()));
        }
    }
    found
}

fn run(case: &Case, out: &mut String) {
    for (title, fails) in tests(&case.program) {
        // Small, so that what is absurd ends soon.
        let budget = Budget { steps: 500_000, bytes: 256 << 20, ..Budget::default() };
        let mut pipeline = Pipeline::with(&case.program, facts(), Vec::new(), budget);
        match (pipeline.test(&title), fails) {
            (Ok(plan), None) if holds(&plan).iter().all(|holds| *holds) && !plan.expectations.is_empty() => {}
            (Ok(plan), None) => {
                writeln!(out, "{}: {title}: {:?} does not hold", case.title, holds(&plan)).unwrap()
            }
            (Ok(_), Some(fails)) => {
                writeln!(out, "{}: {title}: does not fail: {fails:?}", case.title).unwrap()
            }
            (Err(error), fails) => {
                let found = &error.diagnostic;
                let start = found.primary.place.start as usize;
                let line = case.program.get(..start).map_or(0, |before| before.matches('\n').count());
                let fits = fails.as_ref().is_some_and(|(wanted, code, message)| {
                    line == *wanted && found.code == code && found.message.contains(message)
                });
                if !fits {
                    let shown = format!("line {}: [{}] {}", line + 1, found.code, found.message);
                    writeln!(out, "{}: {title}: {shown}; wanted {fails:?}", case.title).unwrap();
                }
            }
        }
    }
}

#[test]
fn programs_of_the_language_evaluate() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/lang/evaluated");
    let (mut out, mut count) = (String::new(), 0);
    for file in std::fs::read_dir(&folder).unwrap() {
        let markdown = std::fs::read_to_string(file.unwrap().path()).unwrap();
        for case in cases(&markdown) {
            run(&case, &mut out);
            count += tests(&case.program).len();
        }
    }
    assert!(count >= 30, "only {count} tests were found");
    assert!(out.is_empty(), "\n{out}");
}
