//! Content-addressed storage of trees, blobs and step results.
//!
//! **Invariant.** Content in, digest out; knows no backend and no language. What has a row in the database is whole: files and
//! folders are written beside, renamed into place, and only then named by a row, so a process may be killed at any moment. A
//! recorded layer is never changed.

mod beneath;
mod blob;
mod build;
mod change;
mod compare;
mod content;
mod database;
mod delta;
mod difference;
mod disk;
mod draft;
mod error;
mod export;
mod fact;
mod filter;
mod hash;
mod history;
mod host_path;
mod import;
mod layer;
mod layer_content;
mod lead;
mod lease;
mod locate;
mod lock;
mod lookup;
mod loss;
mod made;
mod merkle;
mod named;
mod namespace;
mod partial;
mod path_bytes;
mod plan;
mod private_key;
mod prune;
mod record;
mod remove;
mod replaceable;
mod replaced;
mod resolve;
mod run;
mod scan;
mod stack;
mod step;
mod stop;
mod store;
#[cfg(test)]
mod testing;
mod tree;
mod usage;
mod verify;
mod volume;
mod wanted_owner;
mod xattr;

pub use build::*;
pub use change::CopyOptions;
pub use compare::{PathChange, PathChangeKind};
pub use content::TreeContent;
pub use delta::Delta;
pub use disk::{WriteObserver, WritePoint};
pub use draft::{DraftError, LayerDraft};
pub use error::*;
pub use export::Exported;
pub use fact::Held;
pub use filter::{Filter, Rules};
pub use history::LastResult;
pub use host_path::HostPath;
pub use import::{ImportOptions, Imported, Known, is_ignored};
pub use layer::*;
pub use lock::StepLock;
pub use namespace::{IdMap, Namespace};
pub use prune::{Floor, KeepReason, Kept, Limits, PrunePolicy, PruneReason, PruneReport, Pruned, StoreSize};
pub use remove::remove_layer;
pub use replaced::{Refused, Replaced};
pub use run::{Run, random_name};
pub use scan::{FolderEntry, FolderEntryKind, list_folder, scan_layer};
pub use stack::DiffLayer;
pub use step::*;
pub use stop::Stop;
pub use store::{Store, StoreOptions};
pub use tree::*;
pub use verify::{Damage, VerifyReport};
pub use volume::{
    DatedFile, VolumeContent, VolumeEntry, VolumeHistory, VolumeId, VolumeLock, VolumeOwner, VolumePlacing,
    VolumeRemoval, VolumeUse, disk_usage,
};
