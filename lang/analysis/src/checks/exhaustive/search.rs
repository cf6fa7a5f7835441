//! Usefulness.

use std::sync::Arc;

use pipe_syntax::deeper;

use super::SHOWN;
use super::constructor::{
    Constructor, head, heads, names_itself, shorter_than_used, specialise, without_first,
};
use super::witness::Witness;
use crate::db::item_of;
use crate::infer::Infer;
use crate::place::ItemTag;
use crate::signature::{EnumSignature, Signature, signature, substitute};
use crate::typed::{Pattern, Type};

/// The search for something that no row matches.
pub(super) struct Search<'a, 'db> {
    pub(super) infer: &'a Infer<'db>,
    /// How many rows may still be looked at.
    pub(super) budget: usize,
}

impl Search<'_, '_> {
    /// Everything that is missing, one witness after the other, up to a few.
    pub(super) fn missing(&mut self, matrix: &mut Vec<Vec<Pattern>>, ty: &Type) -> Vec<Witness> {
        let mut missing = Vec::new();
        if matrix.is_empty()
            && let Some(all) = self.constructors(ty, &[])
            && all.iter().all(names_itself)
        {
            // No arm says anything: each constructor is missing.
            let any = |search: &Self, constructor: &Constructor| {
                let parts = search.parts(constructor, ty).iter().map(|_| Witness::Any).collect();
                search.witness(constructor, parts, ty)
            };
            return all.iter().take(SHOWN + 1).map(|constructor| any(self, constructor)).collect();
        }
        while missing.len() <= SHOWN {
            let Some(witness) = self.useful(matrix, &[Pattern::Wildcard], std::slice::from_ref(ty)) else {
                break;
            };
            let Some(first) = witness.into_iter().next() else { break };
            let pattern = self.pattern_of(&first, ty);
            let stop = matches!(pattern, Pattern::Wildcard);
            missing.push(first);
            matrix.push(vec![pattern]);
            if stop {
                break;
            }
        }
        missing
    }

    /// Something that the row matches and no row of the matrix does.
    pub(super) fn useful(
        &mut self,
        matrix: &[Vec<Pattern>],
        row: &[Pattern],
        types: &[Type],
    ) -> Option<Vec<Witness>> {
        deeper(|| self.useful_row(matrix, row, types))
    }

    fn useful_row(
        &mut self,
        matrix: &[Vec<Pattern>],
        row: &[Pattern],
        types: &[Type],
    ) -> Option<Vec<Witness>> {
        self.budget = self.budget.saturating_sub(1 + matrix.len());
        if self.budget == 0 {
            return None;
        }
        let (Some(first), Some(ty)) = (row.first(), types.first()) else {
            return matrix.is_empty().then(Vec::new);
        };
        match first {
            Pattern::Or(alternatives) => alternatives.iter().find_map(|alternative| {
                let mut row = row.to_vec();
                if let Some(head) = row.first_mut() {
                    *head = alternative.clone();
                }
                self.useful(matrix, &row, types)
            }),
            Pattern::Wildcard | Pattern::Bind(_) => self.useful_wildcard(matrix, row, types, ty),
            pattern => {
                let constructor = head(pattern)?;
                self.useful_constructor(matrix, row, types, &constructor)
            }
        }
    }

    fn useful_constructor(
        &mut self,
        matrix: &[Vec<Pattern>],
        row: &[Pattern],
        types: &[Type],
        constructor: &Constructor,
    ) -> Option<Vec<Witness>> {
        let (ty, rest) = types.split_first()?;
        let parts = self.parts(constructor, ty);
        let specialised = specialise(matrix, constructor, parts.len());
        let row = specialise(&[row.to_vec()], constructor, parts.len());
        let all: Vec<Type> = parts.iter().chain(rest).cloned().collect();
        let mut witness = self.useful(&specialised, row.first()?, &all)?;
        let tail = witness.split_off(parts.len());
        let mut out = vec![self.witness(constructor, witness, ty)];
        out.extend(tail);
        Some(out)
    }

