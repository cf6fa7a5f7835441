//! What is said when a value does not fit.

use pipe_diagnostics::{Edit, Fix};
use pipe_syntax::Span;

use super::Infer;
use super::coerce::taken_unchecked;
use super::context::BodyKind;
use super::expected::{Expected, Purpose};
use super::parse::is_result;
use super::text::article;
use crate::place::{Finding, Place};
use crate::typed::{CheckedKind, Expr, ExprKind, TextPiece, Type};

impl Infer<'_> {
    /// Reports that a value is not of the type that is expected.
    pub(crate) fn mismatch(&mut self, expr: &Expr, expected: &Expected) {
        let actual = self.table.follow(&expr.ty);
        let wanted = self.table.follow(&expected.ty);
        let target = without_optional(&wanted);
        let found = if is_secret(without_optional(&actual)) && is_text(target) {
            self.secret(expr, expected.purpose)
        } else if is_list_of_secrets(&actual) && is_words(target) {
            self.secrets_in_list(expr, expected.purpose == Purpose::CommandWord || *target == Type::Command)
        } else if secret_as_text(&actual, target) {
            self.holds_secret(expr, &actual)
        } else if *target == Type::Command && actual == Type::String {
            self.string_as_command(expr)
        } else {
            let found = self.plain_mismatch(expr, &actual, &wanted);
            match &actual {
                Type::Enum(global, args) if is_result(global) && args.first() == Some(target) => {
                    self.advise_result(found, expr, &wanted)
                }
                _ => self.advise(found, expr, &actual, target),
            }
        };
        let found = match &expected.because {
            Some((place, text)) => found.label(place.clone(), text.clone()),
            None => found,
        };
        self.report(found);
    }

    fn plain_mismatch(&self, expr: &Expr, actual: &Type, wanted: &Type) -> Finding {
        let message =
            format!("expected {}, found {}", article(&wanted.to_string()), article(&actual.to_string()));
        self.error("type-mismatch", message, expr.span)
            .role(format!("this is {}", article(&actual.to_string())))
    }

    /// Adds what would make it fit.
    fn advise(&self, found: Finding, expr: &Expr, actual: &Type, wanted: &Type) -> Finding {
        match (actual, wanted) {
            (Type::String, Type::Checked(kind)) if !taken_unchecked(*kind) => {
                let found = found
                    .help(format!("only a literal becomes one by itself; a text is read by `{kind}.parse`"));
                self.wrap(
                    found,
                    expr.span,
                    &format!("{kind}.parse("),
                    ").or_fail()",
                    format!("read it: `{kind}.parse(…).or_fail()`"),
                )
            }
            (_, Type::String) if self.has_text_form(actual) => {
                let found = found.help("a string with it as its only part is its text");
                self.wrap(found, expr.span, "\"${", "}\"", "make it text: `\"${…}\"`".into())
            }
            (Type::Optional(inner), _) if **inner == *wanted => {
                found.help("it may be none: give another value with `??`, or take it apart with `match`")
            }
            (Type::Action(result), _) if **result == *wanted => self.advise_do(found, expr),
            (Type::String, Type::Duration | Type::Size) => self.advise_unit(found, expr, wanted),
            (Type::Int, Type::Float) => {
                let found = found.help("a whole number becomes one with a point by `.to_float()`");
                self.wrap(found, expr.span, "", ".to_float()", "write `.to_float()`".into())
            }
            (Type::Float, Type::Int) => {
                found.help("`.round()`, `.floor()` and `.ceil()` give a whole number")
            }
            (Type::Checked(CheckedKind::Port | CheckedKind::Percent), Type::Int) => {
                let found = found.help("`.to_int()` is its number");
                self.wrap(found, expr.span, "", ".to_int()", "write `.to_int()`".into())
            }
            (Type::Int, Type::Checked(kind @ (CheckedKind::Port | CheckedKind::Percent))) => found
                .help(format!("only a literal becomes one by itself; others by `{kind}.parse(\"${{n}}\")`")),
            (Type::Int, Type::Duration) => found.help("a duration has a unit: `5s`, `10min`, `1h30min`"),
            (Type::Int, Type::Size) => found.help("a size has a unit: `512MiB`, `1GB`"),
            (Type::Function { params, ret }, _) if params.is_empty() && **ret == *wanted => {
                found.help("this is the function itself; call it with `()`")
            }
            (_, Type::List(element)) if **element == *actual => {
                self.wrap(found, expr.span, "[", "]", "make it a list of one".into())
            }
            (Type::Opaque(global, _), Type::Tree) if &*global.name == "Container" => {
                found.help("its files are `.rootfs`, `.dir(path)` or `.file(path)`")
            }
            (Type::String, Type::Tree) => found.help(
                "files of the package come in by a parameter: `src: Dir = workspace.dir()`; `.write(path, text)` makes a file of a \
                 text",
            ),
            (Type::String, Type::Opaque(global, _)) if matches!(&*global.name, "Dir" | "File") => found.help(
                "files of the package come in by a parameter: `src: Dir = workspace.dir()`",
            ),
            (Type::Command, Type::List(_)) => found.help("a script literal is not a list of arguments"),
            (actual, _) if is_secret(without_optional(actual)) => found.help(NEVER_LOOKED_AT),
            (Type::String, _) if is_secret(wanted) => {
                found.help("a secret is never written down: take it as a parameter, or use `secret.random()`")
            }
            _ => found,
        }
    }

    /// A `Result` where its value is wanted.
    fn advise_result(&self, found: Finding, expr: &Expr, wanted: &Type) -> Finding {
        let (operation, help) = match wanted {
            Type::Optional(_) => {
                (".ok()", "it may be an error: `.ok()` is none then; `match` tells the reason")
            }
            _ => (
                ".or_fail()",
                "it may be an error: `match` takes it apart, `.or_fail()` ends here with its reason",
            ),
        };
        self.wrap(found.help(help), expr.span, "", operation, format!("write `{operation}`"))
    }

    /// `"5min"` where a duration is wanted.
    fn advise_unit(&self, found: Finding, expr: &Expr, wanted: &Type) -> Finding {
        let found = found
            .help(format!("a literal is written without quotes; a text is read by `{wanted}.parse(text)`"));
        let number = constant(expr).filter(|text| {
            text.starts_with(|c: char| c.is_ascii_digit()) && text.chars().all(|c| c.is_ascii_alphanumeric())
        });
        match number {
            Some(number) => found.fix(format!("write `{number}`"), self.place(expr.span), number),
            None => found,
        }
    }

    fn advise_do(&self, found: Finding, expr: &Expr) -> Finding {
        let found = found.help("this describes an effect; `do` runs it and gives its result");
        if self.kind != BodyKind::Action || !self.nests.is_empty() {
            return found;
        }
        let place = self.place(Span { start: expr.span.start, end: expr.span.start });
        found.fix("insert `do`", place, "do ")
    }

    /// Adds a fix that puts text around an expression.
    pub(crate) fn wrap(
        &self,
        mut found: Finding,
        span: Span,
        open: &str,
        close: &str,
        title: String,
    ) -> Finding {
        let edit = |at: u32, text: &str| Edit {
            place: self.place(Span { start: at, end: at }),
            text: text.to_owned(),
        };
        found.fixes.push(Fix {
            title,
            edits: [(span.start, open), (span.end, close)]
                .into_iter()
                .filter(|(_, text)| !text.is_empty())
                .map(|(at, text)| edit(at, text))
                .collect(),
            automatic: false,
        });
        found
    }

    /// A secret where text is wanted.
    pub(crate) fn secret(&self, expr: &Expr, purpose: Purpose) -> Finding {
        if purpose == Purpose::CommandWord {
            return self.secret_in_command(expr, None);
        }
        let call = self.calls.last();
        let operation = call.map_or("", |call| &*call.function);
        if matches!(operation, "Container.write" | "Dir.write") {
            let message = "a Secret cannot become text; use `secret_file`";
            return self
                .error("secret-as-text", message, expr.span)
                .role("this is a `Secret`")
                .help("`secret_file(path, secret)` shows it to steps as a file that is never stored");
        }
        let mut found = self
            .error("secret-as-text", "a Secret cannot become text; use `secret_env`", expr.span)
            .role("this is a `Secret`")
            .help("`secret_env(name, secret)` gives it to steps without storing or showing it");
        let Some(call) = call.filter(|call| {
            operation == "Container.env" && call.values.iter().any(|(_, value)| *value == expr.span)
        }) else {
            return found;
        };
        let mut edits = vec![Edit { place: self.place(call.name), text: "secret_env".into() }];
        edits.extend(call.values.iter().filter_map(|(name, value)| {
            let name = name.filter(|_| *value == expr.span)?;
            Some(Edit { place: self.place(name), text: "secret".into() })
        }));
        found.fixes.push(Fix { title: "use `secret_env`".into(), edits, automatic: true });
        found
    }

    /// A secret in a command or a script. `hole` is the hole of a script, which `"$NAME"` can stand for.
    pub(crate) fn secret_in_command(&self, expr: &Expr, hole: Option<(Span, &str)>) -> Finding {
        let name = self.secret_name(expr);
        let message = format!("a Secret cannot become part of a command; use `secret_env` and \"${name}\"");
        let found = self.error("secret-in-command", message, expr.span).role("this is a `Secret`").help(
            format!("`.secret_env(\"{name}\", …)` gives it to the step, whose shell reads \"${name}\""),
        );
        let operation = self.calls.last().and_then(|call| Some((call.receiver_end?, call)));
        let (Some((hole, variable)), Some((at, _)), Some(source)) = (hole, operation, self.simple_name(expr))
        else {
            return found;
        };
        let insert = Edit {
            place: self.place(Span { start: at, end: at }),
            text: format!(".secret_env(\"{name}\", {source})"),
        };
        let replace = Edit { place: self.place(hole), text: variable.replace("NAME", &name) };
        found.suggestion(format!("pass it as ${name}"), vec![insert, replace])
    }

    /// A list of secrets where a list of texts is wanted.
    pub(crate) fn secrets_in_list(&self, expr: &Expr, in_command: bool) -> Finding {
        let found = if in_command {
            let message = "a Secret cannot become part of a command; use `secret_env` for each";
            self.error("secret-in-command", message, expr.span)
        } else {
            self.error("secret-as-text", "a Secret cannot become text; use `secret_env` for each", expr.span)
        };
        found
            .role("these are secrets")
            .help("`secret_env(name, secret)` gives one to steps without storing or showing it")
    }

    /// A value that holds a secret where text is wanted.
    pub(crate) fn holds_secret(&self, expr: &Expr, ty: &Type) -> Finding {
        self.error("secret-as-text", "a Secret cannot become text; use `secret_env` for it", expr.span)
            .role(format!("this is {}, which holds a `Secret`", article(&ty.to_string())))
            .help("take what is no secret out of it; `secret_env(name, secret)` gives a secret to steps")
    }

    /// The environment variable that a secret would be given in.
    fn secret_name(&self, expr: &Expr) -> String {
        self.simple_name(expr).map_or_else(|| "SECRET".to_owned(), |name| name.to_ascii_uppercase())
    }

    /// The name that an expression consists of.
    fn simple_name(&self, expr: &Expr) -> Option<String> {
        match &expr.kind {
            ExprKind::Local(id) => self.locals.get(id.0 as usize).map(|local| local.decl.name.to_string()),
            ExprKind::Param(global) | ExprKind::Let(global) => Some(global.name.to_string()),
            _ => None,
        }
    }

    fn string_as_command(&self, expr: &Expr) -> Finding {
        let message = "a command is a list of arguments or a script literal";
        let found = self.error("string-as-command", message, expr.span).role("this is a `String`");
        let Some(text) = constant(expr) else {
            return found.help(
                "put it in a list, `[program, argument]`, or insert it into a script: `sh\"… ${{ text }}\"`",
            );
        };
        let place: Place = self.place(expr.span);
        let edit = |text: String| vec![Edit { place: place.clone(), text }];
        let script = format!("sh\"{}\"", text.replace('"', "\\\""));
        let found = found.help("no shell reads a list; a script is read by one");
        let found = if text.contains('\n') {
            found
        } else {
            found.suggestion(format!("make it a script: `{script}`"), edit(script))
        };
        match words(&text) {
            Some(list) => found.suggestion(format!("make it a list: `{list}`"), edit(list)),
            None => found,
        }
    }
}

