//! What follows the name of an instruction, cut into words.

use crate::error::{Error, Result, Span};
use crate::flags::{Flag, flags, skip_spaces};
use crate::line::Line;
use crate::word::{Style, Word};

/// An instruction's line, cut at its name and its flags.
#[derive(Debug)]
pub(crate) struct Arguments<'a> {
    pub(crate) line: &'a Line,
    /// The name in capitals.
    pub(crate) name: String,
    pub(crate) flags: Vec<Flag>,
    /// Where the rest begins and ends.
    from: usize,
    to: usize,
    pub(crate) escape: char,
}

/// A word as it is written, with where.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    pub(crate) text: String,
    pub(crate) span: Span,
}

impl<'a> Arguments<'a> {
    pub(crate) fn new(line: &'a Line, escape: char) -> Arguments<'a> {
        let text = line.text.trim_end();
        let end = text.find(char::is_whitespace).unwrap_or(text.len());
        let name = text.get(..end).unwrap_or_default().to_ascii_uppercase();
        let (flags, from) = flags(line, end, escape);
        Arguments { line, name, flags, from: from.min(text.len()), to: text.len(), escape }
    }

    /// All of the rest as it is written.
    pub(crate) fn rest(&self) -> &'a str {
        self.line.text.get(self.from..self.to).unwrap_or_default()
    }

    /// The name, in the file.
    pub(crate) fn name_span(&self) -> Span {
        self.line.span(0..self.name.len())
    }

    pub(crate) fn rest_span(&self) -> Span {
        self.line.span(self.from..self.to)
    }

    /// Refuses flags where there are none.
    pub(crate) fn without_flags(&self) -> Result<()> {
        self.flags.first().map_or(Ok(()), |flag| Err(flag.unknown(&self.name)))
    }

    /// That there is something.
    pub(crate) fn needed(&self, what: &str) -> Result<&'a str> {
        match self.rest() {
            "" => Err(Error::new(self.name_span(), format!("`{}` needs {what}", self.name))),
            rest => Ok(rest),
        }
    }

    pub(crate) fn style(&self) -> Style {
        Style { escape: self.escape, quotes: true }
    }

    /// A text with the variables in it.
    pub(crate) fn word(&self, text: &str, span: Span) -> Result<Word> {
        Word::read(text, span, self.style()).map_err(|message| Error::new(span, message))
    }

    /// All of the rest as one word.
    pub(crate) fn whole(&self, what: &str) -> Result<Word> {
        self.word(self.needed(what)?, self.rest_span())
    }

    /// The rest cut at spaces, whatever quotes there are.
    pub(crate) fn split(&self) -> Vec<Written> {
        let mut words = Vec::new();
        let mut at = self.from;
        while at < self.to {
            let rest = self.line.text.get(at..self.to).unwrap_or_default();
            let end = at + rest.find(char::is_whitespace).unwrap_or(rest.len());
            words.push(self.written(at, end));
            at = skip_spaces(&self.line.text, end);
        }
        words
    }

    /// The rest cut at spaces that are neither quoted nor escaped; quotes and escapes stay.
    pub(crate) fn quoted(&self) -> Vec<Written> {
        let mut words = Vec::new();
        let (mut begins, mut quote, mut escaped) = (None, None, false);
        for (offset, c) in self.rest().char_indices() {
            let at = self.from + offset;
            if c.is_whitespace() && quote.is_none() && !escaped {
                words.extend(begins.take().map(|start| self.written(start, at)));
                continue;
            }
            begins.get_or_insert(at);
            match quote {
                _ if std::mem::take(&mut escaped) => {}
                Some('\'') if c != '\'' => {}
                _ if c == self.escape => escaped = true,
                None if c == '\'' || c == '"' => quote = Some(c),
                Some(open) if open == c => quote = None,
                _ => {}
            }
        }
        words.extend(begins.map(|start| self.written(start, self.to)));
        words
    }

    fn written(&self, start: usize, end: usize) -> Written {
        let text = self.line.text.get(start..end).unwrap_or_default().to_owned();
        Written { text, span: self.line.span(start..end) }
    }

    /// The rest as a JSON list of texts; `None` when it is no JSON.
    pub(crate) fn json(&self) -> Result<Option<Vec<String>>> {
        let rest = self.rest();
        if !rest.starts_with('[') {
            return Ok(None);
        }
        let Ok(serde_json::Value::Array(items)) = serde_json::from_str(rest) else { return Ok(None) };
        let texts = items.into_iter().map(|item| match item {
            serde_json::Value::String(text) => Ok(text),
            other => Err(Error::new(
                self.rest_span(),
                format!("`{other}` is no text: a list is of texts in double quotes"),
            )),
        });
        texts.collect::<Result<_>>().map(Some)
    }

    /// `name=value …`, or `name value` to the end of the line.
    pub(crate) fn pairs(&self) -> Result<Vec<(Word, Word)>> {
        self.needed("a name and a value")?;
        let words = self.quoted();
        if let Some(first) = words.first().filter(|word| !word.text.contains('=')) {
            let begins = self.from + first.text.len();
            let value = skip_spaces(&self.line.text, begins).min(self.to);
            if value == self.to {
                let message = format!("`{}` has no value: write `{} {0}=…`", first.text, self.name);
                return Err(Error::new(first.span, message));
            }
            let rest = self.written(value, self.to);
            return Ok(vec![(self.word(&first.text, first.span)?, self.word(&rest.text, rest.span)?)]);
        }
        words.iter().map(|word| self.pair(word)).collect()
    }

    fn pair(&self, word: &Written) -> Result<(Word, Word)> {
        let Some((name, value)) = word.text.split_once('=') else {
            return Err(Error::new(
                word.span,
                format!("`{}` has no `=`: each is of the form `name=value`", word.text),
            ));
        };
        if name.is_empty() {
            return Err(Error::new(word.span, "there is no name before `=`"));
        }
        Ok((self.word(name, word.span)?, self.word(value, word.span)?))
    }
}
