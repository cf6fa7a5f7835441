//! One HTML page that needs nothing else: no server, no network, and no script to be read.
//!
//! Texts of a package are escaped wherever they stand; its Markdown becomes elements that this module chose. On top of that the
//! page's own policy lets browsers run the one script whose digest it names, and load nothing.

mod text;

use base64::Engine;
use sha2::{Digest, Sha256};

use crate::model::{Docs, Item, Module, Part};
use text::{escape, markdown};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The page of a package.
pub fn page(docs: &Docs) -> String {
    let title = escape(&docs.title);
    let policy = format!("default-src 'none'; style-src {}; script-src {}", source(STYLE), source(SCRIPT));
    let modules: String = docs.modules.iter().map(|module| section(docs, module)).collect();
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<nav>\n<a class=\"title\" href=\"#top\">{title}</a>\n\
         <input type=\"search\" placeholder=\"Search  /\" aria-label=\"Search\" autocomplete=\"off\">\n{}\
         <p class=\"nothing\" hidden>Nothing has these words.</p>\n</nav>\n<main id=\"top\">\n<h1>{title}</h1>\n{}{}{modules}\
         </main>\n<script>{SCRIPT}</script>\n</body>\n</html>\n",
        contents(docs),
        markdown(&docs.text),
        permissions(docs),
    )
}

/// What a policy calls a text that stands in the page.
fn source(text: &str) -> String {
    format!("'sha256-{}'", base64::engine::general_purpose::STANDARD.encode(Sha256::digest(text)))
}

fn contents(docs: &Docs) -> String {
    let list = |module: &Module| {
        let entries: String = module.items.iter().map(|item| entry(module, item)).collect();
        format!("<section><h2>{}</h2>\n<ul>\n{entries}</ul></section>\n", escape(&module.name))
    };
    docs.modules.iter().map(list).collect()
}

fn entry(module: &Module, item: &Item) -> String {
    let words = format!("{} {} {}", item.name, item.word(), item.text).to_lowercase();
    format!(
        "<li data-words=\"{}\"><a href=\"#{}\">{}</a> <small>{}</small></li>\n",
        escape(&words),
        escape(&id(module, item)),
        escape(&item.name),
        item.word(),
    )
}

/// Where an item stands in the page.
fn id(module: &Module, item: &Item) -> String {
    format!("{}.{}.{}", module.name, item.word(), item.name)
}

fn permissions(docs: &Docs) -> String {
    if docs.permissions.is_empty() {
        return String::new();
    }
    let lines: String = docs.permissions.iter().map(|one| format!("<li>{}</li>\n", escape(one))).collect();
    format!("<h2>What it may do</h2>\n<ul>\n{lines}</ul>\n")
}

fn section(docs: &Docs, module: &Module) -> String {
    let items: String = module.items.iter().map(|item| article(module, item)).collect();
    // The first module's own text is that of the package.
    let text = if docs.text == module.text { String::new() } else { markdown(&module.text) };
    format!(
        "<section class=\"module\">\n<h2>{} <small>{}</small></h2>\n{text}{items}</section>\n",
        escape(&module.name),
        escape(&module.file)
    )
}

fn article(module: &Module, item: &Item) -> String {
    let id = escape(&id(module, item));
    let mut out = format!(
        "<article id=\"{id}\">\n<h3><a href=\"#{id}\">{}</a> <small>{}</small></h3>\n<pre><code>{}</code></pre>\n",
        escape(&item.name),
        item.word(),
        escape(&item.signature)
    );
    out.push_str(&markdown(&item.text));
    out.push_str(&parts(&item.parts));
    out.push_str(&line("Effects", item.effects.iter().map(String::as_str)));
    out.push_str(&line("Capabilities", item.capabilities.iter().map(String::as_str)));
    out.push_str("</article>\n");
    out
}

/// Parameters, fields or variants that something is said about.
fn parts(parts: &[Part]) -> String {
    let documented = parts.iter().filter(|part| !part.text.is_empty());
    let rows: String = documented
        .map(|part| {
            format!("<dt><code>{}</code></dt>\n<dd>{}</dd>\n", escape(&part.signature), markdown(&part.text))
        })
        .collect();
    if rows.is_empty() { rows } else { format!("<dl>\n{rows}</dl>\n") }
}

fn line<'t>(name: &str, values: impl Iterator<Item = &'t str>) -> String {
    let values: Vec<String> = values.map(escape).collect();
    match values.is_empty() {
        true => String::new(),
        false => format!("<p class=\"facts\"><b>{name}</b> {}</p>\n", values.join(", ")),
    }
}
