//! Archives of strangers become trees, or are refused whole.
#![allow(clippy::unwrap_used)]

mod lab;

use std::io::Write;

use lab::{Lab, RawTar, gzip, raw_tar, zip_with};
use pipe_archive::Limits;
use pipe_ops::PackForm;
use proptest::prelude::*;
use tar::EntryType::{Block, Char, Directory, Fifo, Link, Regular, Symlink};
use zip::write::SimpleFileOptions;

#[test]
fn every_form_gives_the_same_tree() {
    let lab = Lab::new();
    let plain = raw_tar(&[(Directory, "d", "", ""), (Regular, "d/a", "", "text"), (Symlink, "l", "d/a", "")]);
    let tree = lab.unpack(&plain).unwrap();
    assert_eq!(lab.listing(&tree), ["d/ 755 0:0", "d/a 755 0:0 text", "l -> d/a"]);
    let zstd = zstd::encode_all(&plain[..], 3).unwrap();
    let mut bzip2 = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    bzip2.write_all(&plain).unwrap();
    for packed in [gzip(&plain), zstd, bzip2.finish().unwrap()] {
        assert_eq!(lab.unpack(&packed).unwrap().digest, tree.digest);
    }
    let zip = zip_with(|zip| {
        let options = SimpleFileOptions::default().unix_permissions(0o755);
        zip.add_directory("d", options).unwrap();
        zip.start_file("d/a", options).unwrap();
        zip.write_all(b"text").unwrap();
        zip.add_symlink("l", "d/a", options).unwrap();
    });
    assert_eq!(lab.unpack(&zip).unwrap().digest, tree.digest);
}

