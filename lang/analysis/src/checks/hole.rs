//! Holes of scripts in positions where no value can be inserted: sentences and fixes. Pure syntax.

use std::ops::Range;

use pipe_syntax::Span;
use pipe_syntax::ast::{HoleRefusal, ScriptLit, ScriptPart, TextPart};

/// The title of the diagnostic.
pub(crate) fn message(reason: HoleRefusal) -> &'static str {
    match reason {
        HoleRefusal::SingleQuotes => "a value cannot be inserted inside single quotes",
        HoleRefusal::QuotedHeredoc => {
            "a value cannot be inserted into a here-document with a quoted delimiter"
        }
        HoleRefusal::HeredocDelimiter => "a value cannot be part of a here-document's delimiter",
        HoleRefusal::Comment => "a value cannot be inserted into a comment",
        HoleRefusal::Backquotes => "a value cannot be inserted inside backquotes",
        HoleRefusal::Arithmetic => "a value cannot get into arithmetic, which the shell evaluates",
        HoleRefusal::ParameterExpansion => "a value cannot be inserted into `${…}` of the shell",
        HoleRefusal::Eval => "a value cannot be inserted into text that the shell reads as a script",
        HoleRefusal::NestedScript => "a value cannot be inserted into a script inside a script",
        HoleRefusal::AfterEscape => "a value cannot be inserted directly behind `\\` or `$`",
    }
}

/// What to do.
pub(crate) fn help(reason: HoleRefusal) -> &'static str {
    match reason {
        HoleRefusal::SingleQuotes => "the shell expands nothing there; use double quotes",
        HoleRefusal::QuotedHeredoc => "the shell expands nothing there; take the quotes off the delimiter",
        HoleRefusal::HeredocDelimiter => "the delimiter is fixed text",
        HoleRefusal::Comment => "the shell does not read it; remove the hole",
        HoleRefusal::Backquotes => "use `$(…)`",
        HoleRefusal::Arithmetic => {
            "compute it before, `${{ n + 1 }}`, or let a program do it: `$(expr ${{ n }} + 1)`"
        }
        HoleRefusal::ParameterExpansion => "give it to a variable first: `v=${{ v }}`",
        HoleRefusal::Eval => "call the program without `eval`, with the value as an argument",
        HoleRefusal::NestedScript => "pass it as an argument: `sh -c 'echo \"$1\"' sh ${{ value }}`",
        HoleRefusal::AfterEscape => "put it in a word of its own",
    }
}

/// Edits that keep the meaning and give the hole a place where it can stand.
pub(crate) struct HoleFix {
    pub(crate) title: &'static str,
    pub(crate) edits: Vec<(Span, String)>,
}

/// The fix for the hole that is part `index` of a script, where one is known.
pub(crate) fn fix(script: &ScriptLit, index: usize, reason: HoleRefusal) -> Option<HoleFix> {
    match reason {
        HoleRefusal::SingleQuotes => double_quotes(script, index),
        HoleRefusal::NestedScript => argument(script, index),
        _ => None,
    }
}

/// `'hello ${{ name }}'` → `"hello ${{ name }}"`, when nothing else between the quotes would change its meaning.
fn double_quotes(script: &ScriptLit, index: usize) -> Option<HoleFix> {
    let quoted = quoted(script, index, '\'')?;
    if quoted.inner.contains(['"', '$', '`', '\\']) {
        return None;
    }
    let quote = double_quote(script).to_owned();
    Some(HoleFix {
        title: "use double quotes",
        edits: vec![(quoted.open, quote.clone()), (quoted.close, quote)],
    })
}

