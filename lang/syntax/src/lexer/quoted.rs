//! Where a quoted literal ends. Holes nest literals in literals, so the scan keeps its own stack.

/// How a literal is quoted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Quote {
    /// `"""` instead of `"`.
    pub(crate) triple: bool,
    /// A script: holes are `${{ … }}`, and a backslash belongs to the shell.
    pub(crate) script: bool,
}

/// A literal that does not end as it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Issue {
    /// Where the literal begins, in the lexed text.
    pub(crate) at: u32,
    /// What is wrong.
    pub(crate) kind: IssueKind,
}

/// What can be wrong with the end of a literal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IssueKind {
    /// No closing quote.
    Unclosed,
    /// The quote is there, but a hole before it is open.
    UnclosedHole,
}

/// No hole of a real program is as long. The limit keeps the scan of broken text linear.
const LONGEST_HOLE: usize = 4 * 1024;

/// No literals of real programs nest as deeply in holes of one another.
const MAX_FRAMES: usize = 24;

enum Frame {
    Text(Quote),
    Hole { braces: u32, script: bool },
}

/// The length of a literal behind its opening quote, with its closing quote if there is one. A literal without an end
/// ends where its line does; with three quotes, before the next line that begins an item.
pub(crate) fn scan(rest: &str, quote: Quote) -> (usize, Option<IssueKind>) {
    if let Some(len) = scan_nested(rest, quote) {
        return (len, None);
    }
    if let Some(len) = scan_flat(rest, quote) {
        return (len, Some(IssueKind::UnclosedHole));
    }
    let len = if quote.triple { next_item(rest) } else { rest.find('\n').unwrap_or(rest.len()) };
    (rest[..len].trim_end().len(), Some(IssueKind::Unclosed))
}

/// The literal with its holes taken as nested text; `None` if it has no end.
fn scan_nested(rest: &str, quote: Quote) -> Option<usize> {
    scan_frames(rest, vec![Frame::Text(quote)], 0, usize::from(!quote.triple))
}

/// The length of the hole that `rest` begins with, braces included; `None` if it has no end. `quote` is the literal
/// around it.
pub(crate) fn scan_hole(rest: &str, quote: Quote) -> Option<usize> {
    let len = hole_start(rest.as_bytes(), quote)?;
    let hole = Frame::Hole { braces: 0, script: quote.script };
    scan_frames(rest, vec![hole], len, usize::from(!quote.triple))
}

/// Goes on from `i` until all frames are closed. `short` of the open literals must end on their line.
fn scan_frames(rest: &str, mut frames: Vec<Frame>, mut i: usize, mut short: usize) -> Option<usize> {
    let bytes = rest.as_bytes();
    // Where the outermost open hole begins.
    let mut outermost = matches!(frames.first(), Some(Frame::Hole { .. })).then_some(0);
    while let Some(&byte) = bytes.get(i) {
        if byte == b'\n' && short > 0 {
            return None;
        }
        if frames.len() > MAX_FRAMES || outermost.is_some_and(|begin| i - begin > LONGEST_HOLE) {
            return None;
        }
        match frames.last_mut()? {
            Frame::Text(quote) => {
                let quote = *quote;
                if let Some(len) = closing_quote(&rest[i..], quote) {
                    i += len;
                    short -= usize::from(!quote.triple);
                    frames.pop();
                    if frames.is_empty() {
                        return Some(i);
                    }
                } else if let Some(len) = hole_start(&bytes[i..], quote) {
                    outermost.get_or_insert(i);
                    frames.push(Frame::Hole { braces: 0, script: quote.script });
                    i += len;
                } else {
                    i += text_step(&rest[i..], quote);
                }
            }
            Frame::Hole { braces, script } => {
                match byte {
                    b'{' => *braces += 1,
                    b'}' if *braces > 0 => *braces -= 1,
                    b'}' if !*script || bytes.get(i + 1) == Some(&b'}') => {
                        i += usize::from(*script);
                        frames.pop();
                        if frames.len() == 1 {
                            outermost = None;
                        }
                        if frames.is_empty() {
                            return Some(i + 1);
                        }
                    }
                    b'"' => {
                        let triple = rest[i..].starts_with("\"\"\"");
                        let script = is_script_prefix(&rest[..i]);
                        frames.push(Frame::Text(Quote { triple, script }));
                        short += usize::from(!triple);
                        i += if triple { 2 } else { 0 };
                    }
                    _ => {}
                }
                i += 1;
                while !rest.is_char_boundary(i) {
                    i += 1;
                }
            }
        }
    }
    None
}

/// The literal up to the first closing quote, whatever is open before it.
fn scan_flat(rest: &str, quote: Quote) -> Option<usize> {
    let mut i = 0;
    while i < rest.len() {
        if let Some(len) = closing_quote(&rest[i..], quote) {
            return Some(i + len);
        }
        if !quote.triple && rest.as_bytes()[i] == b'\n' {
            return None;
        }
        i += text_step(&rest[i..], quote);
    }
    None
}

/// The length of the closing quote, when `rest` begins with it. Of a run of more than three quotes the last three
/// close, so that a script may end in a quote of its own.
fn closing_quote(rest: &str, quote: Quote) -> Option<usize> {
    let run = rest.bytes().take(6).take_while(|&b| b == b'"').count();
    match quote.triple {
        true if run >= 3 => (run == 3 || run == 6).then_some(3),
        true => None,
        false => (run > 0).then_some(1),
    }
}

/// The length of what opens a hole.
pub(crate) fn hole_start(rest: &[u8], quote: Quote) -> Option<usize> {
    match quote.script {
        true => rest.starts_with(b"${{").then_some(3),
        false => rest.starts_with(b"${").then_some(2),
    }
}

/// The length of one step of text: a character, an escape, or an escaped hole.
pub(crate) fn text_step(rest: &str, quote: Quote) -> usize {
    let bytes = rest.as_bytes();
    let char_len = |i: usize| rest[i..].chars().next().map_or(0, char::len_utf8);
    match bytes.first() {
        Some(b'\\') if !quote.script => 1 + if bytes.get(1) == Some(&b'\n') { 0 } else { char_len(1) },
        Some(b'\\') if !quote.triple => backslashes(bytes),
        Some(b'$') if quote.script && bytes.starts_with(b"$${{") => 4,
        Some(_) => char_len(0),
        None => 0,
    }
}

/// In `sh"…"` backslashes mean something to us only directly before a quote: there a pair is one backslash, and an odd
/// one takes the quote into the text.
fn backslashes(bytes: &[u8]) -> usize {
    let run = bytes.iter().take_while(|&&b| b == b'\\').count();
    let quote = bytes.get(run) == Some(&b'"');
    if quote && run % 2 == 1 { run + 1 } else { run }
}

/// Whether the quote behind `before` opens a script: `sh` or `bash` as a whole word stands there.
fn is_script_prefix(before: &str) -> bool {
    let word = |name: &str| {
        before.strip_suffix(name).is_some_and(|head| {
            !head.as_bytes().last().is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_')
        })
    };
    word("sh") || word("bash")
}

/// The first line that begins with the word of an item, else the end.
fn next_item(rest: &str) -> usize {
    const WORDS: [&str; 10] =
        ["pub ", "fn ", "action ", "record ", "enum ", "test \"", "param ", "use ", "let ", "opaque "];
    let mut at = 0;
    for line in rest.split_inclusive('\n') {
        if at > 0 && WORDS.iter().any(|word| line.starts_with(word)) {
            return at;
        }
        at += line.len();
    }
    rest.len()
}
