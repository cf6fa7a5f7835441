//! Logical lines: physical ones joined where they are continued, without comments, each byte with its place in the text.

use std::ops::Range;

use crate::error::{Error, Result, Span};

/// A logical line.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    /// Its text, without what continues it.
    pub(crate) text: String,
    /// Where pieces of `text` begin, and where they are in the file; in order.
    pieces: Vec<(usize, usize)>,
    /// All of it in the file.
    pub(crate) span: Span,
}

/// The lines of a file, read from the top.
#[derive(Debug)]
pub(crate) struct Lines<'a> {
    text: &'a str,
    /// Where the next physical line begins.
    at: usize,
    /// The character that continues lines and takes the meaning of the next one.
    pub(crate) escape: char,
}

impl Line {
    /// Where a part of the line is in the file.
    pub(crate) fn span(&self, part: Range<usize>) -> Span {
        let start = self.place(part.start);
        // The end is where the last byte is, and one: the next piece may begin lines below.
        let end = if part.end > part.start { self.place(part.end - 1) + 1 } else { start };
        Span { start: short(start), end: short(end) }
    }

    fn place(&self, at: usize) -> usize {
        let after = self.pieces.partition_point(|(begins, _)| *begins <= at);
        let (begins, place) =
            after.checked_sub(1).and_then(|i| self.pieces.get(i)).copied().unwrap_or((0, 0));
        place + (at - begins)
    }
}

/// Places beyond 4 GiB are all the last one.
fn short(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

impl<'a> Lines<'a> {
    /// Reads the directives at the top, and stands before the first line.
    pub(crate) fn new(text: &'a str) -> Result<Lines<'a>> {
        let at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let mut lines = Lines { text, at, escape: '\\' };
        lines.directives()?;
        Ok(lines)
    }

    /// `# name=value` before anything else. Comments of another form end them.
    fn directives(&mut self) -> Result<()> {
        let mut seen: Vec<String> = Vec::new();
        let mut at = self.at;
        while let Some((line, next)) = self.physical(at) {
            let Some((name, value)) = directive(line) else { break };
            if !["syntax", "escape", "check"].contains(&name.as_str()) {
                break;
            }
            let span = Span { start: short(at), end: short(at + line.len()) };
            if seen.contains(&name) {
                return Err(Error::new(span, format!("the directive `{name}` stands here a second time")));
            }
            match name.as_str() {
                "escape" => self.escape = escape(value, span)?,
                "syntax" => known_syntax(value, span)?,
                _ => {}
            }
            seen.push(name);
            at = next;
        }
        self.at = at;
        Ok(())
    }

    /// The physical line at a place without its end, and where the next one begins.
    fn physical(&self, at: usize) -> Option<(&'a str, usize)> {
        let rest = self.text.get(at..).filter(|rest| !rest.is_empty())?;
        let length = rest.find('\n');
        let line = rest.get(..length.unwrap_or(rest.len())).unwrap_or(rest);
        let next = at + length.map_or(rest.len(), |length| length + 1);
        Some((line.trim_end_matches('\r'), next))
    }

    /// The next physical line as it is, with where it begins.
    pub(crate) fn raw(&mut self) -> Option<(usize, &'a str)> {
        let at = self.at;
        let (line, next) = self.physical(at)?;
        self.at = next;
        Some((at, line))
    }

    /// The text from a place to where the next physical line begins.
    pub(crate) fn since(&self, start: usize) -> &'a str {
        self.text.get(start..self.at).unwrap_or_default()
    }

    /// Where the next physical line begins.
    pub(crate) fn position(&self) -> usize {
        self.at
    }

    /// The next logical line that is neither empty nor a comment.
    pub(crate) fn next(&mut self) -> Option<Line> {
        loop {
            let (start, physical) = self.raw()?;
            let trimmed = physical.trim_start();
            if trimmed.is_empty() || trimmed.starts_with('#') {
                continue;
            }
            let start = start + (physical.len() - trimmed.len());
            let mut line = Line { text: String::new(), pieces: Vec::new(), span: Span::default() };
            let mut end = self.add(&mut line, start, trimmed);
            while end.is_none() {
                let Some((at, physical)) = self.raw() else { break };
                let trimmed = physical.trim_start();
                // What is empty or a comment is passed over, and the line goes on behind it.
                if !trimmed.is_empty() && !trimmed.starts_with('#') {
                    end = self.add(&mut line, at, physical);
                }
            }
            let last = line.text.trim_end().len();
            line.span = line.span(0..last);
            if last > 0 {
                return Some(line);
            }
        }
    }

    /// Adds a physical line; where it ends, unless the next one continues it.
    fn add(&self, line: &mut Line, at: usize, physical: &str) -> Option<usize> {
        let kept = continued(physical, self.escape);
        line.pieces.push((line.text.len(), at));
        line.text.push_str(kept.unwrap_or(physical));
        kept.is_none().then_some(at + physical.len())
    }
}

/// What a line that is continued has before that: its last character but spaces is the escape, once.
fn continued(line: &str, escape: char) -> Option<&str> {
    let before = line.trim_end_matches([' ', '\t']).strip_suffix(escape)?;
    (!before.ends_with(escape)).then_some(before)
}

/// `# name=value`.
fn directive(line: &str) -> Option<(String, &str)> {
    let (name, value) = line.trim_start().strip_prefix('#')?.split_once('=')?;
    let (name, value) = (name.trim(), value.trim());
    let good = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric())
        && !value.is_empty();
    good.then(|| (name.to_ascii_lowercase(), value))
}

