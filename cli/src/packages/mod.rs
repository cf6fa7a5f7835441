//! Packages that come by git: fetched, locked, and kept in the store.

mod accept;
mod edit;
mod place;
mod resolve;
mod vendored;

pub(crate) use edit::{Named, add_dependency, dependency_name, text_of_manifest};
pub(crate) use place::{Place, Source, parse_source};
pub(crate) use resolve::{Renew, Resolved, Rules, ensure, resolve};
pub(crate) use vendored::{is_vendored, vendor};
