//! Words: text with quotes, escapes and variables in it.

use std::iter::Peekable;
use std::str::Chars;

use crate::error::Span;

/// A text with variables in it. Quotes and escapes are gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// Where it is written.
    pub span: Span,
    /// Its parts, in order.
    pub parts: Vec<Part>,
}

/// A part of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// As it is.
    Text(String),
    /// `$name`, `${name}`, `${name:-word}`.
    Variable {
        /// Its name.
        name: String,
        /// What is made of its value.
        modifier: Option<Modifier>,
    },
}

/// What is made of a variable's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Modifier {
    /// What.
    pub kind: ModifierKind,
    /// The word behind it: another value, a message, a pattern.
    pub word: Vec<Part>,
}

/// Kinds of modifiers. `or_empty`: with a colon, an empty value counts as none.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum ModifierKind {
    /// `-`: the word, when there is no value.
    Default { or_empty: bool },
    /// `+`: the word, when there is a value.
    Alternative { or_empty: bool },
    /// `?`: an error with the word, when there is no value.
    Required { or_empty: bool },
    /// `#`, `##`: without what the pattern matches at the beginning; the longest such part.
    Prefix { longest: bool },
    /// `%`, `%%`: the same at the end.
    Suffix { longest: bool },
    /// `/pattern/with`, `//pattern/with`: with other text in place of what the pattern matches, everywhere.
    Replace { all: bool, with: Vec<Part> },
}

/// Modifiers inside each other: nobody writes more, and a hostile file could ask for any depth.
const MAX_DEPTH: usize = 32;

/// How a text is read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    /// The character that takes the meaning of the next one.
    pub(crate) escape: char,
    /// Whether `'` and `"` quote.
    pub(crate) quotes: bool,
}

impl Word {
    /// Reads a text. The error is what is wrong with it.
    pub(crate) fn read(text: &str, span: Span, style: Style) -> Result<Word, String> {
        let mut lexer = Lexer { chars: text.chars().peekable(), style, depth: 0 };
        Ok(Word { span, parts: lexer.until(None, false)? })
    }

    /// A text without variables.
    pub(crate) fn plain(text: impl Into<String>, span: Span) -> Word {
        let mut parts = Parts::default();
        parts.push_str(&text.into());
        Word { span, parts: parts.parts }
    }

    /// The text, when nothing in it is a variable.
    pub fn as_text(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// The names of all variables in it, each as often as it is there.
    pub fn variables(&self) -> Vec<&str> {
        let mut names = Vec::new();
        collect(&self.parts, &mut names);
        names
    }

    /// Whether something is made of the value of a variable.
    pub fn has_modifiers(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Variable { modifier: Some(_), .. }))
    }
}

fn collect<'a>(parts: &'a [Part], names: &mut Vec<&'a str>) {
    for part in parts {
        let Part::Variable { name, modifier } = part else { continue };
        names.push(name);
        if let Some(modifier) = modifier {
            collect(&modifier.word, names);
            if let ModifierKind::Replace { with, .. } = &modifier.kind {
                collect(with, names);
            }
        }
    }
}

/// Parts under way: neighbouring texts are one.
#[derive(Default)]
struct Parts {
    parts: Vec<Part>,
}

impl Parts {
    fn push_str(&mut self, text: &str) {
        match self.parts.last_mut() {
            Some(Part::Text(last)) => last.push_str(text),
            _ if text.is_empty() => {}
            _ => self.parts.push(Part::Text(text.to_owned())),
        }
    }

    fn push(&mut self, c: char) {
        self.push_str(c.encode_utf8(&mut [0; 4]));
    }
}

struct Lexer<'a> {
    chars: Peekable<Chars<'a>>,
    style: Style,
    depth: usize,
}

