//! Giving something another name, wherever it is written.

use std::collections::BTreeSet;
use std::sync::Arc;

use pipe_analysis::inspect::{Declaration, DeclarationKind as Kind, Snapshot};
use pipe_diagnostics::{Edit, FileSpan};
use pipe_syntax::ast::{ItemKind, UsePath};
use pipe_syntax::{Span, parse};

use crate::at::{declared_at, word_in};
use crate::references::of_declaration;

/// The name at a place that can be changed: where it stands.
///
/// # Errors
/// Why there is none, as a sentence.
pub fn prepare_rename(snapshot: &Snapshot, file: &str, offset: u32) -> Result<Span, String> {
    let (span, declaration) =
        declared_at(snapshot, file, offset).ok_or("there is no name here that could be changed")?;
    changeable(snapshot, &declaration)?;
    match declaration.kind {
        Kind::Module => alias_at(snapshot, file, offset, span).map(|alias| alias.at),
        _ => Ok(span),
    }
}

/// The edits that give what the name at a place means another name, in every file of the package.
///
/// # Errors
/// Why it cannot have that name, as a sentence.
pub fn rename(snapshot: &Snapshot, file: &str, offset: u32, new: &str) -> Result<Vec<Edit>, String> {
    let (span, declaration) =
        declared_at(snapshot, file, offset).ok_or("there is no name here that could be changed")?;
    changeable(snapshot, &declaration)?;
    check_form(&declaration, new)?;
    if declaration.kind == Kind::Module {
        return rename_module(snapshot, file, offset, span, new);
    }
    let files: Vec<&str> = snapshot.program_files().map(|file| &**file).collect();
    let references = of_declaration(snapshot, &declaration, &files);
    let own: BTreeSet<&Arc<str>> = snapshot.own_files().collect();
    if let Some(foreign) = references.iter().find(|found| !own.contains(&found.place.file)) {
        return Err(format!("`{}` uses it, which belongs to another package", foreign.place.file));
    }
    let places: Vec<FileSpan> = references.into_iter().map(|found| found.place).collect();
    check_free(snapshot, &declaration, &places, new)?;
    Ok(places.into_iter().map(|place| Edit { place, text: new.to_owned() }).collect())
}

fn changeable(snapshot: &Snapshot, declaration: &Declaration) -> Result<(), String> {
    let name = &declaration.name;
    let place = declaration.place.as_ref().ok_or_else(|| format!("`{name}` is a part of the language"))?;
    if declaration.kind == Kind::Module {
        return Ok(());
    }
    if snapshot.in_standard_library(&place.file) {
        return Err(format!("`{name}` belongs to the standard library"));
    }
    if !snapshot.own_files().any(|own| *own == place.file) {
        return Err(format!("`{name}` belongs to another package, in `{}`", place.file));
    }
    match declaration.kind {
        Kind::Test => Err("a test has a title, which nothing else names: edit it".into()),
        _ => Ok(()),
    }
}

/// Whether a name has the form that its kind has.
fn check_form(declaration: &Declaration, new: &str) -> Result<(), String> {
    let upper = matches!(declaration.kind, Kind::Record | Kind::Enum | Kind::Variant | Kind::Opaque);
    let text = if upper { format!("record {new} {{ a: Int }}\n") } else { format!("let {new}: Int = 1\n") };
    let parsed = parse(&text);
    let name = match parsed.module.items.as_slice() {
        [item] => match &*item.kind {
            ItemKind::Record(item) => Some(&item.name.text),
            ItemKind::Let(item) => Some(&item.name.text),
            _ => None,
        },
        _ => None,
    };
    let begin = if upper { "a capital letter" } else { "a small letter" };
    match parsed.errors.is_empty() && name.is_some_and(|name| name == new) {
        true => Ok(()),
        false => {
            Err(format!("`{new}` cannot be its name: it begins with {begin} and is no word of the language"))
        }
    }
}

