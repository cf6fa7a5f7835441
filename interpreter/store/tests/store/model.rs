//! Trees and layers in memory, and what a layer over a tree means: the oracle for the laws.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use proptest::prelude::*;
use rustix::fs::{CWD, FileType, Mode, XattrFlags, lsetxattr, mknodat};

/// A tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Model {
    Dir(u32, BTreeMap<String, Model>),
    File(u32, String),
    Link(String),
    Fifo,
}

/// A layer.
#[derive(Clone, Debug)]
pub(crate) enum Layer {
    Dir {
        mode: u32,
        opaque: bool,
        entries: BTreeMap<String, Layer>,
    },
    Leaf(Model),
    Whiteout,
    /// The other form that overlayfs knows.
    EmptyWhiteout,
}

impl Model {
    /// What overlayfs shows for a layer over this.
    pub(crate) fn under(self, layer: &Layer) -> Option<Model> {
        let (mode, opaque, changes) = match layer {
            Layer::Whiteout | Layer::EmptyWhiteout => return None,
            Layer::Leaf(model) => return Some(model.clone()),
            Layer::Dir { mode, opaque, entries } => (*mode, *opaque, entries),
        };
        let mut entries = match self {
            Model::Dir(_, entries) if !opaque => entries,
            _ => BTreeMap::new(),
        };
        for (name, change) in changes {
            let below = entries.remove(name);
            // Nothing below is like an empty file below: neither is seen.
            let shown = below.unwrap_or(Model::Fifo).under(change);
            entries.extend(shown.map(|shown| (name.clone(), shown)));
        }
        Some(Model::Dir(mode, entries))
    }

    pub(crate) fn write(&self, path: &Path) {
        match self {
            Model::Dir(mode, entries) => {
                fs::create_dir_all(path).unwrap();
                for (name, entry) in entries {
                    entry.write(&path.join(name));
                }
                fs::set_permissions(path, fs::Permissions::from_mode(*mode)).unwrap();
            }
            Model::File(mode, content) => {
                fs::write(path, content).unwrap();
                fs::set_permissions(path, fs::Permissions::from_mode(*mode)).unwrap();
            }
            Model::Link(target) => symlink(target, path).unwrap(),
            Model::Fifo => mknodat(CWD, path, FileType::Fifo, Mode::from_raw_mode(0o644), 0).unwrap(),
        }
    }

    pub(crate) fn read(path: &Path) -> Model {
        let metadata = fs::symlink_metadata(path).unwrap();
        let mode = metadata.permissions().mode() & 0o7777;
        if metadata.is_dir() {
            let entries = fs::read_dir(path).unwrap().map(|entry| {
                let entry = entry.unwrap();
                (entry.file_name().into_string().unwrap(), Model::read(&entry.path()))
            });
            Model::Dir(mode, entries.collect())
        } else if metadata.is_symlink() {
            Model::Link(fs::read_link(path).unwrap().into_os_string().into_string().unwrap())
        } else if metadata.is_file() {
            Model::File(mode, fs::read_to_string(path).unwrap())
        } else {
            Model::Fifo
        }
    }

    /// All folders in it, by path.
    pub(crate) fn folders(&self) -> Vec<(String, &Model)> {
        let mut found = Vec::new();
        if let Model::Dir(_, entries) = self {
            found.push((String::new(), self));
            for (name, entry) in entries {
                found.extend(entry.folders().into_iter().map(|(path, dir)| (format!("{name}/{path}"), dir)));
            }
        }
        found
    }
}

impl Layer {
    pub(crate) fn write(&self, path: &Path) {
        match self {
            Layer::Dir { mode, opaque, entries } => {
                fs::create_dir_all(path).unwrap();
                let odd = entries.values().any(|entry| matches!(entry, Layer::EmptyWhiteout));
                if *opaque || odd {
                    let value: &[u8] = if *opaque { b"y" } else { b"x" };
                    lsetxattr(path, "user.overlay.opaque", value, XattrFlags::empty()).unwrap();
                }
                for (name, entry) in entries {
                    entry.write(&path.join(name));
                }
                fs::set_permissions(path, fs::Permissions::from_mode(*mode)).unwrap();
            }
            Layer::Leaf(model) => model.write(path),
            Layer::Whiteout => mknodat(CWD, path, FileType::CharacterDevice, Mode::empty(), 0).unwrap(),
            Layer::EmptyWhiteout => {
                fs::write(path, b"").unwrap();
                lsetxattr(path, "user.overlay.whiteout", b"y", XattrFlags::empty()).unwrap();
            }
        }
    }
}

fn name() -> impl Strategy<Value = String> {
    "[abc]"
}

fn leaf() -> impl Strategy<Value = Model> {
    prop_oneof![
        4 => (prop_oneof![Just(0o644u32), Just(0o755), Just(0o600)], "[xy]{0,2}").prop_map(|(m, c)| Model::File(m, c)),
        1 => "[abc]".prop_map(Model::Link),
        1 => Just(Model::Fifo),
    ]
}

fn dir_mode() -> impl Strategy<Value = u32> {
    prop_oneof![Just(0o755u32), Just(0o700), Just(0o1777)]
}

/// A folder with anything in it.
pub(crate) fn model() -> impl Strategy<Value = Model> {
    let inner = leaf().prop_recursive(3, 12, 3, |inner| {
        (dir_mode(), prop::collection::btree_map(name(), inner, 0..3))
            .prop_map(|(mode, e)| Model::Dir(mode, e))
    });
    (dir_mode(), prop::collection::btree_map(name(), inner, 0..4)).prop_map(|(mode, e)| Model::Dir(mode, e))
}

/// A layer that changes anything.
pub(crate) fn layer() -> impl Strategy<Value = Layer> {
    let leaf = prop_oneof![
        3 => leaf().prop_map(Layer::Leaf),
        2 => Just(Layer::Whiteout),
        1 => Just(Layer::EmptyWhiteout)
    ];
    let dir = |entries: BoxedStrategy<BTreeMap<String, Layer>>, opaque: BoxedStrategy<bool>| {
        (dir_mode(), opaque, entries).prop_map(|(mode, opaque, entries)| Layer::Dir { mode, opaque, entries })
    };
    let inner = leaf.prop_recursive(3, 12, 3, move |inner| {
        dir(prop::collection::btree_map(name(), inner, 0..3).boxed(), prop::bool::weighted(0.3).boxed())
    });
    dir(prop::collection::btree_map(name(), inner, 0..4).boxed(), Just(false).boxed())
}
