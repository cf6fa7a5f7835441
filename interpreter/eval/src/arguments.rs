//! Values given on the command line: texts as the types of parameters, and what became of them as values.

use std::sync::Arc;

use pipe_analysis::typed::{Body, Enum, Global, Origin, Program, Type};
use pipe_ops::pure::{check_text, kebab_case, parse_duration, parse_size};
use pipe_ops::{Datum, Float, HostDir, Op};
use pipe_syntax::Span;

use crate::error::{self, Result};
use crate::frame::{Env, Frame};
use crate::machine::{Machine, Site};
use crate::value::{Items, Value, VariantValue};

/// A value for a parameter. Host paths are absolute, or relative to the package.
#[derive(Clone, Debug)]
pub enum Argument {
    /// Plain data.
    Data(Datum),
    /// A folder of the host.
    HostDir(String),
    /// A file of the host.
    HostFile(String),
    /// Where a secret comes from: `env:NAME`, `file:PATH`, `cmd:COMMAND`.
    Secret(String),
    /// A variant with the defaults of its payload.
    Variant {
        /// The enum.
        r#enum: Arc<Enum>,
        /// Which variant, by index.
        index: usize,
    },
    /// `some(x)`.
    Some(Box<Argument>),
    /// A list.
    List(Vec<Argument>),
    /// An expression, checked against the parameter's type.
    Expression {
        /// The expression.
        body: Arc<Body>,
        /// Where it stands, for messages.
        origin: Origin,
    },
}

/// A text is no value of a type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArgumentError {
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

/// What a text is for a type.
#[derive(Clone, Debug)]
pub enum Parsed {
    /// A value.
    Argument(Argument),
    /// Values of this type are written as expressions of the language.
    NeedsExpression,
}

/// Reads the texts given for one flag as a value of a type: one text, or as many as there are elements for a list.
///
/// `Dir` and `File` are paths, made absolute by `resolve`; `Tree` is a directory when the path ends in `/`. `Secret` is
/// `env:NAME`, `file:PATH` or `cmd:COMMAND`. Enums are variants by name, payloads by their defaults.
///
/// # Errors
/// When the text has not the form its type asks for, or when there are several and the type is no list.
pub fn parse_argument(
    program: &Program,
    ty: &Type,
    texts: &[&str],
    resolve: &dyn Fn(&str) -> String,
) -> Result<Parsed, ArgumentError> {
    if let Type::List(element) = ty {
        let mut items = Vec::with_capacity(texts.len());
        for text in texts {
            match parse_one(program, element, text, resolve)? {
                Parsed::Argument(item) => items.push(item),
                // One text for the whole list may be an expression; several cannot.
                Parsed::NeedsExpression => return Ok(Parsed::NeedsExpression),
            }
        }
        return Ok(Parsed::Argument(Argument::List(items)));
    }
    match texts {
        [text] => parse_one(program, ty, text, resolve),
        _ => Err(problem(format!("this takes one value, and {} are given", texts.len()))),
    }
}

fn problem(message: impl Into<String>) -> ArgumentError {
    ArgumentError { message: message.into(), help: None }
}

fn expected(what: &str, text: &str) -> ArgumentError {
    problem(format!("`{text}` is not {what}"))
}

fn parse_one(
    program: &Program,
    ty: &Type,
    text: &str,
    resolve: &dyn Fn(&str) -> String,
) -> Result<Parsed, ArgumentError> {
    let data = |datum: Option<Datum>, what: &str| match datum {
        Some(datum) => Ok(Parsed::Argument(Argument::Data(datum))),
        None => Err(expected(what, text)),
    };
    match ty {
        Type::String => data(Some(Datum::text(text)), ""),
        Type::Bool => data(text.parse().ok().map(Datum::Bool), "`true` or `false`"),
        Type::Int => data(text.parse().ok().map(Datum::Int), "a whole number"),
        Type::Float => data(parse_float(text), "a number"),
        Type::Duration => match parse_duration(text) {
            Some(nanoseconds) => data(Some(Datum::Duration(nanoseconds)), ""),
            None => Err(not_a_duration(text)),
        },
        Type::Size => data(parse_size(text).map(Datum::Size), "a size, as in 512MiB"),
        Type::Checked(kind) => {
            check_text(kind.name(), text).map_err(|error| problem(error.to_string()))?;
            data(Some(Datum::text(text)), "")
        }
        Type::Optional(inner) => Ok(match parse_one(program, inner, text, resolve)? {
            Parsed::Argument(argument) => Parsed::Argument(Argument::Some(argument.into())),
            Parsed::NeedsExpression => Parsed::NeedsExpression,
        }),
        Type::Enum(global, _) => Ok(parse_variant(program, global, text)),
        Type::Tree if text.ends_with('/') => host_path(text, resolve, Argument::HostDir),
        Type::Tree => host_path(text, resolve, Argument::HostFile),
        Type::Opaque(global, _) => match global.name.as_ref() {
            "Dir" => host_path(text, resolve, Argument::HostDir),
            "File" => host_path(text, resolve, Argument::HostFile),
            "Secret" => parse_secret(text),
            _ => Ok(Parsed::NeedsExpression),
        },
        _ => Ok(Parsed::NeedsExpression),
    }
}