impl Lexer<'_> {
    /// Reads up to a character, which is taken too, or to the end. `raw`: escapes stay, for a pattern has its own use for them.
    fn until(&mut self, stop: Option<char>, raw: bool) -> Result<Vec<Part>, String> {
        let mut parts = Parts::default();
        while let Some(c) = self.chars.next() {
            match c {
                _ if Some(c) == stop => return Ok(parts.parts),
                '$' => self.dollar(&mut parts)?,
                '\'' if self.style.quotes => self.single(&mut parts)?,
                '"' if self.style.quotes => self.double(&mut parts, raw)?,
                _ if c == self.style.escape => {
                    if raw {
                        parts.push(c);
                    }
                    self.chars.next().into_iter().for_each(|c| parts.push(c));
                }
                _ => parts.push(c),
            }
        }
        match stop {
            None => Ok(parts.parts),
            Some(stop) => Err(format!("there is no `{stop}` that ends this `${{`")),
        }
    }

    fn single(&mut self, parts: &mut Parts) -> Result<(), String> {
        loop {
            match self.chars.next() {
                Some('\'') => return Ok(()),
                Some(c) => parts.push(c),
                None => return Err("there is no `'` that ends this quote".to_owned()),
            }
        }
    }

    fn double(&mut self, parts: &mut Parts, raw: bool) -> Result<(), String> {
        loop {
            match self.chars.next() {
                None => return Err("there is no `\"` that ends this quote".to_owned()),
                Some('"') => return Ok(()),
                Some('$') => self.dollar(parts)?,
                Some(c) if c == self.style.escape => {
                    if raw {
                        parts.push(c);
                    }
                    match self.chars.peek() {
                        Some('"' | '$') => self.chars.next().into_iter().for_each(|c| parts.push(c)),
                        Some(next) if *next == c => self.chars.next().into_iter().for_each(|c| parts.push(c)),
                        // The end comes to light in the next turn.
                        None => {}
                        Some(_) if !raw => parts.push(c),
                        Some(_) => {}
                    }
                }
                Some(c) => parts.push(c),
            }
        }
    }

    fn dollar(&mut self, parts: &mut Parts) -> Result<(), String> {
        if self.chars.peek() != Some(&'{') {
            match self.name() {
                name if name.is_empty() => parts.push('$'),
                name => parts.parts.push(Part::Variable { name, modifier: None }),
            }
            return Ok(());
        }
        self.chars.next();
        let name = self.name();
        if name.is_empty() {
            return Err("`${` is followed by no name of a variable".to_owned());
        }
        let modifier = self.modifier(&name)?;
        parts.parts.push(Part::Variable { name, modifier });
        Ok(())
    }

    fn name(&mut self) -> String {
        let mut name = String::new();
        match self.chars.peek() {
            Some(c) if "@*#?-$!0".contains(*c) => name.extend(self.chars.next()),
            Some(c) if c.is_ascii_digit() => {
                while let Some(c) = self.chars.next_if(char::is_ascii_digit) {
                    name.push(c);
                }
            }
            _ => {
                while let Some(c) = self.chars.next_if(|c| c.is_alphanumeric() || *c == '_') {
                    name.push(c);
                }
            }
        }
        name
    }

    /// What stands between a name and the brace that ends it.
    fn modifier(&mut self, name: &str) -> Result<Option<Modifier>, String> {
        let first = self.chars.next();
        let or_empty = first == Some(':');
        let sign = if or_empty { self.chars.next() } else { first };
        let Some(sign) = sign else { return Err(format!("there is no `}}` that ends `${{{name}`")) };
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(format!("more than {MAX_DEPTH} modifiers stand inside each other"));
        }
        let modifier = match sign {
            '}' if !or_empty => None,
            '-' => Some(self.modified(ModifierKind::Default { or_empty }, false)?),
            '+' => Some(self.modified(ModifierKind::Alternative { or_empty }, false)?),
            '?' => Some(self.modified(ModifierKind::Required { or_empty }, false)?),
            '#' if !or_empty => {
                let longest = self.chars.next_if_eq(&'#').is_some();
                Some(self.modified(ModifierKind::Prefix { longest }, true)?)
            }
            '%' if !or_empty => {
                let longest = self.chars.next_if_eq(&'%').is_some();
                Some(self.modified(ModifierKind::Suffix { longest }, true)?)
            }
            '/' if !or_empty => {
                let all = self.chars.next_if_eq(&'/').is_some();
                let word = self.until(Some('/'), true)?;
                let with = self.until(Some('}'), true)?;
                Some(Modifier { kind: ModifierKind::Replace { all, with }, word })
            }
            other => {
                let colon = if or_empty { ":" } else { "" };
                return Err(format!("`{colon}{other}` is no modifier of a variable"));
            }
        };
        self.depth -= 1;
        Ok(modifier)
    }

    fn modified(&mut self, kind: ModifierKind, raw: bool) -> Result<Modifier, String> {
        Ok(Modifier { kind, word: self.until(Some('}'), raw)? })
    }
}