/// What is said where a secret is used as if it had a value.
pub(crate) const NEVER_LOOKED_AT: &str =
    "a secret is never looked at: `secret_env` and `secret_file` give it to the step that needs it";

/// Whether some part of a type is a secret where text is wanted.
pub(crate) fn secret_as_text(actual: &Type, wanted: &Type) -> bool {
    let all = |a: &[Type], b: &[Type]| a.iter().zip(b).any(|(a, b)| secret_as_text(a, b));
    match (without_optional(actual), without_optional(wanted)) {
        (actual, wanted) if is_secret(actual) => is_text(wanted),
        (Type::List(a), Type::List(b)) | (Type::Action(a), Type::Action(b)) => secret_as_text(a, b),
        (Type::List(a), Type::Command) => is_secret(a),
        (Type::Map(k, v), Type::Map(l, w)) => secret_as_text(k, l) || secret_as_text(v, w),
        (Type::Tuple(a), Type::Tuple(b)) => all(a, b),
        (Type::Record(g, a), Type::Record(h, b)) | (Type::Enum(g, a), Type::Enum(h, b)) => {
            g == h && all(a, b)
        }
        (Type::Function { ret: a, .. }, Type::Function { ret: b, .. }) => secret_as_text(a, b),
        _ => false,
    }
}

