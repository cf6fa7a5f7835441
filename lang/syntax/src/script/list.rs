//! Lists of commands: where commands and pipelines begin and end.

use super::command;
use super::pipeline::{Element, Pipeline};
use super::scanner::{Scanner, Unit};
use super::word::Word;
use crate::ast::{HoleRefusal, Shell};
use std::ops::Range;

/// What ends a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Script,
    Paren,
}

/// The command that is being read.
#[derive(Clone, Debug, Default)]
pub(super) struct Command {
    pub(super) words: Vec<Word>,
    /// Holes in its standard input.
    pub(super) input: Vec<Range<usize>>,
    first_hole: usize,
    first_heredoc: usize,
    /// It is a compound command that has ended, and whether something in it reads code.
    compound: Option<bool>,
}

/// How far a `case` has been read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Case {
    Subject,
    In,
    Pattern,
    Body,
}

/// What goes on behind a compound command.
struct Frame {
    pipeline: Pipeline,
    reads_code: bool,
    first_hole: usize,
    first_heredoc: usize,
}

struct List {
    end: End,
    command: Command,
    pipeline: Pipeline,
    reads_code: bool,
    frames: Vec<Frame>,
    cases: Vec<Case>,
}

impl Scanner {
    /// Reads the whole script.
    pub(super) fn script(&mut self) {
        self.list(End::Script);
    }

    /// Reads a list up to its `)`, and that. `true` if something in it reads its standard input as code.
    pub(super) fn list_in_parens(&mut self) -> bool {
        let outer = std::mem::take(&mut self.pending);
        let start = self.position();
        let reads_code = self.list(End::Paren);
        let lines = self.units_in(start..self.position()).contains(&Unit::Char('\n'));
        // Shells differ in where a body begins that was announced on the other side of a bracket.
        if !self.pending.is_empty() || (!outer.is_empty() && lines) {
            self.lose();
        }
        self.pending = outer;
        reads_code
    }

    fn list(&mut self, end: End) -> bool {
        let mut list = List {
            end,
            command: self.new_command(),
            pipeline: Pipeline::default(),
            reads_code: false,
            frames: Vec::new(),
            cases: Vec::new(),
        };
        while list.step(self) {}
        list.finish_pipeline(self);
        while list.frames.pop().is_some() {}
        list.reads_code
    }

    fn new_command(&self) -> Command {
        Command { first_hole: self.next_hole(), first_heredoc: self.heredocs.len(), ..Command::default() }
    }

    pub(super) fn blanks(&mut self) {
        while self.take(" ") || self.take("\t") || self.take_continuation() {}
    }
}

impl List {
    /// Takes one token. `false` at the end of the list.
    fn step(&mut self, s: &mut Scanner) -> bool {
        s.blanks();
        let Some(unit) = s.peek() else {
            if self.end == End::Paren {
                s.lose();
            }
            return false;
        };
        match unit {
            Unit::Char('\n') => self.newline(s),
            Unit::Char('#') => comment(s),
            Unit::Char(';') => self.semicolon(s),
            Unit::Char('&') => self.ampersand(s),
            Unit::Char('|') => self.bar(s),
            Unit::Char('(') => self.open(s),
            Unit::Char(')') => return self.close(s),
            Unit::Char('<' | '>') if s.char_at(1) != Some('(') => s.redirect(&mut self.command),
            _ => {
                let word = s.word();
                self.word(word, s);
            }
        }
        true
    }

    fn case(&self) -> Option<Case> {
        self.cases.last().copied()
    }

    fn newline(&mut self, s: &mut Scanner) {
        s.skip(1);
        let mut pending = std::mem::take(&mut s.pending);
        let outside = self.case().is_none_or(|case| case == Case::Body);
        // Behind `|` the pipeline goes on.
        let goes_on = self.command.is_empty() && !self.pipeline.elements.is_empty();
        if outside && !goes_on {
            self.finish_pipeline(s);
        }
        s.heredoc_bodies(&mut pending);
        s.pending = pending;
    }

