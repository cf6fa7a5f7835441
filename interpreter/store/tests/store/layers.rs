//! Laws of layers.

use std::collections::BTreeMap;
use std::fs;

use pipe_store::{Entry, PathError, StoreError, TreeKind};
use proptest::prelude::*;

use crate::Fixture;
use crate::model::{Layer, Model, layer, model};

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 400, ..ProptestConfig::default() })]

    /// Folding layers gives the tree that a full scan of what they show gives; so do its folders; and what comes out is what they show.
    #[test]
    fn folding_is_scanning_what_is_shown(base in model(), first in layer(), second in layer()) {
        let store = Fixture::new();
        base.write(&store.path("base"));
        first.write(&store.path("first"));
        second.write(&store.path("second"));
        let shown = base.under(&first).unwrap().under(&second).unwrap();
        shown.write(&store.path("shown"));

        let mut tree = store.empty_tree();
        for layer in ["base", "first", "second"] {
            tree = store.record(&tree, &store.path(layer));
        }
        let other = Fixture::new();
        let scanned = other.record(&other.empty_tree(), &store.path("shown"));
        prop_assert_eq!(tree.digest, scanned.digest);

        store.export_tree(&tree, &store.path("out"), 0).unwrap();
        prop_assert_eq!(Model::read(&store.path("out")), shown.clone());
        let flat = store.flatten(&tree).unwrap();
        prop_assert!(flat.layers.len() < 2);
        prop_assert_eq!(flat.digest, tree.digest);
        for (path, model) in shown.folders() {
            let dir = store.subdir(&tree, &path).unwrap();
            prop_assert_eq!(dir.digest, other.subdir(&scanned, &path).unwrap().digest);
            prop_assert_eq!(dir.digest, store.subdir(&flat, &path).unwrap().digest);
            store.export_tree(&dir, &store.path("out"), 0).unwrap();
            prop_assert_eq!(&Model::read(&store.path("out")), model);
        }
        prop_assert_eq!(store.verify(false).unwrap().damage, []);
    }

    /// Layers can be made one before it is known what is below.
    #[test]
    fn folding_differences_first_changes_nothing(base in model(), first in layer(), second in layer()) {
        let store = Fixture::new();
        // A difference that is empty leaves the base's own attributes, which are taken to be the usual ones.
        let Model::Dir(_, entries) = base else { return Ok(()) };
        let base = Model::Dir(0o755, entries);
        first.write(&store.path("first"));
        second.write(&store.path("second"));
        let mut diff = store.empty_diff();
        for layer in ["first", "second"] {
            diff = store.record(&diff, &store.path(layer));
        }
        // The two as one layer, as it lies on the disk.
        let diff = store.flatten(&diff).unwrap();
        prop_assert_eq!(store.verify(false).unwrap().damage, []);
        let shown = base.clone().under(&first).unwrap().under(&second).unwrap();
        let other = Fixture::new();
        base.write(&other.path("base"));
        shown.write(&other.path("shown"));
        let tree = other.record(&other.empty_tree(), &other.path("base"));
        let layers = diff.layers.first().map(|layer| store.dir().join("layers").join(&layer.layer));
        let tree = match layers {
            Some(layer) => other.store.record_layer(&tree, &layer, &other.scan(&layer)).unwrap(),
            None => tree,
        };
        let scanned = other.record(&other.empty_tree(), &other.path("shown"));
        prop_assert_eq!(other.listing(&tree), other.listing(&scanned));
        prop_assert_eq!(tree.digest, scanned.digest);
    }
}

fn folder(entries: &[(&str, Layer)]) -> Layer {
    let entries: BTreeMap<String, Layer> =
        entries.iter().map(|(name, entry)| ((*name).to_owned(), entry.clone())).collect();
    Layer::Dir { mode: 0o755, opaque: false, entries }
}

fn file(content: &str) -> Layer {
    Layer::Leaf(Model::File(0o644, content.to_owned()))
}

#[test]
fn the_same_content_by_another_way_is_the_same_tree() {
    let store = Fixture::new();
    folder(&[("a", file("1")), ("b", file("2"))]).write(&store.path("one"));
    let one = store.record(&store.empty_tree(), &store.path("one"));
    folder(&[("b", file("2"))]).write(&store.path("b"));
    folder(&[("a", file("1"))]).write(&store.path("a"));
    let two = store.record(&store.empty_tree(), &store.path("b"));
    let two = store.record(&two, &store.path("a"));
    assert_eq!(one, two, "the layers of the first are used");
    assert!(!store.path("a").exists(), "the second's are gone");

    // Nothing changed: nothing is recorded.
    folder(&[("a", file("1"))]).write(&store.path("same"));
    assert_eq!(store.record(&one, &store.path("same")), one);
    folder(&[]).write(&store.path("empty"));
    assert_eq!(store.record(&one, &store.path("empty")), one);
}

