//! Names of modules that are not named yet: they bring their `use` along.

use pipe_analysis::inspect::{DeclarationKind as Kind, Snapshot};

use super::context::{Context, Position};
use super::offer::Offer;
use super::{Completion, CompletionKind, escaped};
use crate::folder::PackageFolder;
use crate::imports::{Import, imports, module_name, relative, use_edit};
use crate::symbols::matches_query;

/// Public names of other modules of the package, when the name has begun.
pub(super) fn offers(
    snapshot: &Snapshot,
    folder: &PackageFolder,
    file: &str,
    text: &str,
    context: &Context,
) -> Vec<Completion> {
    let types = match &context.position {
        Position::Type => true,
        Position::Expression { .. } => false,
        _ => return Vec::new(),
    };
    if context.word.start == context.word.end {
        return Vec::new();
    }
    let offer = Offer { snapshot, file, context };
    let named = imports(text);
    let taken: Vec<String> = snapshot.declared_in(file).iter().map(|known| known.name.to_string()).collect();
    let mut found = Vec::new();
    let begun = text.get(context.word.range()).unwrap_or_default();
    for (module, on_disk) in folder.modules().iter().filter(|(module, _)| module != file) {
        let path = relative(file, module);
        let known = named.iter().find(|import| import.path == path);
        let Some(name) = known.map(|import| import.name.clone()).or_else(|| module_name(module)) else {
            continue;
        };
        let another = |import: &Import| import.name == name && import.path != path;
        if named.iter().any(another) || taken.contains(&name) {
            continue;
        }
        let elsewhere = known.is_none().then(|| use_edit(text, &path, &name));
        for (member, kind, arguments) in public(snapshot.source(module).as_deref().unwrap_or(on_disk), begun)
        {
            if matches!(kind, Kind::Record | Kind::Enum) != types {
                continue;
            }
            let label = format!("{name}.{member}");
            let insert = match arguments {
                Some(some) => offer.call(&label, some),
                None => escaped(&label),
            };
            let rank = if elsewhere.is_some() { 6 } else { 3 };
            found.push(Completion {
                kind: CompletionKind::Declared(kind),
                detail: if elsewhere.is_some() { format!("use \"{path}\"") } else { String::new() },
                insert,
                elsewhere: elsewhere.clone(),
                ..offer.word(&label, rank)
            });
        }
    }
    found
}

/// What a module of the package offers under names that go on from what is written: the names, what they are, and of what is called
/// whether it has arguments. Found by the first words of lines: modules are many, and this is asked at every letter.
fn public(text: &str, begun: &str) -> Vec<(String, Kind, Option<bool>)> {
    let items = text.lines().filter_map(|line| line.strip_prefix("pub ")?.split_once(' '));
    let found = items.filter_map(|(word, rest)| {
        let len = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
        let (name, rest) = rest.split_at(len);
        let takes = || {
            let open = rest.split_once('(').map_or("", |(_, inside)| inside.trim_start());
            Some(!open.starts_with(')'))
        };
        let (kind, arguments) = match word {
            "fn" => (Kind::Function, takes()),
            "action" => (Kind::Action, takes()),
            "let" => (Kind::Let, None),
            "record" => (Kind::Record, None),
            "enum" => (Kind::Enum, None),
            _ => return None,
        };
        Some((name.to_owned(), kind, arguments))
    });
    found.filter(|(name, ..)| !name.is_empty() && matches_query(name, begun)).collect()
}
