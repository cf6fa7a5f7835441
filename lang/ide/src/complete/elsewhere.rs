//! Names of modules that are not named yet: they bring their `use` along.

use pipe_analysis::inspect::{DeclarationKind as Kind, Snapshot};

use super::context::{Context, Position};
use super::offer::Offer;
use super::{Completion, CompletionKind, escaped};
use crate::folder::{PackageFolder, PublicName};
use crate::imports::{Import, imports, module_name, relative, use_edit};
use crate::symbols::matches_query;

/// Public names of other modules of the package, when the name has begun.
pub(super) fn offers(
    snapshot: &Snapshot,
    folder: &PackageFolder,
    file: &str,
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
    // A name has begun, so nothing was put into the text.
    let (text, tree) = (context.draft.text(), context.draft.module());
    let named = imports(tree);
    let taken: Vec<String> = snapshot.declared_in(file).iter().map(|known| known.name.to_string()).collect();
    let mut found = Vec::new();
    let begun = text.get(context.word.range()).unwrap_or_default();
    for (module, on_disk) in folder.modules().iter().filter(|(module, _)| module != file) {
        let public = folder.public(module, snapshot.source(module).unwrap_or_else(|| on_disk.clone()));
        let mut members = public.iter().filter(|member| {
            matches!(member.kind, Kind::Record | Kind::Enum) == types && matches_query(&member.name, begun)
        });
        let Some(first) = members.next() else { continue };
        let path = relative(file, module);
        let known = named.iter().find(|import| import.path == path);
        let Some(name) = known.map(|import| import.name.clone()).or_else(|| module_name(module)) else {
            continue;
        };
        let another = |import: &Import| import.name == name && import.path != path;
        if named.iter().any(another) || taken.contains(&name) {
            continue;
        }
        let elsewhere = known.is_none().then(|| use_edit(text, tree, &path, &name));
        for PublicName { name: member, kind, takes } in std::iter::once(first).chain(members) {
            let label = format!("{name}.{member}");
            let insert = match *takes {
                Some(some) => offer.call(&label, some),
                None => escaped(&label),
            };
            let rank = if elsewhere.is_some() { 6 } else { 3 };
            found.push(Completion {
                kind: CompletionKind::Declared(*kind),
                detail: if elsewhere.is_some() { format!("use \"{path}\"") } else { String::new() },
                insert,
                elsewhere: elsewhere.clone(),
                ..offer.word(&label, rank)
            });
        }
    }
    found
}