    fn semicolon(&mut self, s: &mut Scanner) {
        self.finish_pipeline(s);
        let ends_arm = s.take(";;&") || s.take(";;") || s.take(";&");
        if !ends_arm {
            return s.skip(1);
        }
        match self.cases.last_mut() {
            Some(case) => *case = Case::Pattern,
            None => s.lose(),
        }
    }

    fn ampersand(&mut self, s: &mut Scanner) {
        if s.char_at(1) == Some('>') {
            return s.redirect(&mut self.command);
        }
        self.finish_pipeline(s);
        if !s.take("&&") {
            s.skip(1);
        }
    }

    fn bar(&mut self, s: &mut Scanner) {
        if self.case() == Some(Case::Pattern) {
            return s.skip(1);
        }
        if s.take("||") {
            return self.finish_pipeline(s);
        }
        if !s.take("|&") {
            s.skip(1);
        }
        self.finish_command(s);
    }

    /// `(`: a pattern, a function, an array, arithmetic or a subshell.
    fn open(&mut self, s: &mut Scanner) {
        if self.case() == Some(Case::Pattern) {
            return s.skip(1);
        }
        let loop_head = self.command.words.len() == 1
            && self.command.words[0].reserved().is_some_and(|word| word == "for");
        if s.char_at(1) == Some('(') && (self.command.words.is_empty() || loop_head) {
            if s.shell == Shell::Sh {
                // In POSIX shells two subshells: what is a comment or a quote inside differs.
                s.lose();
            }
            if s.arithmetic(2) {
                self.command.compound.get_or_insert(false);
                return;
            }
        }
        match self.command.words.last() {
            None => self.subshell(s),
            Some(_) if self.is_function(s) => {
                s.skip(1);
                s.blanks();
                s.take(")");
                self.command = s.new_command();
            }
            Some(word) if word.constant && word.prefix.ends_with('=') && word.plain => self.array(s),
            Some(_) => {
                s.lose();
                s.skip(1);
            }
        }
    }

    fn is_function(&self, s: &Scanner) -> bool {
        let mut n = 1;
        while s.char_at(n).is_some_and(|c| c == ' ' || c == '\t') {
            n += 1;
        }
        self.command.words.len() == 1 && s.char_at(n) == Some(')')
    }

    fn subshell(&mut self, s: &mut Scanner) {
        s.skip(1);
        let reads_code = s.nested(Scanner::list_in_parens);
        self.command.compound = Some(reads_code);
    }

    /// `a=( … )` of bash. An element `[…]=` has a subscript, which is arithmetic.
    fn array(&mut self, s: &mut Scanner) {
        let name = self.command.words.last().map_or("", |word| &word.prefix);
        let name = name.trim_end_matches(['=', '+']).to_owned();
        s.skip(1);
        loop {
            s.blanks();
            match s.peek() {
                None => return s.lose(),
                Some(Unit::Char(')')) => return s.skip(1),
                Some(Unit::Char('\n')) => s.skip(1),
                Some(Unit::Char('#')) => comment(s),
                // `<(` begins a word; any other of these would be looked at for ever.
                Some(Unit::Char(c))
                    if ";&|(".contains(c) || "<>".contains(c) && s.char_at(1) != Some('(') =>
                {
                    s.lose();
                    s.skip(1);
                }
                Some(_) => {
                    let word = s.word();
                    if word.prefix.starts_with('[') {
                        s.refuse(word.holes.clone(), HoleRefusal::Arithmetic);
                    }
                    s.assigned.extend(word.holes.map(|hole| (name.clone(), hole)));
                }
            }
        }
    }

    /// `)`: behind a pattern, or the end of the list.
    fn close(&mut self, s: &mut Scanner) -> bool {
        if self.case() == Some(Case::Pattern) {
            s.skip(1);
            if let Some(case) = self.cases.last_mut() {
                *case = Case::Body;
            }
            return true;
        }
        s.skip(1);
        if self.end == End::Paren {
            return false;
        }
        s.lose();
        true
    }