#[test]
fn what_leads_out_of_it_is_refused() {
    let cases: [(&str, &[RawTar<'_>]); 17] = [
        ("leads out", &[(Regular, "../escape", "", "x")]),
        ("leads out", &[(Regular, "a/../../escape", "", "x")]),
        ("absolute path", &[(Regular, "/etc/passwd", "", "x")]),
        ("absolute path", &[(Directory, "/etc", "", "")]),
        ("no folder", &[(Symlink, "out", ".", ""), (Regular, "out/passwd", "", "x")]),
        ("outside of it", &[(Symlink, "out", "/etc", "")]),
        ("outside of it", &[(Symlink, "a/out", "../../etc", "")]),
        ("outside of it", &[(Symlink, "a/up", "..", ""), (Symlink, "out", "a/up/../x", "")]),
        ("absolute path", &[(Link, "hard", "/etc/passwd", "")]),
        ("out of the archive", &[(Link, "hard", "../../etc/passwd", "")]),
        ("does not hold", &[(Link, "hard", "etc/passwd", "")]),
        ("device", &[(Char, "null", "", "")]),
        ("device", &[(Block, "dev/sda", "", "")]),
        ("twice", &[(Regular, "a", "", "1"), (Regular, "./a", "", "2")]),
        ("twice", &[(Directory, "a", "", ""), (Regular, "a", "", "2")]),
        ("no folder", &[(Regular, "a", "", "1"), (Directory, "a", "", "")]),
        ("has content", &[(Fifo, "a", "", "x")]),
    ];
    for (says, entries) in cases {
        let lab = Lab::new();
        let reason = lab.refused(&raw_tar(entries));
        assert!(reason.contains(says), "{entries:?}: {reason}");
    }
}

#[test]
fn a_container_s_root_may_have_links_to_its_own_root() {
    let lab = Lab::new();
    let archive = raw_tar(&[
        (Directory, "./bin", "", ""),
        (Symlink, "./bin/sh", "/bin/busybox", ""),
        (Symlink, "./l", "../../x", ""),
        (Char, "./dev/null", "", ""),
        (Regular, "/etc/hosts", "", "h"),
    ]);
    let tree = lab.unpack_root(&archive).unwrap();
    let listing = lab.listing(&tree);
    assert_eq!(
        listing,
        ["bin/ 755 0:0", "bin/sh -> /bin/busybox", "etc/ 755 0:0", "etc/hosts 755 0:0 h", "l -> ../../x"]
    );
    assert!(lab.unpack_root(&raw_tar(&[(Char, "null", "", "")])).is_err());
    assert!(lab.unpack_root(&raw_tar(&[(Regular, "../x", "", "")])).is_err());
}

#[test]
fn whiteouts_mean_nothing_in_an_archive_of_files() {
    let lab = Lab::new();
    let archive = raw_tar(&[(Regular, ".wh.x", "", "1"), (Regular, "d/.wh..wh..opq", "", "2")]);
    let tree = lab.unpack(&archive).unwrap();
    assert_eq!(lab.listing(&tree), [".wh.x 755 0:0 1", "d/ 755 0:0", "d/.wh..wh..opq 755 0:0 2"]);
}

#[test]
fn bombs_are_refused() {
    let limits = Limits { unpacked: 1 << 20, ratio: 100, ratio_from: 1 << 16, entries: 10, names: 1 << 20 };
    let zeros = "\0".repeat(512 << 10);
    let noise: String =
        (0..600_000u32).map(|n| char::from(b' ' + (n.wrapping_mul(2654435761) >> 24) as u8 % 90)).collect();
    let names: Vec<String> = (0..11).map(|n| n.to_string()).collect();
    let many: Vec<RawTar<'_>> = names.iter().map(|name| (Regular, name.as_str(), "", "")).collect();
    let long = "n".repeat(200);
    let zipped = |files: &[(&str, &str)]| {
        zip_with(|zip| {
            for (name, content) in files {
                zip.start_file(*name, SimpleFileOptions::default()).unwrap();
                zip.write_all(content.as_bytes()).unwrap();
            }
        })
    };
    let many_zipped: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
    let cases = [
        ("100 times", gzip(&raw_tar(&[(Regular, "zeros", "", &zeros)]))),
        ("100 times", zstd::encode_all(&raw_tar(&[(Regular, "zeros", "", &zeros)])[..], 1).unwrap()),
        ("100 times", zipped(&[("zeros", &zeros)])),
        ("more than 0 GiB", raw_tar(&[(Regular, "a", "", &noise), (Regular, "b", "", &noise)])),
        ("more than 0 GiB", zipped(&[("a", &noise), ("b", &noise)])),
        ("10 entries", raw_tar(&many)),
        ("10 entries", zipped(&many_zipped)),
    ];
    for (says, bomb) in cases {
        let lab = Lab::with_limits(limits);
        let reason = lab.refused(&bomb);
        assert!(reason.contains(says), "{reason}");
    }
    let lab = Lab::with_limits(Limits { names: 100, ..limits });
    assert!(lab.refused(&zipped(&[(&long, "")])).contains("names"));
}

#[test]
fn what_is_no_archive_is_said_to_be_none() {
    let lab = Lab::new();
    assert!(lab.refused(b"").contains("empty"));
    assert!(lab.refused(b"just text, and not even much of it").contains("cut off"));
    assert!(lab.refused(&b"just text ".repeat(100)).contains("not a tar archive"));
    let whole = raw_tar(&[(Regular, "a", "", "text")]);
    assert!(lab.refused(whole.get(..700).unwrap()).contains("cut off"));
    let packed = gzip(&whole);
    assert!(lab.refused(packed.get(..packed.len() - 5).unwrap()).contains("cut off"));
}

#[test]
fn zip_archives_that_can_be_read_in_two_ways_are_refused() {
    let honest = zip_with(|zip| {
        zip.start_file("name", SimpleFileOptions::default()).unwrap();
        zip.write_all(b"content").unwrap();
    });
    let lab = Lab::new();
    assert_eq!(lab.listing(&lab.unpack(&honest).unwrap()), ["name 644 0:0 content"]);
    // The first time it stands in the entry, the second time in the directory.
    let mut other = honest.clone();
    let at = other.windows(4).position(|window| window == b"name").unwrap();
    other[at] = b'f';
    assert!(lab.refused(&other).contains("do not agree"), "{}", lab.refused(&other));
    for (names, says) in [(["a", "a"], "twice"), (["../x", "b"], "leads out"), (["/x", "b"], "absolute")] {
        let mut archive = rawzip::ZipArchiveWriter::new(Vec::new());
        for name in names {
            let path = rawzip::path::EntryPath::verbatim(name.as_bytes());
            let (mut entry, config) = archive.new_file(path).start().unwrap();
            let mut writer = config.wrap(&mut entry);
            writer.write_all(b"x").unwrap();
            let (_, descriptor) = writer.finish().unwrap();
            entry.finish(descriptor).unwrap();
        }
        let reason = lab.refused(&archive.finish().unwrap());
        assert!(reason.contains(says), "{names:?}: {reason}");
    }
    let mut altered = honest.clone();
    let crc = altered.windows(4).position(|window| window == b"PK\x01\x02").unwrap() + 16;
    altered[crc] ^= 1;
    assert!(lab.unpack(&altered).is_err());
}

#[test]
fn modes_and_attributes_are_kept() {
    let lab = Lab::new();
    let mut builder = tar::Builder::new(Vec::new());
    builder.append_pax_extensions([("SCHILY.xattr.user.note", &b"v"[..]), ("uid", &b"4000000"[..])]).unwrap();
    let mut header = tar::Header::new_ustar();
    header.set_size(0);
    header.set_mode(0o4755);
    header.set_uid(1);
    header.set_gid(7);
    builder.append_data(&mut header, "tool", &b""[..]).unwrap();
    let tree = lab.unpack(&builder.into_inner().unwrap()).unwrap();
    // Without a range of ids everything belongs to one, and whose it should be stands beside.
    assert_eq!(lab.listing(&tree), ["tool 4755 0:0 user.note=v user.pipe.owner=0:7"]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    /// What is packed comes out as it was.
    #[test]
    fn packing_and_unpacking_is_nothing(
        files in prop::collection::btree_map("[ab.]{1,2}x/[xy]{1,2}", prop::collection::vec(any::<u8>(), 0..2000), 0..6)
    ) {
        let lab = Lab::new();
        let tree = files.iter().fold(lab.store.empty_tree(), |tree, (path, bytes)| {
            lab.store.with_file(&tree, path, bytes, 0o640).unwrap()
        });
        for form in [PackForm::Tar, PackForm::Zip] {
            let mut bytes = Vec::new();
            pipe_archive::pack(form, &lab.store.content(&tree).unwrap(), 1_000_000_000, &mut bytes).unwrap();
            prop_assert_eq!(lab.unpack(&bytes).unwrap().digest, tree.digest);
        }
    }

    /// Archives with bytes changed, or cut off, give a tree or a refusal, and nothing that is left behind.
    #[test]
    fn damaged_archives_never_panic(
        form in 0..5usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
        end in prop::option::weighted(0.2, any::<prop::sample::Index>()),
    ) {
        let lab = Lab::with_limits(Limits { unpacked: 1 << 22, entries: 100, names: 1 << 20, ..Limits::default() });
        let tar = raw_tar(&[(Directory, "d", "", ""), (Regular, "d/a", "", "text"), (Symlink, "l", "d/a", "")]);
        let mut bytes = match form {
            0 => tar,
            1 => gzip(&tar),
            2 => zstd::encode_all(&tar[..], 1).unwrap(),
            3 => {
                let mut packed = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
                packed.write_all(&tar).unwrap();
                packed.finish().unwrap()
            }
            _ => zip_with(|zip| {
                zip.start_file("d/a", SimpleFileOptions::default()).unwrap();
                zip.write_all(&b"text ".repeat(50)).unwrap();
                zip.add_symlink("l", "d/a", SimpleFileOptions::default()).unwrap();
            }),
        };
        for (index, byte) in changes {
            let at = index.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(end) = end {
            bytes.truncate(end.index(bytes.len()));
        }
        if let Err(failure) = lab.unpack(&bytes) {
            prop_assert!(matches!(failure, pipe_archive::UnpackFailure::Content(_)), "{failure:?}");
        }
        prop_assert_eq!(lab.store.verify(false).unwrap().damage, []);
    }
}
