//! The query that infers the bodies of an item.

use std::sync::Arc;

use pipe_syntax::ast;

use super::binder::BoundBy;
use super::context::{BodyKind, References};
use super::demand::{DefaultOf, ItemDemands};
use super::expected::Want;
use super::finish::Finished;
use super::trace::{Meant, Traced};
use super::{Expected, Infer};
use crate::checks;
use crate::db::{Db, ItemNode, Role};
use crate::place::{Finding, ItemTag};
use crate::scope::Names;
use crate::signature::{
    EnumSignature, FunctionSignature, Lowering, ParamSignature, RecordSignature, Signature, signature,
};
use crate::typed::{Body, Expr, Global, Type};

/// The bodies of an item, typed, with what was found wrong in them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ItemBodies {
    pub(crate) bodies: Bodies,
    /// The type of the value of a `let` without a written type.
    pub(crate) value_type: Option<Type>,
    pub(crate) findings: Vec<Finding>,
    pub(crate) references: References,
    pub(crate) demands: ItemDemands,
}

/// The bodies of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Bodies {
    /// It has none.
    None,
    /// Of a function: a default for each parameter, and the body; `None` for an intrinsic.
    Function { defaults: Defaults, body: Option<Arc<Body>> },
    /// The default of a `param`, the value of a `let`; `None` for an intrinsic or a param without default.
    Value(Option<Arc<Body>>),
    /// Of a record: a default for each field.
    Fields(Defaults),
    /// Of an enum: a default for each payload of each variant.
    Variants(Vec<Defaults>),
    /// Of a test.
    Test { with: Vec<(Global, Expr)>, body: Arc<Body> },
}

impl Bodies {
    /// All of them, in the order of the source.
    pub(crate) fn each(&self) -> Vec<&Arc<Body>> {
        match self {
            Bodies::None => Vec::new(),
            Bodies::Function { defaults, body } => defaults.iter().flatten().chain(body).collect(),
            Bodies::Value(body) => body.iter().collect(),
            Bodies::Fields(defaults) => defaults.iter().flatten().collect(),
            Bodies::Variants(variants) => variants.iter().flatten().flatten().collect(),
            Bodies::Test { body, .. } => vec![body],
        }
    }
}

/// A default for each parameter, where there is one.
pub(crate) type Defaults = Vec<Option<Arc<Body>>>;

/// The bodies of an item.
#[salsa::tracked]
pub(crate) fn infer<'db>(db: &'db dyn Db, node: ItemNode<'db>) -> ItemBodies {
    item_bodies(db, node, node.tree(db), None).0
}

/// The bodies of a tree that stands in an item's place, with what an editor wants to know of them. Computed whenever it is asked
/// for: an editor asks for the item under the cursor, as it is or as it would be with one more word.
pub(crate) fn traced<'db>(db: &'db dyn Db, node: ItemNode<'db>, tree: &ast::ItemKind) -> Vec<Traced<'db>> {
    item_bodies(db, node, tree, Some(Vec::new())).1.unwrap_or_default()
}

fn item_bodies<'db>(
    db: &'db dyn Db,
    node: ItemNode<'db>,
    tree: &ast::ItemKind,
    traces: Option<Vec<Traced<'db>>>,
) -> (ItemBodies, Option<Vec<Traced<'db>>>) {
    let names = Names::new(db, node.module(db));
    let mut item = Item {
        names,
        node,
        findings: Vec::new(),
        references: References::default(),
        demands: ItemDemands::default(),
        default: None,
        traces,
    };
    let mut value_type = None;
    let bodies = match tree {
        ast::ItemKind::Let(tree) => {
            let (body, ty) = item.let_value(tree);
            value_type = ty;
            Bodies::Value(body)
        }
        // Only a `let` may find its own type in its body; all others begin with their signature.
        _ => match (tree, &signature(db, node).signature) {
            (ast::ItemKind::Function(tree), Signature::Function(function)) => item.function(tree, function),
            (ast::ItemKind::Param(tree), Signature::Value(value)) => {
                Bodies::Value(tree.default.as_ref().map(|default| {
                    let expected = item.because_of_type(value.ty.clone(), value.ty_span);
                    item.expression(BodyKind::Default, &[], default, &expected)
                }))
            }
            (ast::ItemKind::Record(tree), Signature::Record(record)) => item.record(tree, record),
            (ast::ItemKind::Enum(tree), Signature::Enum(signature)) => item.enum_item(tree, signature),
            (ast::ItemKind::Test(tree), _) => item.test(tree),
            _ => Bodies::None,
        },
    };
    let Item { findings, references, demands, traces, .. } = item;
    (ItemBodies { bodies, value_type, findings, references, demands }, traces)
}

