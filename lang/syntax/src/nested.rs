//! Nodes in nodes, thousands of levels down: a chain of operations is a tree as deep as it is long.

use std::fmt::{self, Debug, Formatter};
use std::mem;
use std::ops::{Deref, DerefMut};

/// What must be left before a step down, in bytes; no single step needs more.
const LEFT: usize = 128 << 10;
/// What is added when it is not, in bytes.
const ADDED: usize = 2 << 20;

/// Runs one step of a recursion, on more stack if little is left. The parser bounds how deep a tree can be, but not by what
/// the stack of the caller's thread holds.
pub fn deeper<T>(step: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(LEFT, ADDED, step)
}

/// A node in its own memory, under which others may be in a long chain: it is freed, copied, compared and shown with
/// enough stack. What walks over trees by itself does so with [`deeper`].
pub struct Nested<T: Default>(Box<T>);

impl<T: Default> Nested<T> {
    /// The node in its own memory.
    pub fn new(node: T) -> Nested<T> {
        Nested(Box::new(node))
    }

    /// The node.
    pub fn into_inner(mut self) -> T {
        mem::take(&mut *self.0)
    }
}

impl<T: Default> Drop for Nested<T> {
    fn drop(&mut self) {
        // What is left in the box has nothing under it.
        let node = mem::take(&mut *self.0);
        deeper(|| drop(node));
    }
}

impl<T: Default> Deref for Nested<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Default> DerefMut for Nested<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T: Default + Clone> Clone for Nested<T> {
    fn clone(&self) -> Nested<T> {
        deeper(|| Nested(self.0.clone()))
    }
}

impl<T: Default + PartialEq> PartialEq for Nested<T> {
    fn eq(&self, other: &Nested<T>) -> bool {
        deeper(|| self.0 == other.0)
    }
}

impl<T: Default + Eq> Eq for Nested<T> {}

impl<T: Default + Debug> Debug for Nested<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        deeper(|| self.0.fmt(f))
    }
}

/// As [`Nested`], of several nodes: arguments, the first of which may be a chain.
pub struct NestedList<T>(Box<[T]>);

impl<T> From<Vec<T>> for NestedList<T> {
    fn from(nodes: Vec<T>) -> NestedList<T> {
        NestedList(nodes.into())
    }
}

impl<'a, T> IntoIterator for &'a NestedList<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<T> Drop for NestedList<T> {
    fn drop(&mut self) {
        let nodes = mem::take(&mut self.0);
        deeper(|| drop(nodes));
    }
}

impl<T> Deref for NestedList<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T> DerefMut for NestedList<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.0
    }
}

impl<T: Clone> Clone for NestedList<T> {
    fn clone(&self) -> NestedList<T> {
        deeper(|| NestedList(self.0.clone()))
    }
}

impl<T: PartialEq> PartialEq for NestedList<T> {
    fn eq(&self, other: &NestedList<T>) -> bool {
        deeper(|| self.0 == other.0)
    }
}

impl<T: Eq> Eq for NestedList<T> {}

impl<T: Debug> Debug for NestedList<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        deeper(|| self.0.fmt(f))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Debug, Default, PartialEq)]
    struct Link(Option<Nested<Link>>);

    #[derive(Clone, Debug, PartialEq)]
    struct Call(NestedList<Call>);

    #[test]
    fn a_long_chain_needs_little_stack() {
        let run = || {
            let chain = (0..100_000).fold(Link::default(), |chain, _| Link(Some(Nested::new(chain))));
            let copy = chain.clone();
            assert!(chain == copy && format!("{copy:?}").len() > 100_000);
            assert!(copy.0.map(Nested::into_inner) != Some(chain));
            let calls = (0..100_000).fold(Call(Vec::new().into()), |chain, _| Call(vec![chain].into()));
            let copy = calls.clone();
            assert!(calls == copy && format!("{copy:?}").len() > 100_000);
        };
        let thread = std::thread::Builder::new().stack_size(512 << 10).spawn(run);
        assert!(thread.is_ok_and(|thread| thread.join().is_ok()));
    }
}
