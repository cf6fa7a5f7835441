//! Layers from elsewhere, and stacks of them.

use pipe_store::{DiffLayer, DraftError, LayerDraft, Meta, TreeKind};

use crate::Fixture;

fn file(draft: &mut LayerDraft, path: &str, text: &str) -> Result<(), DraftError> {
    draft.file(path.as_bytes(), Meta::plain(0o644), None, &mut text.as_bytes())
}

fn layer(store: &Fixture, make: impl FnOnce(&mut LayerDraft)) -> DiffLayer {
    let mut draft = LayerDraft::begin(&store.store).unwrap();
    make(&mut draft);
    draft.finish().unwrap()
}

#[test]
fn a_layer_holds_what_was_said() {
    let store = Fixture::new();
    let made = layer(&store, |draft| {
        file(draft, "./a/b", "text").unwrap();
        draft.dir(b"a/", Meta::plain(0o700)).unwrap();
        draft.hard_link(b"/c", b"a/b").unwrap();
        draft.symlink(b"l", b"/../x", Meta::plain(0o777)).unwrap();
        draft.fifo(b"p", Meta::plain(0o600)).unwrap();
        draft.whiteout(b"gone").unwrap();
    });
    assert_eq!(
        store.listing(&made.tree),
        "0700 0:0 a/\n0644 0:0 a/b 4\n0644 0:0 c 4\n0000 0:0 gone gone\n0777 0:0 l -> /../x\n0600 0:0 p|\n"
    );
    assert_eq!(made.implied, [b"".to_vec()]);
    let layers = &store.stack(&[made]).unwrap().layers;
    assert_eq!(layers.len(), 1);
    let folder = store.store.dir().join("layers").join(&layers[0].layer);
    assert!(folder.join("c").exists());
    assert!(!folder.join("gone").exists(), "there is nothing to take away");
    assert_eq!(store.store.verify(false).unwrap().damage, []);
}

#[test]
fn what_leaves_the_layer_or_is_there_twice_is_refused() {
    let store = Fixture::new();
    let mut draft = LayerDraft::begin(&store.store).unwrap();
    file(&mut draft, "a", "text").unwrap();
    draft.symlink(b"out", b"/etc", Meta::plain(0o777)).unwrap();
    let long = "x".repeat(256);
    for path in ["../a", "x/../../a", "a", "./a", "a/b", "out/passwd", "/", long.as_str(), "nul\0"] {
        assert!(matches!(file(&mut draft, path, ""), Err(DraftError::Path { .. })), "{path}");
    }
    for target in ["/a", "../a", "missing", "out", "x/../a"] {
        assert!(draft.hard_link(b"hard", target.as_bytes()).is_err(), "{target}");
    }
    assert!(draft.whiteout(b"..").is_err());
    assert!(draft.dir(b"a", Meta::plain(0o755)).is_err());
}

/// A layer that only goes through a folder leaves it as the layers below have it.
#[test]
fn folders_that_are_only_gone_through_keep_their_attributes() {
    let store = Fixture::new();
    let lower = layer(&store, |draft| {
        draft.dir(b"", Meta::plain(0o750)).unwrap();
        draft.dir(b"tmp", Meta::plain(0o1777)).unwrap();
        file(draft, "tmp/old", "old").unwrap();
    });
    let upper = layer(&store, |draft| file(draft, "tmp/new", "new").unwrap());
    let tree = store.stack(&[lower.clone(), upper.clone()]).unwrap();
    assert_eq!(tree.kind, TreeKind::Whole);
    assert_eq!(store.listing(&tree), "1777 0:0 tmp/\n0644 0:0 tmp/new 3\n0644 0:0 tmp/old 3\n");
    assert_eq!(store.root_meta(&tree).unwrap().mode, 0o750);
    store.export_tree(&tree, &store.path("out"), 0).unwrap();
    assert_eq!(std::fs::read(store.path("out/tmp/new")).unwrap(), b"new");
    // Without anything below it, it is as it was said.
    assert_eq!(store.listing(&store.stack(&[upper]).unwrap()), "0755 0:0 tmp/\n0644 0:0 tmp/new 3\n");
    assert_eq!(
        store.stack(std::slice::from_ref(&lower)).unwrap().layers,
        lower.tree.layers,
        "layers are shared"
    );
}

#[test]
fn whiteouts_and_opaque_folders_hide_what_is_below() {
    let store = Fixture::new();
    let lower = layer(&store, |draft| {
        for path in ["a/one", "a/two", "b/one", "c/one"] {
            file(draft, path, path).unwrap();
        }
    });
    let upper = layer(&store, |draft| {
        draft.whiteout(b"a/one").unwrap();
        draft.opaque(b"b").unwrap();
        file(draft, "b/new", "").unwrap();
        // Gone and made anew in one layer.
        draft.whiteout(b"c").unwrap();
        file(draft, "c/new", "").unwrap();
    });
    let tree = store.stack(&[lower, upper]).unwrap();
    let listing = store.listing(&tree);
    let names: Vec<&str> = listing.lines().map(|line| line.split(' ').nth(2).unwrap()).collect();
    assert_eq!(names, ["a/", "a/two", "b/", "b/new", "c/", "c/new"]);
}

#[test]
fn what_a_dropped_draft_wrote_is_gone() {
    let store = Fixture::new();
    let mut draft = LayerDraft::begin(&store.store).unwrap();
    file(&mut draft, "a", "text").unwrap();
    let files = || {
        let runs = std::fs::read_dir(store.store.dir().join("work")).unwrap();
        runs.flat_map(|run| std::fs::read_dir(run.unwrap().path()).unwrap()).count()
    };
    assert_eq!(files(), 1);
    drop(draft);
    assert_eq!(files(), 0);
}

#[test]
fn owners_of_others_need_more_than_one_id() {
    let store = Fixture::new();
    let other = Meta { uid: 33, gid: 33, ..Meta::plain(0o644) };
    let made = layer(&store, |draft| draft.file(b"a", other.clone(), None, &mut &b""[..]).unwrap());
    assert!(made.squashed);
    assert_eq!(store.listing(&made.tree), "0644 0:0 a 0\n");
    // It is told to whoever can give files away.
    let entry = store.store.list(&made.tree).unwrap().remove(0);
    assert_eq!(entry.meta.wanted(), other);
}

#[test]
fn facts_are_remembered() {
    let store = Fixture::new();
    let key = pipe_ops::Digest::of(b"key");
    assert!(store.store.fact::<String>(key).unwrap().is_none());
    store.store.put_fact(key, &"value".to_owned(), &[]).unwrap();
    assert_eq!(store.again().fact::<String>(key).unwrap().unwrap().0, "value");
}
