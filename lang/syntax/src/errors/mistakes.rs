//! Mistakes that are understood: habits from other languages. Each carries the edit that mends it.

use super::{Raised, Rank, point, span};
use crate::Span;
use crate::token::Token;
use pipe_diagnostics::{Diagnostic, Edit};

fn mistake(diagnostic: Diagnostic<Span>) -> Raised {
    Raised::new(Rank::Mistake, diagnostic)
}

/// `func`, `const`, `and` …
pub(crate) fn foreign_word(token: Token, written: &str, ours: &str) -> Raised {
    mistake(
        Diagnostic::error("foreign-word", format!("`{written}` is written `{ours}` here"), span(token)).fix(
            format!("replace it by `{ours}`"),
            span(token),
            ours,
        ),
    )
}

/// `===`, `?:` …
pub(crate) fn foreign_sign(token: Token, written: &str, ours: &str) -> Raised {
    mistake(
        Diagnostic::error("foreign-sign", format!("`{written}` is written `{ours}` here"), span(token)).fix(
            format!("replace it by `{ours}`"),
            span(token),
            ours,
        ),
    )
}

/// `return x`.
pub(crate) fn return_word(token: Token) -> Raised {
    mistake(
        Diagnostic::error(
            "foreign-word",
            "there is no `return`: the last expression of a block is its value",
            span(token),
        )
        .suggestion("remove `return`", vec![Edit { place: span(token), text: String::new() }]),
    )
}

/// `'…'`, `“…”`, `` `…` ``.
pub(crate) fn foreign_string(token: Token, written: &str) -> Raised {
    let first = written.chars().next().unwrap_or('\'');
    let last = written.chars().last().unwrap_or(first);
    let inner: String = written.chars().skip(1).collect();
    let closed = written.chars().count() > 1
        && !last.is_alphanumeric()
        && "'`\"\u{201c}\u{201d}\u{2018}\u{2019}".contains(last);
    let diagnostic =
        Diagnostic::error("foreign-quotes", format!("text stands in `\"`, not in `{first}`"), span(token));
    if !closed {
        return Raised::new(Rank::Literal, diagnostic);
    }
    let body = &inner[..inner.len() - last.len_utf8()];
    let quoted = format!("\"{}\"", body.replace('\\', "\\\\").replace('"', "\\\"").replace("${", "\\${"));
    Raised::new(Rank::Literal, diagnostic.fix("use double quotes", span(token), quoted))
}

/// `// …`, `/* … */`.
pub(crate) fn foreign_comment(place: Span, text: &str) -> Raised {
    let diagnostic = Diagnostic::error("foreign-comment", "comments begin with `#`", place);
    mistake(match text.strip_prefix("//") {
        Some(rest) => {
            let mark = if rest.starts_with('/') { "##" } else { "#" };
            let rest = rest.trim_start_matches('/');
            diagnostic.fix(format!("begin it with `{mark}`"), place, format!("{mark}{rest}"))
        }
        None => diagnostic.help("begin each of its lines with `#`"),
    })
}

/// `@`, `$`, a letter outside ASCII.
pub(crate) fn unknown_character(token: Token, written: &str) -> Raised {
    let first = written.chars().next().unwrap_or('?');
    let message = if first.is_alphanumeric() || first == '_' {
        format!("`{written}` is no name: names have the letters a to z, digits and `_`")
    } else if first.is_control() || first.is_whitespace() || !first.is_ascii() {
        format!("the character U+{:04X} means nothing here", u32::from(first))
    } else {
        format!("`{first}` means nothing here")
    };
    let diagnostic = Diagnostic::error("unknown-character", message, span(token));
    Raised::new(
        Rank::Literal,
        match written {
            "&" => diagnostic.fix("use `&&`", span(token), "&&"),
            "$" => diagnostic
                .help("a value is inserted into text by `\"${name}\"`, into a script by `${{ name }}`"),
            "%" => diagnostic.help("a percentage is a whole number: `10`"),
            "@" => diagnostic.help("there are no annotations"),
            "\\" => diagnostic.help("a line goes on when the next one begins with `.`, or inside brackets"),
            _ => diagnostic,
        },
    )
}

/// `;`.
pub(crate) fn semicolon(token: Token, at_end: bool) -> Raised {
    let diagnostic =
        Diagnostic::error("semicolon", "a statement ends at the end of its line, without `;`", span(token));
    mistake(match at_end {
        true => diagnostic.fix("remove `;`", span(token), ""),
        false => diagnostic.fix("begin a new line", span(token), "\n"),
    })
}

/// `;` between arguments.
pub(crate) fn semicolon_for_comma(token: Token) -> Raised {
    mistake(Diagnostic::error("semicolon", "values are separated by `,`", span(token)).fix(
        "replace it by `,`",
        span(token),
        ",",
    ))
}

/// `if a = b`.
pub(crate) fn equal_for_comparison(token: Token, written: &str) -> Raised {
    mistake(
        Diagnostic::error(
            "equal-sign",
            format!("`{written}` gives a name to a value; `==` compares"),
            span(token),
        )
        .fix("compare with `==`", span(token), "=="),
    )
}

/// `f(a = 1)`.
pub(crate) fn equal_for_colon(token: Token, name: &str) -> Raised {
    mistake(
        Diagnostic::error("equal-sign", format!("a named argument is written `{name}: value`"), span(token))
            .suggestion("replace it by `:`", vec![Edit { place: span(token), text: ":".to_owned() }]),
    )
}

/// `x = 1` as a statement.
pub(crate) fn missing_let(name: Token, equal: Token, text: &str) -> Raised {
    let edits = vec![
        Edit { place: point(name.start), text: "let ".to_owned() },
        Edit { place: span(equal), text: "=".to_owned() },
    ];
    mistake(
        Diagnostic::error(
            "equal-sign",
            "nothing can be assigned: a name gets its value by `let`, once",
            span(equal),
        )
        .label(span(name), format!("`let {text} = …` makes a new name"))
        .suggestion("insert `let`", edits),
    )
}

/// `A -> e` in a `match`.
pub(crate) fn arm_arrow(token: Token) -> Raised {
    mistake(Diagnostic::error("wrong-arrow", "an arm is written `pattern => value`", span(token)).fix(
        "replace it by `=>`",
        span(token),
        "=>",
    ))
}

/// `fn f() => T {`, `fn f(): T {`.
pub(crate) fn result_arrow(token: Token, written: &str) -> Raised {
    let arrow = if written == ":" { " ->" } else { "->" };
    mistake(
        Diagnostic::error(
            "wrong-arrow",
            format!("the type of a result stands behind `->`, not `{written}`"),
            span(token),
        )
        .fix("replace it by `->`", span(token), arrow),
    )
}

/// `{"a": 1}`.
pub(crate) fn brace_map(token: Token) -> Raised {
    mistake(
        Diagnostic::error("brace-map", "a map stands in `[ ]`", span(token))
            .help("write `[\"key\": value]`, and `[:]` for an empty one; `{ }` is always a block"),
    )
}

/// `App { name: "a" }`.
pub(crate) fn brace_record(token: Token, name: &str) -> Raised {
    mistake(
        Diagnostic::error("brace-record", format!("`{name}` is made with `( )`"), span(token))
            .help(format!("write `{name}(field: value)`; `{{ }}` is always a block")),
    )
}
