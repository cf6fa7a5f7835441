//! User and group ids of the namespace in which steps live.
//!
//! | who runs `pipe` | id 0 inside | ids 1… inside |
//! |---|---|---|
//! | root | the first of a range of 65,536 that belongs to nobody: root's own in `/etc/subuid`, else [`ROOT_BASE`] | the rest of it |
//! | a user with a range in `/etc/subuid` and `newuidmap` | that user | the range |
//! | any other user | that user | none |

mod map;
mod subid;
mod write;

pub(crate) use map::*;
pub(crate) use subid::*;
pub(crate) use write::*;
