//! What can be changed at a place at the choice of a person. What mends a mistake is in `diagnostics`.

mod arguments;
mod arms;
mod branches;
mod extract;
mod function;
mod include;
mod inline;
mod pin;
mod pipe;
mod script;
mod site;
mod stubs;
mod uses;

use pipe_analysis::inspect::Snapshot;
use pipe_diagnostics::Edit;
use pipe_syntax::Span;

use crate::folder::PackageFolder;
use site::Site;

/// A change that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// What it does, in the imperative.
    pub title: String,
    /// Which kind of change it is.
    pub kind: ActionKind,
    /// The edits; they do not overlap.
    pub edits: Vec<Edit>,
}

/// Kinds of [`Action`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActionKind {
    /// It adds what is missing.
    Complete,
    /// A part becomes something of its own.
    Extract,
    /// Something becomes a part of others.
    Inline,
    /// The same in another form.
    Rewrite,
    /// It puts the file in order.
    Organize,
}

/// What can be changed at a range of a file. What an action writes has the canonical form, where the item had it before.
pub fn actions(snapshot: &Snapshot, folder: &PackageFolder, file: &str, range: Span) -> Vec<Action> {
    let Some(text) = snapshot.source(file) else { return Vec::new() };
    let Some(tree) = snapshot.tree(file) else { return Vec::new() };
    let Some(site) = Site::new(snapshot, folder, file, &text, &tree.module, range) else { return Vec::new() };
    let mut found = Vec::new();
    for offer in [
        arms::fill,
        arguments::fill,
        arguments::name,
        branches::invert,
        extract::to_let,
        extract::to_function,
        extract::to_param,
        extract::to_parameter,
        function::add_result,
        function::add_type,
        function::to_action,
        function::to_function,
        function::publish,
        include::narrow,
        inline::local,
        pin::pin,
        pipe::to_pipe,
        pipe::to_call,
        pipe::to_operation,
        script::quote,
        script::split,
        script::over_lines,
        stubs::docs,
        stubs::test,
        stubs::function,
        uses::sort,
        uses::add,
    ] {
        found.extend(offer(&site).map(|action| site.in_form(action)));
    }
    found
}

#[cfg(test)]
pub(crate) mod tests {
    use pipe_diagnostics::Severity;

    use super::*;
    use crate::fixture::{Fixture, applied};

    /// The files after the action of a title. `$0` is the cursor; with a second `$0`, what lies between is selected. What comes out
    /// has no error.
    #[track_caller]
    pub(crate) fn check(before: &str, title: &str, after: &str) {
        let (found, snapshot) = all(before);
        let action = found.iter().find(|action| action.title == title);
        let titles: Vec<&str> = found.iter().map(|action| action.title.as_str()).collect();
        let action = action.unwrap_or_else(|| panic!("`{title}` is not in {titles:?}"));
        let text = applied(&snapshot.snapshot(), &action.edits);
        assert_eq!(text, after);
        // Files that are no modules of the program stay as they are.
        let sections = before.split("--- ").skip(1);
        let others =
            sections.filter(|section| !text.contains(&format!("--- {}", section.lines().next().unwrap())));
        let others: String = others.map(|section| format!("--- {section}")).collect();
        let checked = Fixture::new(&format!("{text}{others}"));
        let errors: Vec<String> = checked
            .snapshot()
            .diagnostics()
            .into_iter()
            .filter(|found| found.severity == Severity::Error)
            .map(|found| found.message)
            .collect();
        assert_eq!(errors, [] as [String; 0], "{text}");
    }

    /// No action of a title is offered.
    #[track_caller]
    pub(crate) fn refused(text: &str, title: &str) {
        let (found, _) = all(text);
        assert!(found.iter().all(|action| action.title != title), "`{title}` is offered");
    }

    fn all(text: &str) -> (Vec<Action>, Fixture) {
        let fixture = Fixture::new(text);
        let (file, start) = fixture.cursor();
        let end = fixture.snapshot().source(&file).unwrap().find("$0").map(|at| at as u32);
        let fixture = match end {
            Some(_) => {
                let at = text.rfind("$0").unwrap();
                Fixture::new(&format!("{}{}", &text[..at], &text[at + 2..]))
            }
            None => fixture,
        };
        let range = Span { start, end: end.unwrap_or(start) };
        (actions(&fixture.snapshot(), &fixture.folder(), &file, range), fixture)
    }

    #[test]
    fn nowhere_is_a_mistake_of_the_server() {
        for text in [
            include_str!("../../../syntax/tests/programs/tour.pipe"),
            include_str!("../../../syntax/tests/programs/go_service.pipe"),
            include_str!("../../../syntax/tests/programs/rollout.pipe"),
        ] {
            for text in [text.to_owned(), text.replace(')', "")] {
                let fixture = Fixture::new(&text);
                for at in (0..text.len() as u32).step_by(41) {
                    for action in actions(
                        &fixture.snapshot(),
                        &fixture.folder(),
                        "main.pipe",
                        Span { start: at, end: at + at % 40 },
                    ) {
                        applied(&fixture.snapshot(), &action.edits);
                    }
                }
            }
        }
    }
}
