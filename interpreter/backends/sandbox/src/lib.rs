//! Runs steps in Linux namespaces: no daemon, no root, no Docker.