    fn useful_wildcard(
        &mut self,
        matrix: &[Vec<Pattern>],
        row: &[Pattern],
        types: &[Type],
        ty: &Type,
    ) -> Option<Vec<Witness>> {
        let mut used: Vec<Constructor> = Vec::new();
        for row in matrix {
            heads(row.first(), &mut used);
        }
        let all = self.constructors(ty, &used);
        if let Some(all) = &all {
            let complete = all.iter().all(|constructor| used.contains(constructor));
            if complete {
                return all
                    .iter()
                    .find_map(|constructor| self.useful_constructor(matrix, row, types, constructor));
            }
        }
        // Some constructor is not used: rows that ask for one do not match it.
        let rest: Vec<Vec<Pattern>> = matrix.iter().flat_map(|row| without_first(row)).collect();
        let tail = self.useful(&rest, row.get(1..)?, types.get(1..)?)?;
        let unused = all.and_then(|all| all.into_iter().find(|constructor| !used.contains(constructor)));
        let first = match unused {
            // The longest stands for all that are longer, too; no pattern but `_` matches them.
            Some(Constructor::List(len)) if !shorter_than_used(len, &used) => Witness::Any,
            Some(constructor) if !used.is_empty() => {
                let parts = self.parts(&constructor, ty).iter().map(|_| Witness::Any).collect();
                self.witness(&constructor, parts, ty)
            }
            _ => Witness::Any,
        };
        let mut out = vec![first];
        out.extend(tail);
        Some(out)
    }

    /// Every constructor of a type; `None` when there are always more.
    fn constructors(&self, ty: &Type, used: &[Constructor]) -> Option<Vec<Constructor>> {
        match ty {
            Type::Bool => Some(vec![Constructor::Bool(true), Constructor::Bool(false)]),
            Type::Optional(_) => Some(vec![Constructor::None, Constructor::Some]),
            Type::Tuple(_) | Type::Unit => Some(vec![Constructor::Tuple]),
            Type::Record(..) => Some(vec![Constructor::Record]),
            Type::Enum(..) => {
                let count = self.enum_of(ty, |item, _| item.variants.len())?;
                Some((0..count).map(Constructor::Variant).collect())
            }
            Type::List(_) => {
                // Lists have any length: the shortest that no arm has is the witness.
                let longest = used.iter().filter_map(|c| match c {
                    Constructor::List(len) => Some(*len),
                    _ => None,
                });
                let bound = longest.max().map_or(0, |len| len + 1);
                Some((0..=bound).map(Constructor::List).collect())
            }
            _ => None,
        }
    }

    /// The fields of a record, with their types.
    fn fields(&self, ty: &Type) -> Vec<(Arc<str>, Type)> {
        let Type::Record(global, args) = ty else { return Vec::new() };
        let Some(node) = item_of(self.infer.db, global, &[ItemTag::Record]) else { return Vec::new() };
        let Signature::Record(record) = &signature(self.infer.db, node).signature else { return Vec::new() };
        let typed = |ty: &Type| substitute(ty, &record.type_params, args);
        record.fields.iter().map(|field| (field.name.clone(), typed(&field.ty))).collect()
    }

    fn enum_of<T>(&self, ty: &Type, read: impl FnOnce(&EnumSignature, &[Type]) -> T) -> Option<T> {
        let Type::Enum(global, args) = ty else { return None };
        let node = item_of(self.infer.db, global, &[ItemTag::Enum])?;
        match &signature(self.infer.db, node).signature {
            Signature::Enum(item) => Some(read(item, args)),
            _ => None,
        }
    }