/// Everybody writes `5m` once.
fn not_a_duration(text: &str) -> ArgumentError {
    let minutes = text.strip_suffix('m').map(|digits| format!("{digits}min"));
    let meant = minutes
        .filter(|text| parse_duration(text).is_some())
        .map(|text| format!("minutes are written `{text}`"));
    ArgumentError { help: meant, ..expected("a duration, as in 10min or 1h30min", text) }
}

/// A number of the language: digits with a point between them, perhaps a sign.
fn parse_float(text: &str) -> Option<Datum> {
    let digits = text.bytes().all(|b| b.is_ascii_digit() || b".-+eE".contains(&b));
    let number: f64 = text.parse().ok().filter(|_| digits)?;
    number.is_finite().then(|| Datum::Float(Float::new(number)))
}

fn host_path(
    text: &str,
    resolve: &dyn Fn(&str) -> String,
    make: fn(String) -> Argument,
) -> Result<Parsed, ArgumentError> {
    if text.is_empty() || text.contains('\0') {
        return Err(expected("a path", &text.replace('\0', "\\0")));
    }
    if text.starts_with("git+") {
        return Err(problem("a directory from a git repository is not available in this version"));
    }
    Ok(Parsed::Argument(make(resolve(text))))
}

/// A bare value would stand in the process list for everybody to read.
fn parse_secret(text: &str) -> Result<Parsed, ArgumentError> {
    match text.split_once(':') {
        Some(("env" | "file" | "cmd", rest)) if !rest.is_empty() => {
            Ok(Parsed::Argument(Argument::Secret(text.to_owned())))
        }
        _ => Err(ArgumentError {
            message:
                "a secret is not given by its value, which everybody could read in the list of processes"
                    .to_owned(),
            help: Some("say where it is: `env:NAME`, `file:PATH` or `cmd:COMMAND`".to_owned()),
        }),
    }
}

fn parse_variant(program: &Program, global: &Global, text: &str) -> Parsed {
    let decl = program.modules.get(&global.module).and_then(|module| module.enums.get(&global.name));
    let found = decl.and_then(|decl| {
        let named = |name: &str| name == text || kebab_case(name) == text;
        let index = decl.variants.iter().position(|variant| named(&variant.name))?;
        let complete = decl.variants.get(index)?.payload.iter().all(|part| part.default.is_some());
        complete.then(|| Argument::Variant { r#enum: decl.clone(), index })
    });
    found.map_or(Parsed::NeedsExpression, Parsed::Argument)
}

impl Machine {
    /// The value of an argument. `frame`, `span`: the parameter, where errors point.
    pub(crate) fn argument(&mut self, argument: &Argument, frame: &Arc<Frame>, span: Span) -> Result<Value> {
        let site: Site = self.site(frame, span);
        match argument {
            Argument::Data(datum) => self.datum_value(datum.clone(), &site),
            Argument::HostDir(path) => {
                let dir = HostDir { path: path.clone(), include: Vec::new(), exclude: Vec::new() };
                self.add_main(Op::HostDir(dir), &site).map(Value::Dir)
            }
            Argument::HostFile(path) => {
                self.add_main(Op::HostFile { path: path.clone() }, &site).map(Value::File)
            }
            Argument::Secret(source) => self.host_secret(source, &site),
            Argument::Some(inner) => Ok(Value::optional(Some(self.argument(inner, frame, span)?))),
            Argument::List(items) => {
                let items =
                    items.iter().map(|item| self.argument(item, frame, span)).collect::<Result<Vec<_>>>()?;
                Ok(Value::List(Items::new(items)))
            }
            Argument::Variant { r#enum, index } => self.variant_argument(r#enum, *index, &site),
            Argument::Expression { body, origin } => {
                let frame = Frame::item(origin.clone(), frame.title.clone());
                self.eval(&body.expr, &mut Env::new(frame, body.locals.len()))
            }
        }
    }

    fn variant_argument(&mut self, decl: &Arc<Enum>, index: usize, site: &Site) -> Result<Value> {
        let Some(variant) = decl.variants.get(index) else {
            return Err(error::internal("no such variant", site.place.clone()));
        };
        let frame = Frame::item(decl.origin.clone(), variant.name.clone());
        let mut payload = Vec::with_capacity(variant.payload.len());
        for (part, param) in variant.payload.iter().enumerate() {
            payload.push(self.default((&decl.global, index, part), param, &frame, &site.place)?);
        }
        Ok(Value::Variant(Arc::new(VariantValue { decl: decl.clone(), index, payload: Items::new(payload) })))
    }
}