fn escape(value: &str, span: Span) -> Result<char> {
    match value {
        "\\" => Ok('\\'),
        "`" => Ok('`'),
        _ => Err(Error::new(span, format!("`{value}` cannot be the escape: that is \\ or `"))),
    }
}

/// Docker's own syntax, in any version. Another one would be a program that reads the file.
fn known_syntax(value: &str, span: Span) -> Result<()> {
    let name = value.split(['@', ':']).next().unwrap_or_default();
    let name = name.strip_prefix("docker.io/").unwrap_or(name);
    if ["docker/dockerfile", "docker/dockerfile-upstream"].contains(&name) {
        return Ok(());
    }
    let message = format!("`{value}` is a syntax of its own: a program that only BuildKit runs");
    Err(Error::new(span, message).help("`docker/dockerfile:1` is read here"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<String> {
        let mut lines = Lines::new(text).unwrap();
        std::iter::from_fn(|| lines.next().map(|line| line.text)).collect()
    }

    #[test]
    fn lines_are_joined_and_comments_left_out() {
        let text = "# c\n\n FROM a \\\n  # in between\n\n  b\\\\\nRUN x \\ \t\n y\n";
        assert_eq!(texts(text), ["FROM a   b\\\\", "RUN x  y"]);
        assert_eq!(texts("RUN a \\\r\n b\r\nRUN c \\"), ["RUN a  b", "RUN c "]);
        assert_eq!(texts("\\\n\\\n"), [""; 0]);
    }

    #[test]
    fn directives_stand_at_the_top() {
        assert_eq!(
            texts("# syntax=docker/dockerfile:1.7-labs\n# escape=`\nRUN a `\n b\\\nX"),
            ["RUN a  b\\", "X"]
        );
        assert_eq!(texts("# hello\n# escape=`\nRUN a `\nb"), ["RUN a `", "b"]);
        assert!(Lines::new("# escape=x\n").is_err());
        assert!(Lines::new("# escape=\\\n#escape = `\n").is_err());
        assert!(Lines::new("#syntax=me/mine").unwrap_err().message.contains("me/mine"));
    }

    #[test]
    fn a_part_of_a_line_has_its_place() {
        let text = "RUN a \\\n  bc\n";
        let mut lines = Lines::new(text).unwrap();
        let line = lines.next().unwrap();
        let at = line.text.find("bc").unwrap();
        assert_eq!(line.span(at..at + 2), Span { start: 10, end: 12 });
        assert_eq!(line.span, Span { start: 0, end: 12 });
    }
}
