//! The items of the standard library, found by the first words of their lines. A program uses few of them, and those
//! alone are parsed. That this finds what the parser finds is a test.

use std::sync::Arc;

use crate::place::ItemTag;

/// An item before it is parsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Outlined {
    pub(super) kind: ItemTag,
    /// Its name in the module; an operation's is `Type.name`.
    pub(super) name: Arc<str>,
    pub(super) public: bool,
    /// Where the `##` lines above it begin, or it itself.
    pub(super) start: usize,
    /// Where its own first word stands.
    pub(super) offset: usize,
}

/// The items of a text without syntax errors, in which an item's words stand in the first column and nothing else of
/// that shape does.
pub(super) fn outline(text: &str) -> Vec<Outlined> {
    let mut items = Vec::with_capacity(text.len() / 128);
    let mut docs = None;
    let ends = memchr::memchr_iter(b'\n', text.as_bytes());
    let starts = std::iter::once(0).chain(ends.map(|end| end + 1));
    for at in starts {
        // Every line of the library passes here with every command: most are told by their first byte.
        let line = &text[at..];
        match line.as_bytes() {
            [b'#', b'#', ..] => _ = docs.get_or_insert(at),
            [b'a'..=b'z', ..] => items.extend(item(line, docs.take().unwrap_or(at), at)),
            _ => docs = None,
        }
    }
    items
}

/// The item that `rest` begins with, if it does.
fn item(rest: &str, start: usize, offset: usize) -> Option<Outlined> {
    let (public, header) = match rest.strip_prefix("pub ") {
        Some(header) => (true, header),
        None => (false, rest),
    };
    let (word, header) = header.split_at(header.find(|c: char| !c.is_ascii_lowercase())?);
    let kind = match word {
        "fn" | "action" => ItemTag::Function,
        "let" => ItemTag::Let,
        "record" | "opaque" => ItemTag::Record,
        "enum" => ItemTag::Enum,
        _ => return None,
    };
    let (name, header) = identifier(header.strip_prefix(' ')?);
    let receiver = if kind == ItemTag::Function { receiver(header) } else { None };
    let name = match receiver {
        Some(receiver) => format!("{receiver}.{name}").into(),
        None => name.into(),
    };
    Some(Outlined { kind, name, public, start, offset })
}

/// The type of a function's `self`, from what follows its name.
fn receiver(header: &str) -> Option<&str> {
    let params = match header.strip_prefix('[') {
        Some(type_params) => type_params.split_once(']')?.1,
        None => header,
    };
    let ty = params.strip_prefix('(')?.trim_start().strip_prefix("self: ")?;
    Some(identifier(ty).0)
}

fn identifier(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::db::tree::name_of;

    #[test]
    fn it_finds_what_the_parser_finds() {
        for source in pipe_stdlib::MODULES {
            let parsed = pipe_syntax::parse(source.text);
            assert_eq!(parsed.errors, [], "{}", source.name);
            let outlined = outline(source.text);
            assert_eq!(outlined.len(), parsed.module.items.len(), "{}", source.name);
            let ends = outlined.iter().skip(1).map(|next| next.start).chain([source.text.len()]);
            for ((found, end), item) in outlined.iter().zip(ends).zip(&parsed.module.items) {
                let (kind, name) = name_of(&item.kind, true);
                let alone = pipe_syntax::parse(&source.text[found.start..end]).module;
                assert_eq!((found.kind, &found.name, found.public), (kind, &name, item.public));
                assert_eq!(found.offset, item.offset as usize, "{name}");
                let [alone] = alone.items.as_slice() else { panic!("{name}: {alone:#?}") };
                assert_eq!((&alone.kind, &alone.docs), (&item.kind, &item.docs), "{name}");
            }
            let first = outlined.first().map_or(0, |first| first.start);
            assert_eq!(pipe_syntax::parse(&source.text[..first]).module.docs, parsed.module.docs);
        }
    }
}