    /// The types of a constructor's parts.
    fn parts(&self, constructor: &Constructor, ty: &Type) -> Vec<Type> {
        match (constructor, ty) {
            (Constructor::Some, Type::Optional(inner)) => vec![(**inner).clone()],
            (Constructor::Tuple, Type::Tuple(types)) => types.to_vec(),
            (Constructor::Record, Type::Record(..)) => {
                self.fields(ty).into_iter().map(|(_, ty)| ty).collect()
            }
            (Constructor::List(len), Type::List(element)) => vec![(**element).clone(); *len],
            (Constructor::Variant(index), Type::Enum(..)) => self
                .enum_of(ty, |item, args| {
                    let payload = item.variants.get(*index).map(|variant| variant.payload.as_slice());
                    let types = payload.unwrap_or_default().iter();
                    types.map(|p| substitute(&p.ty, &item.type_params, args)).collect()
                })
                .unwrap_or_default(),
            _ => Vec::new(),
        }
    }

    fn witness(&self, constructor: &Constructor, parts: Vec<Witness>, ty: &Type) -> Witness {
        match constructor {
            Constructor::Bool(value) => Witness::Text(value.to_string()),
            Constructor::None => Witness::Text("none".into()),
            Constructor::Some => Witness::Variant { owner: "".into(), name: "some".into(), payload: parts },
            Constructor::Tuple => Witness::Tuple(parts),
            Constructor::Record => {
                let names = self.fields(ty).into_iter().map(|(name, _)| name);
                let name = match ty {
                    Type::Record(global, _) => global.name.clone(),
                    _ => "_".into(),
                };
                Witness::Record { name, fields: names.zip(parts).collect() }
            }
            Constructor::List(_) => Witness::List(parts),
            Constructor::Literal(_) => Witness::Any,
            Constructor::Variant(index) => {
                let names = self.enum_of(ty, |item, _| {
                    let name = item.variants.get(*index).map(|variant| variant.name.clone());
                    (item.global.name.clone(), name.unwrap_or_else(|| "_".into()))
                });
                let (owner, name) = names.unwrap_or_else(|| ("".into(), "_".into()));
                Witness::Variant { owner, name, payload: parts }
            }
        }
    }

    /// The pattern that matches what a witness stands for.
    fn pattern_of(&self, witness: &Witness, ty: &Type) -> Pattern {
        let each = |parts: &[Witness], types: &[Type]| {
            parts.iter().zip(types).map(|(part, ty)| self.pattern_of(part, ty)).collect()
        };
        match (witness, ty) {
            (Witness::Text(text), _) => match text.as_str() {
                "none" => Pattern::None,
                "true" => Pattern::Bool(true),
                "false" => Pattern::Bool(false),
                _ => Pattern::Wildcard,
            },
            (Witness::Variant { payload, .. }, Type::Optional(inner)) => {
                let inner = payload.first().map_or(Pattern::Wildcard, |part| self.pattern_of(part, inner));
                Pattern::Some(Box::new(inner))
            }
            (Witness::Variant { name, payload, .. }, Type::Enum(..)) => {
                let index = self.enum_of(ty, |item, _| item.variant(name).map(|(index, _)| index)).flatten();
                let Some(variant) = index else { return Pattern::Wildcard };
                let types = self.parts(&Constructor::Variant(variant), ty);
                Pattern::Variant { variant, payload: each(payload, &types) }
            }
            (Witness::Record { fields, .. }, Type::Record(..)) => {
                let types = self.fields(ty).into_iter().map(|(_, ty)| ty);
                let parts = fields.iter().zip(types);
                Pattern::Record(parts.map(|((_, part), ty)| self.pattern_of(part, &ty)).collect())
            }
            (Witness::Tuple(parts), Type::Tuple(types)) => Pattern::Tuple(each(parts, types)),
            (Witness::List(parts), Type::List(element)) => {
                Pattern::List(parts.iter().map(|part| self.pattern_of(part, element)).collect())
            }
            _ => Pattern::Wildcard,
        }
    }
}