#[test]
fn over_an_unknown_base_differences_stay() {
    let store = Fixture::new();
    let opaque = Layer::Dir { mode: 0o755, opaque: true, entries: BTreeMap::from([("x".into(), file("1"))]) };
    folder(&[
        ("gone", Layer::Whiteout),
        ("etc", folder(&[("conf", file("1")), ("old", Layer::Whiteout)])),
        ("out", opaque),
    ])
    .write(&store.path("layer"));
    let tree = store.record(&store.empty_diff(), &store.path("layer"));
    assert_eq!(tree.kind, TreeKind::Diff);
    assert_eq!(
        store.listing(&tree),
        "0755 0:0 etc/\n0644 0:0 etc/conf 1\n0000 0:0 etc/old gone\n0000 0:0 gone gone\n0755 0:0 out/\n0644 0:0 out/x 1\n"
    );
    assert_eq!(store.entry(&tree, "/usr/bin/cc").unwrap(), Entry::InBase);
    assert_eq!(store.entry(&tree, "/etc/passwd").unwrap(), Entry::InBase);
    assert!(matches!(store.entry(&tree, "/etc/conf").unwrap(), Entry::File(_)));
    let missing = |path| match store.entry(&tree, path) {
        Err(StoreError::Path(PathError::Missing { .. })) => {}
        other => panic!("{path}: {other:?}"),
    };
    missing("/gone");
    missing("/etc/old");
    missing("/out/y");
    // A folder that hides the base is whole by itself, another one is not.
    assert_eq!(store.subdir(&tree, "/out").unwrap().kind, TreeKind::Whole);
    let etc = store.subdir(&tree, "/etc").unwrap();
    assert_eq!(etc.kind, TreeKind::Diff);
    let closed = store.close_base(&etc).unwrap();
    assert_eq!((closed.kind, store.listing(&closed).as_str()), (TreeKind::Whole, "0644 0:0 conf 1\n"));
    // The same folder made elsewhere is the same.
    folder(&[("conf", file("1"))]).write(&store.path("etc"));
    assert_eq!(store.record(&store.empty_tree(), &store.path("etc")).digest, closed.digest);
    assert!(matches!(store.export_tree(&tree, &store.path("out"), 0), Err(StoreError::Export(_))));
}

#[test]
fn long_stacks_are_shortened() {
    let store = Fixture::new();
    let mut tree = store.empty_tree();
    let mut expected = BTreeMap::new();
    for round in 0..120 {
        let name = format!("{}", round % 50);
        tree = store.with_file(&tree, &format!("dir/{name}"), round.to_string().as_bytes(), 0o644).unwrap();
        expected.insert(name.clone(), Model::File(0o644, round.to_string()));
        if round % 7 == 0 {
            tree = store.with_removed(&tree, &format!("dir/{name}")).unwrap();
            expected.remove(&name);
        }
        assert!(tree.layers.len() <= 16);
    }
    store.export_tree(&tree, &store.path("out"), 0).unwrap();
    let dir = Model::Dir(0o755, expected);
    assert_eq!(Model::read(&store.path("out")), Model::Dir(0o755, BTreeMap::from([("dir".into(), dir)])));
    assert_eq!(store.verify(false).unwrap().damage, []);
}

#[test]
fn a_layer_that_is_not_whole_by_itself_is_refused() {
    let store = Fixture::new();
    for attribute in ["user.overlay.redirect", "user.overlay.metacopy"] {
        let layer = store.path(attribute);
        fs::create_dir(&layer).unwrap();
        fs::write(layer.join("file"), b"").unwrap();
        let set = rustix::fs::lsetxattr(layer.join("file"), attribute, b"x", rustix::fs::XattrFlags::empty());
        set.unwrap();
        let scanned = pipe_store::scan_layer(&layer, pipe_store::IdMap::Identity);
        let error = scanned.unwrap_err().to_string();
        assert!(error.contains(attribute) && error.contains("file"), "{error}");
    }
    // Bookkeeping of the mount counts for nothing.
    for name in ["plain", "marked"] {
        folder(&[("a", file("1"))]).write(&store.path(name));
    }
    let origin = store.path("marked/a");
    rustix::fs::lsetxattr(origin, "user.overlay.origin", b"x", rustix::fs::XattrFlags::empty()).unwrap();
    assert_eq!(store.scan(&store.path("plain")), store.scan(&store.path("marked")));
}

#[test]
fn times_do_not_count() {
    let store = Fixture::new();
    for (name, seconds) in [("one", 1), ("two", 2)] {
        folder(&[("a", file("1"))]).write(&store.path(name));
        let file = fs::File::options().write(true).open(store.path(name).join("a")).unwrap();
        file.set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds)).unwrap();
    }
    assert_eq!(store.scan(&store.path("one")), store.scan(&store.path("two")));
    let tree = store.record(&store.empty_tree(), &store.path("one"));
    let place = store.dir().join("layers").join(&tree.layers[0].layer).join("a");
    let modified = fs::metadata(place).unwrap().modified().unwrap();
    assert_eq!(modified, std::time::UNIX_EPOCH + std::time::Duration::from_secs(1), "but they are kept");
}

#[test]
fn what_comes_through_a_socket_is_checked() {
    use pipe_store::{LayerScan, Meta, ScannedDir, ScannedNode};
    let store = Fixture::new();
    let dir = |entries: Vec<(&str, ScannedNode)>| ScannedDir {
        meta: Meta::plain(0o755),
        opaque: false,
        entries: entries.into_iter().map(|(name, node)| (name.as_bytes().to_vec(), node)).collect(),
    };
    let bad = [
        vec![],
        vec![dir(vec![("a", ScannedNode::Dir(0))])],
        vec![dir(vec![("a", ScannedNode::Dir(7))])],
        vec![dir(vec![]), dir(vec![])],
        vec![dir(vec![]), dir(vec![("a", ScannedNode::Dir(0)), ("b", ScannedNode::Dir(0))])],
        vec![dir(vec![("b", ScannedNode::Whiteout), ("a", ScannedNode::Whiteout)])],
        vec![dir(vec![("..", ScannedNode::Whiteout)])],
        vec![dir(vec![("a/b", ScannedNode::Whiteout)])],
        vec![dir(vec![("", ScannedNode::Whiteout)])],
    ];
    for dirs in bad {
        fs::create_dir_all(store.path("layer")).unwrap();
        let result = store.record_layer(
            &store.empty_tree(),
            &store.path("layer"),
            &LayerScan { dirs, disk: 0, sockets: Vec::new() },
        );
        assert!(matches!(result, Err(StoreError::Malformed { .. })), "{result:?}");
    }
}
