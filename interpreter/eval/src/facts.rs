//! What the command line knows of the machine and the run, and the evaluator may tell.

use std::collections::BTreeMap;
use std::sync::Arc;

/// Facts behind `host.*`. The evaluator reads them here and nowhere else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostFacts {
    /// `os/arch[/variant]`: `linux/amd64`.
    pub platform: Arc<str>,
    /// Seconds since 1970.
    pub now: i64,
    /// The CI system that runs this.
    pub ci: Option<CiFacts>,
    /// What steps get that do not say which network they want, and whether any gets one.
    pub network: NetworkRule,
    /// The environment variables that the user lets the package read, with `None` for one that is not set. Of any other
    /// `host.env` gives an edge that only a grant can resolve.
    pub env: BTreeMap<Arc<str>, Option<Arc<str>>>,
}

/// Which steps get a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum NetworkRule {
    /// Every step that does not refuse it.
    #[default]
    Open,
    /// A step that asks for one.
    OnDemand,
    /// None, whatever it asks for.
    Off,
}

/// A run of a CI system, as `host.ci` shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct CiFacts {
    pub provider: Arc<str>,
    pub event: CiEvent,
    /// The full name of the git reference.
    pub reference: Arc<str>,
    pub branch: Option<Arc<str>>,
    pub tag: Option<Arc<str>>,
    /// `owner/name`.
    pub repository: Arc<str>,
    pub actor: Arc<str>,
    pub run_url: Arc<str>,
}

/// Why a CI system runs this.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum CiEvent {
    Push,
    PullRequest { base: Arc<str>, number: i64 },
    Tag,
    Schedule,
    Manual,
}