struct Item<'db> {
    names: Names<'db>,
    node: ItemNode<'db>,
    findings: Vec<Finding>,
    references: References,
    demands: ItemDemands,
    /// The default whose body is inferred.
    default: Option<DefaultOf>,
    traces: Option<Vec<Traced<'db>>>,
}

impl<'db> Item<'db> {
    fn infer(&self, kind: BodyKind, type_params: &[Arc<str>]) -> Infer<'db> {
        let infer = Infer::new(self.names, Some(self.node), kind, type_params);
        Infer { trace: self.traces.as_ref().map(|_| Box::default()), ..infer }
    }

    fn take(&mut self, finished: Finished<'db>) -> Arc<Body> {
        self.findings.extend(finished.findings);
        self.references.extend(finished.references);
        self.demands.0.push((self.default, finished.demands));
        let body = Arc::new(finished.body);
        if let (Some(traces), Some(trace)) = (&mut self.traces, finished.trace) {
            traces.push(Traced { body: body.clone(), trace: *trace });
        }
        body
    }

    /// A body that is one expression of a known type.
    fn expression(
        &mut self,
        kind: BodyKind,
        type_params: &[Arc<str>],
        e: &ast::Expr,
        expected: &Expected,
    ) -> Arc<Body> {
        let mut infer = self.infer(kind, type_params);
        let expr = infer.check(e, expected);
        self.take(infer.finish(expr))
    }

    fn because_of_type(&self, ty: Type, span: Option<pipe_syntax::Span>) -> Expected {
        let expected = Expected::new(ty);
        match span {
            Some(span) => {
                expected.because(self.node.place(self.names.db, span), "expected because of this type")
            }
            None => expected,
        }
    }

    fn function(&mut self, tree: &ast::Function, function: &FunctionSignature) -> Bodies {
        let defaults: Vec<Option<&ast::Expr>> =
            tree.params.iter().map(|param| param.default.as_ref()).collect();
        let defaults =
            self.defaults(BodyKind::Default, None, &function.type_params, &function.params, &defaults);
        if self.is_intrinsic(&tree.body) {
            return Bodies::Function { defaults, body: None };
        }
        let kind = if tree.action { BodyKind::Action } else { BodyKind::Function };
        let mut infer = self.infer(kind, &function.type_params);
        for (param, signature) in tree.params.iter().zip(&function.params) {
            infer.declare(&param.name, signature.ty.clone(), BoundBy::Parameter);
        }
        let expr = if tree.action && function.ret == Type::Unit {
            infer.discarded_block(&tree.body)
        } else {
            let expected = self.because_of_type(function.ret.clone(), function.ret_span);
            let block = infer.block(&tree.body, Want::Check(&expected));
            infer.coerce(block, &expected)
        };
        let body = self.take(infer.finish(expr));
        Bodies::Function { defaults, body: Some(body) }
    }

    /// `{ intrinsic }`, which only the standard library can write.
    fn is_intrinsic(&self, body: &ast::Block) -> bool {
        self.names.module.role(self.names.db) == Role::Std
            && matches!(&*body.statements, [ast::Statement { kind: ast::StatementKind::Expr(e), .. }] if intrinsic(e))
    }

    /// `variant` says for an enum in which one they are.
    fn defaults(
        &mut self,
        kind: BodyKind,
        variant: Option<usize>,
        type_params: &[Arc<str>],
        params: &[ParamSignature],
        defaults: &[Option<&ast::Expr>],
    ) -> Defaults {
        let mut bodies = Vec::with_capacity(params.len());
        for (index, (param, default)) in params.iter().zip(defaults).enumerate() {
            self.default = Some(DefaultOf { variant, index });
            let body = default.map(|default| {
                let expected = self.because_of_type(param.ty.clone(), Some(param.span));
                self.expression(kind, type_params, default, &expected)
            });
            // A default that cannot be used from outside does not exist.
            bodies.push(body.filter(|_| !param.required));
        }
        self.default = None;
        bodies
    }

    fn let_value(&mut self, tree: &ast::LetItem) -> (Option<Arc<Body>>, Option<Type>) {
        if self.names.module.role(self.names.db) == Role::Std && intrinsic(&tree.value) {
            return (None, None);
        }
        let mut infer = self.infer(BodyKind::Constant, &[]);
        let Some(written) = &tree.ty else {
            let expr = infer.infer(&tree.value);
            let finished = infer.finish(expr);
            let ty = finished.body.expr.ty.clone();
            return (Some(self.take(finished)), Some(ty));
        };
        let mut lowering = Lowering::new(self.names, Some(self.node), &[]);
        // Its findings are the signature's.
        let ty = lowering.lower(written);
        let expected = self.because_of_type(ty, Some(written.span));
        let expr = infer.check(&tree.value, &expected);
        (Some(self.take(infer.finish(expr))), None)
    }

    fn record(&mut self, tree: &ast::Record, record: &RecordSignature) -> Bodies {
        let defaults: Vec<Option<&ast::Expr>> =
            tree.fields.iter().map(|field| field.default.as_ref()).collect();
        let (params, fields) = (&record.type_params, &record.fields);
        Bodies::Fields(self.defaults(BodyKind::Constant, None, params, fields, &defaults))
    }

    fn enum_item(&mut self, tree: &ast::Enum, signature: &EnumSignature) -> Bodies {
        let mut variants = Vec::with_capacity(tree.variants.len());
        for (index, (variant, known)) in tree.variants.iter().zip(&signature.variants).enumerate() {
            let defaults: Vec<Option<&ast::Expr>> =
                variant.payload.iter().map(|p| p.default.as_ref()).collect();
            variants.push(self.defaults(
                BodyKind::Constant,
                Some(index),
                &signature.type_params,
                &known.payload,
                &defaults,
            ));
        }
        Bodies::Variants(variants)
    }

    fn test(&mut self, tree: &ast::Test) -> Bodies {
        let mut infer = self.infer(BodyKind::Test, &[]);
        let mut globals = Vec::new();
        let mut values = Vec::new();
        for arg in &tree.with {
            let Some((global, value)) = self.with(&mut infer, arg) else { continue };
            globals.push(global);
            values.push(value);
        }
        let expr = infer.discarded_block(&tree.body);
        let (finished, values) = infer.finish_with(expr, values);
        let body = self.take(finished);
        Bodies::Test { with: globals.into_iter().zip(values).collect(), body }
    }

    /// `with (src: fixture("…"))`: a value for a param.
    fn with(&self, infer: &mut Infer<'db>, arg: &ast::Arg) -> Option<(Global, Expr)> {
        let db = self.names.db;
        let Some(name) = &arg.name else {
            let found = infer.error("argument-order", "`with` takes params by name", arg.value.span);
            infer.report(found.help("write `name: value`"));
            infer.silently(&arg.value);
            return None;
        };
        let param = self.names.own_value(&name.text).filter(|node| node.key(db).kind == ItemTag::Param);
        if let Some(param) = param {
            infer.trace_use(name.span, || Meant::Item(param));
        }
        let Some(param) = param else {
            infer.report(checks::no_such_param(infer, name));
            infer.silently(&arg.value);
            return None;
        };
        let Signature::Value(value) = &signature(db, param).signature else { return None };
        let place = param.place(db, value.name);
        let expected = Expected::new(value.ty.clone()).because(place, "expected because of this param");
        Some((value.global.clone(), infer.check(&arg.value, &expected)))
    }
}

/// The word that stands for what the engine does.
fn intrinsic(e: &ast::Expr) -> bool {
    matches!(&e.kind, ast::ExprKind::Name(name) if name.text == "intrinsic")
}
