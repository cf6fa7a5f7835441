//! Laws of trees made of trees.

use std::collections::BTreeMap;

use pipe_store::{CopyOptions, EntryKind, Filter, Store, Stored, Tree};
use proptest::prelude::*;

use crate::Fixture;

type Files = BTreeMap<String, u8>;

/// Files in two levels; a name is always a file or always a folder.
fn files() -> impl Strategy<Value = Files> {
    prop::collection::btree_map("[xy]/[pq]/[ab]|[ab]", 0u8..3, 0..6)
}

fn tree(store: &Store, files: &Files) -> Tree {
    files
        .iter()
        .fold(store.empty_tree(), |tree, (path, byte)| store.with_file(&tree, path, &[*byte], 0o644).unwrap())
}

fn contents(store: &Store, tree: &Tree) -> BTreeMap<String, u64> {
    let files = store.list(tree).unwrap().into_iter().filter_map(|entry| match entry.kind {
        EntryKind::File { digest, .. } => {
            let path = String::from_utf8(entry.path).unwrap();
            Some((path, u64::from(digest.0.0[0]) << 8 | u64::from(digest.0.0[1])))
        }
        _ => None,
    });
    files.collect()
}

fn merge(store: &Store, into: &Tree, source: &Tree) -> Tree {
    store.with_copy(into, ".", &Stored::Tree(source.clone()), &CopyOptions::default()).unwrap()
}

fn filter(store: &Store, source: &Tree, include: &[String], exclude: &[String]) -> Tree {
    let options = CopyOptions { filter: Filter::new(include, exclude).unwrap(), ..CopyOptions::default() };
    store.with_copy(&store.empty_tree(), ".", &Stored::Tree(source.clone()), &options).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn merging_is_associative(a in files(), b in files(), c in files()) {
        let fixture = Fixture::new();
        let store = &fixture.store;
        let (a, b, c) = (tree(store, &a), tree(store, &b), tree(store, &c));
        let left = merge(store, &merge(store, &a, &b), &c);
        let right = merge(store, &a, &merge(store, &b, &c));
        prop_assert_eq!(left.digest, right.digest);
    }

    /// A difference laid over what it was seen from has all of the other tree.
    #[test]
    fn a_difference_leads_from_one_tree_to_the_other(a in files(), b in files()) {
        let fixture = Fixture::new();
        let store = &fixture.store;
        let both: Files = a.clone().into_iter().chain(b).collect();
        let (from, to) = (tree(store, &a), tree(store, &both));
        let difference = store.difference(&from, &to).unwrap();
        prop_assert_eq!(merge(store, &from, &difference).digest, to.digest);
        let changed = both.iter().filter(|(path, byte)| a.get(*path) != Some(byte)).count();
        prop_assert_eq!(contents(store, &difference).len(), changed);
        prop_assert_eq!(store.difference(&to, &to).unwrap(), store.empty_tree());
        prop_assert_eq!(store.verify(true).unwrap().damage, []);
    }

    #[test]
    fn filtering_again_changes_nothing(a in files(), include in "[xy]|\\*\\*/[ab]|[xy]/\\*|\\*", exclude in "[xy]/p|\\*\\*/b") {
        let fixture = Fixture::new();
        let store = &fixture.store;
        let all = tree(store, &a);
        let once = filter(store, &all, std::slice::from_ref(&include), std::slice::from_ref(&exclude));
        let twice = filter(store, &once, &[include], &[exclude]);
        prop_assert_eq!(once.digest, twice.digest);
    }

    /// A glob finds exactly what a filter would let in by itself.
    #[test]
    fn globs_find_what_they_match(a in files()) {
        let fixture = Fixture::new();
        let store = &fixture.store;
        let all = tree(store, &a);
        let found = store.glob(&all, "*/p/*").unwrap();
        let expected: Vec<Vec<u8>> =
            a.keys().filter(|path| path.contains("/p/")).map(|path| path.clone().into_bytes()).collect();
        prop_assert_eq!(found, expected);
    }
}
