use pipe_registry::{ErrorKind, Limits};
use proptest::prelude::*;
use serde_json::json;
use tar::{EntryType, Header};

use crate::server::{Layer, gzip};
use crate::{Lab, layer, tar};

#[path = "../../../archive/tests/lab/raw_tar.rs"]
mod raw_tar;
use raw_tar::{RawTar, raw_tar};

/// A layer of entries that no honest tool writes.
fn raw(entries: &[RawTar<'_>]) -> Layer {
    gzip(raw_tar(entries))
}

#[test]
fn archives_that_reach_out_are_refused() {
    use EntryType::{Block, Char, Fifo, GNUSparse, Link, Regular, Symlink};
    let cases: [(&str, &[RawTar<'_>]); 14] = [
        ("leads out", &[(Regular, "../escape", "", "x")]),
        ("leads out", &[(Regular, "a/../../escape", "", "x")]),
        ("leads out", &[(Regular, "/../escape", "", "x")]),
        ("no folder", &[(Symlink, "out", "/etc", ""), (Regular, "out/passwd", "", "x")]),
        ("absolute path", &[(Link, "hard", "/etc/passwd", "")]),
        ("out of the archive", &[(Link, "hard", "../../etc/passwd", "")]),
        ("does not hold", &[(Link, "hard", "etc/passwd", "")]),
        ("device", &[(Char, "null", "", "")]),
        ("device", &[(Block, "sda", "", "")]),
        ("device", &[(Char, "dev/../null", "", "")]),
        ("twice", &[(Regular, "a", "", "1"), (Regular, "./a", "", "2")]),
        ("whole tree", &[(Regular, ".wh.", "", "")]),
        ("sparse", &[(GNUSparse, "a", "", "")]),
        ("has content", &[(Fifo, "a", "", "x")]),
    ];
    for (says, entries) in cases {
        let lab = Lab::new();
        lab.server.image("app", "1", json!({}), &[raw(entries)]);
        let error = lab.fetch("app:1").unwrap_err();
        assert_eq!(error.kind, ErrorKind::Malformed, "{entries:?}: {error}");
        assert!(error.message.contains(says), "{entries:?}: {error}");
        lab.assert_clean();
        assert_eq!(lab.downloads(), 0);
        assert!(std::fs::read_dir(lab.store.dir().join("layers")).unwrap().next().is_none());
    }
}

#[test]
fn devices_under_dev_are_covered_by_the_steps_own() {
    let lab = Lab::new();
    let entries: &[RawTar<'_>] = &[
        (EntryType::Directory, "./dev/", "", ""),
        (EntryType::Char, "./dev/null", "", ""),
        (EntryType::Symlink, "l", "/../etc", ""),
    ];
    lab.server.image("app", "1", json!({}), &[raw(entries)]);
    let fetched = lab.fetch("app:1").unwrap();
    assert_eq!(lab.paths(&fetched), ["dev", "l"]);
}

#[test]
fn bombs_are_refused() {
    let limits =
        Limits { unpacked: 1 << 20, ratio: 100, ratio_from: 1 << 16, entries: 10, ..Limits::default() };
    let zeros = "\0".repeat(512 << 10);
    let noise: String =
        (0..600_000u32).map(|n| char::from(b' ' + (n.wrapping_mul(2654435761) >> 24) as u8 % 90)).collect();
    let names: Vec<String> = (0..11).map(|n| n.to_string()).collect();
    let many: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
    let packed = |plain: Vec<u8>| Layer { packed: zstd::encode_all(&plain[..], 1).unwrap(), plain };
    let cases = [
        ("100 times", layer(&[("zeros", &zeros)])),
        ("100 times", packed(tar(&[("zeros", &zeros)]))),
        ("more than 0 GiB", layer(&[("a", &noise), ("b", &noise)])),
        ("10 entries", layer(&many)),
    ];
    for (says, bomb) in cases {
        let lab = Lab::new();
        lab.server.image("app", "1", json!({}), &[bomb]);
        let error = lab.fetch_with(&lab.images().with_limits(limits), "app:1").unwrap_err();
        assert!(error.message.contains(says), "{error}");
        lab.assert_clean();
    }
}

#[test]
fn a_layer_that_unpacks_to_something_else_is_refused() {
    let lab = Lab::new();
    let honest = layer(&[("a", "1")]);
    let swapped = Layer { packed: layer(&[("a", "2")]).packed, plain: honest.plain };
    lab.server.image("app", "1", json!({}), &[swapped]);
    let error = lab.fetch("app:1").unwrap_err();
    assert!(error.message.contains("the image is broken"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// An honest archive with bytes changed, or cut off, gives a layer or an error, and never anything outside the store.
    #[test]
    fn damaged_archives_never_panic(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12),
        end in proptest::option::of(any::<prop::sample::Index>()),
    ) {
        let lab = Lab::new();
        let long = "n".repeat(150);
        let honest = {
            let mut builder = tar::Builder::new(Vec::new());
            let mut header = Header::new_gnu();
            header.set_size(4);
            header.set_mode(0o644);
            builder.append_data(&mut header, format!("d/{long}"), &b"text"[..]).unwrap();
            builder.append_pax_extensions([("SCHILY.xattr.user.x", &b"y"[..]), ("path", &b"p/q"[..])]).unwrap();
            let mut header = Header::new_ustar();
            header.set_size(0);
            header.set_mode(0o755);
            header.set_path("ignored").unwrap();
            header.set_cksum();
            builder.append(&header, &b""[..]).unwrap();
            builder.into_inner().unwrap()
        };
        let mut bytes = honest;
        for (index, byte) in changes {
            let at = index.index(bytes.len());
            bytes[at] = byte;
            // Half of them as somebody would who knows checksums.
            if byte % 2 == 0 {
                let block = at / 512 * 512;
                let sum: u32 = (0..512).map(|n| if (148..156).contains(&n) { 32 } else { u32::from(bytes[block + n]) }).sum();
                bytes[block + 148..block + 156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
            }
        }
        if let Some(end) = end {
            bytes.truncate(end.index(bytes.len()));
        }
        lab.server.image("app", "1", json!({}), &[Layer { packed: bytes.clone(), plain: bytes }]);
        if let Err(error) = lab.fetch("app:1") {
            prop_assert!(matches!(error.kind, ErrorKind::Malformed | ErrorKind::Unreachable), "{error}");
        }
        prop_assert_eq!(lab.store.verify(false).unwrap().damage, []);
    }
}