    fn word(&mut self, word: Word, s: &mut Scanner) {
        let number = word.reserved().is_some_and(|w| !w.is_empty() && w.bytes().all(|b| b.is_ascii_digit()));
        if number && matches!(s.char(), Some('<' | '>')) {
            return;
        }
        match self.case() {
            Some(Case::Subject) => {
                s.glue_word(&word);
                self.set_case(Case::In);
            }
            Some(Case::In) => {
                if word.reserved() != Some("in") {
                    s.lose();
                }
                self.set_case(Case::Pattern);
            }
            Some(Case::Pattern) if word.reserved() == Some("esac") => self.end_case(s),
            Some(Case::Pattern) => s.glue_word(&word),
            _ => self.command_word(word, s),
        }
    }

    fn set_case(&mut self, to: Case) {
        if let Some(case) = self.cases.last_mut() {
            *case = to;
        }
    }

    fn end_case(&mut self, s: &mut Scanner) {
        self.cases.pop();
        self.end_compound(s);
    }

    /// A word of a command. In the first place reserved words begin and end compound commands.
    fn command_word(&mut self, word: Word, s: &mut Scanner) {
        let first = self.command.words.is_empty();
        match word.reserved().filter(|_| first) {
            Some("if" | "while" | "until" | "{") => self.begin_compound(s),
            Some("for" | "select") => {
                self.begin_compound(s);
                self.command.words.push(word);
            }
            Some("case") => {
                self.begin_compound(s);
                self.cases.push(Case::Subject);
            }
            Some("fi" | "done" | "}") => self.end_compound(s),
            Some("esac") if self.case() == Some(Case::Body) => self.end_case(s),
            Some("then" | "else" | "elif" | "do" | "!" | "coproc") => {}
            Some("function") => {
                s.blanks();
                s.word();
            }
            Some("[[") => {
                s.double_bracket();
                self.command.compound = Some(false);
            }
            _ => self.command.words.push(word),
        }
    }

    fn begin_compound(&mut self, s: &mut Scanner) {
        self.frames.push(Frame {
            pipeline: std::mem::take(&mut self.pipeline),
            reads_code: std::mem::take(&mut self.reads_code),
            first_hole: self.command.first_hole,
            first_heredoc: self.command.first_heredoc,
        });
        self.command = s.new_command();
    }

    fn end_compound(&mut self, s: &mut Scanner) {
        self.finish_pipeline(s);
        let Some(frame) = self.frames.pop() else { return };
        self.command = Command {
            first_hole: frame.first_hole,
            first_heredoc: frame.first_heredoc,
            compound: Some(self.reads_code),
            ..Command::default()
        };
        self.pipeline = frame.pipeline;
        self.reads_code = frame.reads_code;
    }

    fn finish_pipeline(&mut self, s: &mut Scanner) {
        self.finish_command(s);
        let pipeline = std::mem::take(&mut self.pipeline);
        self.reads_code |= pipeline.elements.iter().any(|e| e.reads_code);
        s.pipelines.push(pipeline);
        if self.end == End::Script && self.frames.is_empty() {
            s.finished();
        }
    }

    fn finish_command(&mut self, s: &mut Scanner) {
        let command = std::mem::replace(&mut self.command, s.new_command());
        if command.is_empty() {
            return;
        }
        let verdict = command::judge(&command.words);
        for (holes, why) in verdict.refusals {
            s.refuse(holes, why);
        }
        s.assigned.extend(verdict.assigned);
        if let [head, variable, values @ ..] = &command.words[..]
            && matches!(head.reserved(), Some("for" | "select"))
        {
            let holes = values.iter().flat_map(|word| word.holes.clone());
            s.assigned.extend(holes.map(|hole| (variable.prefix.clone(), hole)));
        }
        s.integers |= verdict.integers;
        self.pipeline.elements.push(Element {
            holes: command.first_hole..s.next_hole(),
            heredocs: command.first_heredoc..s.heredocs.len(),
            input: command.input,
            reads_code: verdict.reads_code || command.compound.unwrap_or(false),
        });
    }
}

impl Command {
    fn is_empty(&self) -> bool {
        self.words.is_empty() && self.compound.is_none() && self.input.is_empty()
    }
}

/// `# …` to the end of the line.
fn comment(s: &mut Scanner) {
    while s.peek().is_some_and(|unit| unit != Unit::Char('\n')) {
        s.pass(HoleRefusal::Comment);
    }
}
