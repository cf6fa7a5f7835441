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

/// `return x`. `last` when it is the last statement of its function, so that its value is the function's; `gap` reaches to what
/// is given.
pub(crate) fn return_word(token: Token, gap: Span, last: bool) -> Raised {
    let diagnostic = Diagnostic::error(
        "foreign-word",
        "there is no `return`: the last expression of a block is its value",
        span(token),
    );
    mistake(match last {
        true => diagnostic.fix("remove `return`", gap, ""),
        false => diagnostic
            .help("a block is left at its end only: put the rest into `else { … }`")
            .suggestion("remove `return`", vec![Edit { place: gap, text: String::new() }]),
    })
}

/// `case` before an arm.
pub(crate) fn case_word(token: Token, gap: Span) -> Raised {
    mistake(
        Diagnostic::error("foreign-word", "an arm begins with its pattern, without `case`", span(token)).fix(
            "remove `case`",
            gap,
            "",
        ),
    )
}

/// `else => …`.
pub(crate) fn else_arm(token: Token) -> Raised {
    mistake(
        Diagnostic::error("foreign-word", "the arm for all that is left is written `_ => …`", span(token))
            .fix("replace it by `_`", span(token), "_"),
    )
}

/// `async fn`.
pub(crate) fn async_word(token: Token, gap: Span) -> Raised {
    mistake(
        Diagnostic::error(
            "foreign-word",
            "nothing is marked as `async`: steps run in parallel by themselves",
            span(token),
        )
        .fix("remove `async`", gap, ""),
    )
}

