//! What is written so in other languages.

use super::Site;
use crate::Span;
use crate::build::Point;
use crate::errors::{point, span};
use crate::token::{Token, TokenKind as T};
use pipe_diagnostics::{Diagnostic, Edit, Fix};

/// A diagnostic, as rules give it.
pub(super) fn syntax(
    code: &'static str,
    message: impl Into<String>,
    place: Span,
) -> Option<Diagnostic<Span>> {
    Some(Diagnostic::error(code, message, place))
}

/// `a | b`.
pub(super) fn single_bar(site: &Site<'_>) -> Option<Diagnostic<Span>> {
    if site.kind()? != T::Bar || !site.behind_value() || site.point == Point::Arm {
        return None;
    }
    syntax("foreign-sign", "`|` is written `||` here", site.place())
        .map(|d| d.fix("replace it by `||`", site.place(), "||"))
}

/// `format!(…)`, `vec![…]`.
pub(super) fn macro_call(site: &Site<'_>) -> Option<Diagnostic<Span>> {
    let name = site.back(1).filter(|t| t.kind == T::Low)?;
    if site.kind()? != T::Bang || !site.glued() {
        return None;
    }
    let begins_arguments = |k| matches!(k, T::LeftParen | T::LeftSquare | T::LeftBrace | T::String);
    if !site.tokens.get(site.at + 1).is_some_and(|next| begins_arguments(next.kind)) {
        return syntax("foreign-sign", "`!` behind a value means nothing", site.place())
            .map(|d| d.help("give a default with `x ?? default`, or take it apart with `match`; a condition is turned round by `!` before it"));
    }
    let place = span(name).to(site.place());
    let word = site.word(name);
    let found = syntax("foreign-word", format!("there are no macros: `{word}!` means nothing here"), place)?;
    Some(match word {
        "format" => found.help("a text inserts values by `\"${value}\"`"),
        "vec" => found.fix("remove `vec!`", place, ""),
        "panic" | "todo" | "unimplemented" | "unreachable" => found.fix("write `fail`", place, "fail"),
        "println" | "print" | "eprintln" | "dbg" => found
            .help("what a function gives is printed by `pipe run`, what a step prints is shown as it runs"),
        "assert" | "assert_eq" => found.help("a test says `expect condition`"),
        _ => found,
    })
}

/// `x is none`, `x in xs`, `n as String`, `a if c else b`, `1..4`, each behind a value.
pub(super) fn foreign_infix(site: &Site<'_>) -> Option<Diagnostic<Span>> {
    let token = *site.tokens.get(site.at).filter(|_| site.behind_value() && !site.on_new_line())?;
    let place = site.place();
    match (token.kind, site.word(token)) {
        (T::Low, "is") => syntax("foreign-word", "`is` is written `==` here", place)
            .map(|d| d.fix("replace it by `==`", place, "==")),
        (T::In, _) => syntax("foreign-word", "`in` belongs to `for`", place)
            .map(|d| d.help("whether a list or a text has something in it is `xs.contains(x)`")),
        (_, "as") if site.point != Point::Item => {
            syntax("foreign-word", "`as` belongs to `use`: no value changes its type", place).map(|d| {
                d.help("the text of a value is `\"${value}\"`; a text is read by `Type.parse(text)`")
            })
        }
        (T::If, _) => syntax("ternary", "`if` stands before what it chooses from", place)
            .map(|d| d.help("write `if c { a } else { b }`")),
        (T::DotDot, _) if !site.glued_comma() => {
            syntax("foreign-sign", "`..` makes no range of numbers", place)
                .map(|d| d.help("write the numbers as a list: `[1, 2, 3]`; `[..xs, x]` adds to a list"))
        }
        _ => None,
    }
}

/// `[first, ..rest]` or `[first, *rest]` as a pattern.
pub(super) fn rest_of_list(site: &Site<'_>) -> Option<Diagnostic<Span>> {
    let sign = matches!(site.kind()?, T::DotDot | T::Star) && site.glued_comma();
    if !sign || site.point != Point::Arm || site.bracket_around()? != T::LeftSquare {
        return None;
    }
    let message = "a pattern names each element of a list: it cannot leave out the rest";
    syntax("foreign-sign", message, site.place()).map(|d| {
        d.help(
            "take it apart by what gives its parts: `match xs.first() { some(first) => …, none => … }`; what follows is \
             `xs.drop(1)`, another element `xs.get(n)`, the last one `xs.last()`",
        )
    })
}

