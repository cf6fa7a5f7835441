//! `--chown`: `user[:group]`, by number, or by name as the tree has them.

use pipe_store::{Entry, Store, Tree};

use crate::failure::Cause;

/// User and group. A number without a group stands for both; a name without one has the group it belongs to.
pub(super) fn owner(store: &Store, tree: &Tree, text: &str) -> Result<Option<(u32, u32)>, Cause> {
    if text.is_empty() {
        return Ok(None);
    }
    let (user, group) = match text.split_once(':') {
        Some((user, group)) => (user, Some(group).filter(|group| !group.is_empty())),
        None => (text, None),
    };
    let (user, own) = match user.parse() {
        Ok(number) => (number, number),
        Err(_) => {
            let fields = named(store, tree, "etc/passwd", user)?;
            let fields = fields.ok_or_else(|| unknown("user", user, "/etc/passwd"))?;
            number(&fields, 2).zip(number(&fields, 3)).ok_or_else(|| unknown("user", user, "/etc/passwd"))?
        }
    };
    let group = match group.map(|group| (group, group.parse())) {
        None => own,
        Some((_, Ok(number))) => number,
        Some((group, Err(_))) => {
            let fields = named(store, tree, "etc/group", group)?;
            fields
                .and_then(|fields| number(&fields, 2))
                .ok_or_else(|| unknown("group", group, "/etc/group"))?
        }
    };
    Ok(Some((user, group)))
}

fn number(fields: &[String], index: usize) -> Option<u32> {
    fields.get(index)?.parse().ok()
}

/// The fields of the line that begins with a name.
fn named(store: &Store, tree: &Tree, path: &str, name: &str) -> Result<Option<Vec<String>>, Cause> {
    let Ok(Entry::File(file)) = store.entry(tree, path) else { return Ok(None) };
    let bytes = store.read_file(&file)?;
    let text = String::from_utf8_lossy(&bytes);
    let fields = text.lines().map(|line| line.split(':').map(str::to_owned).collect::<Vec<_>>());
    Ok(fields.into_iter().find(|fields| fields.first().is_some_and(|first| first == name)))
}

fn unknown(what: &str, name: &str, file: &str) -> Cause {
    Cause::pipeline(format!("there is no {what} `{name}` in the container's {file}"))
        .help("use its number, or make it with `RUN` before")
}
