//! `pipe check --fix`: applies the edits that are safe, round after round, and then writes each file once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use pipe_diagnostics::{Applied, Fix, Sources, apply};

use crate::exit::CliError;
use crate::package::Checked;
use crate::rewrite::Change;

/// A fix may make room for another, and of a statement only the first syntax error is known. More rounds than this are no
/// mending.
const ROUNDS: usize = 100;

/// What fixes came to. Nothing is written yet.
pub(super) struct Fixed {
    /// What is still wrong.
    pub(super) checked: Checked,
    /// The files that change.
    pub(super) changes: Vec<Change>,
    /// How many fixes were applied.
    pub(super) applied: usize,
    /// Files that have to stay as they are, each with the reason, in a sentence.
    pub(super) kept: Vec<String>,
}

/// Applies every automatic fix of what was found, and of what is found then by `check`, which is given new texts of files by
/// their paths.
///
/// # Errors
/// Those of `check`.
pub(super) fn fix(
    first: Checked,
    current_dir: &Path,
    mut check: impl FnMut(&BTreeMap<PathBuf, String>) -> Result<Checked, CliError>,
) -> Result<Fixed, CliError> {
    let mut texts: BTreeMap<Arc<str>, (String, String)> = BTreeMap::new();
    let mut kept: BTreeMap<Arc<str>, &'static str> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    let mut applied = 0;
    let mut checked = first;
    for _ in 0..ROUNDS {
        let round = round(&checked, current_dir, &mut kept);
        let count = round.fixes.len();
        let mut next = texts.clone();
        for (file, new) in round.texts {
            let old = || (checked.sources.text(&file).to_owned(), String::new());
            next.entry(file.clone()).or_insert_with(old).1 = new;
        }
        // Texts that were there before: two fixes undo each other.
        if count == 0 || !seen.insert(next.clone()) {
            break;
        }
        (texts, applied) = (next, applied + count);
        let by_path =
            |(file, (_, new)): (&Arc<str>, &(String, String))| (current_dir.join(&**file), new.clone());
        checked = check(&texts.iter().map(by_path).collect())?;
    }
    let change = |(name, (old, new)): (Arc<str>, (String, String))| Change {
        file: current_dir.join(&*name),
        name: name.to_string(),
        old,
        new,
    };
    let kept = kept.into_iter().map(|(file, reason)| format!("{file} is left as it is: {reason}"));
    Ok(Fixed {
        checked,
        changes: texts.into_iter().map(change).filter(|change| change.old != change.new).collect(),
        applied,
        kept: kept.collect(),
    })
}

/// The fixes that can be applied now, and the texts that they give.
fn round<'c>(
    checked: &'c Checked,
    current_dir: &Path,
    kept: &mut BTreeMap<Arc<str>, &'static str>,
) -> Applied<'c> {
    let automatic = checked.diagnostics.iter().filter_map(|d| d.fixes.iter().find(|fix| fix.automatic));
    let mut allowed = Vec::new();
    for fix in automatic {
        let mut stays = false;
        for file in fix.edits.iter().map(|edit| &edit.place.file) {
            // A file of a dependency or of the standard library is not ours to change.
            let Some(root) = checked.own_files.get(file) else {
                stays = true;
                continue;
            };
            if let Some(reason) = refusal(&current_dir.join(&**file), root) {
                kept.insert(file.clone(), reason);
                stays = true;
            }
        }
        if !stays {
            allowed.push(fix);
        }
    }
    careful(&allowed, &checked.sources)
}

/// Applies fixes, but none after which a file has more syntax errors than before.
fn careful<'c>(fixes: &[&'c Fix], sources: &Sources) -> Applied<'c> {
    let together = apply(fixes.iter().copied(), sources);
    let worse = worse(&together, sources);
    if worse.is_empty() {
        return together;
    }
    let touches = |fix: &Fix| fix.edits.iter().any(|edit| worse.contains(&edit.place.file));
    let (doubtful, mut good): (Vec<&Fix>, Vec<&Fix>) = fixes.iter().copied().partition(|fix| touches(fix));
    for fix in doubtful {
        good.push(fix);
        if !self::worse(&apply(good.iter().copied(), sources), sources).is_empty() {
            good.pop();
        }
    }
    apply(good, sources)
}

/// The files that have more syntax errors than before.
fn worse(applied: &Applied<'_>, sources: &Sources) -> BTreeSet<Arc<str>> {
    let errors = |text: &str| pipe_syntax::parse(text).errors.len();
    let worse = |(file, new): &(&Arc<str>, &String)| errors(new) > errors(sources.text(file));
    applied.texts.iter().filter(worse).map(|(file, _)| file.clone()).collect()
}

/// Why a file cannot be changed: only what lies in its package itself is, and never what a link leads to.
fn refusal(file: &Path, package: &Path) -> Option<&'static str> {
    let Some(inside) = file.strip_prefix(package).ok().and_then(normal) else {
        return Some("it lies outside of its package");
    };
    match (file.canonicalize(), package.canonicalize()) {
        (Ok(real), Ok(package)) if real == package.join(inside) => None,
        (Ok(_), Ok(_)) => Some("it is reached through a link"),
        _ => Some("it is not there"),
    }
}

/// The path without `.` and `..`; `None` when it leads out of where it starts.
fn normal(path: &Path) -> Option<PathBuf> {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::Normal(name) => normal.push(name),
            Component::CurDir => {}
            Component::ParentDir if normal.pop() => {}
            _ => return None,
        }
    }
    Some(normal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use pipe_diagnostics::{Edit, FileSpan};

    fn fix(start: u32, end: u32, text: &str) -> Fix {
        let place = FileSpan { file: "f".into(), start, end };
        Fix { title: String::new(), edits: vec![Edit { place, text: text.to_owned() }], automatic: true }
    }

    #[test]
    fn a_fix_that_breaks_the_file_is_left_out() {
        let mut sources = Sources::default();
        sources.insert("f".into(), "let a = 1\nlet b = 2\n".into());
        let (breaks, mends) = (fix(8, 9, "("), fix(18, 19, "3"));
        let applied = careful(&[&breaks, &mends], &sources);
        assert_eq!(applied.texts["f"], "let a = 1\nlet b = 3\n");
        assert_eq!(applied.fixes, [&mends]);
    }

    #[test]
    fn paths_that_lead_out_are_refused() {
        assert_eq!(normal(Path::new("lib/../a.pipe")), Some("a.pipe".into()));
        assert_eq!(normal(Path::new("../a.pipe")), None);
        assert!(refusal(Path::new("/other/a.pipe"), Path::new("/package")).is_some());
    }
}
