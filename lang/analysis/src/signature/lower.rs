//! From types as written to types.

use std::collections::BTreeSet;
use std::sync::Arc;

use pipe_diagnostics::Diagnostic;
use pipe_syntax::{Span, ast};

use super::type_params;
use crate::checks::{can_be_key, not_a_key};
use crate::db::{ItemNode, SourceModule};
use crate::foreign::{self, with_here};
use crate::nearest::with_nearest;
use crate::place::{Finding, ItemTag, Place};
use crate::scope::{Found, Names};
use crate::typed::{CheckedKind, Type};

/// Types that need no declaration, with the number of their arguments.
const BUILT_IN: &[(&str, usize)] = &[
    ("Bool", 0),
    ("Int", 0),
    ("Float", 0),
    ("String", 0),
    ("Duration", 0),
    ("Size", 0),
    ("Unit", 0),
    ("Never", 0),
    ("List", 1),
    ("Map", 2),
    ("Action", 1),
    ("Tree", 0),
    ("Command", 0),
];

/// Turns types as written into types, inside one item.
pub(crate) struct Lowering<'a, 'db> {
    pub(crate) names: Names<'db>,
    /// The item whose places the findings have; `None` for text of the command line.
    pub(crate) item: Option<ItemNode<'db>>,
    /// Type parameters in scope.
    pub(crate) type_params: &'a [Arc<str>],
    pub(crate) findings: Vec<Finding>,
    pub(crate) aliases: BTreeSet<Arc<str>>,
}

impl<'a, 'db> Lowering<'a, 'db> {
    pub(crate) fn new(names: Names<'db>, item: Option<ItemNode<'db>>, type_params: &'a [Arc<str>]) -> Self {
        Lowering { names, item, type_params, findings: Vec::new(), aliases: BTreeSet::new() }
    }

    /// The type; [`Type::Error`] where a part of it is wrong, which is reported.
    pub(crate) fn lower(&mut self, ty: &ast::TypeExpr) -> Type {
        match &ty.kind {
            ast::TypeKind::Named { modules, name, args } => {
                let lowered: Vec<Type> = args.iter().map(|arg| self.lower(arg)).collect();
                let lowered = self.named(modules, name, lowered, ty.span);
                if let (Type::Map(key, _), Some(written)) = (&lowered, args.first())
                    && !can_be_key(self.names.db, key)
                {
                    self.report(not_a_key(key, self.place(written.span)));
                    return Type::Error;
                }
                lowered
            }
            ast::TypeKind::Optional(inner) => match self.lower(inner) {
                Type::Error => Type::Error,
                // `T??` says nothing that `T?` does not.
                Type::Optional(inner) => Type::Optional(inner),
                inner => Type::Optional(Arc::new(inner)),
            },
            ast::TypeKind::Tuple(parts) if parts.is_empty() => Type::Unit,
            ast::TypeKind::Tuple(parts) => Type::Tuple(parts.iter().map(|part| self.lower(part)).collect()),
            ast::TypeKind::Function { params, ret } => {
                let params = params.iter().map(|param| self.lower(param)).collect();
                Type::Function { params, ret: Arc::new(self.lower(ret)) }
            }
            ast::TypeKind::Error => Type::Error,
        }
    }

    fn named(&mut self, modules: &[ast::Name], name: &ast::Name, args: Vec<Type>, span: Span) -> Type {
        let text = name.text.as_str();
        let node = if modules.is_empty() {
            if let Some(param) = self.type_params.iter().find(|param| &***param == text) {
                let ty = Type::Parameter(param.clone());
                return self.arity(text, 0, args.len(), span).map_or(Type::Error, |()| ty);
            }
            self.names.own_type(text)
        } else {
            match self.through_modules(modules, name) {
                Some(node) => Some(node),
                None => return Type::Error,
            }
        };
        if let Some(node) = node {
            return self.declared(node, args, span);
        }
        if let Some(kind) = CheckedKind::from_name(text) {
            return self.arity(text, 0, args.len(), span).map_or(Type::Error, |()| Type::Checked(kind));
        }
        if let Some(&(_, wanted)) = BUILT_IN.iter().find(|(built_in, _)| *built_in == text) {
            return self.arity(text, wanted, args.len(), span).map_or(Type::Error, |()| built_in(text, args));
        }
        match self.names.ty(text) {
            Some(node) => self.declared(node, args, span),
            None => {
                self.unknown(name);
                Type::Error
            }
        }
    }

    fn declared(&mut self, node: ItemNode<'db>, args: Vec<Type>, span: Span) -> Type {
        let db = self.names.db;
        let header = type_params(db, node);
        let global = node.global(db);
        if self.arity(&global.name, header.params.len(), args.len(), span).is_none() {
            return Type::Error;
        }
        match (node.key(db).kind, header.opaque) {
            (ItemTag::Enum, _) => Type::Enum(global, args.into()),
            (_, true) => Type::Opaque(global, args.into()),
            _ => Type::Record(global, args.into()),
        }
    }

