//! What the text of a literal means: escapes, indentation, line ends. Each piece remembers where its bytes came from.

use crate::Span;
use crate::ast::TextPart;
use crate::lexer::quoted::{self, Quote};

/// A piece of a literal before its holes are parsed.
#[derive(Debug)]
pub(super) enum Piece {
    Text(TextPart),
    /// The hole with its braces, and what is inside them.
    Hole {
        span: Span,
        inner: Span,
    },
}

/// Something wrong in the text.
#[derive(Debug)]
pub(super) enum Flaw {
    Escape(Span),
    CodePoint(Span),
    UnclosedHole(Span),
}

/// Cooks the text between the quotes. `start` is where `body` stands; all places count from the same origin.
pub(super) fn cook(body: &str, start: u32, quote: Quote) -> (Vec<Piece>, Vec<Flaw>) {
    let mut cook =
        Cook { body, start, quote, run: Run::new(start), pieces: Vec::new(), flaws: Vec::new(), torn: false };
    match quote.triple {
        true => cook.lines(),
        false => cook.text(0, body.len()),
    }
    cook.end_text(body.len());
    (cook.pieces, cook.flaws)
}

/// Text that is being gathered.
struct Run {
    cooked: String,
    map: Vec<(u32, u32)>,
    start: u32,
    /// The source offset that would go on without a break.
    next: u32,
}

impl Run {
    fn new(start: u32) -> Run {
        Run { cooked: String::new(), map: vec![(0, start)], start, next: start }
    }

    /// Adds text that stands in the source at `at` as it is.
    fn push(&mut self, text: &str, at: u32) {
        self.mark(at);
        self.cooked.push_str(text);
        self.next = at + text.len() as u32;
    }

    /// Adds text that stands for `len` other bytes of the source.
    fn push_for(&mut self, text: &str, at: u32, len: u32) {
        self.mark(at);
        self.cooked.push_str(text);
        self.next = at + len;
        self.mark_always(self.next);
    }

    fn mark(&mut self, at: u32) {
        if self.next != at {
            self.mark_always(at);
        }
    }

    fn mark_always(&mut self, at: u32) {
        let cooked = self.cooked.len() as u32;
        match self.map.last_mut() {
            Some(last) if last.0 == cooked => last.1 = at,
            _ => self.map.push((cooked, at)),
        }
    }
}

struct Cook<'t> {
    body: &'t str,
    start: u32,
    quote: Quote,
    run: Run,
    pieces: Vec<Piece>,
    flaws: Vec<Flaw>,
    /// A hole had no end: what follows is taken as text.
    torn: bool,
}

