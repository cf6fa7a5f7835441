//! What an item takes from outside or does there, from the items of the standard library that it comes to: their docs say it.

use std::collections::BTreeSet;

use pipe_analysis::inspect::Snapshot;
use pipe_analysis::typed::Global;

use crate::collect::full_name;

/// What a line of docs begins with that says what using the item means.
const MARK: &str = "Capability: ";

/// The items of the standard library whose use means something.
pub(crate) struct Capabilities(Vec<Capability>);

struct Capability {
    module: String,
    item: String,
    meaning: String,
}

impl Capabilities {
    /// What the standard library declares, in its order.
    pub(crate) fn new(snapshot: &Snapshot) -> Capabilities {
        let declared = snapshot.standard_library().flat_map(|file| {
            snapshot.declared_in(file).into_iter().filter_map(|found| {
                let meaning = found.docs.iter().find_map(|line| line.trim().strip_prefix(MARK))?.to_owned();
                Some(Capability { module: file.to_string(), item: full_name(&found), meaning })
            })
        });
        Capabilities(declared.collect())
    }

    /// What it means to come to these items, each meaning once.
    pub(crate) fn of(&self, reached: &BTreeSet<Global>) -> Vec<String> {
        let mut meanings: Vec<String> = Vec::new();
        for Capability { module, item, meaning } in &self.0 {
            let is_reached =
                reached.iter().any(|global| *global.module.0 == **module && *global.name == **item);
            if is_reached && !meanings.contains(meaning) {
                meanings.push(meaning.clone());
            }
        }
        meanings
    }
}

/// Docs without the line that is told apart from them.
pub(crate) fn without_mark(docs: &[String]) -> String {
    let mut lines: Vec<&str> = docs.iter().map(String::as_str).collect();
    if let Some(at) = lines.iter().position(|line| line.trim().starts_with(MARK)) {
        lines.remove(at);
        // One empty line is enough between what stood around it.
        let is_empty = |line: Option<&&str>| line.is_none_or(|line| line.trim().is_empty());
        if at < lines.len()
            && is_empty(lines.get(at))
            && is_empty(at.checked_sub(1).and_then(|at| lines.get(at)))
        {
            lines.remove(at);
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_stands_alone() {
        let docs = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>();
        let plain = docs(&["One.", "", "Two."]);
        assert_eq!(without_mark(&docs(&["One.", "", "Capability: reads", "", "Two."])), plain.join("\n"));
        assert_eq!(without_mark(&docs(&["One.", "Capability: reads"])), "One.");
        assert_eq!(without_mark(&plain), plain.join("\n"));
    }
}
