//! Declarations as code and as Markdown.

use pipe_analysis::inspect::{Declaration, DeclarationKind};

/// The longest signature that stays on one line, in characters.
const WIDTH: usize = 80;

/// What stands behind a name in a list: its parameters and its type.
pub(crate) fn detail(declaration: &Declaration) -> String {
    let short = match declaration.kind {
        DeclarationKind::Function | DeclarationKind::Action | DeclarationKind::Operation => {
            let required = declaration.parameters.iter().flatten().filter(|p| p.required);
            let mut parts: Vec<String> = required.map(|p| format!("{}: {}", p.name, p.ty)).collect();
            if declaration.parameters.iter().flatten().any(|p| !p.required) {
                parts.push("…".into());
            }
            let result = declaration.ty.as_ref().map_or_else(String::new, |ty| format!(" -> {ty}"));
            format!("({}){result}", parts.join(", "))
        }
        DeclarationKind::Module => "module".into(),
        DeclarationKind::Record => "record".into(),
        DeclarationKind::Enum => "enum".into(),
        DeclarationKind::Opaque => "type".into(),
        _ => declaration.ty.as_ref().map(ToString::to_string).unwrap_or_default(),
    };
    short.split('\n').next().unwrap_or_default().to_owned()
}

/// The declaration with its documentation, as Markdown.
pub(crate) fn markdown(declaration: &Declaration) -> String {
    let code = format!("```pipe\n{}\n```", declaration.signature(WIDTH));
    match declaration.docs.is_empty() {
        true => code,
        false => format!("{code}\n\n{}", declaration.docs.join("\n")),
    }
}
