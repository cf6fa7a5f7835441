//! `pipe check --fix`: applies the edits that are safe.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use pipe_diagnostics::{Edit, FileSpan, Fix};

use crate::exit::CliError;
use crate::package::Checked;
use crate::rewrite;

/// Applies every automatic fix that does not meet another one; gives how many.
///
/// # Errors
/// When a file cannot be written.
pub(super) fn apply(checked: &Checked, current_dir: &Path) -> Result<usize, CliError> {
    let automatic = checked.diagnostics.iter().filter_map(|d| d.fixes.iter().find(|fix| fix.automatic));
    let mut chosen: BTreeMap<Arc<str>, Vec<&Edit<FileSpan>>> = BTreeMap::new();
    let mut applied = 0;
    for fix in automatic {
        if is_within(fix, checked) && !meets(fix, &chosen) {
            applied += 1;
            for edit in &fix.edits {
                chosen.entry(edit.place.file.clone()).or_default().push(edit);
            }
        }
    }
    for (file, edits) in chosen {
        let text = edited(checked.sources.text(&file), edits);
        rewrite::file(&current_dir.join(&*file), &text)?;
    }
    Ok(applied)
}

/// Only files that were asked for are changed, never those of a dependency.
fn is_within(fix: &Fix<FileSpan>, checked: &Checked) -> bool {
    fix.edits.iter().all(|edit| checked.own_files.contains(&edit.place.file))
}

/// Two edits of one place, or an insertion where something else is inserted.
fn meets(fix: &Fix<FileSpan>, chosen: &BTreeMap<Arc<str>, Vec<&Edit<FileSpan>>>) -> bool {
    fix.edits.iter().any(|edit| {
        chosen
            .get(&edit.place.file)
            .into_iter()
            .flatten()
            .any(|other| edit.place.start <= other.place.end && other.place.start <= edit.place.end)
    })
}

fn edited(text: &str, mut edits: Vec<&Edit<FileSpan>>) -> String {
    edits.sort_by_key(|edit| std::cmp::Reverse(edit.place.start));
    let mut text = text.to_owned();
    for edit in edits {
        let range = edit.place.start as usize..edit.place.end as usize;
        // A span that is not of this text would be the checker's mistake: leave the file alone there.
        if text.get(range.clone()).is_some() {
            text.replace_range(range, &edit.text);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(start: u32, end: u32, text: &str) -> Edit<FileSpan> {
        Edit { place: FileSpan { file: "f".into(), start, end }, text: text.to_owned() }
    }

    #[test]
    fn edits_are_applied_from_the_end() {
        assert_eq!(
            edited("abcdef", vec![&edit(1, 2, "XX"), &edit(4, 4, "-"), &edit(5, 99, "no")]),
            "aXXcd-ef"
        );
    }
}
