//! Room for recursion. The parser bounds how deep a tree can be, but not by what the stack of the caller's thread holds.

/// What must be left before a step down, in bytes; no single step needs more.
const LEFT: usize = 128 << 10;
/// What is added when it is not, in bytes.
const ADDED: usize = 2 << 20;

/// Runs one step of a recursion, on more stack if little is left.
pub(crate) fn deeper<T>(step: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(LEFT, ADDED, step)
}
