//! Laws of layers: laid over the first tree, what was packed of two trees is the second.
#![allow(clippy::unwrap_used)]

use std::io::Read;

use pipe_archive::{Limits, Meter, pack_layer, unpack_layer};
use pipe_store::{DiffLayer, LayerDraft, Meta, Store, StoreOptions};
use proptest::prelude::*;

const TIME: i64 = 1_000_000_000;

fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let options = StoreOptions { owner: None, boot_id: "one".to_owned() };
    let store = Store::open(&folder.path().join("store"), options).unwrap();
    (folder, store)
}

/// Something of a tree. What does not go with what is there already is left out.
#[derive(Clone, Debug)]
enum Made {
    Dir(Vec<u8>, Meta),
    File(Vec<u8>, Meta, Vec<u8>),
    Symlink(Vec<u8>, Vec<u8>),
    Fifo(Vec<u8>),
    Link(Vec<u8>, Vec<u8>),
}

fn layer(store: &Store, all: &[Made]) -> DiffLayer {
    let mut draft = LayerDraft::begin(store).unwrap();
    for made in all {
        let _ = match made {
            Made::Dir(path, meta) => draft.dir(path, meta.clone()),
            Made::File(path, meta, content) => draft.file(path, meta.clone(), None, &mut content.as_slice()),
            Made::Symlink(path, target) => draft.symlink(path, target, Meta::plain(0o777)),
            Made::Fifo(path) => draft.fifo(path, Meta::plain(0o600)),
            Made::Link(path, target) => draft.hard_link(path, target),
        };
    }
    draft.finish().unwrap()
}

fn packed(store: &Store, from: &DiffLayer, to: &DiffLayer) -> Vec<u8> {
    let (from, to) =
        (store.stack(std::slice::from_ref(from)).unwrap(), store.stack(std::slice::from_ref(to)).unwrap());
    let mut bytes = Vec::new();
    pack_layer(&store.layer_content(&from, &to).unwrap(), TIME, &mut bytes).unwrap();
    bytes
}

fn unpacked(store: &Store, bytes: &[u8]) -> DiffLayer {
    let mut input = bytes;
    let unpacked = unpack_layer(store, &mut input, Meter::default(), Limits::default());
    unpacked.unwrap_or_else(|failure| panic!("{failure:?}")).draft.finish().unwrap()
}

fn names(bytes: &[u8]) -> Vec<String> {
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(bytes));
    let entries = archive.entries().unwrap();
    entries.map(|entry| entry.unwrap().path_bytes().escape_ascii().to_string()).collect()
}

fn file(path: &str, text: &str) -> Made {
    Made::File(path.into(), Meta::plain(0o644), text.into())
}

#[test]
fn a_layer_holds_what_changed_and_the_folders_on_the_way() {
    let (_folder, store) = store();
    let before = layer(
        &store,
        &[
            Made::Dir(b"etc".to_vec(), Meta::plain(0o700)),
            file("etc/same", "1"),
            file("etc/old", "1"),
            file("gone/below", ""),
            file("link", "x"),
        ],
    );
    let after = layer(
        &store,
        &[
            Made::Dir(b"etc".to_vec(), Meta::plain(0o700)),
            file("etc/same", "1"),
            file("etc/new", "2"),
            file("link", "x"),
            Made::Link(b"other".to_vec(), b"link".to_vec()),
        ],
    );
    let bytes = packed(&store, &before, &after);
    assert_eq!(names(&bytes), ["etc/", "etc/new", "etc/.wh.old", ".wh.gone", "link", "other"]);
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(bytes.as_slice()));
    for entry in archive.entries().unwrap() {
        assert_eq!(entry.unwrap().header().mtime().unwrap(), TIME as u64);
    }
    // Nothing of this machine or moment is in the compressed stream: no time, no system.
    assert_eq!(&bytes[..10], &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
}

