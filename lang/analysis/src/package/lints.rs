//! `[lints]` of `pipe.toml`.

use pipe_diagnostics::{Diagnostic, nearest};

use super::manifest::{Manifest, Reader, Value};
use crate::lints::{Level, lint, unknown_lint};

const LEVELS: [&str; 3] = ["allow", "warn", "error"];
/// What other tools call them.
const OTHER_NAMES: [(&str, &str); 5] =
    [("off", "allow"), ("ignore", "allow"), ("warning", "warn"), ("deny", "error"), ("forbid", "error")];

impl Reader<'_> {
    /// `code = "allow" | "warn" | "error"`.
    pub(super) fn lints(&mut self, value: &Value<'_>, out: &mut Manifest) {
        let Some(table) = self.table("[lints]", value) else { return };
        for (key, value) in table.iter() {
            let level = self.text(key.get_ref(), value);
            let level = level.and_then(|level| self.level(&level, value));
            match (lint(key.get_ref()), level) {
                (Some(code), Some(level)) => out.lints.set(code, level),
                (Some(_), None) => {}
                (None, _) => {
                    let found = unknown_lint(key.get_ref(), self.place(key.span()));
                    self.diagnostics.push(found);
                }
            }
        }
    }

    fn level(&mut self, name: &str, value: &Value<'_>) -> Option<Level> {
        let level = Level::from_name(name);
        if level.is_none() {
            let place = self.place(value.span());
            let message = "a level is \"allow\", \"warn\" or \"error\"";
            let found = Diagnostic::error("manifest", message, place.clone());
            let other = OTHER_NAMES.iter().find(|(other, _)| *other == name).map(|(_, level)| *level);
            self.diagnostics.push(match other.or_else(|| nearest(name, LEVELS)) {
                Some(best) => found.fix(format!("write \"{best}\""), place, format!("\"{best}\"")),
                None => found,
            });
        }
        level
    }
}