/// Whether a name means nothing else where it would be written.
fn check_free(
    snapshot: &Snapshot,
    declaration: &Declaration,
    places: &[FileSpan],
    new: &str,
) -> Result<(), String> {
    let part = matches!(declaration.kind, Kind::Field | Kind::Variant);
    let files: BTreeSet<&Arc<str>> = places.iter().map(|place| &place.file).collect();
    for file in files {
        let inside = |span: Span| {
            places
                .iter()
                .any(|place| place.file == *file && place.start == span.start && place.end == span.end)
        };
        let of_items = matches!(
            declaration.kind,
            Kind::Function | Kind::Action | Kind::Param | Kind::Let | Kind::Record | Kind::Enum
        );
        let declared_here = declaration.place.as_ref().is_some_and(|place| place.file == *file);
        if of_items && declared_here && snapshot.declared_in(file).iter().any(|known| &*known.name == new) {
            return Err(format!("`{file}` declares another `{new}`"));
        }
        for inspection in snapshot.inspect_items(file, &|text| word_in(text, new)) {
            if !inspection.uses.iter().any(|written| inside(written.span)) {
                continue;
            }
            let meets = inspection.uses.iter().map(|written| written.meaning.declaration()).find(|known| {
                let same_kind = known.kind == declaration.kind;
                let beside = !matches!(known.kind, Kind::Field | Kind::Variant | Kind::Operation);
                &*known.name == new && if part { same_kind } else { beside }
            });
            if meets.is_some() {
                return Err(format!("`{new}` means something else in `{file}` where it would be written"));
            }
        }
    }
    Ok(())
}

