//! What a place expects, and why.

use crate::place::Place;
use crate::typed::Type;

/// A type that is expected, with the reason that a message gives.
#[derive(Clone, Debug)]
pub(crate) struct Expected {
    pub(crate) ty: Type,
    /// Why, and where that stands: "expected because of this parameter".
    pub(crate) because: Option<(Place, String)>,
    /// What a value here becomes.
    pub(crate) purpose: Purpose,
    /// `T?` is taken as well as `T`: the right side of `??`.
    pub(crate) or_optional: bool,
}

/// What a value becomes, which decides what is said when it does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Any value.
    Value,
    /// A word of a command.
    CommandWord,
}

impl Expected {
    pub(crate) fn new(ty: Type) -> Expected {
        Expected { ty, because: None, purpose: Purpose::Value, or_optional: false }
    }

    pub(crate) fn because(mut self, place: Place, text: impl Into<String>) -> Expected {
        self.because = Some((place, text.into()));
        self
    }

    pub(crate) fn for_purpose(mut self, purpose: Purpose) -> Expected {
        self.purpose = purpose;
        self
    }

    /// The same reason for another type: a part of this one.
    pub(crate) fn part(&self, ty: Type) -> Expected {
        Expected { ty, because: self.because.clone(), purpose: self.purpose, or_optional: false }
    }
}

/// What is wanted of an expression.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Want<'a> {
    /// Its type, whatever it is.
    Infer,
    /// This type.
    Check(&'a Expected),
}

impl<'a> Want<'a> {
    /// The type that is expected, if one is.
    pub(crate) fn expected(self) -> Option<&'a Expected> {
        match self {
            Want::Infer => None,
            Want::Check(expected) => Some(expected),
        }
    }
}
