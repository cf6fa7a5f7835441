//! Documentation as text.

use pipe_doc::{Docs, Item};

use crate::progress::printable;

/// How it is shown.
pub(super) struct Terminal {
    /// Names stand out.
    pub(super) color: bool,
}

impl Terminal {
    /// A whole package.
    pub(super) fn package(&self, docs: &Docs) -> String {
        let mut out = format!("{}\n", self.bold(&docs.title));
        if !docs.text.is_empty() {
            out.push_str(&format!("\n{}", lines(&docs.text, "")));
        }
        if !docs.permissions.is_empty() {
            out.push_str("\nWhat it may do:\n");
            docs.permissions.iter().for_each(|one| out.push_str(&lines(one, "  ")));
        }
        for module in &docs.modules {
            let about = if docs.text == module.text { "" } else { &*module.text };
            out.push_str(&format!("\n{} ({})\n", self.bold(&module.name), printable(&module.file, false)));
            out.push_str(&lines(about, "  "));
            out.push('\n');
            out.push_str(&self.items(module.items.iter()));
        }
        out
    }

    /// Some items, an empty line between two of them.
    pub(super) fn items<'d>(&self, items: impl Iterator<Item = &'d Item>) -> String {
        items.map(|item| self.item(item)).collect::<Vec<_>>().join("\n")
    }

    fn item(&self, item: &Item) -> String {
        let signature: Vec<String> = item.signature.lines().map(|line| self.bold(line)).collect();
        let mut out = format!("{}\n{}", signature.join("\n"), lines(&item.text, "    "));
        for part in item.parts.iter().filter(|part| !part.text.is_empty()) {
            out.push_str(&lines(&format!("{}: {}", part.signature, part.text.replace('\n', " ")), "      "));
        }
        if !item.effects.is_empty() {
            out.push_str(&lines(&format!("effects: {}", item.effects.join(", ")), "    "));
        }
        if !item.capabilities.is_empty() {
            out.push_str(&lines(&format!("capabilities: {}", item.capabilities.join(", ")), "    "));
        }
        out
    }

    fn bold(&self, text: &str) -> String {
        let text = printable(text, false);
        if self.color { format!("\u{1b}[1m{text}\u{1b}[0m") } else { text }
    }
}

/// A text of a package, each line so far in. Of Markdown only the marks around examples go.
fn lines(text: &str, indent: &str) -> String {
    let mut out = String::new();
    let mut example = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            example = !example;
            continue;
        }
        let further = if example { "    " } else { "" };
        let line = format!("{indent}{further}{}", printable(line, false));
        out.push_str(&format!("{}\n", line.trim_end()));
    }
    out
}