#[test]
fn names_that_mean_something_in_layers_are_refused() {
    let (_folder, store) = store();
    let (before, after) = (layer(&store, &[]), layer(&store, &[file("a/b", "")]));
    packed(&store, &before, &after);
    let tree = store.with_file(&store.empty_tree(), "/a/.wh.b", b"", 0o644).unwrap();
    let content = store.layer_content(&store.empty_tree(), &tree).unwrap();
    let error = pack_layer(&content, TIME, &mut Vec::new()).unwrap_err().to_string();
    assert!(error.contains("a/.wh.b") && error.contains("files that are gone"), "{error}");
}

fn meta() -> impl Strategy<Value = Meta> {
    let xattrs = prop::collection::btree_map("user\\.[ab]", prop::collection::vec(any::<u8>(), 0..300), 0..2);
    let id = prop_oneof![Just(0u32), Just(7)];
    (0u32..0o10000, id.clone(), id, xattrs).prop_map(|(mode, uid, gid, xattrs)| Meta {
        // Whoever runs the tests may not be able to look into what is closed.
        mode: mode | 0o700,
        uid,
        gid,
        xattrs: xattrs.into_iter().map(|(name, value)| (name.into_bytes(), value)).collect(),
    })
}

fn path() -> impl Strategy<Value = Vec<u8>> {
    let name = prop_oneof![
        8 => "[ab]".prop_map(String::into_bytes),
        1 => Just(b"\xff\n".to_vec()),
        1 => Just(vec![b'n'; 180]),
    ];
    prop::collection::vec(name, 1..4).prop_map(|names| names.join(&b'/'))
}

fn made() -> impl Strategy<Value = Vec<Made>> {
    let root =
        std::fs::metadata("/proc/self").is_ok_and(|meta| std::os::unix::fs::MetadataExt::uid(&meta) == 0);
    let meta = move || meta().prop_map(move |meta| if root { meta } else { Meta::plain(meta.mode & 0o777) });
    let one = prop_oneof![
        3 => (path(), meta(), prop::collection::vec(any::<u8>(), 0..3)).prop_map(|(path, meta, bytes)| Made::File(path, meta, bytes)),
        1 => (path(), meta()).prop_map(|(path, meta)| Made::Dir(path, meta)),
        1 => (path(), path()).prop_map(|(path, target)| Made::Symlink(path, target)),
        1 => path().prop_map(Made::Fifo),
        2 => (path(), path()).prop_map(|(path, target)| Made::Link(path, target)),
    ];
    prop::collection::vec(one, 0..9)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Whatever two trees are: the layer of what changed, over the first, is the second; and it has the same bytes out of any store.
    #[test]
    fn a_layer_makes_the_one_of_the_other(before in made(), after in made()) {
        let (_one, store) = store();
        let (from, to) = (layer(&store, &before), layer(&store, &after));
        let bytes = packed(&store, &from, &to);
        let over = unpacked(&store, &bytes);
        let wanted = store.stack(std::slice::from_ref(&to)).unwrap();
        let found = store.stack(&[from, over]).unwrap();
        prop_assert_eq!(store.list(&found).unwrap(), store.list(&wanted).unwrap());
        prop_assert_eq!(found.digest, wanted.digest);

        let (_two, other) = self::store();
        let again = packed(&other, &layer(&other, &before), &layer(&other, &after));
        prop_assert_eq!(again, bytes);
    }
}

/// What is larger than a header can say.
#[test]
fn sizes_above_eight_gigabytes_are_said() {
    let mut bytes = Vec::new();
    let size = 9u64 << 30;
    // Only the header is of interest: the content ends early, which is told.
    let mut bundle = pipe_archive::Bundle::new(TIME, &mut bytes);
    assert!(bundle.file("large", size, &mut std::io::empty()).is_err());
    let mut archive = tar::Archive::new(bytes.as_slice());
    let mut entries = archive.entries().unwrap();
    let mut entry = entries.next().unwrap().unwrap();
    assert_eq!(entry.size(), size);
    assert!(entry.read_to_end(&mut Vec::new()).is_ok());
}
