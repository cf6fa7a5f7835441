//! From declarations to documentation.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use pipe_analysis::inspect::{Declaration, DeclarationKind as Kind, Snapshot};
use pipe_analysis::typed::Global;

use crate::capabilities::{Capabilities, without_mark};
use crate::model::{Docs, Item, Module, Part};

/// The widest signature that stands on one line, in characters.
const WIDTH: usize = 90;

/// Documentation of the package that was loaded: its `pub` items, and the `param`s of its entry module, which come first.
pub fn package(snapshot: &Snapshot, title: &str, permissions: Vec<String>) -> Docs {
    let library = Library::new(snapshot);
    let files: Vec<Arc<str>> = snapshot.own_files().cloned().collect();
    let entry = snapshot.entry_file();
    let (first, others): (Vec<_>, Vec<_>) = files.into_iter().partition(|file| Some(file) == entry);
    let mut modules: Vec<Module> =
        others.iter().filter_map(|file| module(snapshot, file, &library)).collect();
    modules.retain(|module| !module.items.is_empty());
    let first: Vec<Module> = first.iter().filter_map(|file| module(snapshot, file, &library)).collect();
    let text = first.first().map(|module| module.text.clone()).unwrap_or_default();
    Docs { title: title.to_owned(), text, permissions, modules: first.into_iter().chain(modules).collect() }
}

/// Documentation of the standard library.
pub fn standard_library(snapshot: &Snapshot) -> Docs {
    let library = Library::new(snapshot);
    let modules = snapshot.standard_library().filter_map(|file| module(snapshot, file, &library));
    Docs { title: "Standard library".into(), modules: modules.collect(), ..Docs::default() }
}

fn module(snapshot: &Snapshot, file: &str, library: &Library) -> Option<Module> {
    let about = snapshot.module_of_file(file)?;
    let declared = snapshot.declared_in(file).into_iter();
    let items = declared
        .filter(|found| (found.public || found.kind == Kind::Param) && found.kind != Kind::Test)
        .map(|found| item(snapshot, found, library));
    Some(Module {
        name: about.name.to_string(),
        file: file.to_owned(),
        text: about.docs.join("\n"),
        items: items.collect(),
    })
}

fn item(snapshot: &Snapshot, found: Declaration, library: &Library) -> Item {
    let reached =
        found.place.as_ref().map(|place| snapshot.reached_in_standard_library(place)).unwrap_or_default();
    let action = found.kind == Kind::Action || found.result.as_ref().is_some_and(|ty| ty.contains("Action["));
    let parts = parts(snapshot, &found);
    Item {
        kind: found.kind,
        name: full_name(&found),
        signature: if found.kind == Kind::Enum {
            enumeration(&found, &parts)
        } else {
            found.signature(WIDTH)
        },
        text: without_mark(&found.docs),
        parts,
        effects: if action { library.effects.of(&reached) } else { Vec::new() },
        capabilities: library.capabilities.of(&reached),
    }
}

/// The name, an operation's with its type.
pub(crate) fn full_name(found: &Declaration) -> String {
    let full = found.head.split(['[', '(']).next().and_then(|head| head.split(' ').next_back());
    match (found.kind, full) {
        (Kind::Operation, Some(full)) => full.to_owned(),
        _ => found.name.to_string(),
    }
}

fn parts(snapshot: &Snapshot, found: &Declaration) -> Vec<Part> {
    let place = found.place.as_ref().filter(|_| found.kind == Kind::Enum);
    if let Some(place) = place {
        let variants = snapshot.variants_at(place).into_iter();
        return variants
            .map(|variant| Part { signature: short(&variant), text: variant.docs.join("\n") })
            .collect();
    }
    let parameters = found.parameters.iter().flatten();
    parameters.map(|p| Part { signature: p.to_string(), text: p.docs.join("\n") }).collect()
}

/// An enum with the payloads of its variants.
fn enumeration(found: &Declaration, variants: &[Part]) -> String {
    let head = found.head.split(" {").next().unwrap_or_default();
    let variants: Vec<&str> = variants.iter().map(|variant| &*variant.signature).collect();
    let one_line = format!("{head} {{ {} }}", variants.join(", "));
    if one_line.chars().count() <= WIDTH {
        return one_line;
    }
    let lines: String = variants.iter().map(|variant| format!("  {variant}\n")).collect();
    format!("{head} {{\n{lines}}}")
}

/// A variant as it is declared in its enum.
fn short(variant: &Declaration) -> String {
    let signature = variant.signature(usize::MAX);
    signature.split_once('.').map_or(signature.clone(), |(_, rest)| rest.to_owned())
}

/// What items of the standard library mean for those that come to them.
struct Library {
    effects: Effects,
    capabilities: Capabilities,
}

impl Library {
    fn new(snapshot: &Snapshot) -> Library {
        Library { effects: Effects::new(snapshot), capabilities: Capabilities::new(snapshot) }
    }
}

/// The actions of the standard library: what an action that comes to one of them may do.
struct Effects(BTreeMap<(String, String), String>);

impl Effects {
    fn new(snapshot: &Snapshot) -> Effects {
        let mut actions = BTreeMap::new();
        for file in snapshot.standard_library() {
            for found in snapshot.declared_in(file) {
                if found.head.trim_start_matches("pub ").starts_with("action ") {
                    actions.insert((file.to_string(), full_name(&found)), found.name.to_string());
                }
            }
        }
        Effects(actions)
    }

    fn of(&self, reached: &BTreeSet<Global>) -> Vec<String> {
        let name =
            |global: &Global| self.0.get(&(global.module.0.to_string(), global.name.to_string())).cloned();
        reached.iter().filter_map(name).collect::<BTreeSet<String>>().into_iter().collect()
    }
}
