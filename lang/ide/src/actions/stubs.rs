//! Beginnings of what a person goes on with.

use pipe_analysis::typed::Type;
use pipe_syntax::ast::{Expr, ExprKind, Function, ItemKind};

use super::site::Site;
use super::{Action, ActionKind};
use crate::tree::{Node, whole_item};

fn name<'a>(site: &Site<'a>) -> Option<&'a str> {
    let name = match &*site.item.kind {
        ItemKind::Function(item) => &item.name,
        ItemKind::Param(item) => &item.name,
        ItemKind::Let(item) => &item.name,
        ItemKind::Record(item) => &item.name,
        ItemKind::Enum(item) => &item.name,
        _ => return None,
    };
    let in_name = site.range.end <= site.at(name.span).end;
    (in_name && !name.text.is_empty()).then_some(name.text.as_str())
}

/// Begins the documentation of an item.
pub(super) fn docs(site: &Site<'_>) -> Option<Action> {
    let name = name(site).filter(|_| site.item.docs.is_empty())?;
    let edit = site.insert(site.item.offset, format!("## `{name}` is not described yet.\n"));
    site.action(ActionKind::Complete, format!("describe `{name}`"), vec![edit])
}

/// Begins a test of a function.
pub(super) fn test(site: &Site<'_>) -> Option<Action> {
    let name = name(site)?;
    let ItemKind::Function(function) = &*site.item.kind else { return None };
    let declared = site.snapshot.declared_in(site.file);
    let declaration = declared.iter().find(|known| &*known.name == name)?;
    if !function.type_params.is_empty() {
        return None;
    }
    let arguments: Vec<String> = declaration
        .parameters
        .iter()
        .flatten()
        .filter(|parameter| parameter.required)
        .map(|parameter| argument(site, &parameter.ty, &parameter.name))
        .collect();
    let call = format!("{name}({})", arguments.join(", "));
    let expectation = match declaration.ty.as_ref()? {
        Type::Action(_) => format!("plan({call}).actions.len() == 1"),
        Type::Opaque(global, _) if &*global.name == "Container" => format!("{call}.workdir == \"/\""),
        Type::Opaque(global, _) if &*global.name == "Dir" => format!("{call}.entries == []"),
        Type::Opaque(global, _) if &*global.name == "Check" => format!("{call}.passed"),
        Type::Opaque(global, _) if &*global.name == "File" => format!("{call}.contents == \"\""),
        ty @ (Type::Bool
        | Type::Int
        | Type::Float
        | Type::String
        | Type::Duration
        | Type::Size
        | Type::List(_)
        | Type::Map(..)
        | Type::Optional(_)) => {
            format!("{call} == {}", site.placeholder(ty, name))
        }
        _ => return None,
    };
    let end = whole_item(site.module, site.item).end;
    let text = format!("\n\ntest \"{name} does what it should\" {{\n  expect {expectation}\n}}");
    site.action(ActionKind::Complete, format!("begin a test of `{name}`"), vec![site.insert(end, text)])
}

/// A value for an argument of a test.
fn argument(site: &Site<'_>, ty: &Type, name: &str) -> String {
    match ty {
        Type::Opaque(global, _) => match &*global.name {
            "Dir" => "dir()".into(),
            "Container" => "scratch()".into(),
            "File" => "dir().write(\"a\", \"\").file(\"a\")".into(),
            "Secret" => "fake.secret()".into(),
            _ => site.placeholder(ty, name),
        },
        Type::Record(global, _) if &*global.name == "RegistryAuth" => "fake.auth()".into(),
        ty => site.placeholder(ty, name),
    }
}

/// Writes the function that a call needs and nobody declares.
pub(super) fn function(site: &Site<'_>) -> Option<Action> {
    let (called, args, span) = site.path.iter().rev().find_map(|node| match *node {
        Node::Expr(Expr { kind: ExprKind::Call { callee, args, .. }, .. }, span) => match &callee.kind {
            ExprKind::Name(name) => Some((name, args, span)),
            _ => None,
        },
        _ => None,
    })?;
    let known = site.inspection.uses.iter().any(|u| u.span == site.at(called.span));
    if known || site.call_at(span).is_some() || called.text.is_empty() {
        return None;
    }
    let mut parameters = Vec::new();
    for (i, arg) in args.iter().enumerate() {
        let ty = site.written(site.type_of(site.at(arg.value.span))?)?;
        let name = match (&arg.name, &arg.value.kind) {
            (Some(name), _) => name.text.to_string(),
            (None, ExprKind::Name(name)) => name.text.to_string(),
            _ => format!("value_{}", i + 1),
        };
        parameters.push(format!("{name}: {ty}"));
    }
    let expected = site.expected_at(span).and_then(|ty| site.written(ty));
    let result = expected.or_else(|| body_result(site, span))?;
    let text = format!(
        "\n\nfn {}({}) -> {result} {{\n  fail(\"{} is not written yet\")\n}}",
        called.text,
        parameters.join(", "),
        called.text,
    );
    let end = whole_item(site.module, site.item).end;
    site.action(
        ActionKind::Complete,
        format!("write a function `{}`", called.text),
        vec![site.insert(end, text)],
    )
}

/// The type of a function whose value the call is.
fn body_result(site: &Site<'_>, span: pipe_syntax::Span) -> Option<String> {
    let ItemKind::Function(Function { body, ret: Some(ret), .. }) = &*site.item.kind else { return None };
    let last = body.statements.last()?;
    (site.at(last.span) == span).then(|| site.text_of(site.at(ret.span)).to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check, refused};

    #[test]
    fn documentation() {
        check(
            "pub fn f$0() -> Int { 1 }\n",
            "describe `f`",
            "## `f` is not described yet.\npub fn f() -> Int { 1 }\n",
        );
        refused("## Docs.\npub fn f$0() -> Int { 1 }\n", "describe `f`");
    }

    #[test]
    fn a_test() {
        check(
            "fn f$0(d: Dir, n: Int = 1) -> Int { d.entries.len() + n }\n",
            "begin a test of `f`",
            "fn f(d: Dir, n: Int = 1) -> Int { d.entries.len() + n }\n\ntest \"f does what it should\" {\n  expect f(dir()) == 0\n}\n",
        );
        check(
            "action f$0(a: RegistryAuth) { do scratch().push(\"a.io/b:1\", auth: a) }\n",
            "begin a test of `f`",
            "action f(a: RegistryAuth) { do scratch().push(\"a.io/b:1\", auth: a) }\n\ntest \"f does what it should\" {\n  expect plan(f(fake.auth())).actions.len() == 1\n}\n",
        );
    }

    #[test]
    fn a_function_that_is_called() {
        check(
            "fn f(n: Int) -> List[Int] { g$0(n, \"x\") }\n",
            "write a function `g`",
            "fn f(n: Int) -> List[Int] { g(n, \"x\") }\n\nfn g(n: Int, value_2: String) -> List[Int] {\n  fail(\"g is not written yet\")\n}\n",
        );
    }
}
