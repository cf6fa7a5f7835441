//! The text that grows, and the white space in it.

use super::Style;
use super::random::Random;

/// Writes tokens with random white space between them.
pub(super) struct Writer {
    pub(super) random: Random,
    pub(super) style: Style,
    out: String,
    /// Indentation of the current line.
    indent: u32,
    /// For each open bracket the indentation of its line; blocks are no brackets.
    brackets: Vec<Bracket>,
    comments: u32,
}

#[derive(Clone, Copy)]
enum Bracket {
    /// `(` or `[` on a line so far in: lines may end anywhere, and are further in.
    Round(u32),
    /// `{`, whose statements are so far in.
    Block(u32),
}

impl Writer {
    pub(super) fn new(random: Random, style: Style) -> Writer {
        Writer { random, style, out: String::new(), indent: 0, brackets: Vec::new(), comments: 0 }
    }

    pub(super) fn finish(self) -> String {
        self.out
    }

    /// A token, directly behind what is there.
    pub(super) fn put(&mut self, token: &str) {
        self.out.push_str(token);
    }

    /// A token of several lines.
    pub(super) fn put_lines(&mut self, token: &str) {
        self.put(token);
    }

    /// The indentation of the current line, in spaces.
    pub(super) fn indentation(&self) -> u32 {
        self.indent
    }

    /// One space, where no line may end.
    pub(super) fn space(&mut self) {
        let spaces = if self.random.percent(4) { "  " } else { " " };
        self.put(spaces);
    }

    /// White space where a line may end only inside of brackets; `usual` is what people write.
    pub(super) fn gap(&mut self, usual: &str) {
        match self.brackets.last() {
            Some(Bracket::Round(_)) => self.free(usual),
            _ if usual.is_empty() => {}
            _ => self.space(),
        }
    }

    /// White space where a line may end: in brackets, before `.` and most operators, behind `=`.
    pub(super) fn free(&mut self, usual: &str) {
        if self.random.percent(self.style.comments) {
            self.comment();
            let more = self.random.below(3);
            (0..more).for_each(|_| self.own_line_comment());
        } else if self.random.percent(self.style.breaks) {
            self.line_end();
        } else if self.random.percent(3) {
            self.space();
        } else {
            self.put(usual);
        }
    }

    /// A line end inside of something, and the white space of the next line.
    fn line_end(&mut self) {
        self.blank_lines();
        let around = match self.brackets.last() {
            Some(Bracket::Round(indent)) => *indent,
            Some(Bracket::Block(indent)) => *indent,
            None => 0,
        };
        let further = self.random.number(&[1, 2, 2, 2, 4, 7]);
        self.begin_line(around + further);
    }

    fn blank_lines(&mut self) {
        let blank = if self.random.percent(15) { self.random.number(&[1, 1, 3]) } else { 0 };
        for _ in 0..blank {
            let white = *self.random.pick(&[&"", &"", &"  "]);
            self.put("\n");
            self.put(white);
        }
        self.put("\n");
    }

    fn begin_line(&mut self, indent: u32) {
        self.indent = indent;
        (0..indent).for_each(|_| self.out.push(' '));
    }

    fn next_comment(&mut self) -> String {
        self.comments += 1;
        let mark = self.random.pick(&["#", "#", "#", "##", "# ", "#!"]);
        let tail = self.random.pick(&["", "", " ", " `code` \"quoted\" { [ (", " # twice", " über"]);
        format!("{mark} c{}{tail}", self.comments)
    }

    /// A comment behind what is there or below it, and a new line.
    fn comment(&mut self) {
        if self.random.percent(60) {
            let comment = self.next_comment();
            self.space();
            self.put(&comment);
        }
        self.line_end();
    }

    fn own_line_comment(&mut self) {
        let comment = self.next_comment();
        self.put(&comment);
        self.line_end();
    }

    pub(super) fn open(&mut self, bracket: &str) {
        self.put(bracket);
        self.brackets.push(Bracket::Round(self.indent));
    }

    pub(super) fn close(&mut self, bracket: &str) {
        self.put(bracket);
        self.brackets.pop();
    }

    /// Parts in brackets with commas.
    pub(super) fn list(
        &mut self,
        open: &str,
        count: u32,
        close: &str,
        mut part: impl FnMut(&mut Writer, u32),
    ) {
        self.open(open);
        self.gap("");
        for i in 0..count {
            part(self, i);
            self.gap("");
            if i + 1 < count {
                self.put(",");
                self.gap(" ");
            } else if self.random.percent(20) {
                self.put(",");
                self.gap("");
            }
        }
        self.close(close);
    }

    /// Parts in braces, a line end or (if allowed) a comma between them.
    pub(super) fn braces(&mut self, count: u32, commas: bool, mut part: impl FnMut(&mut Writer)) {
        let outer = self.indent;
        let inner = match self.brackets.last() {
            Some(Bracket::Round(indent)) => outer.max(*indent + 1) + 2,
            _ => outer + 2,
        };
        let flat = (count < 2 || commas) && !self.random.percent(self.style.breaks.max(30));
        self.put("{");
        self.brackets.push(Bracket::Block(inner));
        for i in 0..count {
            match (flat, i) {
                (true, 0) => self.space(),
                (true, _) => self.put(", "),
                (false, _) => self.statement_end(inner, commas && i > 0),
            }
            part(self);
        }
        self.brackets.pop();
        if count > 0 && flat {
            self.space();
        } else if count > 0 || self.random.percent(20) {
            self.statement_end(outer, false);
        }
        self.put("}");
    }

    /// The end of a statement, an item, a field: a line end with comments around it.
    pub(super) fn statement_end(&mut self, indent: u32, comma: bool) {
        if comma && self.random.percent(20) {
            self.put(",");
        }
        if self.random.percent(self.style.comments) {
            let comment = self.next_comment();
            self.space();
            self.put(&comment);
        }
        self.blank_lines();
        self.begin_line(indent);
        while self.random.percent(self.style.comments) {
            let comment = self.next_comment();
            self.put(&comment);
            self.blank_lines();
            self.begin_line(indent);
        }
    }
}
