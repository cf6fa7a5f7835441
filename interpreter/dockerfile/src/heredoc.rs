//! Here-documents: `<<EOF` and the lines up to one that is `EOF`.

use crate::arguments::{Arguments, Written};
use crate::error::{Error, Result, Span};
use crate::line::Lines;
use crate::word::{Style, Word};

/// A here-document.
#[derive(Clone, Debug)]
pub(crate) struct HereDoc {
    /// The word that ends it; in `COPY` the file's name.
    pub(crate) name: String,
    /// `<<-`: tabs at the beginning of lines do not count.
    pub(crate) strips_tabs: bool,
    /// The name is not quoted: variables in it have their values.
    pub(crate) expands: bool,
    /// Its lines as they are.
    pub(crate) raw: String,
    /// Where it is announced.
    pub(crate) span: Span,
    /// Where its lines are.
    pub(crate) body: Span,
    /// Which words of the line announce it: `<<EOF` one, `<< EOF` two.
    pub(crate) words: std::ops::Range<usize>,
}

impl HereDoc {
    /// Its text: without the tabs that do not count.
    pub(crate) fn text(&self) -> String {
        if !self.strips_tabs {
            return self.raw.clone();
        }
        self.raw.split_inclusive('\n').map(|line| line.trim_start_matches('\t')).collect()
    }

    /// Its text with the variables in it, unless the name is quoted. Quotes are text in it; escapes are not.
    pub(crate) fn word(&self) -> Result<Word> {
        let text = self.text();
        if !self.expands {
            return Ok(Word::plain(text, self.body));
        }
        let style = Style { escape: '\\', quotes: false };
        Word::read(&text, self.body, style).map_err(|message| Error::new(self.body, message))
    }
}

/// The here-documents that a line announces, read from the lines below.
pub(crate) fn read(arguments: &Arguments<'_>, lines: &mut Lines<'_>) -> Result<Vec<HereDoc>> {
    if !arguments.rest().contains("<<") {
        return Ok(Vec::new());
    }
    let words = arguments.quoted();
    let mut documents = Vec::new();
    let mut at = 0;
    while let Some(word) = words.get(at) {
        match announced(word, words.get(at + 1)) {
            Some(mut document) => {
                let count = if document.words.end == 2 { 2 } else { 1 };
                document.words = at..at + count;
                body(&mut document, lines)?;
                documents.push(document);
                at += count;
            }
            None => at += 1,
        }
    }
    Ok(documents)
}

/// `[n]<<[-]name`, perhaps with the name in a word of its own.
fn announced(word: &Written, next: Option<&Written>) -> Option<HereDoc> {
    let rest = word.text.trim_start_matches(|c: char| c.is_ascii_digit()).strip_prefix("<<")?;
    let (strips_tabs, rest) = rest.strip_prefix('-').map_or((false, rest), |rest| (true, rest));
    let (written, words) = if rest.is_empty() { (next?.text.as_str(), 2) } else { (rest, 1) };
    if written.contains('<') {
        return None;
    }
    let name =
        Word::read(&written.replace('$', "\\$"), word.span, Style { escape: '\\', quotes: true }).ok()?;
    let name = name.as_text().filter(|name| !name.is_empty())?.to_owned();
    let expands = !written.contains(['\'', '"']);
    let (span, body) = (word.span, Span::default());
    Some(HereDoc { name, strips_tabs, expands, raw: String::new(), span, body, words: 0..words })
}

fn body(document: &mut HereDoc, lines: &mut Lines<'_>) -> Result<()> {
    let first = lines.position();
    loop {
        let end = lines.position();
        let Some((_, line)) = lines.raw() else {
            let message = format!("no line is `{}`, which would end this text", document.name);
            return Err(Error::new(document.span, message));
        };
        let ends = if document.strips_tabs { line.trim_start_matches('\t') } else { line };
        if ends == document.name {
            let length = end - first;
            document.raw = lines.since(first).get(..length).unwrap_or_default().to_owned();
            let short = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
            document.body = Span { start: short(first), end: short(end) };
            return Ok(());
        }
    }
}
