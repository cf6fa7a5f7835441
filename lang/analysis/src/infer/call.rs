//! Calls: of functions, operations, records, variants and function values.

use std::sync::Arc;

use pipe_syntax::{Nested, Span, ast};

use super::arguments::Callable;
use super::context::{CallContext, broken, typed};
use super::expected::Want;
use super::mismatch::secret_as_text;
use super::path::Entity;
use super::table::Unknown;
use super::trace::Meant;
use super::{Expected, Infer};
use crate::db::ItemNode;
use crate::signature::{FunctionSignature, Signature, signature, substitute};
use crate::typed::{Expr, ExprKind, Type, Types};

/// Type arguments of one use of a generic item.
#[derive(Clone, Debug)]
pub(crate) struct Instance {
    pub(crate) params: Vec<Arc<str>>,
    pub(crate) args: Types,
}

impl Instance {
    /// A type of the item, with the arguments of this use.
    pub(crate) fn apply(&self, ty: &Type) -> Type {
        substitute(ty, &self.params, &self.args)
    }
}

/// The places of a written call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CallSite {
    /// The whole expression.
    pub(crate) span: Span,
    /// The name of what is called.
    pub(crate) name: Span,
}

impl<'db> Infer<'db> {
    pub(crate) fn call(
        &mut self,
        e: &ast::Expr,
        callee: &ast::Expr,
        args: &[ast::Arg],
        want: Want<'_>,
    ) -> Expr {
        match &callee.kind {
            ast::ExprKind::TypeName(name) => self.construct(e, callee, name, args, want),
            ast::ExprKind::Name(name) => match self.entity(callee) {
                None if name.text == "some" => self.some(e, args, name, want),
                Some(entity) => self.call_entity(entity, e, callee, args, name.span, want),
                None => {
                    let unknown = self.name(name);
                    self.args_silently(args);
                    broken(unknown.span)
                }
            },
            ast::ExprKind::Field { base, optional, name, .. } => match name {
                Some(name) => self.call_field(e, callee, base, *optional, name, args, want),
                None => {
                    self.unfinished(base);
                    self.args_silently(args);
                    broken(e.span)
                }
            },
            ast::ExprKind::Error => {
                self.args_silently(args);
                broken(e.span)
            }
            _ => {
                let callee = self.infer(callee);
                self.call_value(callee, args, e.span)
            }
        }
    }

    /// `some(x)`.
    fn some(&mut self, e: &ast::Expr, args: &[ast::Arg], name: &ast::Name, want: Want<'_>) -> Expr {
        let [ast::Arg { name: None, value }] = args else {
            self.args_silently(args);
            self.report(self.error("missing-argument", "`some` takes one value", name.span));
            return broken(e.span);
        };
        let wanted = want.expected().map(|expected| (expected, self.table.resolve(&expected.ty)));
        let value = match wanted {
            Some((expected, Type::Optional(inner))) => self.check(value, &expected.part((*inner).clone())),
            Some((_, Type::Error)) => self.silently(value),
            _ => self.infer(value),
        };
        let ty = Type::Optional(Arc::new(value.ty.clone()));
        typed(ExprKind::Some(Nested::new(value)), ty, e.span)
    }

    /// `x.f(a)`: an operation of a value, a function of a module, a variant of an enum.
    #[allow(clippy::too_many_arguments)] // the parts of one written call
    fn call_field(
        &mut self,
        e: &ast::Expr,
        callee: &ast::Expr,
        base: &ast::Expr,
        optional: bool,
        name: &ast::Name,
        args: &[ast::Arg],
        want: Want<'_>,
    ) -> Expr {
        if !optional {
            if let Some(owner) = self.type_path(base) {
                return self.call_on_type(owner, e, name, args, want);
            }
            if let Some(target) = self.scalar_path(base) {
                return match (name.text.as_str(), &target) {
                    ("parse", Type::String) => self.no_member_of_type("String", name, args, e.span),
                    ("parse", _) => self.parse(target, e, name, args),
                    _ => self.no_member_of_type(&target.to_string(), name, args, e.span),
                };
            }
            if self.entity_of_module(base).is_some()
                && let Some(entity) = self.entity(callee)
            {
                return self.call_entity(entity, e, callee, args, name.span, want);
            }
        }
        self.operation(e, base, optional, name, args, want)
    }

