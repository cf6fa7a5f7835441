//! Reasons of steps for people.

use pipe_engine::{ContentChange, PlanStatus, Reason, Why};
use pipe_ops::{Difference, FieldValue, Origin};
use pipe_store::PathChangeKind;

use super::super::plan;
use crate::progress::printable;

/// Values longer than this are cut.
const SHOWN: usize = 60;

/// One line a step, the reason and its place behind it.
pub(super) fn render(all: &[Why]) -> String {
    if all.is_empty() {
        return "no steps\n".to_owned();
    }
    all.iter().map(line).collect()
}

fn line(why: &Why) -> String {
    let name = printable(&why.name, false);
    let place = place(why).map(|origin| format!("  {}:{}", origin.file, origin.line)).unwrap_or_default();
    let status = plan::text::status(&why.status);
    let because = reason(why);
    let text = match &why.status {
        PlanStatus::Cached => format!("cached; when it ran: {because}"),
        PlanStatus::WillRun { reason: None } => format!("will run: {because}"),
        _ => status,
    };
    format!("{name}: {text}{place}\n")
}

/// The reason alone.
pub(super) fn reason(why: &Why) -> String {
    match (&why.reason, &why.status) {
        (Reason::First, _) => "first run".to_owned(),
        (Reason::Open, status) => plan::text::status(status),
        (Reason::Again, PlanStatus::WillRun { reason: Some(reason) }) => reason.clone(),
        (Reason::Replaced { because }, _) => because.clone(),
        (Reason::Again, _) => "its result is no longer in the store".to_owned(),
        (Reason::Changed { content: Some(content), difference, .. }, _) => content_text(content, difference),
        (Reason::Changed { difference, .. }, _) => difference_text(difference),
    }
}

/// Where the reason is written: what brings changed content in, else the step.
pub(super) fn place(why: &Why) -> Option<&Origin> {
    match &why.reason {
        Reason::Changed { content: Some(content), .. } => content.origin.as_ref().or(why.origin.as_ref()),
        _ => why.origin.as_ref(),
    }
}

fn content_text(content: &ContentChange, difference: &Difference) -> String {
    let path = match content.path.as_str() {
        "" => &difference.label,
        path => path,
    };
    let path = printable(path, false);
    let what = match &content.made_by {
        Some(step) => format!("`{path}` of {}", printable(step, false)),
        None => format!("`{path}`"),
    };
    match content.kind {
        PathChangeKind::Added => format!("{what} was added"),
        PathChangeKind::Removed => format!("{what} was removed"),
        PathChangeKind::Content => format!("{what} changed"),
        PathChangeKind::Attributes => format!("{what}: mode, owner or attributes changed"),
    }
}

fn difference_text(difference: &Difference) -> String {
    let label = label(&difference.label);
    match (&difference.before, &difference.after) {
        (Some(FieldValue::Text(before)), Some(FieldValue::Text(after))) => {
            let (before, after, at) = first_lines(before, after);
            format!("{label}{at}: {} → {}", shown(before), shown(after))
        }
        (None, Some(FieldValue::Text(after))) => format!("{label} is new: {}", shown(after)),
        (Some(FieldValue::Text(before)), None) => format!("{label} is gone: it was {}", shown(before)),
        (None, _) => format!("{label} is new"),
        (_, None) => format!("{label} is gone"),
        _ if difference.label == "host tools" => "the host's own tools changed".to_owned(),
        _ => format!("{label} changed"),
    }
}

/// Fields in users' terms; the value of a hole travels in a variable that nobody wrote.
fn label(field: &str) -> String {
    if let Some(hole) = field.strip_prefix("env PIPE_") {
        return match hole.split_once('_') {
            Some((hole, element)) => format!("element {element} of the value in hole {hole} of the script"),
            None => format!("the value in hole {hole} of the script"),
        };
    }
    match field.split_once(' ') {
        Some(("env", name)) => format!("env `{}`", printable(name, false)),
        _ => printable(field, false),
    }
}

/// Of texts of several lines the first that differ, with their number.
fn first_lines<'a>(before: &'a str, after: &'a str) -> (&'a str, &'a str, String) {
    if !before.contains('\n') && !after.contains('\n') {
        return (before, after, String::new());
    }
    let lines = |text: &'a str| text.lines().map(Some).chain(std::iter::repeat(None));
    let most = before.lines().count().max(after.lines().count());
    let pairs = lines(before).zip(lines(after)).take(most);
    let found = pairs.enumerate().find(|(_, (old, new))| old != new);
    match found {
        Some((at, (old, new))) => {
            (old.unwrap_or_default(), new.unwrap_or_default(), format!(", line {}", at + 1))
        }
        None => (before, after, String::new()),
    }
}

fn shown(text: &str) -> String {
    let text = printable(text.trim(), false);
    if text.is_empty() {
        return "nothing".to_owned();
    }
    match text.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(label: &str, before: Option<&str>, after: Option<&str>) -> String {
        let value = |text: Option<&str>| text.map(|text| FieldValue::Text(text.to_owned()));
        difference_text(&Difference { label: label.to_owned(), before: value(before), after: value(after) })
    }

    #[test]
    fn differences_read_well() {
        assert_eq!(told("env VERSION", Some("1.2"), Some("1.3")), "env `VERSION`: 1.2 → 1.3");
        assert_eq!(told("argv[3]", None, Some("-v")), "argv[3] is new: -v");
        assert_eq!(told("user", Some("me"), None), "user is gone: it was me");
        assert_eq!(told("argv[2]", Some("a\nb\nc"), Some("a\nB\nc")), "argv[2], line 2: b → B");
        assert_eq!(told("argv[2]", Some("a"), Some("a\nb")), "argv[2], line 2: nothing → b");
        assert_eq!(told("env PIPE_2", Some("x"), Some("y")), "the value in hole 2 of the script: x → y");
        assert!(told("argv[0]", Some(&"x".repeat(99)), Some("\u{1b}[2J")).ends_with("x… → nothing"));
    }
}