/// `sh -c "echo ${{ name }}"` → `sh -c 'echo "$1"' sh ${{ name }}`, when the inner script has no other expansion.
fn argument(script: &ScriptLit, index: usize) -> Option<HoleFix> {
    let quoted = quoted(script, index, '"')?;
    let holes = script.parts.iter().filter(|part| matches!(part, ScriptPart::Hole { .. })).count();
    let shell = ["sh -c ", "bash -c "].iter().find(|start| quoted.before.ends_with(**start))?;
    if holes > 1 || quoted.inner.contains(['"', '$', '`', '\\', '\'']) {
        return None;
    }
    let quote = double_quote(script);
    let (name, hole) = (shell.split(' ').next()?, quoted.hole);
    Some(HoleFix {
        title: "pass it as an argument",
        edits: vec![
            (quoted.open, "'".to_owned()),
            (hole, format!("{quote}$1{quote}")),
            (quoted.close, format!("' {name} {}", quoted.hole_text?)),
        ],
    })
}

/// How `"` is written inside the literal.
fn double_quote(script: &ScriptLit) -> &'static str {
    if script.triple { "\"" } else { "\\\"" }
}

/// The quotes around a hole.
struct Quoted<'a> {
    /// What stands before the opening quote in its part.
    before: &'a str,
    open: Span,
    close: Span,
    hole: Span,
    /// The text of the hole, when it is a simple name.
    hole_text: Option<String>,
    /// What stands between the quotes besides the hole.
    inner: String,
}

fn quoted(script: &ScriptLit, index: usize, quote: char) -> Option<Quoted<'_>> {
    let ScriptPart::Hole { span, expr, .. } = script.parts.get(index)? else { return None };
    let ScriptPart::Text(before) = script.parts.get(index.checked_sub(1)?)? else { return None };
    let ScriptPart::Text(after) = script.parts.get(index + 1)? else { return None };
    let open = before.cooked.rfind(quote)?;
    let close = after.cooked.find(quote)?;
    let mut inner = before.cooked.get(open + 1..)?.to_owned();
    inner.push_str(after.cooked.get(..close)?);
    let escaped = quote == '"' && !script.triple;
    let hole_text = match &expr.kind {
        pipe_syntax::ast::ExprKind::Name(name) => Some(format!("${{{{ {} }}}}", name.text)),
        _ => None,
    };
    Some(Quoted {
        before: before.cooked.get(..open)?,
        open: quote_span(before, open, escaped),
        close: quote_span(after, close, escaped),
        hole: *span,
        hole_text,
        inner,
    })
}

/// The source of one quote, with the backslash that the literal needs before it.
fn quote_span(text: &TextPart, at: usize, escaped: bool) -> Span {
    let span = text.source(at..at + 1);
    Span { start: span.start, end: span.end + u32::from(escaped) }
}

/// `${name}` in the text of a script, with their ranges. Only plain names: `${name:-x}` is the shell's beyond doubt.
pub(crate) fn braced_variables(text: &str) -> Vec<(Range<usize>, &str)> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("${") {
        let Some(rest) = text.get(at + 2..) else { continue };
        let Some(end) = rest.find('}') else { continue };
        let name = rest.get(..end).unwrap_or_default();
        let plain = name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if plain {
            found.push((at..at + end + 3, name));
        }
    }
    found
}

/// Whether the script itself gives a variable its value.
pub(crate) fn assigned(script: &ScriptLit, name: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    script.parts.iter().any(|part| {
        let ScriptPart::Text(text) = part else { return false };
        text.cooked.match_indices(name).any(|(at, _)| {
            let before = text.cooked.get(..at).unwrap_or_default();
            let after = text.cooked.get(at + name.len()..).unwrap_or_default();
            let set_here = after.starts_with('=') && !before.ends_with(word);
            let bound = ["for ", "read ", "read -r "].iter().any(|keyword| before.ends_with(keyword));
            (set_here || bound) && !after.starts_with(word)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names_in_braces() {
        let names: Vec<&str> = braced_variables("a ${version} ${HOME} ${x:-1} ${y_2} $z ${")
            .into_iter()
            .map(|(_, name)| name)
            .collect();
        assert_eq!(names, ["version", "y_2"]);
    }
}
