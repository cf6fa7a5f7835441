//! What can be done with the values of a type: whether they are plain data, have an order, have a text form.

use std::collections::HashSet;
use std::sync::Arc;

use pipe_syntax::ast;

use crate::db::{Db, item_of};
use crate::place::ItemTag;
use crate::signature::{Signature, signature, substitute};
use crate::typed::Type;

/// How many types are looked at behind one: a generic record may mention itself with ever larger arguments.
const MOST: usize = 1_000;

/// A part of the type that is no plain data: a secret, a container, a function. A secret comes first.
pub(crate) fn no_data(db: &dyn Db, ty: &Type) -> Option<Arc<str>> {
    let other = |ty: &Type| match ty {
        Type::Function { .. } | Type::Action(_) | Type::Command | Type::Tree => Some(ty.to_string().into()),
        Type::Opaque(global, _) => Some(global.name.clone()),
        _ => None,
    };
    let secret = |ty: &Type| other(ty).filter(|name| **name == *"Secret");
    let first = find(db, ty, &other)?;
    find(db, ty, &secret).or(Some(first))
}

/// A part of the type of plain data that has no order: a map.
pub(crate) fn no_order(db: &dyn Db, ty: &Type) -> Option<Arc<str>> {
    find(db, ty, &|ty| matches!(ty, Type::Map(..)).then(|| ty.to_string().into()))
}

/// Whether the values of a type can stand in a text.
pub(crate) fn has_text_form(db: &dyn Db, ty: &Type) -> bool {
    match ty {
        Type::Bool | Type::Int | Type::Float | Type::String | Type::Duration | Type::Size => true,
        Type::Checked(_) | Type::Never | Type::Error => true,
        Type::Enum(global, _) => {
            let node = item_of(db, global, &[ItemTag::Enum]);
            match node.map(|node| &signature(db, node).signature) {
                Some(Signature::Enum(item)) => item.variants.iter().all(|variant| variant.payload.is_empty()),
                _ => true,
            }
        }
        _ => false,
    }
}

/// Whether a type as it is written can be that of a map's keys. Asks no signature, of which it may be a part.
pub(crate) fn can_be_key(db: &dyn Db, ty: &Type) -> bool {
    match ty {
        Type::Parameter(_) => true,
        Type::Enum(global, _) => {
            item_of(db, global, &[ItemTag::Enum]).is_none_or(|node| match &**node.tree(db) {
                ast::ItemKind::Enum(item) => item.variants.iter().all(|variant| variant.payload.is_empty()),
                _ => true,
            })
        }
        other => has_text_form(db, other),
    }
}

/// The first part of a type that a test accepts, as the test names it.
fn find(db: &dyn Db, ty: &Type, accept: &dyn Fn(&Type) -> Option<Arc<str>>) -> Option<Arc<str>> {
    first_part(ty, &|ty| parts(db, ty), accept)
}

/// The first of a type and what it is made of that a test accepts, as the test names it. Types may mention themselves; each is looked
/// at once.
pub(super) fn first_part<T>(
    ty: &Type,
    parts: &dyn Fn(&Type) -> Vec<Type>,
    accept: &dyn Fn(&Type) -> Option<T>,
) -> Option<T> {
    let mut open = vec![ty.clone()];
    let mut seen: HashSet<Type> = HashSet::new();
    while let Some(ty) = open.pop() {
        if let Some(found) = accept(&ty) {
            return Some(found);
        }
        let mut parts = parts(&ty);
        if !parts.is_empty() && (seen.len() == MOST || !seen.insert(ty)) {
            continue;
        }
        parts.reverse();
        open.append(&mut parts);
    }
    None
}

/// What the values of a type are made of.
pub(super) fn parts(db: &dyn Db, ty: &Type) -> Vec<Type> {
    match ty {
        Type::List(x) | Type::Optional(x) => vec![(**x).clone()],
        Type::Map(k, v) => vec![(**k).clone(), (**v).clone()],
        Type::Tuple(types) => types.to_vec(),
        Type::Record(global, args) => match item_of(db, global, &[ItemTag::Record]) {
            Some(node) => match &signature(db, node).signature {
                Signature::Record(record) => {
                    let fields = record.fields.iter();
                    fields.map(|field| substitute(&field.ty, &record.type_params, args)).collect()
                }
                _ => Vec::new(),
            },
            None => Vec::new(),
        },
        Type::Enum(global, args) => match item_of(db, global, &[ItemTag::Enum]) {
            Some(node) => match &signature(db, node).signature {
                Signature::Enum(item) => {
                    let payloads = item.variants.iter().flat_map(|variant| &variant.payload);
                    payloads.map(|payload| substitute(&payload.ty, &item.type_params, args)).collect()
                }
                _ => Vec::new(),
            },
            None => Vec::new(),
        },
        _ => Vec::new(),
    }
}
