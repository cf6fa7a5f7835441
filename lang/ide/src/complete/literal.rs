//! What there is of the kind of a literal: inside its quotes.

use std::collections::BTreeSet;

use pipe_analysis::inspect::{CallSpan, Snapshot};
use pipe_analysis::typed::{CheckedKind, Type};
use pipe_analysis::{FileKind, platforms};
use pipe_syntax::ast::{Expr, ExprKind, Item, Module, StrLit};
use pipe_syntax::{Span, parse};

use super::context::Context;
use super::{About, Completion, CompletionKind, escaped};
use crate::folder::PackageFolder;
use crate::imports::relative;
use crate::tree::{Node, for_each_node};

/// Operations whose first argument is the name of an environment variable.
const NAMES_A_VARIABLE: &[&str] = &["env", "secret_env", "volatile_env", "unset_env", "env_of"];

/// What a literal at a place can be.
pub(super) fn offers(
    snapshot: &Snapshot,
    folder: &PackageFolder,
    file: &str,
    context: &Context,
    literal: Span,
) -> Vec<Completion> {
    let Some(inspection) = snapshot.inspect_edited(file, &context.draft, literal.start) else {
        return Vec::new();
    };
    let around = |call: &&CallSpan| call.name.end <= literal.start && literal.end <= call.span.end;
    let call = inspection.calls.iter().filter(around).min_by_key(|call| call.span.end - call.span.start);
    let called = |name: &str, module: &str| {
        call.is_some_and(|call| {
            let place = call.declaration.place.as_ref();
            &*call.declaration.name == name && place.is_some_and(|place| &*place.file == module)
        })
    };
    let expected =
        inspection.expected.iter().filter(|(span, _)| *span == literal).map(|(_, ty)| ty).next_back();
    let kind = match expected {
        Some(Type::Optional(inner)) => Some(&**inner),
        other => other,
    };
    let value = |text: String| offer(context, text, CompletionKind::Value);
    let of_package =
        called("fixture", "std/prelude") || called("dir", "std/workspace") || called("file", "std/workspace");
    match kind {
        Some(Type::Checked(CheckedKind::ImageRef)) => images(snapshot).into_iter().map(value).collect(),
        Some(Type::Checked(CheckedKind::Platform)) => {
            platforms().iter().map(|platform| value((*platform).to_owned())).collect()
        }
        Some(Type::Checked(CheckedKind::EnvName)) => variables(snapshot).into_iter().map(value).collect(),
        Some(Type::Checked(CheckedKind::Glob)) => globs(folder, context),
        Some(Type::Checked(CheckedKind::Path)) if of_package => {
            paths(folder, context, !called("file", "std/workspace"))
        }
        Some(Type::Checked(CheckedKind::Path)) => {
            container_paths(context.draft.module(), literal).into_iter().map(value).collect()
        }
        _ if called("secret", "std/host") => {
            ["env:", "file:", "cmd:"].into_iter().map(|source| value(source.to_owned())).collect()
        }
        Some(Type::String) => aliases(context.draft.module(), literal).into_iter().map(value).collect(),
        _ => Vec::new(),
    }
}

/// Files that a `use` can name.
pub(super) fn modules(folder: &PackageFolder, file: &str, context: &Context) -> Vec<Completion> {
    let others = folder.modules().iter().map(|(module, _)| module).filter(|module| *module != file);
    others.map(|module| offer(context, relative(file, module), CompletionKind::File)).collect()
}

fn offer(context: &Context, text: String, kind: CompletionKind) -> Completion {
    Completion {
        kind,
        detail: String::new(),
        about: About::Nothing,
        span: context.word,
        insert: escaped(&text),
        elsewhere: None,
        rank: 0,
        label: text,
    }
}

/// The images that the package names, and those that it pins.
fn images(snapshot: &Snapshot) -> BTreeSet<String> {
    let mut found: BTreeSet<String> = snapshot.pinned_images().map(short).collect();
    for_each_call(snapshot, "image(", &mut |name, args| {
        if name == "image" {
            found.extend(args.first().and_then(|arg| arg.constant()));
        }
    });
    found.retain(|image| !image.is_empty());
    found
}

/// An image as people write it.
fn short(name: &str) -> String {
    let name = name.strip_prefix("docker.io/").unwrap_or(name);
    name.strip_prefix("library/").unwrap_or(name).to_owned()
}

