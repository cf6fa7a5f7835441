//! Scripts and lists of words: two forms of a command.

use pipe_analysis::typed::Type;
use pipe_syntax::ast::{Element, Expr, ExprKind, ScriptLit, ScriptPart, Shell, StrLit, StrPart};

use super::site::Site;
use super::{Action, ActionKind};
use crate::tree::Node;

/// A list of words becomes a script that a shell reads.
pub(super) fn quote(site: &Site<'_>) -> Option<Action> {
    let (elements, span) = site.path.iter().rev().find_map(|node| match *node {
        Node::Expr(Expr { kind: ExprKind::List { elements, .. }, .. }, span) => Some((elements, span)),
        _ => None,
    })?;
    let takes = match site.expected_at(span)? {
        Type::Optional(inner) => &**inner,
        ty => ty,
    };
    if !matches!(takes, Type::Command) || elements.is_empty() {
        return None;
    }
    let words: Option<Vec<String>> = elements
        .iter()
        .map(|element| match element {
            Element::Item(Expr { kind: ExprKind::String(string), .. }) => word(site, string),
            Element::Item(e) => Some(format!("${{{{ {} }}}}", site.text_of(site.at(e.span)))),
            Element::Spread(e) => Some(format!("${{{{ {} }}}}", site.text_of(site.at(e.span)))),
        })
        .collect();
    let script = format!("sh\"{}\"", words?.join(" "));
    site.action(ActionKind::Rewrite, "write it as a script", vec![site.edit(span, script)])
}

/// A word as a shell reads it; `None` for one that a script in one line cannot hold.
fn word(site: &Site<'_>, string: &StrLit) -> Option<String> {
    let mut out = String::new();
    for part in &string.parts {
        match part {
            StrPart::Text(text) => {
                let text = &text.cooked;
                if text.contains(['\n', '"', '\\']) || text.contains("${{") {
                    return None;
                }
                let safe = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+".contains(c);
                match text.chars().all(safe) {
                    true => out.push_str(text),
                    false => out.push_str(&format!("'{}'", text.replace('\'', "'\\''"))),
                }
            }
            StrPart::Hole { expr, .. } => {
                out.push_str(&format!("${{{{ {} }}}}", site.text_of(site.at(expr.span))));
            }
        }
    }
    if out.is_empty() {
        out.push_str("''");
    }
    (!out.contains('\\')).then_some(out)
}

fn script<'a>(site: &Site<'a>) -> Option<(&'a ScriptLit, pipe_syntax::Span)> {
    match *site.path.last()? {
        Node::Script(script, span) => Some((script, span)),
        _ => None,
    }
}

/// A script of plain words becomes a list that no shell reads.
pub(super) fn split(site: &Site<'_>) -> Option<Action> {
    let (literal, span) = script(site)?;
    // Pieces of words: a text with what is inserted in it, or a list that stands alone.
    let mut words: Vec<String> = vec![String::new()];
    for part in &literal.parts {
        match part {
            ScriptPart::Text(text) => {
                let plain = |c: char| c.is_alphanumeric() || "-_./:=,@%+ ".contains(c);
                // `A=1 make` sets a variable of the shell.
                if !text.cooked.trim_end_matches('\n').chars().all(plain) {
                    return None;
                }
                for (i, piece) in text.cooked.trim_end_matches('\n').split(' ').enumerate() {
                    if i > 0 {
                        words.push(String::new());
                    }
                    words.last_mut()?.push_str(piece);
                }
            }
            ScriptPart::Hole { expr, .. } => {
                let text = site.text_of(site.at(expr.span));
                let hole = match site.type_of(site.at(expr.span)) {
                    Some(Type::List(_)) => format!("\0{text}"),
                    _ => format!("${{{text}}}"),
                };
                words.last_mut()?.push_str(&hole);
            }
        }
    }
    words.retain(|word| !word.is_empty());
    if words.is_empty() || words.first()?.contains('=') {
        return None;
    }
    let elements = words.iter().map(|word| match word.strip_prefix('\0') {
        Some(list) => format!("..{list}"),
        None => format!("\"{word}\""),
    });
    let list = format!("[{}]", elements.collect::<Vec<_>>().join(", "));
    site.action(ActionKind::Rewrite, "write it as a list of words", vec![site.edit(span, list)])
}

/// A script in one line becomes one over several.
pub(super) fn over_lines(site: &Site<'_>) -> Option<Action> {
    let (literal, span) = script(site)?;
    let written = site.text_of(span);
    let prefix = match literal.shell {
        Shell::Sh => "sh",
        Shell::Bash => "bash",
    };
    let inner = written.strip_prefix(prefix)?.strip_prefix('"')?.strip_suffix('"')?;
    if literal.triple || inner.contains('\\') || inner.is_empty() {
        return None;
    }
    let before = site.text.get(..span.start as usize)?.rsplit('\n').next()?;
    let indent: String = before.chars().take_while(|c| c.is_whitespace()).collect();
    let lines: Vec<String> = inner.split(" && ").map(|command| format!("{indent}  {command}\n")).collect();
    // Two commands, of which the second runs when the first succeeds, are two lines: a script stops at the first that fails.
    let text = format!("{prefix}\"\"\"\n{}{indent}\"\"\"", lines.concat());
    site.action(ActionKind::Rewrite, "write it over several lines", vec![site.edit(span, text)])
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check, refused};

    fn f(command: &str) -> String {
        format!("fn f(v: String, vs: List[String]) -> Check {{ image(\"alpine:3\").check({command}) }}\n")
    }

    #[test]
    fn a_list_becomes_a_script() {
        check(
            &f("[\"go\", $0\"build\", \"-o\", \"a b\", v, \"x=${v}\", ..vs]"),
            "write it as a script",
            &f("sh\"go build -o 'a b' ${{ v }} x=${{ v }} ${{ vs }}\""),
        );
        refused(&f("[\"go$0\", \"a\\nb\"]"), "write it as a script");
    }

    #[test]
    fn a_script_becomes_a_list() {
        check(
            &f("sh\"go bu$0ild -o ${{ v }} x=${{ v }} ${{ vs }}\""),
            "write it as a list of words",
            &f("[\"go\", \"build\", \"-o\", \"${v}\", \"x=${v}\", ..vs]"),
        );
        refused(&f("sh\"go bu$0ild | tee x\""), "write it as a list of words");
        refused(&f("sh\"A=1 ma$0ke\""), "write it as a list of words");
    }

    #[test]
    fn a_line_becomes_several() {
        check(
            "fn f() -> Check {\n  image(\"alpine:3\").check(sh\"make$0 && make test\")\n}\n",
            "write it over several lines",
            "fn f() -> Check {\n  image(\"alpine:3\").check(sh\"\"\"\n    make\n    make test\n  \"\"\")\n}\n",
        );
    }
}
