//! What is missing, as it is shown and written.

use std::sync::Arc;

/// Something that no arm matches, as the pattern that would.
#[derive(Clone, Debug)]
pub(super) enum Witness {
    Any,
    Text(String),
    Variant {
        owner: Arc<str>,
        name: Arc<str>,
        payload: Vec<Witness>,
    },
    /// Fields that may be anything are left out.
    Record {
        name: Arc<str>,
        fields: Vec<(Arc<str>, Witness)>,
    },
    Tuple(Vec<Witness>),
    List(Vec<Witness>),
}

impl Witness {
    /// As code: with the enum before the variant for people, without it as a pattern.
    pub(super) fn text(&self, qualified: bool) -> String {
        let list = |parts: &[Witness]| {
            let parts: Vec<String> = parts.iter().map(|part| part.text(qualified)).collect();
            parts.join(", ")
        };
        match self {
            Witness::Any => "_".to_owned(),
            Witness::Text(text) => text.clone(),
            Witness::Variant { owner, name, payload } => {
                let name = match owner.is_empty() || !qualified {
                    true => name.to_string(),
                    false => format!("{owner}.{name}"),
                };
                if payload.is_empty() { name } else { format!("{name}({})", list(payload)) }
            }
            Witness::Record { name, fields } => {
                let named = fields.iter().filter(|(_, part)| !matches!(part, Witness::Any));
                let mut parts: Vec<String> =
                    named.map(|(field, part)| format!("{field}: {}", part.text(qualified))).collect();
                if parts.len() < fields.len() {
                    parts.push("..".to_owned());
                }
                format!("{name}({})", parts.join(", "))
            }
            Witness::Tuple(parts) => format!("({})", list(parts)),
            Witness::List(parts) => format!("[{}]", list(parts)),
        }
    }
}
