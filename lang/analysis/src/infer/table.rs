//! Variables of inference and their unification.

use std::sync::Arc;

use pipe_syntax::Span;

use crate::signature::map_type;
use crate::typed::Type;

/// The largest type that a program may have, in nodes. Nested tuples of one another grow exponentially with the text; nobody
/// writes such a type on purpose.
pub(crate) const MAX_TYPE_SIZE: usize = 1_000;

/// The variables of one body.
#[derive(Debug, Default)]
pub(crate) struct TypeTable {
    variables: Vec<Variable>,
    /// Variables in the order in which they were bound, to take a trial back.
    bound: Vec<u32>,
}

#[derive(Debug)]
struct Variable {
    binding: Option<Type>,
    /// What it stands for, for the message when it stays unknown.
    origin: Origin,
}

/// Where a variable came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) span: Span,
    pub(crate) what: Unknown,
}

/// What a variable stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unknown {
    /// The elements of `[]`, the pairs of `[:]`, the value of `none`.
    Element,
    /// A type parameter of a function.
    Parameter { function: Arc<str> },
    /// A parameter of a lambda.
    LambdaParameter,
    /// The common type of branches; unknown only together with another variable.
    Branches,
}

impl TypeTable {
    /// A new variable.
    pub(crate) fn fresh(&mut self, span: Span, what: Unknown) -> Type {
        let id = self.variables.len() as u32;
        self.variables.push(Variable { binding: None, origin: Origin { span, what } });
        Type::Variable(id)
    }

    /// The type with its outermost variable followed.
    pub(crate) fn resolve(&self, ty: &Type) -> Type {
        let mut ty = ty;
        while let Type::Variable(id) = ty {
            match self.variables.get(*id as usize).and_then(|v| v.binding.as_ref()) {
                Some(bound) => ty = bound,
                None => break,
            }
        }
        ty.clone()
    }

    /// The type with all its variables followed; unknown ones stay.
    pub(crate) fn follow(&self, ty: &Type) -> Type {
        map_type(ty, &mut |leaf| match leaf {
            Type::Variable(_) => match self.resolve(leaf) {
                Type::Variable(id) => Some(Type::Variable(id)),
                bound => Some(self.follow(&bound)),
            },
            _ => None,
        })
    }

    /// Where an unknown variable came from.
    pub(crate) fn origin(&self, id: u32) -> Option<&Origin> {
        self.variables.get(id as usize).map(|variable| &variable.origin)
    }

    /// Makes two types one, if they can be. An error and what never returns fit everything.
    pub(crate) fn unify(&mut self, a: &Type, b: &Type) -> bool {
        let (a, b) = (self.resolve(a), self.resolve(b));
        match (&a, &b) {
            (Type::Variable(x), Type::Error) => self.bind(*x, &b),
            (Type::Error, Type::Variable(y)) => self.bind(*y, &a),
            (Type::Error | Type::Never, _) | (_, Type::Error | Type::Never) => true,
            (Type::Variable(x), Type::Variable(y)) if x == y => true,
            (Type::Variable(x), Type::Variable(y)) if self.rank(*x) > self.rank(*y) => self.bind(*y, &a),
            (Type::Variable(x), _) => self.bind(*x, &b),
            (_, Type::Variable(y)) => self.bind(*y, &a),
            (Type::List(x), Type::List(y)) | (Type::Optional(x), Type::Optional(y)) => self.unify(x, y),
            (Type::Action(x), Type::Action(y)) => self.unify(x, y),
            (Type::Map(k, v), Type::Map(l, w)) => self.unify(k, l) && self.unify(v, w),
            (Type::Tuple(x), Type::Tuple(y)) => self.unify_all(x, y),
            (Type::Record(g, x), Type::Record(h, y))
            | (Type::Enum(g, x), Type::Enum(h, y))
            | (Type::Opaque(g, x), Type::Opaque(h, y)) => g == h && self.unify_all(x, y),
            (Type::Function { params: p, ret: r }, Type::Function { params: q, ret: s }) => {
                self.unify_all(p, q) && self.unify(r, s)
            }
            _ => a == b,
        }
    }

    /// Makes two types one, or leaves everything as it was.
    pub(crate) fn try_unify(&mut self, a: &Type, b: &Type) -> bool {
        let before = self.bound.len();
        let unified = self.unify(a, b);
        if !unified {
            for id in self.bound.split_off(before) {
                if let Some(variable) = self.variables.get_mut(id as usize) {
                    variable.binding = None;
                }
            }
        }
        unified
    }

    /// Of two variables the one with the lower rank is bound: what stays unknown is told at the place that can say it.
    fn rank(&self, id: u32) -> u8 {
        match self.origin(id).map(|origin| &origin.what) {
            Some(Unknown::Branches) | None => 0,
            Some(Unknown::Parameter { .. }) => 1,
            Some(Unknown::Element | Unknown::LambdaParameter) => 2,
        }
    }

    fn unify_all(&mut self, a: &[Type], b: &[Type]) -> bool {
        a.len() == b.len() && a.iter().zip(b).all(|(a, b)| self.unify(a, b))
    }