impl Cook<'_> {
    fn span(&self, from: usize, to: usize) -> Span {
        Span { start: self.start + from as u32, end: self.start + to as u32 }
    }

    /// Ends the run of text at a hole or at the end; an empty run is left out.
    fn end_text(&mut self, at: usize) {
        let end = self.start + at as u32;
        let Run { cooked, map, start, .. } = std::mem::replace(&mut self.run, Run::new(end));
        if !cooked.is_empty() {
            // The first one says nothing that the span does not.
            let map = if map == [(0, start)] { Box::default() } else { map.into() };
            self.pieces.push(Piece::Text(TextPart { cooked: cooked.into(), span: Span { start, end }, map }));
        }
    }

    /// A literal of several lines: common indentation and the first line end go.
    fn lines(&mut self) {
        let mut i = first_line_end(self.body).unwrap_or(0);
        let indentation = indentation(self.body, i, self.quote);
        // Text that begins on the line of the quotes has no indentation there.
        let mut line_start = i > 0;
        while i < self.body.len() {
            let line_end = self.body[i..].find('\n').map_or(self.body.len(), |n| i + n + 1);
            let from = if line_start { skip_indentation(self.body, i, line_end, indentation) } else { i };
            i = self.line(from, line_end);
            line_start = true;
        }
    }

    /// One line, with its end. A hole in it may go on over several lines; gives where the next line begins.
    fn line(&mut self, from: usize, line_end: usize) -> usize {
        let mut i = from;
        let mut end = line_end;
        while i < end {
            i = self.step(i, end);
            if i > end {
                end = self.body[i..].find('\n').map_or(self.body.len(), |n| i + n + 1);
            }
        }
        i
    }

    fn text(&mut self, mut i: usize, end: usize) {
        while i < end {
            i = self.step(i, end);
        }
    }

    /// Takes a stretch of text, an escape or a hole; gives where it goes on.
    fn step(&mut self, i: usize, end: usize) -> usize {
        let rest = &self.body[i..];
        let special = |b: u8| matches!(b, b'\\' | b'$' | b'\r');
        let plain = rest.as_bytes()[..end - i].iter().position(|b| special(*b)).unwrap_or(end - i);
        if plain > 0 {
            self.run.push(&rest[..plain], self.start + i as u32);
            return i + plain;
        }
        if !self.torn && quoted::hole_start(rest.as_bytes(), self.quote).is_some() {
            return self.hole(i);
        }
        match rest.as_bytes()[0] {
            b'\\' if !self.quote.script => self.escape(i),
            b'\\' if !self.quote.triple => self.script_backslashes(i),
            b'$' if self.quote.script && rest.starts_with("$${{") => {
                self.run.push_for("${{", self.start + i as u32, 4);
                i + 4
            }
            // Programs mean the same whatever line ends the file has.
            b'\r' if self.quote.triple && rest.as_bytes().get(1) == Some(&b'\n') => i + 1,
            _ => {
                self.run.push(&rest[..1], self.start + i as u32);
                i + 1
            }
        }
    }

    fn hole(&mut self, i: usize) -> usize {
        let braces = if self.quote.script { 2 } else { 1 };
        let Some(len) = quoted::scan_hole(&self.body[i..], self.quote) else {
            self.torn = true;
            self.flaws.push(Flaw::UnclosedHole(self.span(i, i + 1 + braces)));
            self.run.push(&self.body[i..i + 1], self.start + i as u32);
            return i + 1;
        };
        self.end_text(i);
        let (span, inner) = (self.span(i, i + len), self.span(i + 1 + braces, i + len - braces));
        self.pieces.push(Piece::Hole { span, inner });
        self.run = Run::new(span.end);
        i + len
    }

    /// `\n`, `\u{…}` and so on in a string.
    fn escape(&mut self, i: usize) -> usize {
        let rest = &self.body[i..];
        let at = self.start + i as u32;
        let simple = match rest.as_bytes().get(1) {
            Some(b'n') => "\n",
            Some(b't') => "\t",
            Some(b'r') => "\r",
            Some(b'\\') => "\\",
            Some(b'"') => "\"",
            Some(b'$') => "$",
            Some(b'u') => return self.code_point(i),
            _ => {
                let len = quoted::text_step(rest, self.quote);
                self.flaws.push(Flaw::Escape(self.span(i, i + len)));
                self.run.push(&rest[..len], at);
                return i + len;
            }
        };
        self.run.push_for(simple, at, 2);
        i + 2
    }

    fn code_point(&mut self, i: usize) -> usize {
        let rest = &self.body[i..];
        let digits = rest[2..]
            .strip_prefix('{')
            .map(|r| &r[..r.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(r.len())]);
        let closed = digits.is_some_and(|d| rest.as_bytes().get(3 + d.len()) == Some(&b'}'));
        let len = 2 + digits.map_or(0, |d| 1 + d.len()) + usize::from(closed);
        let value = digits
            .filter(|d| closed && (1..=6).contains(&d.len()))
            .and_then(|d| u32::from_str_radix(d, 16).ok())
            .and_then(char::from_u32);
        match value {
            Some(c) => {
                let mut buffer = [0; 4];
                self.run.push_for(c.encode_utf8(&mut buffer), self.start + i as u32, len as u32);
            }
            None => self.flaws.push(Flaw::CodePoint(self.span(i, i + len))),
        }
        i + len
    }

    /// Backslashes in `sh"…"`: they mean something only directly before a quote, or at the end.
    fn script_backslashes(&mut self, i: usize) -> usize {
        let bytes = &self.body.as_bytes()[i..];
        let run = bytes.iter().take_while(|&&b| b == b'\\').count();
        let before_quote = matches!(bytes.get(run), Some(b'"') | None);
        if !before_quote {
            self.run.push(&self.body[i..i + run], self.start + i as u32);
            return i + run;
        }
        let mut at = i;
        for _ in 0..run / 2 {
            self.run.push_for("\\", self.start + at as u32, 2);
            at += 2;
        }
        if run % 2 == 1 && bytes.get(run) == Some(&b'"') {
            self.run.push_for("\"", self.start + at as u32, 2);
            at += 2;
        } else if run % 2 == 1 {
            self.run.push("\\", self.start + at as u32);
            at += 1;
        }
        at
    }
}

/// Behind the first line end, when nothing but white space stands before it.
pub(super) fn first_line_end(body: &str) -> Option<usize> {
    let end = body.find('\n')?;
    body[..end].trim().is_empty().then_some(end + 1)
}

/// The white space that every line with text begins with, as a length. Lines inside holes are no lines of the text.
pub(super) fn indentation(body: &str, from: usize, quote: Quote) -> usize {
    let mut common: Option<&str> = None;
    let mut i = from;
    let mut first = from == 0;
    let mut torn = false;
    while i < body.len() {
        let line = body[i..].split('\n').next().unwrap_or_default();
        let white = &line[..line.len() - line.trim_start().len()];
        if !first && !line.trim().is_empty() {
            common = Some(common.map_or(white, |common| shared(common, white)));
        }
        first = false;
        i = text_line_end(body, i, quote, &mut torn);
    }
    common.map_or(0, str::len)
}

fn shared<'t>(a: &'t str, b: &str) -> &'t str {
    let len = a.char_indices().zip(b.chars()).find(|((_, x), y)| x != y).map(|((i, _), _)| i);
    &a[..len.unwrap_or(a.len().min(b.len()))]
}

/// Behind the line end of the text line at `i`, past the holes in it. `torn` when a hole has no end: none is sought then.
pub(super) fn text_line_end(body: &str, mut i: usize, quote: Quote, torn: &mut bool) -> usize {
    while i < body.len() {
        let rest = &body[i..];
        if rest.starts_with('\n') {
            return i + 1;
        }
        let opens = !*torn && quoted::hole_start(rest.as_bytes(), quote).is_some();
        let hole = if opens { quoted::scan_hole(rest, quote) } else { None };
        *torn |= opens && hole.is_none();
        i += hole.unwrap_or_else(|| quoted::text_step(rest, quote).max(1));
    }
    i
}

/// Where the text of a line begins. Of a line without text nothing but its end is left.
pub(super) fn skip_indentation(body: &str, line: usize, line_end: usize, indentation: usize) -> usize {
    let text = &body[line..line_end];
    if text.trim().is_empty() {
        return line + text.trim_end_matches(['\n', '\r']).len();
    }
    line + indentation.min(text.len() - text.trim_start().len())
}
