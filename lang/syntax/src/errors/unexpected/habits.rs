//! What is written so in other languages.

use super::Site;
use crate::Span;
use crate::build::Point;
use crate::errors::{point, span};
use crate::token::TokenKind as T;
use pipe_diagnostics::{Diagnostic, Edit};

fn syntax(code: &'static str, message: impl Into<String>, place: Span) -> Option<Diagnostic<Span>> {
    Some(Diagnostic::error(code, message, place))
}

/// `x => e`, `(x) => e`, `fn(x) -> e`, `|x| e`.
pub(super) fn lambda(site: &Site<'_>) -> Option<Diagnostic<Span>> {
    let message = "a function value is written `fn(x) => value`";
    match site.kind()? {
        T::Arrow if site.back_kind(1) == Some(T::RightParen) && site.point != Point::FunctionResult => {
            let edit = vec![Edit { place: site.place(), text: "=>".to_owned() }];
            syntax("lambda", message, site.place()).map(|d| d.suggestion("replace it by `=>`", edit))
        }
        T::FatArrow if site.point != Point::Arm && site.back_kind(1) == Some(T::Low) => {
            let name = site.back(1)?;
            let edits = vec![Edit { place: span(name), text: format!("fn({})", site.word(name)) }];
            syntax("lambda", message, site.place()).map(|d| d.suggestion("write it so", edits))
        }
        T::FatArrow if site.point != Point::Arm && site.back_kind(1) == Some(T::RightParen) => {
            let open = opening(site)?;
            let edits = vec![Edit { place: point(open), text: "fn".to_owned() }];
            syntax("lambda", message, site.place()).map(|d| d.suggestion("insert `fn`", edits))
        }
        T::Bar | T::OrOr if !site.behind_value() => syntax("lambda", message, site.place()),
        _ => None,
    }
}

/// Where the bracket that is closed before the token was opened.
fn opening(site: &Site<'_>) -> Option<u32> {
    let mut depth = 0usize;
    for token in site.tokens[..site.at].iter().rev() {
        match token.kind {
            T::RightParen => depth += 1,
            T::LeftParen => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(token.start);
                }
            }
            _ => {}
        }
    }
    None
}

/// `a ? b : c`, `f()?`.
pub(super) fn ternary(site: &Site<'_>) -> Option<Diagnostic<Span>> {
    if site.kind()? != T::Question || site.point == Point::Type {
        return None;
    }
    syntax("ternary", "`?` belongs to types only", site.place())
        .map(|d| d.help("choose with `if c { a } else { b }`, give a default with `x ?? default`"))
}

/// `xs[0]`.
pub(super) fn index(site: &Site<'_>) -> Option<Diagnostic<Span>> {
    let value = matches!(site.back_kind(1)?, T::Low | T::RightParen | T::RightSquare | T::String);
    if site.kind()? != T::LeftSquare || !value || !site.glued() {
        return None;
    }
    syntax("index", "`[ ]` behind a value reads nothing from it", site.place())
        .map(|d| d.help("an element of a list or a map is `xs.get(i)`, which may be `none`; see also `.first()` and `.last()`"))
}

/// `List<T>`, `f<T>()`.
pub(super) fn angle_brackets(site: &Site<'_>) -> Option<Diagnostic<Span>> {
    let sign = matches!(site.kind()?, T::Less | T::Greater);
    let name = site.back_kind(1) == Some(T::Up) || site.point == Point::FunctionHeader;
    if !sign || !name {
        return None;
    }
    syntax("angle-brackets", "type arguments stand in `[ ]`: `List[String]`", site.place())
}

/// `a < b < c`.
pub(super) fn chained_comparison(site: &Site<'_>) -> Option<Diagnostic<Span>> {
    let comparison = |k: T| {
        matches!(k, T::Less | T::LessEqual | T::Greater | T::GreaterEqual | T::EqualEqual | T::NotEqual)
    };
    if !comparison(site.kind()?) || !site.behind_value() {
        return None;
    }
    let statement = site.tokens[..site.at].iter().rev().take_while(|t| t.kind != T::Newline).take(64);
    let first = statement.into_iter().find(|t| comparison(t.kind))?;
    syntax("chained-comparison", "comparisons cannot be chained", site.place())
        .map(|d| d.label(span(*first), "the first one").help("join two with `&&`: `a < b && b < c`"))
}

/// `x += 1`, `x++`.
pub(super) fn increment(site: &Site<'_>) -> Option<Diagnostic<Span>> {
    let sign = |k| matches!(k, Some(T::Plus | T::Minus | T::Star | T::Slash));
    let assign = site.kind()? == T::Equal && sign(site.back_kind(1)) && site.glued();
    let twice = sign(site.back_kind(1)) && site.kind() == site.back_kind(1) && site.glued();
    if !assign && !twice {
        return None;
    }
    syntax("assignment", "values do not change", site.place())
        .map(|d| d.help("give the new value a new name with `let`; `.fold(..)` sums up a list"))
}

