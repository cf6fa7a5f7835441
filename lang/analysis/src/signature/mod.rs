//! What the outside of an item is: the types that its callers see. No body is looked at, so that no query is cyclic and
//! an edit inside a body ends here.

mod build;
mod lets;
mod lower;

use std::collections::BTreeSet;
use std::sync::Arc;

use pipe_syntax::Span;

use crate::place::Finding;
use crate::typed::{Global, Type, Types};

pub(crate) use build::{signature, type_params};
pub(crate) use lets::untyped_let_cycles;
pub(crate) use lower::Lowering;

/// What the outside of an item is, and what was found wrong there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SignatureResult {
    pub(crate) signature: Signature,
    pub(crate) findings: Vec<Finding>,
    /// Local names of `use` items that its types go through.
    pub(crate) aliases: BTreeSet<Arc<str>>,
}

/// What the outside of an item is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Signature {
    /// A `fn` or an `action`.
    Function(Arc<FunctionSignature>),
    /// A `param` or a `let`.
    Value(Arc<ValueSignature>),
    /// A record or an opaque type.
    Record(Arc<RecordSignature>),
    /// An enum.
    Enum(Arc<EnumSignature>),
    /// `use`, `test`, and text that is no item.
    None,
}

/// The outside of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FunctionSignature {
    pub(crate) global: Global,
    pub(crate) action: bool,
    pub(crate) type_params: Vec<Arc<str>>,
    pub(crate) params: Vec<ParamSignature>,
    /// What its body gives; a call of an action has the type `Action[ret]`.
    pub(crate) ret: Type,
    pub(crate) name: Span,
    /// Where the result's type is written.
    pub(crate) ret_span: Option<Span>,
    /// Its header could not be read: calls of it are not checked.
    pub(crate) broken: bool,
}

/// A parameter, a payload or a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ParamSignature {
    pub(crate) name: Arc<str>,
    pub(crate) ty: Type,
    /// It has no default, or one that cannot be used from outside.
    pub(crate) required: bool,
    pub(crate) span: Span,
}

/// The outside of a `param` or a `let`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ValueSignature {
    pub(crate) global: Global,
    pub(crate) ty: Type,
    pub(crate) name: Span,
    /// Where its type is written.
    pub(crate) ty_span: Option<Span>,
}

/// The outside of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RecordSignature {
    pub(crate) global: Global,
    pub(crate) opaque: bool,
    pub(crate) type_params: Vec<Arc<str>>,
    pub(crate) fields: Vec<ParamSignature>,
    pub(crate) name: Span,
    /// Its declaration could not be read as a whole.
    pub(crate) broken: bool,
}

/// The outside of an enum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EnumSignature {
    pub(crate) global: Global,
    pub(crate) type_params: Vec<Arc<str>>,
    pub(crate) variants: Vec<VariantSignature>,
    pub(crate) name: Span,
    /// Its declaration could not be read as a whole.
    pub(crate) broken: bool,
}

/// A variant of an enum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct VariantSignature {
    pub(crate) name: Arc<str>,
    pub(crate) payload: Vec<ParamSignature>,
    pub(crate) span: Span,
}

impl EnumSignature {
    /// A variant by name, with its index.
    pub(crate) fn variant(&self, name: &str) -> Option<(usize, &VariantSignature)> {
        self.variants.iter().enumerate().find(|(_, variant)| &*variant.name == name)
    }
}

/// A type with its parameters replaced by arguments.
pub(crate) fn substitute(ty: &Type, params: &[Arc<str>], args: &[Type]) -> Type {
    if params.is_empty() {
        return ty.clone();
    }
    map_type(ty, &mut |leaf| match leaf {
        Type::Parameter(name) => params.iter().position(|p| p == name).and_then(|i| args.get(i)).cloned(),
        _ => None,
    })
}

/// A type with some of its leaves replaced: where `leaf` gives a type, that one stands instead. What holds nothing that is
/// replaced is shared with the type it came from.
pub(crate) fn map_type(ty: &Type, leaf: &mut impl FnMut(&Type) -> Option<Type>) -> Type {
    replaced(ty, leaf).unwrap_or_else(|| ty.clone())
}

/// The type with the leaves replaced; `None` when none is.
fn replaced(ty: &Type, leaf: &mut impl FnMut(&Type) -> Option<Type>) -> Option<Type> {
    if let Some(new) = leaf(ty) {
        return Some(new);
    }
    Some(match ty {
        Type::List(element) => Type::List(Arc::new(replaced(element, leaf)?)),
        Type::Optional(inner) => Type::Optional(Arc::new(replaced(inner, leaf)?)),
        Type::Action(result) => Type::Action(Arc::new(replaced(result, leaf)?)),
        Type::Map(key, value) => {
            let (key, value) = either((replaced(key, leaf), key), (replaced(value, leaf), value))?;
            Type::Map(key, value)
        }
        Type::Tuple(parts) => Type::Tuple(all_replaced(parts, leaf)?),
        Type::Record(global, args) => Type::Record(global.clone(), all_replaced(args, leaf)?),
        Type::Enum(global, args) => Type::Enum(global.clone(), all_replaced(args, leaf)?),
        Type::Opaque(global, args) => Type::Opaque(global.clone(), all_replaced(args, leaf)?),
        Type::Function { params, ret } => {
            let (new, new_ret) = (all_replaced(params, leaf), replaced(ret, leaf));
            if new.is_none() && new_ret.is_none() {
                return None;
            }
            let params = new.unwrap_or_else(|| params.clone());
            Type::Function { params, ret: new_ret.map_or_else(|| ret.clone(), Arc::new) }
        }
        _ => return None,
    })
}

/// Two parts of which one or both are new.
fn either(a: (Option<Type>, &Arc<Type>), b: (Option<Type>, &Arc<Type>)) -> Option<(Arc<Type>, Arc<Type>)> {
    if a.0.is_none() && b.0.is_none() {
        return None;
    }
    let part = |(new, old): (Option<Type>, &Arc<Type>)| new.map_or_else(|| old.clone(), Arc::new);
    Some((part(a), part(b)))
}

fn all_replaced(types: &[Type], leaf: &mut impl FnMut(&Type) -> Option<Type>) -> Option<Types> {
    let mut out: Vec<Type> = Vec::new();
    for (i, ty) in types.iter().enumerate() {
        match replaced(ty, leaf) {
            Some(new) => {
                if out.is_empty() {
                    out.reserve_exact(types.len());
                    out.extend(types.iter().take(i).cloned());
                }
                out.push(new);
            }
            None if !out.is_empty() => out.push(ty.clone()),
            None => {}
        }
    }
    (!out.is_empty()).then(|| out.into())
}

/// Visits the records and enums that a type is made of.
pub(crate) fn for_each_declared(ty: &Type, visit: &mut dyn FnMut(&Global)) {
    match ty {
        Type::List(x) | Type::Optional(x) | Type::Action(x) => for_each_declared(x, visit),
        Type::Map(key, value) => {
            for_each_declared(key, visit);
            for_each_declared(value, visit);
        }
        Type::Record(global, args) | Type::Enum(global, args) => {
            visit(global);
            args.iter().for_each(|arg| for_each_declared(arg, visit));
        }
        Type::Tuple(parts) | Type::Opaque(_, parts) => {
            parts.iter().for_each(|part| for_each_declared(part, visit));
        }
        Type::Function { params, ret } => {
            params.iter().for_each(|param| for_each_declared(param, visit));
            for_each_declared(ret, visit);
        }
        _ => {}
    }
}
