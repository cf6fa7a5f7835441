//! Documents: what is printed, with the places at which a line may end and what is known of their widths.
//!
//! After Wadler's "A prettier printer", with one change: a node may offer several layouts ([`Node::Choice`]), each with
//! the conditions under which it fits. So that no layout has to be tried out, every document knows its [`Shape`] when it
//! is built, and choosing costs what there is to compare.

use std::rc::Rc;

/// How many spaces one level is in from the one around it.
pub(super) const INDENT: usize = 2;

/// A document. Cloning shares it.
#[derive(Clone, Debug)]
pub(super) struct Doc(Rc<Inner>);

#[derive(Debug)]
struct Inner {
    node: Node,
    shape: Shape,
    reach: Reach,
}

/// Kinds of documents.
#[derive(Debug)]
pub(super) enum Node {
    /// Text without a line end.
    Text(String),
    /// Text that may have line ends, printed byte for byte: its lines are not indented.
    Raw(String),
    /// A line end where the group is broken, else this text.
    Line(&'static str),
    /// A line end, with an empty line before the next one if asked for.
    Hard { blank: bool },
    /// Text that stands only where the group is broken.
    IfBroken(&'static str),
    /// A comment at the end of a line. A line end follows.
    Comment(String),
    /// One level further in.
    Indent(Doc),
    /// One after the other.
    Concat(Vec<Doc>),
    /// On one line if it fits there, else with all its line ends.
    Group(Doc),
    /// The first layout that fits, else the last resort.
    Choice { layouts: Vec<Layout>, otherwise: Doc },
}

/// A layout of a [`Node::Choice`].
#[derive(Clone, Debug)]
pub(super) struct Layout {
    /// What is printed.
    pub(super) doc: Doc,
    /// It is printed on one line, and nothing in it is left to choose.
    pub(super) flat: bool,
    /// All of these have to fit.
    pub(super) fits: Vec<Fit>,
}

/// Text that has to fit between a place and the margin.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fit {
    /// Where it begins.
    pub(super) from: From,
    /// How wide it is.
    pub(super) width: usize,
    /// What follows the document on its line counts too.
    pub(super) rest: bool,
}

/// Where a [`Fit`] begins.
#[derive(Clone, Copy, Debug)]
pub(super) enum From {
    /// Where the document begins.
    Here,
    /// So far in from the current indentation.
    Line(usize),
}

/// How much room a document takes when it is broken only where it must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// It can stand on one line, so wide.
    Flat(usize),
    /// It cannot.
    Multi {
        /// Width of the first line.
        first: usize,
        /// Width of the last line, from the indentation around the document.
        last: usize,
    },
}

/// The width up to the first place where a line may end, in the layout where that comes first.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reach {
    /// The width.
    pub(super) width: usize,
    /// There is such a place.
    pub(super) ends: bool,
}

impl Shape {
    /// The width, if it can stand on one line.
    pub(super) fn flat(self) -> Option<usize> {
        match self {
            Shape::Flat(width) => Some(width),
            Shape::Multi { .. } => None,
        }
    }

    fn then(self, next: Shape) -> Shape {
        match (self, next) {
            (Shape::Flat(a), Shape::Flat(b)) => Shape::Flat(a + b),
            (Shape::Flat(a), Shape::Multi { first, last }) => Shape::Multi { first: a + first, last },
            (Shape::Multi { first, last }, Shape::Flat(b)) => Shape::Multi { first, last: last + b },
            (Shape::Multi { first, .. }, Shape::Multi { last, .. }) => Shape::Multi { first, last },
        }
    }

    fn indented(self) -> Shape {
        match self {
            Shape::Flat(_) => self,
            Shape::Multi { first, last } => Shape::Multi { first, last: last + INDENT },
        }
    }
}

/// The columns that a text takes. Every character counts as one.
fn columns(text: &str) -> usize {
    text.chars().count()
}

impl Doc {
    fn new(node: Node) -> Doc {
        let (shape, reach) = (node.shape(), node.reach());
        Doc(Rc::new(Inner { node, shape, reach }))
    }

    pub(super) fn node(&self) -> &Node {
        &self.0.node
    }

    pub(super) fn shape(&self) -> Shape {
        self.0.shape
    }

    pub(super) fn reach(&self) -> Reach {
        self.0.reach
    }

    /// Whether it cannot stand on one line.
    pub(super) fn is_multi(&self) -> bool {
        self.shape().flat().is_none()
    }
}

impl Node {
    fn shape(&self) -> Shape {
        match self {
            Node::Text(text) => Shape::Flat(columns(text)),
            Node::Raw(text) => match (text.find('\n'), text.rfind('\n')) {
                (Some(first), Some(last)) => {
                    Shape::Multi { first: columns(&text[..first]), last: columns(&text[last + 1..]) }
                }
                _ => Shape::Flat(columns(text)),
            },
            Node::Line(flat) => Shape::Flat(flat.len()),
            Node::IfBroken(_) => Shape::Flat(0),
            Node::Hard { .. } | Node::Comment(_) => Shape::Multi { first: 0, last: 0 },
            Node::Indent(inner) => inner.shape().indented(),
            Node::Group(inner) => inner.shape(),
            Node::Concat(parts) => parts.iter().fold(Shape::Flat(0), |shape, part| shape.then(part.shape())),
            Node::Choice { layouts, otherwise } => layouts.first().map_or(otherwise, |l| &l.doc).shape(),
        }
    }