/// `for x in xs { }` as a statement.
pub(super) fn loop_statement(site: &Site<'_>) -> Option<Diagnostic<Span>> {
    let word = match site.kind()? {
        T::For if site.point == Point::Statement => site.place(),
        _ => {
            let token =
                site.back(1).filter(|t| matches!(site.word(*t), "while" | "loop" | "foreach" | "until"))?;
            span(token)
        }
    };
    syntax("loop", "there are no loops", word).map(|d| {
        d.help(
            "`[for x in xs => …]` makes a list; `do parallel(…)` and `do sequence(…)` run a list of actions",
        )
    })
}

/// `[f(x) for x in xs]`.
pub(super) fn comprehension_order(site: &Site<'_>) -> Option<Diagnostic<Span>> {
    if site.kind()? != T::For || !site.behind_value() || site.point == Point::Statement {
        return None;
    }
    syntax("comprehension-order", "a comprehension begins with its `for`", site.place())
        .map(|d| d.help("write `[for x in xs => value]`; for a map `[for x in xs => key: value]`; a condition stands before the `=>`: `for x in xs if c =>`"))
}

/// `try`, `throw`, `async` and the like.
pub(super) fn foreign_statement(site: &Site<'_>) -> Option<Diagnostic<Span>> {
    let token = site.back(1).filter(|t| t.kind == T::Low)?;
    let help = match site.word(token) {
        "try" | "catch" => {
            "a failed step fails what depends on it; `on_failure(action, handler)` and `finally(action, cleanup)` act on it"
        }
        "throw" | "raise" | "panic" => "`fail(\"…\")` ends with an error",
        "async" => "steps run in parallel by themselves",
        "type" | "typedef" | "alias" => "a type is declared by `record Name { … }` or `enum Name { … }`",
        "mut" => "values do not change",
        "impl" | "trait" | "extends" | "implements" => {
            "functions are called as `x |> f()`; there are no methods of one's own"
        }
        "from" => "a module is imported by `use name`, and its names are used through it: `name.f()`",
        "assert" => "a test says `expect condition`",
        "print" | "println" | "echo" => "what a function gives is printed by `pipe run`",
        _ => return None,
    };
    syntax("foreign-word", format!("`{}` means nothing here", site.word(token)), span(token))
        .map(|d| d.help(help))
}

/// `10 min`.
pub(super) fn spaced_unit(site: &Site<'_>) -> Option<Diagnostic<Span>> {
    const UNITS: [&str; 12] = ["ms", "s", "min", "h", "d", "B", "kB", "MB", "GB", "KiB", "MiB", "GiB"];
    let token = *site.tokens.get(site.at)?;
    let number = site.back(1).filter(|t| t.kind == T::Number)?;
    if !UNITS.contains(&site.word(token)) {
        return None;
    }
    let (n, unit) = (site.word(number), site.word(token));
    let gap = Span { start: number.end, end: token.start };
    syntax("spaced-unit", format!("a unit is glued to its number: `{n}{unit}`"), span(token))
        .map(|d| d.fix("remove the space", gap, ""))
}

/// `f"…"`, `r"…"`.
pub(super) fn string_prefix(site: &Site<'_>) -> Option<Diagnostic<Span>> {
    if site.kind()? != T::String || site.back_kind(1)? != T::Low || !site.glued() {
        return None;
    }
    let prefix = site.back(1)?;
    syntax("string-prefix", format!("no text begins with `{}`", site.word(prefix)), span(prefix))
        .map(|d| d.help("`\"${x}\"` inserts a value into any text; `sh\"…\"` and `bash\"…\"` are scripts"))
}

/// `xs.map { … }`, `if (x) f()`, `Name { … }`.
pub(super) fn trailing_block(site: &Site<'_>) -> Option<Diagnostic<Span>> {
    if site.kind()? != T::LeftBrace {
        return None;
    }
    let behind_call = site.behind_value() && !matches!(site.point, Point::TestHeader | Point::TypeHeader);
    let header = matches!(site.point, Point::FunctionHeader | Point::FunctionResult);
    if behind_call && !header {
        return syntax("trailing-block", "a block cannot stand behind a value", site.place())
            .map(|d| d.help("pass a function as an argument: `xs.map(fn(x) => …)`; make a record with `Name(field: value)`"));
    }
    (!header && !behind_call)
        .then(|| Diagnostic::error("block-as-value", "a block is no value by itself", site.place()))
        .map(|d| d.help("a list or a map stands in `[ ]`; blocks belong to `fn`, `action`, `test`, `if`, `else` and `=>`"))
}

/// `x |> f` without parentheses.
pub(super) fn bare_pipe(site: &Site<'_>) -> Option<Diagnostic<Span>> {
    if site.point != Point::Piped || site.back_kind(1)? != T::Low {
        return None;
    }
    let name = site.back(1)?;
    syntax("bare-pipe", "a piped function is called: its parentheses are missing", site.end_before())
        .map(|d| d.fix("insert `()`", point(name.end), "()"))
}

/// `let mut x`.
pub(super) fn mutable_let(site: &Site<'_>) -> Option<Diagnostic<Span>> {
    let word = site.back(1).filter(|t| matches!(site.word(*t), "mut" | "var" | "const"))?;
    if site.point != Point::LetHeader || site.kind()? != T::Low {
        return None;
    }
    let gap = Span { start: word.start, end: site.place().start };
    syntax("foreign-word", "values do not change", span(word))
        .map(|d| d.fix(format!("remove `{}`", site.word(word)), gap, ""))
}
