//! The operations a pipeline is made of, their graph and digests.
