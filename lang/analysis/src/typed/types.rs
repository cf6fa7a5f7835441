//! Lists of types.

use std::fmt::{self, Debug, Formatter};
use std::ops::Deref;
use std::sync::Arc;

use super::Type;

/// A list of types that is shared by its copies: type arguments, parts of a tuple, parameters. One pointer, and nothing behind it
/// when the list is empty, as most are.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Types(Option<Arc<Vec<Type>>>);

impl Deref for Types {
    type Target = [Type];

    fn deref(&self) -> &[Type] {
        self.0.as_ref().map_or(&[], |types| types)
    }
}

impl From<Vec<Type>> for Types {
    fn from(types: Vec<Type>) -> Types {
        Types((!types.is_empty()).then(|| Arc::new(types)))
    }
}

impl FromIterator<Type> for Types {
    fn from_iter<I: IntoIterator<Item = Type>>(types: I) -> Types {
        types.into_iter().collect::<Vec<_>>().into()
    }
}

impl<'a> IntoIterator for &'a Types {
    type Item = &'a Type;
    type IntoIter = std::slice::Iter<'a, Type>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl Debug for Types {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
