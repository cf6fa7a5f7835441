//! The whole binary, end to end, in an environment of its own. `cargo xtask test` runs these as root, as a fresh user with a
//! range of subordinate ids, and as one without.
#![allow(clippy::unwrap_used)]

mod harness;
#[path = "../../../interpreter/registry/tests/registry/server.rs"]
mod server;
#[path = "../../../interpreter/eval/tests/programs/variant/mod.rs"]
mod variant;

mod actions;
mod archives;
mod checkout;
mod checks;
mod clock;
mod command_line;
mod concurrency;
mod crash;
mod denied;
mod doc;
mod dockerfile;
mod dynamic;
mod edits;
mod engines;
mod failing;
mod fix;
mod fmt;
mod foreign;
mod freshness;
mod git;
mod http;
mod ignored;
mod images;
mod inodes;
mod isolation;
mod kill;
mod language;
mod limits;
mod live;
mod login;
mod lsp;
mod machine;
mod memory;
mod namespaces;
mod network;
mod odd;
mod packages;
mod permissions;
mod pre_commit;
mod progress;
mod prune;
mod push;
mod quickstart;
mod reference;
mod registry;
mod robust;
mod rounds;
mod samples;
mod scripts;
mod secrets;
mod services;
mod shared_cache;
mod start;
mod store;
mod targets;
mod terminal;
mod testing;
mod tls;
mod tokens;
mod trees;
mod trust;
mod values;
mod variants;
mod volume_archives;
mod volumes;
mod watch;
mod why;
