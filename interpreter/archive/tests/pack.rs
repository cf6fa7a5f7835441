//! What is written is read back by other readers.
#![allow(clippy::unwrap_used)]

use std::io::Read;

use pipe_ops::PackForm;
use pipe_store::{LayerDraft, Meta, Store, StoreOptions, Tree};
use proptest::prelude::*;

fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let options = StoreOptions { owner: None, boot_id: "one".to_owned() };
    let store = Store::open(&folder.path().join("store"), options).unwrap();
    (folder, store)
}

fn packed(store: &Store, tree: &Tree, form: PackForm) -> Vec<u8> {
    let mut bytes = Vec::new();
    pipe_archive::pack(form, &store.content(tree).unwrap(), 1_000_000_000, &mut bytes).unwrap();
    bytes
}

#[test]
fn a_tar_archive_says_everything() {
    let (_folder, store) = store();
    let mut draft = LayerDraft::begin(&store).unwrap();
    let long = "n".repeat(150);
    draft.dir(b"d", Meta::plain(0o750)).unwrap();
    draft.file(format!("d/{long}").as_bytes(), Meta::plain(0o4755), None, &mut &b"content"[..]).unwrap();
    draft.hard_link(b"hard", format!("d/{long}").as_bytes()).unwrap();
    draft.symlink(b"soft", "t".repeat(120).as_bytes(), Meta::plain(0o777)).unwrap();
    draft.fifo(b"pipe", Meta::plain(0o600)).unwrap();
    draft.file(b"\xff\n", Meta::plain(0o600), None, &mut &b""[..]).unwrap();
    let tree = store.stack(&[draft.finish().unwrap()]).unwrap();
    let bytes = packed(&store, &tree, PackForm::Tar);
    let mut archive = tar::Archive::new(bytes.as_slice());
    let mut seen = Vec::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let mut content = String::new();
        entry.read_to_string(&mut content).unwrap();
        let link = entry.link_name_bytes().map(|name| name.len()).unwrap_or(0);
        let header = entry.header();
        assert_eq!(header.mtime().unwrap(), 1_000_000_000);
        seen.push((
            entry.path_bytes().into_owned(),
            header.entry_type().as_byte() as char,
            header.mode().unwrap(),
            link,
            content,
        ));
    }
    let file = format!("d/{long}").into_bytes();
    assert_eq!(
        seen,
        [
            (b"d/".to_vec(), '5', 0o750, 0, String::new()),
            (file, '0', 0o4755, 0, "content".to_owned()),
            (b"hard".to_vec(), '1', 0o4755, 152, String::new()),
            (b"pipe".to_vec(), '6', 0o600, 0, String::new()),
            (b"soft".to_vec(), '2', 0o777, 120, String::new()),
            (b"\xff\n".to_vec(), '0', 0o600, 0, String::new()),
        ]
    );
    let error = pipe_archive::pack(PackForm::Zip, &store.content(&tree).unwrap(), 0, &mut Vec::new());
    assert!(error.unwrap_err().to_string().contains("named pipe"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(30))]

    /// However a tree came to be, its archive has the same bytes, and holds what was put in.
    #[test]
    fn the_same_tree_gives_the_same_bytes(
        files in prop::collection::btree_map("[ab]/[xy]{1,2}", prop::collection::vec(any::<u8>(), 0..2000), 0..6)
    ) {
        let (_one, first) = store();
        let (_two, second) = store();
        let write = |store: &Store, tree: Tree, (path, bytes): (&String, &Vec<u8>)| {
            store.with_file(&tree, path, bytes, 0o644).unwrap()
        };
        let forward = files.iter().fold(first.empty_tree(), |tree, file| write(&first, tree, file));
        let backward = files.iter().rev().fold(second.empty_tree(), |tree, file| write(&second, tree, file));
        for form in [PackForm::Tar, PackForm::Zip, PackForm::Checksums] {
            prop_assert_eq!(packed(&first, &forward, form), packed(&second, &backward, form));
        }
        let mut zip = zip::ZipArchive::new(std::io::Cursor::new(packed(&first, &forward, PackForm::Zip))).unwrap();
        for (path, bytes) in &files {
            let mut content = Vec::new();
            zip.by_name(path).unwrap().read_to_end(&mut content).unwrap();
            prop_assert_eq!(&content, bytes);
        }
    }
}
