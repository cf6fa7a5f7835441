//! Editions: what a package is written in, so that the language can change without it.

/// The language that a package is written in. A dependency keeps its own, whatever its user has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Edition {
    /// The first one, and what a manifest without `edition` means.
    #[default]
    E2026,
}

impl Edition {
    /// All of them, the newest last.
    pub const ALL: [Edition; 1] = [Edition::E2026];

    /// As a manifest writes it.
    pub fn name(self) -> &'static str {
        match self {
            Edition::E2026 => "2026",
        }
    }

    /// The edition of a name.
    pub fn parse(name: &str) -> Option<Edition> {
        Edition::ALL.into_iter().find(|edition| edition.name() == name)
    }
}
