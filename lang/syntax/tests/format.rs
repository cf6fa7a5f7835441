//! The formatter, by its examples and on the programs of the repository.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "the programs are files")]

use pipe_syntax::{FormatError, format, parse, same_program};
use std::path::{Path, PathBuf};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The fences of a Markdown file: what stands behind the backticks, and the text.
fn fences(path: &str) -> Vec<(String, String)> {
    let text = std::fs::read_to_string(repository().join(path)).unwrap();
    let mut fences = Vec::new();
    let mut open: Option<(String, String)> = None;
    for line in text.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(info)) => open = Some((info.to_owned(), String::new())),
            (Some(_), Some(_)) => fences.extend(open.take()),
            (Some((_, text)), None) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, None) => {}
        }
    }
    fences
}

fn programs(folder: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![repository().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "pipe") {
                found.push((path.display().to_string(), std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

/// A `before` is followed by what it becomes; everything else is as it should be.
fn examples(path: &str) -> usize {
    let fences = fences(path);
    let mut before: Option<&str> = None;
    for (info, text) in &fences {
        match info.as_str() {
            "pipe before" => before = Some(text),
            "pipe" => {
                if let Some(before) = before.take() {
                    assert_eq!(format(before).unwrap(), *text, "{path}: {before}");
                }
                assert_eq!(format(text).unwrap(), *text, "{path}: a second time");
            }
            _ => {}
        }
    }
    fences.len()
}

#[test]
fn the_examples_of_the_reference_hold() {
    assert!(examples("docs/reference/format.md") > 10);
}

#[test]
fn comments_go_with_what_follows_or_precedes() {
    assert!(examples("lang/syntax/tests/format/comments.md") > 10);
}

#[test]
fn the_programs_of_the_repository_are_in_form() {
    let all = ["examples", "stdlib", "lang/syntax/tests/programs"].map(programs).concat();
    assert!(all.len() > 30);
    for (name, text) in all {
        assert_eq!(format(&text).unwrap(), text, "{name}");
    }
}

#[test]
fn every_program_without_syntax_errors_keeps_its_meaning() {
    let folders = ["tests/lang", "docs/errors"].map(|folder| repository().join(folder));
    let mut texts: Vec<String> = programs("tests/lang").into_iter().map(|(_, text)| text).collect();
    for entry in folders.iter().flat_map(|folder| std::fs::read_dir(folder).unwrap()) {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "md") {
            let fences = fences(&path.strip_prefix(repository()).unwrap().display().to_string());
            texts.extend(
                fences.into_iter().filter(|(info, _)| info.starts_with("pipe")).map(|(_, text)| text),
            );
        }
    }
    let mut good = 0;
    for text in texts {
        let parsed = parse(&text);
        match format(&text) {
            Ok(formatted) => {
                good += 1;
                assert!(same_program(&parsed.module, &parse(&formatted).module), "{text}");
                assert_eq!(format(&formatted).as_ref(), Ok(&formatted), "{text}");
            }
            Err(error) => assert_eq!(error, FormatError::Syntax(parsed.errors), "{text}"),
        }
    }
    assert!(good > 200, "{good}");
}

/// Whether each line begins inside of a literal in three quotes.
fn inside_literals(text: &str) -> Vec<bool> {
    let mut inside = false;
    let mut out = Vec::new();
    for line in text.lines() {
        out.push(inside);
        inside ^= line.matches("\"\"\"").count() % 2 == 1;
    }
    out
}

#[test]
fn indentation_and_the_number_of_empty_lines_do_not_matter() {
    for (name, text) in programs("lang/syntax/tests/programs") {
        let mut other = String::new();
        for (line, inside) in text.lines().zip(inside_literals(&text)) {
            let indent = line.len() - line.trim_start().len();
            if inside {
                other.push_str(line);
            } else {
                other.push_str(&format!("{}{}", " ".repeat(indent * 3), line.trim_start()));
            }
            other.push_str(if line.is_empty() && !inside { "\n\n   \n" } else { "\n" });
        }
        assert_eq!(format(&other).unwrap(), text, "{name}");
    }
}

#[test]
fn line_ends_become_line_feeds() {
    for (name, text) in programs("lang/syntax/tests/programs") {
        assert_eq!(format(&text.replace('\n', "\r\n")).unwrap(), text, "{name}");
    }
}

#[test]
fn a_broken_program_is_refused_with_its_errors() {
    let text = "fn f() -> Int { 1 }\r\n\r\nfn g( -> Int { 2 }\r\n";
    let Err(FormatError::Syntax(errors)) = format(text) else { panic!("it is broken") };
    assert_eq!(errors, parse(text).errors);
    for (name, text) in programs("lang/syntax/tests/broken") {
        if !parse(&text).errors.is_empty() {
            assert!(format(&text).is_err(), "{name}");
        }
    }
}

#[test]
fn files_without_items() {
    assert_eq!(format("").unwrap(), "");
    assert_eq!(format("\n \n\t\n").unwrap(), "");
    assert_eq!(format("\u{feff}\n#  only this  \n\n\n").unwrap(), "#  only this\n");
    assert_eq!(format("## doc\n\n\n# c").unwrap(), "## doc\n\n# c\n");
}

#[test]
fn scripts_keep_all_but_their_common_indentation() {
    let before = "let a = sh\"\"\"  \n\t\tone\n\n\t\t  two ${{\n x }}   \n   \n\t\"\"\"\nlet b = \"\"\"\n     kept  \n  \"\"\"\n";
    let after =
        "let a = sh\"\"\"\n  one\n\n    two ${{\n x }}   \n\n\"\"\"\nlet b = \"\"\"\n     kept  \n  \"\"\"\n";
    assert_eq!(format(before).unwrap(), after);
    assert_eq!(format(after).unwrap(), after);
}

#[test]
fn the_deepest_tree_is_formatted() {
    let nested = |n: usize| format!("let x = {}1{}\n", "[".repeat(n), "]".repeat(n));
    assert_eq!(format(&nested(30)).unwrap(), nested(30));
    let deep = nested(pipe_syntax::MAX_BRACKETS - 1);
    let formatted = format(&deep).unwrap();
    assert_eq!(format(&formatted).unwrap(), formatted);
    let long = format!("let x = a{}\n", ".b()".repeat(240));
    assert_eq!(format(&long).unwrap().lines().count(), 241);
}

/// A call of a module's function begins a chain; other names are values that operations are called on.
#[test]
fn the_modules_of_the_standard_library_are_known() {
    const PRELUDE: [&str; 5] = ["collections", "numbers", "prelude", "result", "text"];
    let long = "\"a text that is long enough to break every chain that it stands in, wherever that may be\"";
    let chain = |root: &str| format(&format!("let x = {root}.f({long}).g().h({long})\n")).unwrap();
    let mut modules = 0;
    for (path, _) in programs("stdlib") {
        let name = Path::new(&path).file_stem().unwrap().to_str().unwrap();
        if !PRELUDE.contains(&name) {
            modules += 1;
            assert!(chain(name).starts_with(&format!("let x = {name}.f(\"a text")), "{}", chain(name));
        }
    }
    assert!(modules > 5);
    assert!(chain("value").starts_with("let x = value\n  .f("), "{}", chain("value"));
}

/// Whatever the depth, what a shell gets is byte for byte what it was.
#[test]
fn scripts_are_moved_and_never_changed() {
    const BODIES: [&str; 8] = [
        "cat > a <<EOF\n  in\n\tdeep ${{ x }}\nEOF\necho done",
        "cat > a <<-EOF\n\tone\n\t\ttwo\n\tEOF",
        "cat <<'EOF'\n$HOME\n\n   \nEOF",
        "make \\\n  all \\\n    install",
        "echo '\n  quoted\n    lines\n'",
        "if true; then\n\techo tab\nfi",
        "echo ${{ x }} \"${{ x }}\"",
        "\n\necho below\n\n\necho \u{e9}",
    ];
    let scripts = |text: &str| -> Vec<String> {
        let shown = format!("{:?}", parse(text).module.items);
        shown
            .split("TextPart { cooked: ")
            .skip(1)
            .map(|rest| rest.split(", span").next().unwrap().to_owned())
            .collect()
    };
    for body in BODIES {
        for indent in ["", "  ", "      ", "\t"] {
            let lines: String = body.lines().map(|line| format!("{indent}{line}\n")).collect();
            for (before, after) in [
                ("let s = ", ""),
                ("fn f(x: String) -> Check {\n  if x == \"\" { a() } else { t.check(", ") } }"),
            ] {
                let text = format!("{before}sh\"\"\"\n{lines}\"\"\"{after}\n");
                let once = format(&text).unwrap();
                let kept = scripts(&text);
                assert!(!kept.is_empty());
                assert_eq!(scripts(&once), kept, "{text}\n---\n{once}");
                assert_eq!(format(&once).unwrap(), once);
            }
        }
    }
}
