//! Trees and files, described.

use pipe_engine::TreeValue;
use pipe_store::{EntryKind, FileRef, ListEntry, Store};
use serde_json::{Value, json};

use crate::exit::CliError;
use crate::progress::printable;

fn entries(store: &Store, tree: &TreeValue) -> Result<Vec<ListEntry>, CliError> {
    store.list(&tree.tree).map_err(|error| CliError::machine(error.to_string()))
}

/// The digest of a tree, then a line an entry.
pub(crate) fn tree_text(store: &Store, tree: &TreeValue) -> Result<String, CliError> {
    let mut text = format!("{}\n", tree.tree.digest);
    for entry in entries(store, tree)? {
        // A name is what somebody else chose: it must not move the cursor, and a line is one entry.
        let name = printable(&String::from_utf8_lossy(&entry.path).replace('\n', "\\n"), false);
        let line = match &entry.kind {
            EntryKind::Dir => format!("{name}/"),
            EntryKind::Symlink { target } => {
                format!("{name} -> {}", printable(&String::from_utf8_lossy(target), false))
            }
            EntryKind::File { .. } | EntryKind::Fifo | EntryKind::Whiteout => name,
        };
        text.push_str(&format!("{} {:>12}  {line}\n", mode(&entry), size(&entry.kind)));
    }
    Ok(text)
}

/// The same for machines.
pub(crate) fn tree_json(store: &Store, tree: &TreeValue) -> Result<Value, CliError> {
    let entries: Vec<Value> = entries(store, tree)?.iter().map(entry_json).collect();
    Ok(json!({ "digest": tree.tree.digest.to_string(), "entries": entries }))
}

/// The digest and size of a file.
pub(crate) fn file_text(file: &FileRef) -> String {
    format!("{}  {} bytes, mode {:04o}\n", file.digest, file.size, file.mode & 0o7777)
}

/// The same for machines.
pub(crate) fn file_json(file: &FileRef) -> Value {
    json!({ "digest": file.digest.to_string(), "size": file.size, "mode": octal(file.mode) })
}

fn octal(mode: u32) -> String {
    format!("{:04o}", mode & 0o7777)
}

fn entry_json(entry: &ListEntry) -> Value {
    let mut object = json!({
        "path": String::from_utf8_lossy(&entry.path),
        "mode": octal(entry.meta.mode),
        "uid": entry.meta.uid,
        "gid": entry.meta.gid,
    });
    match &entry.kind {
        EntryKind::Dir => object["type"] = "dir".into(),
        EntryKind::File { digest, size } => {
            object["type"] = "file".into();
            object["size"] = (*size).into();
            object["digest"] = digest.to_string().into();
        }
        EntryKind::Symlink { target } => {
            object["type"] = "symlink".into();
            object["target"] = String::from_utf8_lossy(target).into();
        }
        EntryKind::Fifo => object["type"] = "fifo".into(),
        EntryKind::Whiteout => object["type"] = "removed".into(),
    }
    object
}

fn size(kind: &EntryKind) -> String {
    match kind {
        EntryKind::File { size, .. } => size.to_string(),
        EntryKind::Dir | EntryKind::Symlink { .. } | EntryKind::Fifo | EntryKind::Whiteout => String::new(),
    }
}

/// As `ls -l` shows it.
fn mode(entry: &ListEntry) -> String {
    let kind = match entry.kind {
        EntryKind::Dir => 'd',
        EntryKind::File { .. } => '-',
        EntryKind::Symlink { .. } => 'l',
        EntryKind::Fifo => 'p',
        EntryKind::Whiteout => 'w',
    };
    let bits = entry.meta.mode;
    let bit = |at: u32, letter: char| if bits & (1 << at) == 0 { '-' } else { letter };
    let permissions = (0..9).rev().map(|at| bit(at, ['x', 'w', 'r'][at as usize % 3]));
    std::iter::once(kind).chain(permissions).collect()
}