/// `${{ x }}` in a text: the hole begins with a brace.
pub(super) fn script_hole_in_text(site: &Site<'_>) -> Option<Diagnostic<Span>> {
    let open = *site.tokens.get(site.at).filter(|t| t.kind == T::LeftBrace && site.at == 0)?;
    let before = site.text.get(..open.start as usize)?;
    let close = *site.tokens.last().filter(|t| t.kind.closes_block() && t.end > t.start)?;
    if !before.ends_with("${") {
        return None;
    }
    let mut found =
        syntax("foreign-sign", "`${{ … }}` inserts into a script; into a text `${…}` does", span(open))?;
    let inside = site.tokens.get(1)?.start..site.tokens.iter().rev().nth(1)?.end;
    let edit = |start: u32, end: u32| Edit { place: Span { start, end }, text: String::new() };
    let (title, edits) =
        ("write `${…}`".to_owned(), vec![edit(open.start, inside.start), edit(inside.end, close.end)]);
    found.fixes.push(Fix { title, edits, automatic: true });
    Some(found)
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

/// `a <> b`.
pub(super) fn unequal(site: &Site<'_>) -> Option<Diagnostic<Span>> {
    let less = site.back(1).filter(|t| t.kind == T::Less)?;
    if site.kind()? != T::Greater || !site.glued() {
        return None;
    }
    let place = span(less).to(site.place());
    syntax("foreign-sign", "`<>` is written `!=` here", place)
        .map(|d| d.fix("replace it by `!=`", place, "!="))
}

/// `[for x in xs -> x]`.
pub(super) fn comprehension_arrow(site: &Site<'_>) -> Option<Diagnostic<Span>> {
    if site.kind()? != T::Arrow || !site.behind_value() || !site.in_comprehension_without_arrow() {
        return None;
    }
    syntax("wrong-arrow", "`->` is written `=>` in a comprehension", site.place())
        .map(|d| d.fix("replace it by `=>`", site.place(), "=>"))
}

/// `x->f()`, `x->y`.
pub(super) fn arrow_member(site: &Site<'_>) -> Option<Diagnostic<Span>> {
    let is_name =
        |t: &Token| t.kind == T::Low && Some(t.start) == site.tokens.get(site.at).map(|arrow| arrow.end);
    let named = site.tokens.get(site.at + 1).is_some_and(is_name);
    if site.kind()? != T::Arrow || !named || !site.glued() || !site.behind_value() || site.in_header() {
        return None;
    }
    let called = site.tokens.get(site.at + 1).zip(site.tokens.get(site.at + 2));
    if called.is_some_and(|(name, open)| open.kind == T::LeftParen && open.start == name.end) {
        return syntax("foreign-sign", "`->` is written `.` here", site.place())
            .map(|d| d.fix("replace it by `.`", site.place(), "."));
    }
    // A member, or a function: only who wrote it knows.
    syntax("foreign-sign", "`->` means nothing behind a value", site.place())
        .map(|d| d.help("a member is reached by `.`: `x.name`; a function value is written `fn(x) => …`"))
}

/// `2 ** 3`.
pub(super) fn power(site: &Site<'_>) -> Option<Diagnostic<Span>> {
    let first = site.back(1).filter(|t| t.kind == T::Star)?;
    if site.kind()? != T::Star || !site.glued() || site.tokens.get(site.at + 1)?.kind == T::Newline {
        return None;
    }
    syntax("foreign-sign", "`**` means nothing here", span(first).to(site.place()))
        .map(|d| d.help("there is no power: write the product out"))
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
        "new" => "a record is made by its name: `App(name: \"a\")`",
        "defer" => "`do finally(action, cleanup)` does something also when the action failed",
        "raw" | "unsafe" | "static" | "public" | "private" | "protected" => {
            "what other modules may use begins with `pub`; nothing else is said about a declaration"
        }
        "impl" | "trait" | "extends" | "implements" => {
            "functions are called as `x |> f()`; there are no methods of one's own"
        }
        "from" => "a module is imported by `use name`, and its names are used through it: `name.f()`",
        "assert" => "a test says `expect condition`",
        "print" | "println" | "echo" => "what a function gives is printed by `pipe run`",
        _ => return None,
    };
    let found = syntax("foreign-word", format!("`{}` means nothing here", site.word(token)), span(token))?;
    let gap = Span { start: token.start, end: site.place().start };
    Some(match site.word(token) {
        "new" if site.kind() == Some(T::Up) => found.help(help).fix("remove `new`", gap, ""),
        "throw" | "raise" if site.kind() == Some(T::String) => {
            let text = format!("fail({})", site.word(*site.tokens.get(site.at)?));
            let place = span(token).to(site.place());
            found.help(help).fix(format!("write `{text}`"), place, text)
        }
        _ => found.help(help),
    })
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
    let prefix = site.back(1).filter(|t| site.word(*t).len() < 3)?;
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