/// The words of a plain command line as a list literal; `None` when a shell would do more than split it.
fn words(text: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || " -_./:=,@%+".contains(c);
    if text.trim().is_empty() || !text.chars().all(plain) {
        return None;
    }
    let words: Vec<String> = text.split_whitespace().map(|word| format!("\"{word}\"")).collect();
    Some(format!("[{}]", words.join(", ")))
}

/// The text of a string without holes.
pub(crate) fn constant(expr: &Expr) -> Option<String> {
    let ExprKind::Text(pieces) = &expr.kind else { return None };
    let fixed = pieces.iter().map(|piece| match piece {
        TextPiece::Fixed(text) => Some(&**text),
        TextPiece::Hole(_) => None,
    });
    fixed.collect()
}

/// The type without `?`.
pub(crate) fn without_optional(ty: &Type) -> &Type {
    match ty {
        Type::Optional(inner) => without_optional(inner),
        other => other,
    }
}

pub(crate) fn is_list_of_secrets(ty: &Type) -> bool {
    matches!(ty, Type::List(element) if is_secret(element))
}

/// Whether values of the type are lists of texts.
fn is_words(ty: &Type) -> bool {
    match ty {
        Type::Command => true,
        Type::List(element) => is_text(element),
        _ => false,
    }
}

/// Whether values of the type are texts.
pub(crate) fn is_text(ty: &Type) -> bool {
    matches!(ty, Type::String | Type::Checked(_) | Type::Command)
}

pub(crate) fn is_secret(ty: &Type) -> bool {
    matches!(ty, Type::Opaque(global, _) if &*global.module.0 == "std/prelude" && &*global.name == "Secret")
}
