//! One mistake per file: the first comment says what is reported, the carets where.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

mod support;

use pipe_diagnostics::Severity;
use support::{check_one, files_below, position, repository};

/// What a file says about itself.
struct Wanted {
    message: String,
    /// Line, and first and last column, from 0.
    place: Option<(usize, usize, usize)>,
}

/// `None` for a file that says something else about itself.
fn wanted(text: &str) -> Option<Wanted> {
    let message = text.lines().next().unwrap().strip_prefix("# error: ")?;
    // What stands in parentheses speaks of the fix.
    let message = message.split(" (fix").next().unwrap().to_owned();
    let caret = |line: &&str| line.starts_with('#') && line[1..].trim_start().starts_with('^');
    let place = text.lines().position(|line| caret(&line)).map(|number| {
        let line = text.lines().nth(number).unwrap();
        let start = line.find('^').unwrap();
        (number - 1, start, start + line[start..].trim_end().len())
    });
    Some(Wanted { message, place })
}

#[test]
fn every_mistake_is_reported_at_its_carets_and_nothing_else_is() {
    let files = files_below(&repository().join("tests/lang/bad"), "pipe");
    assert!(files.len() >= 20, "{}", files.len());
    let mut failures = String::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let Some(wanted) = wanted(&text) else { continue };
        let found = check_one(&text);
        let fits = match found.as_slice() {
            [one] => {
                one.severity == Severity::Error
                    && one.message == wanted.message
                    && wanted.place.is_none_or(|place| place == position(one, &text))
            }
            _ => false,
        };
        if !fits {
            let said: Vec<String> = found
                .iter()
                .map(|d| format!("{:?} {:?} {}", position(d, &text), d.severity, d.message))
                .collect();
            failures += &format!(
                "{}:\n  wanted {:?} {}\n  found  {}\n",
                file.display(),
                wanted.place,
                wanted.message,
                said.join("\n         ")
            );
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
}

#[test]
fn a_broken_item_never_hides_its_neighbours() {
    let text = std::fs::read_to_string(repository().join("tests/lang/bad/broken_item.pipe")).unwrap();
    let text = text + "pub fn wrong() -> Container { image(\"Busybox\") }\n";
    let found = check_one(&text);
    let lines: Vec<usize> = found.iter().map(|d| position(d, &text).0).collect();
    assert_eq!(lines, [1, 3, 4], "{found:#?}");
}
