//! Types as users write them.

use std::fmt::{self, Display, Formatter};

use super::Type;

impl Display for Type {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Type::Bool => f.write_str("Bool"),
            Type::Int => f.write_str("Int"),
            Type::Float => f.write_str("Float"),
            Type::String => f.write_str("String"),
            Type::Duration => f.write_str("Duration"),
            Type::Size => f.write_str("Size"),
            Type::Unit => f.write_str("Unit"),
            Type::Never => f.write_str("Never"),
            Type::Checked(kind) => kind.fmt(f),
            Type::List(element) => write!(f, "List[{element}]"),
            Type::Map(key, value) => write!(f, "Map[{key}, {value}]"),
            Type::Optional(inner) if matches!(**inner, Type::Function { .. }) => write!(f, "({inner})?"),
            Type::Optional(inner) => write!(f, "{inner}?"),
            Type::Tuple(parts) => sequence(f, "(", parts, ")"),
            Type::Record(global, args) | Type::Enum(global, args) | Type::Opaque(global, args) => {
                f.write_str(&global.name)?;
                if args.is_empty() { Ok(()) } else { sequence(f, "[", args, "]") }
            }
            Type::Function { params, ret } => {
                sequence(f, "fn(", params, ")")?;
                write!(f, " -> {ret}")
            }
            Type::Action(result) => write!(f, "Action[{result}]"),
            Type::Tree => f.write_str("Tree"),
            Type::Command => f.write_str("Command"),
            Type::Parameter(name) => f.write_str(name),
            Type::Variable(_) | Type::Error => f.write_str("_"),
        }
    }
}

fn sequence(f: &mut Formatter<'_>, open: &str, parts: &[Type], close: &str) -> fmt::Result {
    f.write_str(open)?;
    for (i, part) in parts.iter().enumerate() {
        if i > 0 {
            f.write_str(", ")?;
        }
        part.fmt(f)?;
    }
    f.write_str(close)
}
