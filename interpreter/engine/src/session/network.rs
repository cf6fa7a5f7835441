//! The network of a session's steps.

use pipe_ops::Network;

/// What connects the steps of a session with the outside. In this version that is nothing: every step has its own loopback and
/// no more, so only [`Network::Off`] can be had, and planning refuses the rest.
#[derive(Debug)]
pub(crate) struct SessionNetwork;

impl SessionNetwork {
    /// Sets up what the session's steps will share.
    pub(crate) fn start() -> SessionNetwork {
        SessionNetwork
    }

    /// Whether steps of this session can get this network.
    pub(crate) fn offers(&self, network: Network) -> bool {
        network == Network::Off
    }

    /// Takes it down. Nothing was set up, so there is nothing to take down.
    pub(crate) fn stop(&self) {}
}
