//! What people write who come from elsewhere: every program of `docs/errors/habits` is answered by one diagnostic, as the page
//! shows it. `UPDATE=1` writes the answers, and the index of all of them in `docs/errors/README.md`.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

mod support;

use std::fmt::Write as _;
use std::path::PathBuf;

use pipe_analysis::Analysis;
use pipe_diagnostics::{Diagnostic, Severity};
use support::{apply_automatic, check, files_below, repository, shown};

/// A section of a page.
#[derive(Default)]
struct Habit {
    title: String,
    wrong: String,
    /// What is said about it, when the page has that.
    said: Option<String>,
    right: Vec<String>,
    /// Other files of its package.
    others: Vec<(String, String)>,
}

/// A page: its text, and what it holds.
struct Page {
    path: PathBuf,
    title: String,
    habits: Vec<Habit>,
    text: String,
}

fn pages() -> Vec<Page> {
    let page = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        let title = text.lines().next().unwrap().trim_start_matches("# ").to_owned();
        let habits = text.split("\n## ").skip(1).map(habit).collect();
        Page { path, title, habits, text }
    };
    files_below(&repository().join("docs/errors/habits"), "md").into_iter().map(page).collect()
}

fn habit(section: &str) -> Habit {
    let mut lines = section.lines();
    let mut habit = Habit { title: lines.next().unwrap().to_owned(), ..Habit::default() };
    while let Some(line) = lines.next() {
        let Some(info) = line.strip_prefix("```") else { continue };
        let lines: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        let text = lines.join("\n") + "\n";
        match info.strip_prefix("pipe ") {
            Some(path) => habit.others.push((path.to_owned(), text)),
            None if info == "text" => habit.said = Some(text),
            None if habit.wrong.is_empty() => habit.wrong = text,
            None => habit.right.push(text),
        }
    }
    habit
}

impl Habit {
    fn check(&self, main: &str) -> (Vec<Diagnostic>, Analysis) {
        let mut files = vec![("main.pipe", main)];
        files.extend(self.others.iter().map(|(path, text)| (path.as_str(), text.as_str())));
        let (mut found, analysis) = check(&files);
        // Nobody calls what is shown alone.
        found.retain(|diagnostic| diagnostic.code != "unused-function");
        (found, analysis)
    }

    /// What is said about the wrong program, and what is wrong with the habit itself.
    fn answer(&self) -> (Vec<Diagnostic>, String, String) {
        let (found, analysis) = self.check(&self.wrong);
        let said: Vec<String> = found.iter().map(|found| shown(found, &analysis)).collect();
        let mut wrong = String::new();
        if found.len() != 1 {
            writeln!(wrong, "{} diagnostics, not one:\n{}", found.len(), said.concat()).unwrap();
        }
        if self.right.is_empty() {
            wrong += "a right program is missing\n";
        }
        for right in &self.right {
            let found = self.check(right).0;
            if !found.is_empty() {
                writeln!(wrong, "the right program is wrong: {found:#?}").unwrap();
            }
        }
        let fixed = apply_automatic(&self.wrong, |text| self.check(text).0);
        let errors: Vec<_> =
            self.check(&fixed).0.into_iter().filter(|d| d.severity == Severity::Error).collect();
        if fixed != self.wrong && !errors.is_empty() {
            writeln!(wrong, "after its fixes it is\n{fixed}with {errors:#?}").unwrap();
        }
        let form = |text: &str| pipe_syntax::format(text).ok();
        if fixed != self.wrong && form(&fixed) != self.right.first().and_then(|right| form(right)) {
            writeln!(wrong, "after its fixes it is not the right program:\n{fixed}").unwrap();
        }
        (found, said.join("\n"), wrong)
    }
}

#[test]
fn each_is_answered_by_one_diagnostic_as_the_page_says() {
    let mut failures = String::new();
    let mut count = 0;
    for page in pages() {
        let mut text = page.text.clone();
        for habit in &page.habits {
            count += 1;
            let (_, said, wrong) = habit.answer();
            let title = format!("{}: {}", page.path.file_name().unwrap().display(), habit.title);
            if !wrong.is_empty() {
                writeln!(failures, "{title}\n{wrong}").unwrap();
            }
            if habit.said.as_ref() == Some(&said) {
                continue;
            }
            if std::env::var_os("UPDATE").is_some() {
                text = with_answer(&text, habit, &said);
            } else {
                writeln!(failures, "{title}: it says\n{said}").unwrap();
            }
        }
        if text != page.text {
            std::fs::write(&page.path, text).unwrap();
        }
    }
    assert!(count >= 100, "{count}");
    assert!(failures.is_empty(), "\n{failures}");
}

fn with_answer(page: &str, habit: &Habit, said: &str) -> String {
    let program = format!("## {}\n", habit.title);
    let start = page.find(&program).unwrap();
    let wrong = format!("```pipe\n{}```\n", habit.wrong);
    let end = start + page[start..].find(&wrong).unwrap() + wrong.len();
    let rest = match &habit.said {
        Some(old) => page[end..].replacen(&format!("\n```text\n{old}```\n"), "", 1),
        None => page[end..].to_owned(),
    };
    format!("{}\n```text\n{said}```\n{rest}", &page[..end])
}

const TABLE: &str = "<!-- generated from habits: UPDATE=1 cargo test -p pipe-analysis --test habits -->\n";

#[test]
fn the_index_names_all_of_them() {
    let mut table = String::new();
    for page in pages() {
        let file = page.path.file_name().unwrap().display();
        writeln!(table, "\n### [{}](habits/{file})\n", page.title).unwrap();
        table += "| written | what it says | code |\n|---|---|---|\n";
        for habit in &page.habits {
            let found = &habit.answer().0[0];
            let cell = |text: &str| text.replace('|', "\\|").replace('\n', " ");
            let (title, message) = (cell(&habit.title), cell(&found.message));
            let code = found.code;
            writeln!(table, "| {title} | {message} | [{code}]({code}.md) |").unwrap();
        }
    }
    let path = repository().join("docs/errors/README.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (head, old) = page.split_once(TABLE).unwrap();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, format!("{head}{TABLE}{table}")).unwrap();
        return;
    }
    assert!(old == table, "the index is not what the pages say; write it with UPDATE=1");
}