/// The environment variables that the package names.
fn variables(snapshot: &Snapshot) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for_each_call(snapshot, "env", &mut |name, args| {
        if NAMES_A_VARIABLE.contains(&name) {
            found.extend(args.first().and_then(|arg| arg.constant()));
        }
    });
    found.retain(|name| !name.is_empty());
    found
}

/// Visits the calls of the package, in files that have a word: the name of what is called, with the arguments that are texts.
fn for_each_call(snapshot: &Snapshot, word: &str, visit: &mut dyn FnMut(&str, &[&StrLit])) {
    for file in snapshot.own_files() {
        let Some(text) = snapshot.source(file).filter(|text| text.contains(word)) else { continue };
        for item in &parse(&text).module.items {
            for_each_call_of(item, visit);
        }
    }
}

fn for_each_call_of(item: &Item, visit: &mut dyn FnMut(&str, &[&StrLit])) {
    for_each_node(item, &mut |node| {
        let Node::Expr(Expr { kind: ExprKind::Call { callee, args, .. }, .. }, _) = node else { return };
        let name = match &callee.kind {
            ExprKind::Name(name) | ExprKind::Field { name: Some(name), .. } => name,
            _ => return,
        };
        let texts: Vec<&StrLit> = args
            .iter()
            .filter_map(|arg| match &arg.value.kind {
                ExprKind::String(string) => Some(string),
                _ => None,
            })
            .collect();
        visit(&name.text, &texts);
    });
}

/// The aliases of the services that the item around a place binds.
fn aliases(module: &Module, literal: Span) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    with_item(module, literal, |item| {
        for_each_call_of(item, &mut |name, args| {
            if name == "bind" {
                found.extend(args.first().and_then(|arg| arg.constant()));
            }
        });
    });
    found
}

/// The absolute paths that the item around a place names elsewhere.
fn container_paths(module: &Module, literal: Span) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    with_item(module, literal, |item| {
        for_each_node(item, &mut |node| {
            if let Node::String(string, span) = node
                && span != literal
            {
                found.extend(string.constant().filter(|text| text.len() > 1 && text.starts_with('/')));
            }
        });
    });
    found
}

fn with_item(module: &Module, literal: Span, look: impl FnOnce(&Item)) {
    let item = module.items.iter().rfind(|item| item.offset <= literal.start);
    if let Some(item) = item {
        look(item);
    }
}

/// The entries of the folder that is written so far.
fn paths(folder: &PackageFolder, context: &Context, only_folders: bool) -> Vec<Completion> {
    let begun = context.draft.text().get(context.word.range()).unwrap_or_default();
    let parent = begun.rfind('/').map_or("", |slash| &begun[..=slash]);
    let entries = folder.entries(parent).into_iter().filter(|entry| entry.name != ".git");
    entries
        .filter(|entry| !only_folders || entry.kind == FileKind::Dir)
        .map(|entry| {
            let kind =
                if entry.kind == FileKind::Dir { CompletionKind::Folder } else { CompletionKind::File };
            offer(context, format!("{parent}{}", entry.name), kind)
        })
        .collect()
}

/// Patterns for what lies in the package.
fn globs(folder: &PackageFolder, context: &Context) -> Vec<Completion> {
    let begun = context.draft.text().get(context.word.range()).unwrap_or_default();
    let parent = begun.rfind('/').map_or("", |slash| &begun[..=slash]);
    let mut found = Vec::new();
    let mut endings = BTreeSet::new();
    for entry in folder.entries(parent) {
        let path = format!("{parent}{}", entry.name);
        match entry.kind {
            FileKind::Dir => {
                let inside = folder.entries(&path).into_iter().filter(|inner| inner.kind == FileKind::File);
                endings.extend(inside.filter_map(|inner| ending(&inner.name)));
                found.push(offer(context, format!("{path}/**"), CompletionKind::Folder));
                found.push(Completion { rank: 1, ..offer(context, path, CompletionKind::Folder) });
            }
            FileKind::File => {
                endings.extend(ending(&entry.name));
                found.push(offer(context, path, CompletionKind::File));
            }
        }
    }
    found.extend(endings.into_iter().map(|ending| Completion {
        rank: 2,
        ..offer(context, format!("{parent}**/*.{ending}"), CompletionKind::Value)
    }));
    found
}

fn ending(name: &str) -> Option<String> {
    let (stem, ending) = name.rsplit_once('.')?;
    (!stem.is_empty() && !ending.is_empty()).then(|| ending.to_owned())
}