/// The local name of a module.
struct Alias {
    name: String,
    /// Where the name under the cursor stands.
    at: Span,
    /// Where it is given, and what stands before the new name there.
    given: (Span, &'static str),
}

fn alias_at(snapshot: &Snapshot, file: &str, offset: u32, span: Span) -> Result<Alias, String> {
    let text = snapshot.source(file).unwrap_or_default();
    let module = parse(&text).module;
    for item in &module.items {
        let ItemKind::Use(tree) = &*item.kind else { continue };
        let (name, given) = match (&tree.alias, &tree.path) {
            (Some(alias), _) => (alias, (alias.span.at(item.offset), "")),
            (None, UsePath::Package(names)) => match names.last() {
                Some(last) => (
                    last,
                    (Span::new(last.span.end as usize, last.span.end as usize).at(item.offset), " as "),
                ),
                None => continue,
            },
            (None, UsePath::File { .. }) => continue,
        };
        let here = item.offset <= offset && offset <= item.offset + item.len;
        if here || text.get(span.range()) == Some(name.text.as_str()) {
            let at = if here { name.span.at(item.offset) } else { span };
            return Ok(Alias { name: name.text.to_string(), at, given });
        }
    }
    Err("this module needs no `use`, and its name belongs to the standard library".into())
}

fn rename_module(
    snapshot: &Snapshot,
    file: &str,
    offset: u32,
    span: Span,
    new: &str,
) -> Result<Vec<Edit>, String> {
    let alias = alias_at(snapshot, file, offset, span)?;
    if snapshot.declared_in(file).iter().any(|known| &*known.name == new) {
        return Err(format!("`{file}` declares another `{new}`"));
    }
    let text = snapshot.source(file).unwrap_or_default();
    let mut spans = BTreeSet::new();
    for inspection in snapshot.inspect_items(file, &|text| word_in(text, &alias.name)) {
        let modules = inspection.uses.iter().filter(|u| u.meaning.declaration().kind == Kind::Module);
        spans.extend(modules.map(|u| u.span).filter(|s| text.get(s.range()) == Some(&alias.name)));
    }
    let (given, before) = alias.given;
    spans.remove(&given);
    // A path that is also the name is not changed.
    spans.retain(|span| !(before == " as " && span.end == given.start));
    let edit = |span: Span, text: String| Edit {
        place: FileSpan { file: file.into(), start: span.start, end: span.end },
        text,
    };
    let mut edits = vec![edit(given, format!("{before}{new}"))];
    edits.extend(spans.into_iter().map(|span| edit(span, new.to_owned())));
    Ok(edits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Fixture, applied};

    #[track_caller]
    fn check(before: &str, new: &str, after: &str) {
        let fixture = Fixture::new(before);
        let (file, offset) = fixture.cursor();
        let snapshot = fixture.snapshot();
        prepare_rename(&snapshot, &file, offset).unwrap();
        let edits = rename(&snapshot, &file, offset, new).unwrap();
        let renamed = applied(&snapshot, &edits);
        assert_eq!(renamed, after);
        let errors = |text: &str| Fixture::new(text).snapshot().diagnostics().len();
        assert_eq!(errors(&renamed), errors(&before.replace("$0", "")), "what was right stays right");
    }

    #[track_caller]
    fn refused(text: &str, new: &str, why: &str) {
        let fixture = Fixture::new(text);
        let (file, offset) = fixture.cursor();
        let found = rename(&fixture.snapshot(), &file, offset, new).unwrap_err();
        assert!(found.contains(why), "{found}");
    }

    #[test]
    fn across_modules() {
        check(
            "use \"./deploy.pipe\" as deploy\npub fn f() -> Int { deploy.repl$0icas(many: 2) }\n--- deploy.pipe\npub fn replicas(many: Int) -> Int { many }\nfn g() -> Int { replicas(1) }\n",
            "copies",
            "use \"./deploy.pipe\" as deploy\npub fn f() -> Int { deploy.copies(many: 2) }\n--- deploy.pipe\npub fn copies(many: Int) -> Int { many }\nfn g() -> Int { copies(1) }\n",
        );
    }

    #[test]
    fn named_arguments_too() {
        check(
            "use \"./deploy.pipe\" as deploy\npub fn f() -> Int { deploy.replicas(many: 2) }\n--- deploy.pipe\npub fn replicas(many: Int) -> Int { ma$0ny }\n",
            "count",
            "use \"./deploy.pipe\" as deploy\npub fn f() -> Int { deploy.replicas(count: 2) }\n--- deploy.pipe\npub fn replicas(count: Int) -> Int { count }\n",
        );
    }

    #[test]
    fn fields_variants_and_types() {
        check(
            "record App { na$0me: String }\nfn f(a: App) -> App { a.with(name: a.name) }\n",
            "title",
            "record App { title: String }\nfn f(a: App) -> App { a.with(title: a.title) }\n",
        );
        check(
            "enum E { A, B }\nfn f(e: E) -> E { match e { A$0 => B, E.B => E.A } }\n",
            "First",
            "enum E { First, B }\nfn f(e: E) -> E { match e { First => B, E.B => E.First } }\n",
        );
        check(
            "enum E$0 { A, B }\nfn f(e: E) -> E? { match e { A => B, E.B => E.A } }\n",
            "Env",
            "enum Env { A, B }\nfn f(e: Env) -> Env? { match e { A => B, Env.B => Env.A } }\n",
        );
    }

    #[test]
    fn the_local_name_of_a_module() {
        check(
            "use \"./deploy.pipe\" as deploy\npub fn f() -> Int { de$0ploy.n }\n--- deploy.pipe\npub let n: Int = 1\n",
            "ship",
            "use \"./deploy.pipe\" as ship\npub fn f() -> Int { ship.n }\n--- deploy.pipe\npub let n: Int = 1\n",
        );
    }

    #[test]
    fn in_scripts_and_texts() {
        check(
            "pub fn f(v$0: String) -> Check { image(\"a:1\").check(sh\"echo ${{ v }}\", name: \"x ${v}\") }\n",
            "version",
            "pub fn f(version: String) -> Check { image(\"a:1\").check(sh\"echo ${{ version }}\", name: \"x ${version}\") }\n",
        );
    }

    #[test]
    fn what_cannot_be_renamed_says_why() {
        refused("fn f() -> Container { ima$0ge(\"a\") }\n", "picture", "standard library");
        refused("fn f$0() -> Int { 1 }\nfn g() -> Int { f() }\n", "G", "small letter");
        refused("fn f$0() -> Int { 1 }\nfn g() -> Int { f() }\n", "match", "no word of the language");
        refused("fn f$0() -> Int { 1 }\nfn g() -> Int { f() }\n", "g", "declares another `g`");
        refused("fn f(a$0: Int, b: Int) -> Int { a + b }\n", "b", "means something else");
        refused("fn f$0() -> Int { 1 }\nfn g(b: Int) -> Int { f() + b }\n", "b", "means something else");
        refused("record R { a$0: Int, b: Int }\n", "b", "means something else");
        refused("fn f() -> Int { 4$02 }\n", "x", "no name here");
        refused("fn f$0() -> Int { 1 }\n", "a b(", "small letter");
    }
}
