//! What a file declares, as an outline.

use pipe_syntax::ast::{Item, ItemKind, Name, Param};
use pipe_syntax::{Span, parse};

/// An entry of the outline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbol {
    /// Its name; a test's is its title.
    pub name: String,
    /// What it is.
    pub kind: SymbolKind,
    /// What stands behind the name: a type.
    pub detail: String,
    /// All of it.
    pub span: Span,
    /// Its name.
    pub name_span: Span,
    /// What it is made of.
    pub children: Vec<Symbol>,
}

/// Kinds of [`Symbol`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum SymbolKind {
    Function,
    Action,
    Param,
    Let,
    Record,
    Enum,
    Variant,
    Field,
    Test,
}

/// What a text declares, in its order; broken items are left out.
pub fn symbols(text: &str) -> Vec<Symbol> {
    parse(text).module.items.iter().filter_map(|item| symbol(text, item)).collect()
}

/// Whether a name has the letters of a query in their order, whatever their case.
pub fn matches_query(name: &str, query: &str) -> bool {
    let mut letters = name.chars().flat_map(char::to_lowercase);
    let mut wanted = query.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase);
    wanted.all(|wanted| letters.any(|letter| letter == wanted))
}

fn symbol(text: &str, item: &Item) -> Option<Symbol> {
    let outline = Outline { text, base: item.offset };
    let all = Span { start: 0, end: item.len };
    let (kind, name, detail, children) = match &*item.kind {
        ItemKind::Function(function) => {
            let kind = if function.action { SymbolKind::Action } else { SymbolKind::Function };
            (kind, &function.name, function.ret.as_ref().map(|ty| ty.span), Vec::new())
        }
        ItemKind::Param(param) => (SymbolKind::Param, &param.name, Some(param.ty.span), Vec::new()),
        ItemKind::Let(item) => (SymbolKind::Let, &item.name, item.ty.as_ref().map(|ty| ty.span), Vec::new()),
        ItemKind::Record(record) => {
            let fields = record.fields.iter();
            let fields =
                fields.map(|f| outline.part(SymbolKind::Field, &f.name, f.span, Some(f.ty.span), Vec::new()));
            (SymbolKind::Record, &record.name, None, fields.collect())
        }
        ItemKind::Enum(item) => {
            let variants = item.variants.iter().map(|variant| {
                let payload = variant.payload.iter().map(|param| outline.payload(param)).collect();
                outline.part(SymbolKind::Variant, &variant.name, variant.span, None, payload)
            });
            (SymbolKind::Enum, &item.name, None, variants.collect())
        }
        ItemKind::Test(test) => {
            let name = Name {
                text: test.title.constant().unwrap_or_default().as_str().into(),
                span: test.title.span,
            };
            return Some(outline.part(SymbolKind::Test, &name, all, None, Vec::new()))
                .filter(|test| !test.name.is_empty());
        }
        ItemKind::Use(_) | ItemKind::Error => return None,
    };
    // An editor refuses an entry without a name.
    Some(outline.part(kind, name, all, detail, children)).filter(|symbol| !symbol.name.is_empty())
}

struct Outline<'t> {
    text: &'t str,
    base: u32,
}

impl Outline<'_> {
    fn part(
        &self,
        kind: SymbolKind,
        name: &Name,
        span: Span,
        detail: Option<Span>,
        children: Vec<Symbol>,
    ) -> Symbol {
        let detail = detail.and_then(|span| self.text.get(span.at(self.base).range())).unwrap_or_default();
        let name_span = name.span.at(self.base);
        Symbol {
            name: name.text.to_string(),
            kind,
            detail: detail.to_owned(),
            // The name lies in the whole, also where the tree was mended.
            span: span.at(self.base).to(name_span),
            name_span,
            children: children.into_iter().filter(|child| !child.name.is_empty()).collect(),
        }
    }

    fn payload(&self, param: &Param) -> Symbol {
        self.part(SymbolKind::Field, &param.name, param.span, Some(param.ty.span), Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An outline as indented lines: `kind name: detail`.
    #[track_caller]
    fn check(text: &str, wanted: &str) {
        fn show(symbols: &[Symbol], depth: usize, out: &mut String) {
            for symbol in symbols {
                let detail = if symbol.detail.is_empty() { "" } else { ": " };
                let name = format!("{:?} {}{detail}{}", symbol.kind, symbol.name, symbol.detail);
                out.push_str(&format!("{}{name}\n", "  ".repeat(depth)));
                show(&symbol.children, depth + 1, out);
            }
        }
        let mut shown = String::new();
        show(&symbols(text), 0, &mut shown);
        assert_eq!(shown, wanted);
    }

    #[test]
    fn every_kind() {
        check(
            "\
use \"./a.pipe\" as a
param src: Dir = workspace.dir()
pub let n: Int = 1
pub fn f(x: Int) -> List[Int] { [x] }
action g() { do sleep(1s) }
record R { name: String }
enum E { A, B(x: Int) }
test \"it works\" { expect true }
",
            "\
Param src: Dir
Let n: Int
Function f: List[Int]
Action g
Record R
  Field name: String
Enum E
  Variant A
  Variant B
    Field x: Int
Test it works
",
        );
    }

    #[test]
    fn names_are_found_by_their_letters() {
        assert!(matches_query("buildImage", "bim") && matches_query("x", ""));
        assert!(!matches_query("build", "db") && !matches_query("", "a"));
    }

    #[test]
    fn a_broken_neighbour_hides_nothing() {
        check(
            "fn a() -> Int { 1 }\nfn b( {\nfn c() -> Int { 2 }\n",
            "Function a: Int\nFunction b\nFunction c: Int\n",
        );
    }

    #[test]
    fn names_lie_in_their_symbols() {
        for symbol in symbols("pub fn f(x: Int) -> Int { x }\n\n## Docs.\nenum E { A, B(x: Int) }\n") {
            assert!(symbol.span.start <= symbol.name_span.start && symbol.name_span.end <= symbol.span.end);
        }
    }
}