    /// The type that a path like `Env`, `ImageRef` or `deploy.Env` names.
    pub(crate) fn type_path(&mut self, e: &ast::Expr) -> Option<Entity<'db>> {
        let upper = match &e.kind {
            ast::ExprKind::TypeName(_) => true,
            ast::ExprKind::Field { base, optional: false, name: Some(name), .. } => {
                name.text.starts_with(|c: char| c.is_ascii_uppercase())
                    && self.entity_of_module(base).is_some()
            }
            _ => false,
        };
        // A name that is no type may be a bare variant: `Staging.x`.
        if upper { self.entity(e) } else { None }
    }

    /// `Env.Production(canary: 5)`, `ImageRef.parse(text)`.
    fn call_on_type(
        &mut self,
        owner: Entity<'db>,
        e: &ast::Expr,
        name: &ast::Name,
        args: &[ast::Arg],
        want: Want<'_>,
    ) -> Expr {
        match owner {
            Entity::Item(node) => match &signature(self.db, node).signature {
                Signature::Enum(item) if name.text == "parse" && item.variant("parse").is_none() => {
                    self.parse_variant(node, item, e, name, args)
                }
                Signature::Enum(_) => self.qualified_variant(node, name, Some(args), e.span, want),
                _ => self.no_member_of_type(&node.key(self.db).name.clone(), name, args, e.span),
            },
            Entity::Checked(kind) if name.text == "parse" => self.parse(Type::Checked(kind), e, name, args),
            Entity::Checked(kind) => self.no_member_of_type(kind.name(), name, args, e.span),
            Entity::Broken | Entity::Local(_) | Entity::Module(_) => {
                self.args_silently(args);
                broken(e.span)
            }
        }
    }

    fn no_member_of_type(&mut self, owner: &str, name: &ast::Name, args: &[ast::Arg], span: Span) -> Expr {
        self.args_silently(args);
        let message = format!("type `{owner}` has no `{}`", name.text);
        let found = self.error("unknown-name", message, name.span);
        self.report(match name.text.as_str() {
            "new" | "create" | "make" | "of" | "from" | "default" => {
                found.help(format!("one is made by the name alone: `{owner}(…)`"))
            }
            _ => found,
        });
        broken(span)
    }

    /// A call of what a name stands for.
    pub(crate) fn call_entity(
        &mut self,
        entity: Entity<'db>,
        e: &ast::Expr,
        callee: &ast::Expr,
        args: &[ast::Arg],
        name: Span,
        want: Want<'_>,
    ) -> Expr {
        let node = match entity {
            Entity::Item(node) => node,
            Entity::Broken => {
                self.args_silently(args);
                return broken(e.span);
            }
            Entity::Local(_) | Entity::Module(_) | Entity::Checked(_) => {
                let callee = self.infer(callee);
                return self.call_value(callee, args, e.span);
            }
        };
        let site = CallSite { span: e.span, name };
        match &signature(self.db, node).signature {
            Signature::Function(function) => self.call_function(node, function, None, args, site, want),
            Signature::Record(record) => self.record(node, record, args, name, e.span, want),
            _ => {
                let callee = self.item_value(node, callee.span);
                self.call_value(callee, args, e.span)
            }
        }
    }

    /// A call of a function; of an operation when a receiver is given.
    pub(crate) fn call_function(
        &mut self,
        node: ItemNode<'db>,
        function: &FunctionSignature,
        receiver: Option<Expr>,
        args: &[ast::Arg],
        site: CallSite,
        want: Want<'_>,
    ) -> Expr {
        self.refer(node);
        self.trace_use(site.name, || Meant::Item(node));
        self.host_access(node, site.span);
        if function.broken {
            self.args_silently(args);
            return broken(site.span);
        }
        let context = CallContext {
            function: function.global.name.clone(),
            name: site.name,
            receiver_end: receiver.as_ref().map(|receiver| receiver.span.end),
            values: args.iter().map(|a| (a.name.as_ref().map(|name| name.span), a.value.span)).collect(),
        };
        let instance = self.instantiate(&function.type_params, own_name(&function.global.name), site.span);
        let types: Vec<Type> = function.params.iter().map(|param| instance.apply(&param.ty)).collect();
        let receiver = self.receiver(node, function, &types, receiver);
        let ret = instance.apply(&function.ret);
        let ret = if function.action { Type::Action(Arc::new(ret)) } else { ret };
        self.expect_result(&ret, want);
        let callable = Callable {
            what: own_name(&function.global.name),
            node,
            params: &function.params,
            types,
            skip: usize::from(receiver.is_some()),
            variant: None,
        };
        self.calls.push(context);
        let mut values = self.arguments(&callable, args, site);
        self.calls.pop();
        if let (Some(receiver), Some(first)) = (receiver, values.first_mut()) {
            *first = Some(receiver);
        }
        let value = args.first().map(|arg| arg.value.span);
        self.generic_use(&function.global, &instance, &values, site.name, value);
        let kind = ExprKind::Call {
            function: function.global.clone(),
            type_args: instance.args,
            args: values.into(),
        };
        typed(kind, ret, site.span)
    }

    /// The receiver against the type of `self`, which settles the first type parameters.
    fn receiver(
        &mut self,
        node: ItemNode<'db>,
        function: &FunctionSignature,
        types: &[Type],
        receiver: Option<Expr>,
    ) -> Option<Expr> {
        let (expr, wanted, param) = (receiver?, types.first()?, function.params.first()?);
        if self.table.try_unify(&expr.ty, wanted) {
            return Some(expr);
        }
        let actual = self.table.follow(&expr.ty);
        if secret_as_text(&actual, &self.table.follow(wanted)) {
            self.report(self.holds_secret(&expr, &actual));
            return Some(broken(expr.span));
        }
        let (actual, wanted) = (self.show(&expr.ty), self.show(wanted));
        let message =
            format!("`{}` works on `{wanted}`; this is `{actual}`", own_name(&function.global.name));
        let found = self.error("type-mismatch", message, expr.span);
        self.report(found.label(node.place(self.db, param.span), "declared here"));
        Some(broken(expr.span))
    }

    /// Settles type parameters by what is expected of the result, before any argument is looked at.
    pub(crate) fn expect_result(&mut self, ret: &Type, want: Want<'_>) {
        let Some(expected) = want.expected() else { return };
        let wanted = self.table.resolve(&expected.ty);
        let (ret, wanted) = match (self.table.resolve(ret), wanted) {
            // A union or a text of a checked kind is what the result is converted to, not what it is.
            (_, Type::Tree | Type::Command | Type::Checked(_) | Type::Error) => return,
            (ret @ (Type::Optional(_) | Type::Variable(_)), wanted) => (ret, wanted),
            (ret, Type::Optional(inner)) => (ret, (*inner).clone()),
            both => both,
        };
        self.table.try_unify(&ret, &wanted);
    }

    /// A call of a function value.
    pub(crate) fn call_value(&mut self, callee: Expr, args: &[ast::Arg], span: Span) -> Expr {
        let ty = self.table.resolve(&callee.ty);
        let Type::Function { params, ret } = &ty else {
            self.args_silently(args);
            if !matches!(ty, Type::Error) {
                let message = format!("{} cannot be called", super::text::article(&self.show(&ty)));
                let found = self.error("not-a-function", message, callee.span);
                self.report(found.help("only functions can"));
            }
            return broken(span);
        };
        if let Some(name) = args.iter().find_map(|arg| arg.name.as_ref()) {
            let message = "the parameters of a function value have no names";
            let found = self.error("unknown-argument", message, name.span);
            self.report(found.help("give its arguments in order"));
            self.args_silently(args);
            return broken(span);
        }
        if args.len() != params.len() {
            let (code, place) = match args.get(params.len()) {
                Some(extra) => ("too-many-arguments", extra.value.span),
                None => ("missing-argument", callee.span),
            };
            let message = format!("this function takes {} arguments, not {}", params.len(), args.len());
            self.report(self.error(code, message, place));
            self.args_silently(args);
            return broken(span);
        }
        let values = args
            .iter()
            .zip(params)
            .map(|(arg, ty)| self.check(&arg.value, &Expected::new(ty.clone())))
            .collect();
        typed(ExprKind::CallValue { callee: Nested::new(callee), args: values }, (**ret).clone(), span)
    }

    /// `Name(…)`: a variant of the enum that is expected, else a record.
    fn construct(
        &mut self,
        e: &ast::Expr,
        callee: &ast::Expr,
        name: &ast::Name,
        args: &[ast::Arg],
        want: Want<'_>,
    ) -> Expr {
        let target = self.target(want);
        if let Some(variant) = self.bare_variant(name, Some(args), target.as_ref(), e.span) {
            return variant;
        }
        match self.entity(callee) {
            Some(entity @ Entity::Item(node)) => match &signature(self.db, node).signature {
                Signature::Record(_) => self.call_entity(entity, e, callee, args, name.span, want),
                _ => {
                    self.args_silently(args);
                    let found =
                        self.error("not-a-function", format!("`{}` is an enum", name.text), name.span);
                    self.report(found.help(format!("choose a variant: `{}.…`", name.text)));
                    broken(e.span)
                }
            },
            Some(Entity::Checked(kind)) => {
                self.args_silently(args);
                let found =
                    self.error("not-a-function", format!("`{kind}` is written as a literal"), name.span);
                self.report(
                    found.help(format!("a text that is not a literal is read by `{kind}.parse(text)`")),
                );
                broken(e.span)
            }
            _ => {
                self.args_silently(args);
                if matches!(target, Some(Type::Error)) {
                    return broken(e.span);
                }
                self.unknown_variant(name, target.as_ref());
                broken(e.span)
            }
        }
    }

    /// Fresh variables for the type parameters of an item.
    pub(crate) fn instantiate(&mut self, params: &[Arc<str>], function: &str, span: Span) -> Instance {
        if params.is_empty() {
            return Instance { params: Vec::new(), args: Types::default() };
        }
        let function: Arc<str> = Arc::from(function);
        let args = params
            .iter()
            .map(|_| self.table.fresh(span, Unknown::Parameter { function: function.clone() }))
            .collect();
        Instance { params: params.to_vec(), args }
    }
}

/// An operation's own name: `mount` of `Container.mount`.
pub(crate) fn own_name(name: &str) -> &str {
    name.split_once('.').map_or(name, |(_, own)| own)
}
