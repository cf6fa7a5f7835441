//! What is known beside the program: pins and earlier runs.

/// What is known beside the program. Every answer may be `None`; none is asked for over a network.
pub trait RunFacts: Send + Sync {
    /// The digest that an image reference of the package is pinned to.
    fn pinned(&self, image: &str) -> Option<String>;
}

/// Nothing is known.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoFacts;

impl RunFacts for NoFacts {
    fn pinned(&self, _image: &str) -> Option<String> {
        None
    }
}
