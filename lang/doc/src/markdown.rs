//! Pages of Markdown: one for each type that has operations, one for each module with a name of its own, one for the rest,
//! and one that leads to all of them.

use std::collections::BTreeMap;

use pipe_analysis::inspect::DeclarationKind;

use crate::model::{Docs, Item, Module};

/// Modules whose names stand everywhere without theirs.
const PRELUDE: [&str; 3] = ["prelude", "collections", "text"];
/// What stands at the top of each page, so that nobody edits it.
const GENERATED: &str = "<!-- Made from stdlib/*.pipe by `cargo xtask reference`; a test compares. -->\n";

/// A page: its title, what it says first, and its items.
struct Page<'d> {
    title: String,
    text: String,
    /// What stands before a name in a program: `workspace.`
    prefix: String,
    items: Vec<&'d Item>,
}

/// The pages of the standard library, by the name of their file. The index is `README.md`.
pub fn pages(docs: &Docs) -> Vec<(String, String)> {
    let mut pages = BTreeMap::new();
    let (prelude, modules): (Vec<&Module>, Vec<&Module>) =
        docs.modules.iter().partition(|module| PRELUDE.contains(&&*module.name));
    let items: Vec<&Item> = prelude.iter().flat_map(|module| &module.items).collect();
    for item in &items {
        let page = item.receiver().map_or_else(|| home(item, &items), page_name);
        let page = pages.entry(page).or_insert_with(|| Page {
            title: String::new(),
            text: String::new(),
            prefix: String::new(),
            items: Vec::new(),
        });
        page.items.push(item);
        match (item.receiver(), item.kind) {
            (Some(receiver), _) => page.title = format!("`{receiver}`"),
            (None, DeclarationKind::Opaque) if page.title.is_empty() => {
                page.title = format!("`{}`", item.name)
            }
            _ => {}
        }
    }
    if let Some(rest) = pages.get_mut("prelude") {
        rest.title = "Functions and types that stand everywhere".into();
        rest.text = prelude.first().map(|module| module.text.clone()).unwrap_or_default();
    }
    for module in modules {
        let page = Page {
            title: format!("`{}`", module.name),
            text: module.text.clone(),
            prefix: format!("{}.", module.name),
            items: module.items.iter().collect(),
        };
        pages.insert(page_name(&module.name), page);
    }
    let mut out = vec![("README.md".to_owned(), index(&pages))];
    out.extend(pages.iter().map(|(name, page)| (format!("{name}.md"), page.text())));
    out
}

/// The page of what is no operation: a type's own when it has operations, else the page of the rest.
fn home(item: &Item, items: &[&Item]) -> String {
    let has_operations = items.iter().any(|other| other.receiver() == Some(&item.name));
    if is_type(item) && has_operations { page_name(&item.name) } else { "prelude".into() }
}

fn is_type(item: &Item) -> bool {
    matches!(item.kind, DeclarationKind::Opaque | DeclarationKind::Record | DeclarationKind::Enum)
}

/// `ImageRef` → `image-ref`.
fn page_name(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !out.is_empty() {
            out.push('-');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

/// Where a heading leads to, as forges make it.
fn anchor(heading: &str) -> String {
    let kept = heading.to_lowercase();
    kept.chars()
        .filter(|c| c.is_alphanumeric() || *c == '_' || *c == '-' || *c == ' ')
        .collect::<String>()
        .replace(' ', "-")
}

fn first_sentence(text: &str) -> String {
    let paragraph = text.split("\n\n").next().unwrap_or_default().replace('\n', " ");
    let end = paragraph.find(". ").map_or(paragraph.len(), |at| at + 1);
    paragraph[..end].to_owned()
}

fn index(pages: &BTreeMap<String, Page<'_>>) -> String {
    let mut out = format!("{GENERATED}# Standard library\n\nEverything that a program has without `use`.\n");
    for (name, page) in pages {
        out.push_str(&format!("\n## [{}]({name}.md)\n\n", page.title));
        for item in &page.items {
            let (heading, says) = (page.heading(item), first_sentence(&item.text));
            let name_of = page.name_of(item);
            out.push_str(&format!("- [`{name_of}`]({name}.md#{}): {says}\n", anchor(&heading)));
        }
    }
    out
}

impl Page<'_> {
    /// What an item is called: `run`, `workspace.dir`.
    fn name_of(&self, item: &Item) -> String {
        format!("{}{}", self.prefix, item.short_name())
    }

    /// The heading of an item. A type and an operation of it may differ in nothing but the case of a letter.
    fn heading(&self, item: &Item) -> String {
        let name = self.name_of(item);
        if is_type(item) { format!("Type `{name}`") } else { format!("`{name}`") }
    }

    fn text(&self) -> String {
        let mut out = format!("{GENERATED}# {}\n", self.title);
        if !self.text.is_empty() {
            out.push_str(&format!("\n{}\n", self.text));
        }
        for item in &self.items {
            out.push_str(&format!("\n## {}\n\n```text\n{}\n```\n", self.heading(item), item.signature));
            out.push_str(&format!("\n{}\n", item.text));
            out.push_str(&parts(item));
        }
        out
    }
}

/// Fields and variants that have documentation.
fn parts(item: &Item) -> String {
    let documented = item.parts.iter().filter(|part| !part.text.is_empty());
    let lines: String = documented
        .map(|part| format!("- `{}`: {}\n", part.signature, part.text.replace('\n', " ")))
        .collect();
    if lines.is_empty() { lines } else { format!("\n{lines}") }
}
