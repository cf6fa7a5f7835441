//! Parameters as they are listed: `--name TEXT`.

use pipe_analysis::typed::{CheckedKind, Type};

use super::flags::{KnownFlags, Owner, Parameter};

/// A parameter as a flag with what follows it.
pub(crate) fn flag_of(name: &str, ty: &Type) -> String {
    let name = name.replace('_', "-");
    match placeholder(ty) {
        Some(value) => format!("--{name} {value}"),
        None => format!("--{name}, --no-{name}"),
    }
}

/// What follows the flag; `None` for a switch.
fn placeholder(ty: &Type) -> Option<String> {
    Some(match ty {
        Type::Bool => return None,
        Type::Optional(inner) => return placeholder(inner),
        Type::List(element) => format!("{}…", placeholder(element).unwrap_or_else(|| "BOOL".to_owned())),
        Type::Int => "INT".to_owned(),
        Type::Float => "NUMBER".to_owned(),
        Type::String => "TEXT".to_owned(),
        Type::Duration => "DURATION".to_owned(),
        Type::Size => "SIZE".to_owned(),
        Type::Tree => "PATH".to_owned(),
        Type::Checked(kind) => checked(*kind).to_owned(),
        Type::Opaque(global, _) => match &*global.name {
            "Dir" | "File" => "PATH".to_owned(),
            "Secret" => "env:NAME|file:PATH".to_owned(),
            other => format!("'{other} expression'"),
        },
        other => other.to_string().to_uppercase(),
    })
}

fn checked(kind: CheckedKind) -> &'static str {
    match kind {
        CheckedKind::ImageRef => "IMAGE",
        CheckedKind::Platform => "OS/ARCH",
        CheckedKind::Path => "PATH",
        CheckedKind::Glob => "GLOB",
        CheckedKind::Regex => "REGEX",
        CheckedKind::Url => "URL",
        CheckedKind::GitRef => "REF",
        CheckedKind::Version => "VERSION",
        CheckedKind::Port => "PORT",
        CheckedKind::Percent => "PERCENT",
        CheckedKind::Mode => "MODE",
        CheckedKind::EnvName => "NAME",
    }
}

/// All parameters, those of the targets first; one line each.
pub(crate) fn parameters_text(flags: &KnownFlags) -> String {
    let is_own = |parameter: &&Parameter| matches!(parameter.owner, Owner::Targets(_));
    let line = |parameter: &Parameter| {
        let required = if parameter.required { " (required)" } else { "" };
        format!("\n  {}{required}", flag_of(&parameter.name, &parameter.ty))
    };
    let own = flags.parameters().filter(is_own).map(line);
    let package = flags.parameters().filter(|parameter| !is_own(parameter)).map(line);
    let lines: String = own.chain(package).collect();
    if lines.is_empty() { "there are no parameters".to_owned() } else { format!("parameters:{lines}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_named_for_people() {
        assert_eq!(flag_of("how_long", &Type::Duration), "--how-long DURATION");
        assert_eq!(flag_of("race", &Type::Bool), "--race, --no-race");
        assert_eq!(flag_of("items", &Type::List(Type::String.into())), "--items TEXT…");
        assert_eq!(flag_of("x", &Type::Optional(Type::Int.into())), "--x INT");
    }
}