    fn bind(&mut self, id: u32, ty: &Type) -> bool {
        // Following it bounds all later walks: no binding leads to more than this many nodes.
        let Some(ty) = self.bounded(ty) else { return false };
        if mentions(&ty, id) {
            return false;
        }
        if let Some(variable) = self.variables.get_mut(id as usize) {
            variable.binding = Some(ty);
            self.bound.push(id);
        }
        true
    }

    /// The type with its variables followed, unless it is larger than [`MAX_TYPE_SIZE`].
    pub(crate) fn bounded(&self, ty: &Type) -> Option<Type> {
        let mut budget = MAX_TYPE_SIZE;
        self.measure(ty, &mut budget).then(|| self.follow(ty))
    }

    fn measure(&self, ty: &Type, budget: &mut usize) -> bool {
        if *budget == 0 {
            return false;
        }
        *budget -= 1;
        match ty {
            Type::Variable(id) => match self.variables.get(*id as usize).and_then(|v| v.binding.as_ref()) {
                Some(bound) => self.measure(bound, budget),
                None => true,
            },
            Type::List(x) | Type::Optional(x) | Type::Action(x) => self.measure(x, budget),
            Type::Map(k, v) => self.measure(k, budget) && self.measure(v, budget),
            Type::Tuple(parts) | Type::Record(_, parts) | Type::Enum(_, parts) | Type::Opaque(_, parts) => {
                parts.iter().all(|part| self.measure(part, budget))
            }
            Type::Function { params, ret } => {
                params.iter().all(|param| self.measure(param, budget)) && self.measure(ret, budget)
            }
            _ => true,
        }
    }
}

/// Whether a type holds a variable.
fn mentions(ty: &Type, id: u32) -> bool {
    first_variable(ty, &|variable| variable == id).is_some()
}

/// The first variable of a type that a test accepts.
pub(crate) fn first_variable(ty: &Type, accept: &dyn Fn(u32) -> bool) -> Option<u32> {
    match ty {
        Type::Variable(id) => accept(*id).then_some(*id),
        Type::List(x) | Type::Optional(x) | Type::Action(x) => first_variable(x, accept),
        Type::Map(k, v) => first_variable(k, accept).or_else(|| first_variable(v, accept)),
        Type::Tuple(parts) | Type::Record(_, parts) | Type::Enum(_, parts) | Type::Opaque(_, parts) => {
            parts.iter().find_map(|part| first_variable(part, accept))
        }
        Type::Function { params, ret } => params
            .iter()
            .find_map(|param| first_variable(param, accept))
            .or_else(|| first_variable(ret, accept)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    fn list(ty: Type) -> Type {
        Type::List(Arc::new(ty))
    }

    fn variable(table: &mut TypeTable) -> Type {
        table.fresh(Span::default(), Unknown::Element)
    }

    #[test]
    fn a_variable_takes_what_it_meets_first() {
        let mut table = TypeTable::default();
        let t = variable(&mut table);
        assert!(table.unify(&list(t.clone()), &list(Type::Int)));
        assert!(!table.unify(&t, &Type::String));
        assert_eq!(table.follow(&list(t)), list(Type::Int));
    }

    #[test]
    fn a_type_never_holds_itself() {
        let mut table = TypeTable::default();
        let t = variable(&mut table);
        assert!(!table.unify(&t, &list(t.clone())));
    }

    #[test]
    fn a_failed_trial_leaves_nothing() {
        let mut table = TypeTable::default();
        let (t, u) = (variable(&mut table), variable(&mut table));
        let tuple = |a: &Type, b: &Type| Type::Tuple(vec![a.clone(), b.clone()].into());
        assert!(!table.try_unify(&tuple(&t, &list(u)), &tuple(&Type::Int, &Type::Int)));
        assert!(table.unify(&t, &Type::String));
    }

    #[test]
    fn doubling_ends_at_the_limit() {
        let mut table = TypeTable::default();
        let mut ty = Type::Int;
        let mut unified = 0;
        for _ in 0..100 {
            let next = variable(&mut table);
            if !table.unify(&next, &Type::Tuple(vec![ty.clone(), ty.clone()].into())) {
                break;
            }
            unified += 1;
            ty = next;
        }
        assert!(unified < 12);
    }

    fn types() -> impl Strategy<Value = Type> {
        let leaf = prop_oneof![Just(Type::Int), Just(Type::String), (0u32..3).prop_map(Type::Variable)];
        leaf.prop_recursive(3, 12, 2, |inner| {
            prop_oneof![
                inner.clone().prop_map(|ty| Type::List(Arc::new(ty))),
                inner.clone().prop_map(|ty| Type::Optional(Arc::new(ty))),
                (inner.clone(), inner).prop_map(|(a, b)| Type::Tuple(vec![a, b].into())),
            ]
        })
    }

    fn three_variables() -> TypeTable {
        let mut table = TypeTable::default();
        for _ in 0..3 {
            variable(&mut table);
        }
        table
    }

    proptest! {
        #[test]
        fn unified_types_are_equal(a in types(), b in types()) {
            let mut table = three_variables();
            if table.unify(&a, &b) {
                prop_assert_eq!(table.follow(&a), table.follow(&b));
            }
        }

        #[test]
        fn the_order_does_not_matter(a in types(), b in types()) {
            prop_assert_eq!(three_variables().unify(&a, &b), three_variables().unify(&b, &a));
        }
    }
}
