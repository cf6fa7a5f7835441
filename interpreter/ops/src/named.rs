//! Values by their names, as small as that can be: a graph of ten thousand commands has as many environments.

use std::iter::Map;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Values by name, sorted by it; each name once. To add one takes as long as there are others: for what has few.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Named<T>(Vec<(Arc<str>, T)>);

/// Names and values, sorted by name.
pub type Pairs<'a, T> =
    Map<std::slice::Iter<'a, (Arc<str>, T)>, fn(&'a (Arc<str>, T)) -> (&'a Arc<str>, &'a T)>;

/// Names and values that may be changed, sorted by name.
pub type PairsMut<'a, T> =
    Map<std::slice::IterMut<'a, (Arc<str>, T)>, fn(&'a mut (Arc<str>, T)) -> (&'a Arc<str>, &'a mut T)>;

impl<T> Named<T> {
    /// None yet.
    pub const fn new() -> Named<T> {
        Named(Vec::new())
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// There is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them, sorted by name.
    pub fn iter(&self) -> Pairs<'_, T> {
        self.0.iter().map(|(name, value)| (name, value))
    }

    /// The value of a name.
    pub fn get(&self, name: &str) -> Option<&T> {
        self.place(name).ok().and_then(|place| self.0.get(place)).map(|(_, value)| value)
    }

    /// Whether a name has a value.
    pub fn contains_key(&self, name: &str) -> bool {
        self.place(name).is_ok()
    }

    /// Gives a name a value; the one that it had.
    pub fn insert(&mut self, name: Arc<str>, value: T) -> Option<T> {
        match self.place(&name) {
            Ok(place) => self.0.get_mut(place).map(|(_, known)| std::mem::replace(known, value)),
            Err(place) => {
                // No more room than is needed.
                self.0.reserve_exact(1);
                self.0.insert(place, (name, value));
                None
            }
        }
    }

    /// Takes a name away; the value that it had.
    pub fn remove(&mut self, name: &str) -> Option<T> {
        self.place(name).ok().map(|place| self.0.remove(place).1)
    }

    fn place(&self, name: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(known, _)| (**known).cmp(name))
    }
}

impl<T> Default for Named<T> {
    fn default() -> Named<T> {
        Named::new()
    }
}

impl<'a, T> IntoIterator for &'a Named<T> {
    type Item = (&'a Arc<str>, &'a T);
    type IntoIter = Pairs<'a, T>;

    fn into_iter(self) -> Pairs<'a, T> {
        self.iter()
    }
}

impl<'a, T> IntoIterator for &'a mut Named<T> {
    type Item = (&'a Arc<str>, &'a mut T);
    type IntoIter = PairsMut<'a, T>;

    fn into_iter(self) -> PairsMut<'a, T> {
        self.0.iter_mut().map(|(name, value)| (&*name, value))
    }
}

/// Of two values of one name the later one counts.
impl<N: Into<Arc<str>>, T> FromIterator<(N, T)> for Named<T> {
    fn from_iter<I: IntoIterator<Item = (N, T)>>(pairs: I) -> Named<T> {
        let mut named = Named::new();
        named.extend(pairs);
        named
    }
}

impl<N: Into<Arc<str>>, T> Extend<(N, T)> for Named<T> {
    fn extend<I: IntoIterator<Item = (N, T)>>(&mut self, pairs: I) {
        for (name, value) in pairs {
            self.insert(name.into(), value);
        }
    }
}

impl<T: Serialize> Serialize for Named<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Named<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Named<T>, D::Error> {
        let map = std::collections::BTreeMap::<String, T>::deserialize(deserializer)?;
        Ok(map.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// It is as a sorted map, whatever is put in and taken away.
        #[test]
        fn it_is_a_map(changes in prop::collection::vec(("[a-d]{0,2}", prop::option::of(0..9)), 0..20)) {
            let (mut named, mut map) = (Named::new(), BTreeMap::new());
            for (name, value) in changes {
                match value {
                    Some(value) => prop_assert_eq!(named.insert(name.as_str().into(), value), map.insert(name, value)),
                    None => prop_assert_eq!(named.remove(&name), map.remove(&name)),
                }
                prop_assert_eq!(named.len(), map.len());
            }
            prop_assert!(named.iter().map(|(name, value)| (&**name, value)).eq(map.iter().map(|(name, value)| (name.as_str(), value))));
            for (name, value) in &map {
                prop_assert_eq!(named.get(name), Some(value));
            }
            prop_assert!(!named.contains_key("zz"));
            let text = serde_json::to_string(&named)?;
            prop_assert_eq!(&text, &serde_json::to_string(&map)?);
            prop_assert_eq!(serde_json::from_str::<Named<i32>>(&text)?, named);
        }
    }
}
