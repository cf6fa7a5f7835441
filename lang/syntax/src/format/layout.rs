//! From a document to text.

use super::doc::{Doc, Fit, From, INDENT, Node, Shape};

/// The margin: no line is longer unless it has a part that cannot be broken.
pub(super) const WIDTH: usize = 110;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Flat,
    Broken,
}

/// Prints a document. Lines have no white space at their end.
pub(super) fn print(doc: &Doc) -> String {
    let mut printer = Printer {
        out: String::new(),
        column: 0,
        indent: None,
        commented: false,
        stack: vec![(0, Mode::Broken, doc.clone())],
    };
    while let Some((indent, mode, doc)) = printer.stack.pop() {
        printer.node(indent, mode, &doc);
    }
    printer.out
}

/// The walk over a document. It keeps its own stack: a document is several times as deep as the tree it came from.
struct Printer {
    out: String,
    /// Where the next character stands.
    column: usize,
    /// The line has begun, but its white space has not been written.
    indent: Option<usize>,
    /// A comment stands on the line: nothing can follow.
    commented: bool,
    /// What is still to be printed, with its indentation; the next is the last.
    stack: Vec<(usize, Mode, Doc)>,
}

impl Printer {
    fn node(&mut self, indent: usize, mode: Mode, doc: &Doc) {
        match doc.node() {
            Node::Text(text) | Node::Raw(text) => self.text(indent, text),
            Node::Line(flat) => match mode {
                Mode::Flat => self.text(indent, flat),
                Mode::Broken => self.line_end(indent, false),
            },
            Node::Hard { blank } => self.line_end(indent, *blank),
            Node::IfBroken(text) => {
                if mode == Mode::Broken {
                    self.text(indent, text);
                }
            }
            Node::Comment(text) => {
                self.text(indent, " ");
                self.text(indent, text);
                self.commented = true;
            }
            Node::Indent(inner) => self.stack.push((indent + INDENT, mode, inner.clone())),
            Node::Concat(parts) => {
                self.stack.extend(parts.iter().rev().map(|part| (indent, mode, part.clone())));
            }
            Node::Group(inner) => {
                let fits = match inner.shape() {
                    Shape::Flat(width) => {
                        mode == Mode::Flat || self.fits(indent, Fit::here(width).with_rest())
                    }
                    Shape::Multi { .. } => false,
                };
                let mode = if fits { Mode::Flat } else { Mode::Broken };
                self.stack.push((indent, mode, inner.clone()));
            }
            Node::Choice { layouts, otherwise } => {
                let chosen = layouts.iter().find(|layout| {
                    mode == Mode::Flat || layout.fits.iter().all(|fit| self.fits(indent, *fit))
                });
                let (doc, flat) = chosen.map_or((otherwise, false), |layout| (&layout.doc, layout.flat));
                self.stack.push((indent, if flat { Mode::Flat } else { Mode::Broken }, doc.clone()));
            }
        }
    }

    fn text(&mut self, indent: usize, text: &str) {
        if text.is_empty() {
            return;
        }
        if self.commented {
            self.line_end(indent, false);
        }
        if let Some(indent) = self.indent.take() {
            self.out.extend(std::iter::repeat_n(' ', indent));
        }
        self.out.push_str(text);
        match text.rfind('\n') {
            Some(end) => self.column = text[end + 1..].chars().count(),
            None => self.column += text.chars().count(),
        }
    }

    fn line_end(&mut self, indent: usize, blank: bool) {
        self.out.push_str(if blank { "\n\n" } else { "\n" });
        self.indent = Some(indent);
        self.column = indent;
        self.commented = false;
    }

    fn fits(&self, indent: usize, fit: Fit) -> bool {
        let start = match fit.from {
            From::Here => self.column,
            From::Line(further) => indent + further,
        };
        let end = start + fit.width;
        end <= WIDTH && (!fit.rest || end + self.rest(WIDTH - end) <= WIDTH)
    }

    /// The width of what follows up to the first place where the line may end; no more than is asked for is looked at.
    fn rest(&self, room: usize) -> usize {
        let mut sum = 0;
        for (_, mode, doc) in self.stack.iter().rev() {
            let (width, ends) = match (mode, doc.shape()) {
                (Mode::Flat, Shape::Flat(width)) => (width, false),
                _ => (doc.reach().width, doc.reach().ends),
            };
            sum += width;
            if ends || sum > room {
                break;
            }
        }
        sum
    }
}