    fn through_modules(&mut self, modules: &[ast::Name], name: &ast::Name) -> Option<ItemNode<'db>> {
        let [module] = modules else {
            let span = modules.first().map_or(name.span, |first| first.span.to(name.span));
            self.report(Diagnostic::error("unknown-module", "a module holds no modules", self.place(span)));
            return None;
        };
        let target = self.module(module)?;
        let Some(node) = self.names.member(target, &name.text) else {
            let candidates = self.names.public_names(target);
            let message = format!("module `{}` has no type `{}`", module.text, name.text);
            let found = Diagnostic::error("unknown-type", message, self.place(name.span));
            self.report(with_nearest(found, &name.text, &candidates, self.place(name.span)));
            return None;
        };
        let types = [ItemTag::Record, ItemTag::Enum].contains(&node.key(self.names.db).kind);
        if !types {
            let message = format!("`{}` is not a type", name.text);
            self.report(Diagnostic::error("unknown-type", message, self.place(name.span)));
            return None;
        }
        if !node.public(self.names.db) {
            self.report(crate::checks::private(self.names, node, &module.text, self.place(name.span)));
        }
        Some(node)
    }

    fn module(&mut self, name: &ast::Name) -> Option<SourceModule> {
        if self.names.alias(&name.text).is_some() {
            self.aliases.insert(name.text.shared());
        }
        match self.names.value(&name.text) {
            Some(Found::Module(module)) => module,
            _ => {
                let message = format!("there is no module `{}` here", name.text);
                let found = Diagnostic::error("unknown-module", message, self.place(name.span));
                self.report(found.help("import it with `use`"));
                None
            }
        }
    }

    fn unknown(&mut self, name: &ast::Name) {
        let mut candidates: Vec<Arc<str>> = self.type_params.to_vec();
        candidates.extend(self.names.type_names());
        candidates.extend(BUILT_IN.iter().map(|(name, _)| Arc::from(*name)));
        candidates.extend(CheckedKind::ALL.iter().map(|kind| Arc::from(kind.name())));
        let place = self.place(name.span);
        let found =
            Diagnostic::error("unknown-type", format!("there is no type `{}`", name.text), place.clone());
        if let Some(here) = foreign::ty(&name.text) {
            return self.report(with_here(found, here, place));
        }
        let found = with_nearest(found, &name.text, &candidates, place.clone());
        self.report(match self.in_namespace(&name.text).filter(|_| found.help.is_none()) {
            Some(full) => {
                found.help(format!("did you mean `{full}`?")).fix(format!("write `{full}`"), place, full)
            }
            None => found,
        });
    }

    /// The full name of a type that a namespace of the standard library has: `host.Ci`.
    fn in_namespace(&self, name: &str) -> Option<String> {
        let mut namespaces = self.names.all_std().namespaces.iter();
        let (namespace, _) = namespaces.find(|(_, module)| self.names.member(**module, name).is_some())?;
        Some(format!("{namespace}.{name}"))
    }

    fn arity(&mut self, name: &str, wanted: usize, given: usize, span: Span) -> Option<()> {
        if wanted == given {
            return Some(());
        }
        let message = match (wanted, given) {
            (0, _) => format!("`{name}` takes no type arguments"),
            (1, 0) => format!("`{name}` needs a type argument: `{name}[T]`"),
            (n, 0) => format!("`{name}` needs {n} type arguments"),
            (n, m) => format!("`{name}` takes {n} type argument{}, not {m}", if n == 1 { "" } else { "s" }),
        };
        self.report(Diagnostic::error("type-arguments", message, self.place(span)));
        None
    }

    fn place(&self, span: Span) -> Place {
        match self.item {
            Some(item) => item.place(self.names.db, span),
            None => Place { module: self.names.module.id(self.names.db).clone(), item: None, span },
        }
    }

    fn report(&mut self, finding: Finding) {
        self.findings.push(finding);
    }
}

fn built_in(name: &str, args: Vec<Type>) -> Type {
    let mut args = args.into_iter().map(Arc::new);
    match (name, args.next(), args.next()) {
        ("Bool", ..) => Type::Bool,
        ("Int", ..) => Type::Int,
        ("Float", ..) => Type::Float,
        ("String", ..) => Type::String,
        ("Duration", ..) => Type::Duration,
        ("Size", ..) => Type::Size,
        ("Unit", ..) => Type::Unit,
        ("Never", ..) => Type::Never,
        ("Tree", ..) => Type::Tree,
        ("Command", ..) => Type::Command,
        ("List", Some(element), _) => Type::List(element),
        ("Action", Some(result), _) => Type::Action(result),
        ("Map", Some(key), Some(value)) => Type::Map(key, value),
        _ => Type::Error,
    }
}