/// `name?: Type` of a parameter.
pub(crate) fn optional_parameter(token: Token, name: &str, ty: &str) -> Raised {
    mistake(
        Diagnostic::error(
            "foreign-sign",
            format!("a parameter that may be left out is written `{name}: {ty}? = none`"),
            span(token),
        )
        .role("the `?` belongs to the type"),
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
    let message = match first {
        '`' => "text stands in `\"`, not in backquotes".to_owned(),
        _ => format!("text stands in `\"`, not in `{first}`"),
    };
    let diagnostic = Diagnostic::error("foreign-quotes", message, span(token));
    let diagnostic = match first {
        '`' => diagnostic.help("what a command prints is `c.run([…]).stdout`"),
        _ => diagnostic,
    };
    if !closed {
        return Raised::new(Rank::Literal, diagnostic);
    }
    let body = &inner[..inner.len() - last.len_utf8()];
    let text = body.replace('\\', "\\\\").replace('"', "\\\"");
    // A template inserts in the same way.
    let text = if first == '`' { text } else { text.replace("${", "\\${") };
    let quoted = format!("\"{text}\"");
    // In backquotes stand templates, and commands, which are no texts.
    let text = first != '`' || body.contains("${");
    Raised::new(
        Rank::Literal,
        match text {
            true => diagnostic.fix("use double quotes", span(token), quoted),
            false => {
                diagnostic.suggestion("use double quotes", vec![Edit { place: span(token), text: quoted }])
            }
        },
    )
}

/// `// …`, `/* … */`. `alone` when nothing follows it on its line.
pub(crate) fn foreign_comment(place: Span, text: &str, alone: bool) -> Raised {
    let diagnostic = Diagnostic::error("foreign-comment", "comments begin with `#`", place);
    mistake(match text.strip_prefix("//") {
        Some(rest) => {
            let mark = if rest.starts_with('/') { "##" } else { "#" };
            let rest = rest.trim_start_matches('/');
            diagnostic.fix(format!("begin it with `{mark}`"), place, format!("{mark}{rest}"))
        }
        None if alone => {
            let inside = text.trim_start_matches("/*").trim_end_matches("*/");
            let lines = inside.lines().map(|line| line.trim().trim_start_matches('*').trim());
            let lines: Vec<&str> = lines.collect();
            let lines = lines
                .iter()
                .enumerate()
                .filter(|(i, line)| !line.is_empty() || (*i > 0 && i + 1 < lines.len()));
            let text: Vec<String> =
                lines.map(|(_, line)| format!("# {line}").trim_end().to_owned()).collect();
            diagnostic.fix("begin its lines with `#`", place, text.join("\n"))
        }
        None => diagnostic.help("a comment goes to the end of its line"),
    })
}

/// A space that is none for the lexer, or a character without a width.
fn odd_space(token: Token, c: char) -> Option<Raised> {
    let (what, title, instead) = match c {
        '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' | '\u{ad}' => {
            ("an invisible character", "remove it", "")
        }
        c if c.is_whitespace() && !c.is_control() => ("not an ordinary space", "write a space", " "),
        _ => return None,
    };
    let message = format!("this is {what}: U+{:04X}", u32::from(c));
    Some(Raised::new(
        Rank::Literal,
        Diagnostic::error("unknown-character", message, span(token)).fix(title, span(token), instead),
    ))
}

/// `$NAME`, `$(…)`, `$?` outside of a script; `word` is what is glued to it.
pub(crate) fn dollar(token: Token, word: Option<Token>, written: &str) -> Raised {
    let place = Span { start: token.start, end: word.map_or(token.end, |word| word.end) };
    let (message, help) = match written {
        "(" => (
            "`$(…)` runs a command in scripts only".to_owned(),
            "what a command prints is `c.run([…]).stdout`".to_owned(),
        ),
        "?" => (
            "`$?` means something in scripts only".to_owned(),
            "the exit code of a step is `.exit_code`".to_owned(),
        ),
        "{" | "" => (
            "`$` means nothing here".to_owned(),
            "a value is inserted into text by `\"${name}\"`, into a script by `${{ name }}`".to_owned(),
        ),
        name => (
            format!("`${name}` is a variable of the shell: it means something in scripts only"),
            format!(
                "a parameter may have a variable of the environment as its default: `= host.env(\"{name}\")`"
            ),
        ),
    };
    Raised::new(Rank::Literal, Diagnostic::error("unknown-character", message, place).help(help))
}

/// `&x`.
pub(crate) fn borrow(token: Token) -> Raised {
    Raised::new(
        Rank::Literal,
        Diagnostic::error(
            "unknown-character",
            "there are no references: values are passed as they are",
            span(token),
        )
        .fix("remove `&`", span(token), ""),
    )
}

/// `\` at the end of a line.
pub(crate) fn continued_line(token: Token, gap: Span) -> Raised {
    Raised::new(
        Rank::Literal,
        Diagnostic::error(
            "unknown-character",
            "a line goes on without `\\` when the next one shows it",
            span(token),
        )
        .help("it does inside brackets, and where the next line begins with `.` or an operator")
        .fix("remove it", gap, ""),
    )
}

/// `@`, `%`, a letter outside ASCII.
pub(crate) fn unknown_character(token: Token, written: &str, infix: bool) -> Raised {
    if let Some(raised) = written.chars().next().and_then(|c| odd_space(token, c)) {
        return raised;
    }
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
            "%" if infix => diagnostic.help("there is no remainder: `n - n / m * m` is it"),
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

/// `,` behind a statement.
pub(crate) fn comma_behind_statement(place: Span) -> Diagnostic<Span> {
    Diagnostic::error("semicolon", "a statement ends at the end of its line, without `,`", place).fix(
        "remove `,`",
        place,
        "",
    )
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
            .fix("replace it by `:`", span(token), ":"),
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

/// `A -> e`, `A: e` in a `match`.
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

/// `{"a": 1}`; `named` when its keys are names, as options are given elsewhere.
pub(crate) fn brace_map(token: Token, named: bool) -> Raised {
    mistake(Diagnostic::error("brace-map", "a map stands in `[ ]`", span(token)).help(match named {
        true => "options are named arguments, `f(x, key: value)`; a map is `[\"key\": value]`; `{ }` is always a block",
        false => "write `[\"key\": value]`, and `[:]` for an empty one; `{ }` is always a block",
    }))
}

/// `App { name: "a" }`.
pub(crate) fn brace_record(token: Token, name: &str) -> Raised {
    mistake(
        Diagnostic::error("brace-record", format!("`{name}` is made with `( )`"), span(token))
            .help(format!("write `{name}(field: value)`; `{{ }}` is always a block")),
    )
}