    fn reach(&self) -> Reach {
        match self {
            Node::Line(_) | Node::Hard { .. } | Node::Comment(_) => Reach { width: 0, ends: true },
            Node::Indent(inner) => inner.reach(),
            Node::Concat(parts) => {
                let mut sum = Reach { width: 0, ends: false };
                for part in parts {
                    let Reach { width, ends } = part.reach();
                    sum = Reach { width: sum.width + width, ends };
                    if ends {
                        break;
                    }
                }
                sum
            }
            // What is not yet decided is taken to be flat where it can.
            Node::Group(inner) => match inner.shape() {
                Shape::Flat(width) => Reach { width, ends: false },
                Shape::Multi { .. } => inner.reach(),
            },
            Node::Choice { layouts, otherwise } => {
                let broken = layouts.iter().filter(|layout| !layout.flat).map(|layout| layout.doc.reach());
                let ends = broken.chain([otherwise.reach()]).filter(|reach| reach.ends);
                ends.min_by_key(|reach| reach.width).unwrap_or(otherwise.reach())
            }
            Node::Text(_) | Node::Raw(_) | Node::IfBroken(_) => match self.shape() {
                Shape::Flat(width) => Reach { width, ends: false },
                Shape::Multi { first, .. } => Reach { width: first, ends: true },
            },
        }
    }
}

/// Text without a line end.
pub(super) fn text(text: impl Into<String>) -> Doc {
    Doc::new(Node::Text(text.into()))
}

/// Text that is printed as it stands.
pub(super) fn raw(text: impl Into<String>) -> Doc {
    Doc::new(Node::Raw(text.into()))
}

/// A space, or a line end in a broken group.
pub(super) fn line() -> Doc {
    Doc::new(Node::Line(" "))
}

/// Nothing, or a line end in a broken group.
pub(super) fn soft() -> Doc {
    Doc::new(Node::Line(""))
}

/// A line end, perhaps with an empty line behind it.
pub(super) fn hard(blank: bool) -> Doc {
    Doc::new(Node::Hard { blank })
}

/// Text for broken groups only.
pub(super) fn if_broken(text: &'static str) -> Doc {
    Doc::new(Node::IfBroken(text))
}

/// A comment behind what stands on the line.
pub(super) fn comment(text: impl Into<String>) -> Doc {
    Doc::new(Node::Comment(text.into()))
}

/// One level further in.
pub(super) fn indent(inner: Doc) -> Doc {
    Doc::new(Node::Indent(inner))
}

/// One after the other.
pub(super) fn concat(parts: impl IntoIterator<Item = Doc>) -> Doc {
    Doc::new(Node::Concat(parts.into_iter().collect()))
}

/// One after the other, with text between them.
pub(super) fn join(parts: impl IntoIterator<Item = Doc>, separator: &str) -> Doc {
    let mut out = Vec::new();
    for part in parts {
        if !out.is_empty() {
            out.push(text(separator));
        }
        out.push(part);
    }
    concat(out)
}

/// On one line, or broken at each line.
pub(super) fn group(inner: Doc) -> Doc {
    Doc::new(Node::Group(inner))
}

/// The first layout that fits.
pub(super) fn choice(layouts: Vec<Layout>, otherwise: Doc) -> Doc {
    match layouts.is_empty() {
        true => otherwise,
        false => Doc::new(Node::Choice { layouts, otherwise }),
    }
}

/// A list in brackets that is broken only when it does not fit: types and patterns.
pub(super) fn bracketed(open: &str, parts: Vec<Doc>, close: &str) -> Doc {
    if parts.is_empty() {
        return text(format!("{open}{close}"));
    }
    let mut inner = vec![soft()];
    for (i, part) in parts.into_iter().enumerate() {
        if i > 0 {
            inner.extend([text(","), line()]);
        }
        inner.push(part);
    }
    inner.push(if_broken(","));
    group(concat([text(open), indent(concat(inner)), soft(), text(close)]))
}

impl Layout {
    /// The document as far as possible on one line: the lines it must have fit.
    pub(super) fn compact(doc: &Doc) -> Layout {
        let fits = match doc.shape() {
            Shape::Flat(width) => vec![Fit::here(width).with_rest()],
            Shape::Multi { first, last } => vec![Fit::here(first), Fit::line(0, last).with_rest()],
        };
        Layout { doc: doc.clone(), flat: !doc.is_multi(), fits }
    }

    /// The document with line ends where its parts choose them.
    pub(super) fn broken(doc: &Doc, fits: Vec<Fit>) -> Layout {
        Layout { doc: doc.clone(), flat: false, fits }
    }
}

impl Fit {
    /// From where the document begins.
    pub(super) fn here(width: usize) -> Fit {
        Fit { from: From::Here, width, rest: false }
    }

    /// From an indentation.
    pub(super) fn line(indent: usize, width: usize) -> Fit {
        Fit { from: From::Line(indent), width, rest: false }
    }

    /// With what follows.
    pub(super) fn with_rest(self) -> Fit {
        Fit { rest: true, ..self }
    }
}
