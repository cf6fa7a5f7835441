//! Archives become what cache volumes hold, or are refused whole.
#![allow(clippy::unwrap_used)]

mod lab;

use std::io::Read;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::PathBuf;

use lab::{Lab, RawTar, gzip, raw_tar};
use pipe_archive::{Limits, UnpackFailure, pack_volume, unpack_volume};
use pipe_store::{VolumeId, VolumeOwner, VolumePlacing};
use tar::EntryType::{Block, Char, Directory, Fifo, Link, Regular, Symlink};

fn id(name: &str) -> VolumeId {
    VolumeId {
        owner: VolumeOwner::Group("team".into()),
        name: name.into(),
        platform: "linux/amd64".into(),
        user: "0".into(),
    }
}

fn import(lab: &Lab, name: &str, archive: &[u8]) -> Result<PathBuf, UnpackFailure> {
    let unpacked = unpack_volume(&lab.store, &mut &archive[..], &Limits::default())?;
    let placing = lab.store.place_volume(&id(name), unpacked.content, unpacked.history, false).unwrap();
    assert_eq!(placing, VolumePlacing::Placed);
    Ok(lab.store.dir().join("volumes").join(key(lab, name)).join("data"))
}

fn key(lab: &Lab, name: &str) -> String {
    let volumes = lab.store.volumes().unwrap();
    volumes.into_iter().find(|entry| entry.id.as_ref().is_some_and(|id| id.name == name)).unwrap().key
}

fn export(lab: &Lab, name: &str) -> Vec<u8> {
    let mut archive = Vec::new();
    let content = lab.store.volume_content(&key(lab, name)).unwrap().unwrap();
    pack_volume(&content, &mut archive).unwrap();
    archive
}

/// All that an archive says, but the times of folders: those are of whoever made them.
fn described(archive: &[u8]) -> Vec<String> {
    let mut tar = tar::Archive::new(archive);
    let describe = |entry: std::io::Result<tar::Entry<'_, &[u8]>>| {
        let mut entry = entry.unwrap();
        let mut content = String::new();
        let records: Vec<String> = entry
            .pax_extensions()
            .unwrap()
            .into_iter()
            .flatten()
            .map(|record| {
                let record = record.unwrap();
                format!("{}={}", record.key().unwrap(), record.value().unwrap())
            })
            .collect();
        let header = entry.header().clone();
        let kind = header.entry_type();
        let times =
            if kind.is_dir() { String::new() } else { format!("{} {records:?}", header.mtime().unwrap()) };
        entry.read_to_string(&mut content).unwrap();
        let (path, link) = (entry.path_bytes(), entry.link_name_bytes().unwrap_or_default());
        let (path, link) = (path.escape_ascii(), link.escape_ascii());
        let ids = (header.uid().unwrap(), header.gid().unwrap());
        format!("{path} {kind:?} {link} {:o} {ids:?} {times} {content}", header.mode().unwrap())
    };
    tar.entries().unwrap().map(describe).collect()
}

#[test]
fn what_no_volume_can_hold_is_refused() {
    let cases: [(&str, &[RawTar<'_>]); 16] = [
        ("it is empty", &[]),
        ("leads out", &[(Regular, "../escape", "", "x")]),
        ("leads out", &[(Regular, "a/../../escape", "", "x")]),
        ("absolute path", &[(Regular, "/etc/passwd", "", "x")]),
        ("absolute path", &[(Directory, "/etc", "", "")]),
        ("no folder", &[(Symlink, "out", "/etc", ""), (Regular, "out/passwd", "", "x")]),
        ("no folder", &[(Symlink, "out", ".", ""), (Directory, "out/d", "", "")]),
        ("absolute path", &[(Link, "hard", "/etc/passwd", "")]),
        ("out of the archive", &[(Link, "hard", "../../etc/passwd", "")]),
        ("does not hold", &[(Link, "hard", "etc/passwd", "")]),
        ("no file", &[(Symlink, "l", "/etc/passwd", ""), (Link, "hard", "l", "")]),
        ("device", &[(Char, "null", "", "")]),
        ("device", &[(Block, "dev/sda", "", "")]),
        ("twice", &[(Regular, "a", "", "1"), (Regular, "./a", "", "2")]),
        ("has content", &[(Fifo, "a", "", "x")]),
        ("damaged", &[(Regular, ".pipe-cache-volume", "", "pipe cache volume 1\nxx")]),
    ];
    for (says, entries) in cases {
        let lab = Lab::new();
        match import(&lab, "v", &raw_tar(entries)) {
            Err(UnpackFailure::Content(reason)) if reason.contains(says) => {}
            Err(UnpackFailure::Content(reason)) if says == "no file" && reason.contains("does not hold") => {}
            other => panic!("{entries:?}: {other:?}"),
        }
        assert!(lab.store.volumes().unwrap().is_empty(), "{entries:?}");
        let work = std::fs::read_dir(lab.store.dir().join("work")).unwrap();
        let left = work.flat_map(|run| std::fs::read_dir(run.unwrap().path()).unwrap());
        assert_eq!(left.count(), 0, "{entries:?}");
    }
}

#[test]
fn an_archive_that_is_cut_off_or_has_too_much_is_refused() {
    let whole = raw_tar(&[(Regular, "a", "", &"x".repeat(5000))]);
    for archive in [&whole[..3000], &gzip(&whole)[..40], &b"no archive, whatever its name says"[..]] {
        assert!(matches!(import(&Lab::new(), "v", archive), Err(UnpackFailure::Content(_))));
    }
    let lab = Lab::new();
    let unpack = |limits: Limits| unpack_volume(&lab.store, &mut &whole[..], &limits).map(drop);
    assert!(unpack(Limits { unpacked: 4000, ..Limits::default() }).is_err());
    assert!(unpack(Limits { entries: 0, ..Limits::default() }).is_err());
    assert!(unpack(Limits { names: 10, ..Limits::default() }).is_err());
    assert!(unpack(Limits::default()).is_ok());
}

#[test]
fn a_volume_goes_out_and_comes_back_the_same() {
    let lab = Lab::new();
    let long = "n".repeat(90);
    let archive = raw_tar(&[
        (Directory, "./", "", ""),
        (Directory, "d", "", ""),
        (Regular, "d/a", "", "text"),
        (Link, "b", "d/a", ""),
        (Symlink, "l", "/usr/bin/true", ""),
        (Symlink, "up", "../../..", ""),
        (Fifo, "p", "", ""),
        (Regular, &format!("d/{long}"), "", ""),
    ]);
    let data = import(&lab, "one", &gzip(&archive)).unwrap();
    let [a, b] = ["d/a", "b"].map(|name| data.join(name));
    assert_eq!(std::fs::metadata(&a).unwrap().ino(), std::fs::metadata(&b).unwrap().ino());
    std::fs::set_permissions(&a, PermissionsExt::from_mode(0o640)).unwrap();
    let file = std::fs::File::options().write(true).open(&a).unwrap();
    let then = std::time::UNIX_EPOCH + std::time::Duration::new(1_700_000_000, 123_456_789);
    file.set_modified(then).unwrap();
    std::fs::create_dir(data.join(format!("d/{long}.d"))).unwrap();
    std::fs::write(data.join(format!("d/{long}.d/{long}")), "deep").unwrap();

    let first = export(&lab, "one");
    let other = Lab::new();
    let data = import(&other, "two", &first).unwrap();
    assert_eq!(described(&export(&other, "two")), described(&first));
    let a = std::fs::metadata(data.join("d/a")).unwrap();
    assert_eq!((a.modified().unwrap(), a.nlink(), a.mode() & 0o7777), (then, 2, 0o640));
    assert_eq!(std::fs::read_link(data.join("up")).unwrap(), PathBuf::from("../../.."));
    let mut deep = String::new();
    std::fs::File::open(data.join(format!("d/{long}.d/{long}"))).unwrap().read_to_string(&mut deep).unwrap();
    assert_eq!(deep, "deep");
    // Another program reads it, too.
    let mut tar = tar::Archive::new(&first[..]);
    let names: Vec<String> =
        tar.entries().unwrap().map(|entry| entry.unwrap().path().unwrap().display().to_string()).collect();
    assert!(names.contains(&"d/a".to_owned()) && names.contains(&format!("d/{long}.d/{long}")), "{names:?}");
}

/// A machine's clock may be ahead of another's, and an archive may say anything.
#[test]
fn what_comes_from_the_future_keeps_its_order() {
    let dated = |dates: [u64; 3]| {
        let mut archive = Vec::new();
        for (name, date) in ["a", "b", "c"].into_iter().zip(dates) {
            let mut one = raw_tar(&[(Regular, name, "", "x")]);
            let mut header = tar::Header::new_gnu();
            header.as_mut_bytes().copy_from_slice(&one[..512]);
            header.set_mtime(date);
            header.set_cksum();
            one[..512].copy_from_slice(header.as_bytes());
            archive.extend(&one[..1024]);
        }
        archive.resize(archive.len() + 1024, 0);
        let data = import(&Lab::new(), "v", &archive).map(|_| ());
        assert!(data.is_ok());
        let lab = Lab::new();
        let data = import(&lab, "v", &archive).unwrap();
        ["a", "b", "c"].map(|name| std::fs::metadata(data.join(name)).unwrap().modified().unwrap())
    };
    let now = std::time::SystemTime::now();
    let ahead = now.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() + 100_000;
    let [a, b, c] = dated([ahead - 10, ahead, ahead - 20]);
    assert!(b <= std::time::SystemTime::now() && b >= now - std::time::Duration::from_secs(1));
    assert_eq!((b.duration_since(a).unwrap().as_secs(), a.duration_since(c).unwrap().as_secs()), (10, 10));
    // None lies ahead: all stay as they are.
    let [a, ..] = dated([1_000_000_000, 5, 6]);
    assert_eq!(a, std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000));
    let [a, b, _] = dated([u64::from(u32::MAX) * 2, 5, 6]);
    assert!(a <= std::time::SystemTime::now() && b == std::time::UNIX_EPOCH);
}

#[test]
fn nothing_in_a_volume_has_the_rights_of_its_owner() {
    let lab = Lab::new();
    let mut archive = raw_tar(&[(Regular, "su", "", "x")]);
    let mut header = tar::Header::new_gnu();
    header.as_mut_bytes().copy_from_slice(&archive[..512]);
    header.set_mode(0o6755);
    header.set_cksum();
    archive[..512].copy_from_slice(header.as_bytes());
    let data = import(&lab, "v", &archive).unwrap();
    assert_eq!(std::fs::metadata(data.join("su")).unwrap().mode() & 0o7777, 0o755);
}

#[test]
fn what_is_there_stays_unless_it_is_to_be_replaced() {
    let lab = Lab::new();
    let place = |text: &str, replace: bool| {
        let archive = raw_tar(&[(Regular, "f", "", text)]);
        let unpacked = unpack_volume(&lab.store, &mut &archive[..], &Limits::default()).unwrap();
        lab.store.place_volume(&id("v"), unpacked.content, unpacked.history, replace).unwrap()
    };
    assert_eq!(place("1", false), VolumePlacing::Placed);
    let file = lab.store.dir().join("volumes").join(key(&lab, "v")).join("data/f");
    assert_eq!(place("2", false), VolumePlacing::Exists);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "1");
    let used = lab.store.volume_content(&key(&lab, "v")).unwrap().unwrap();
    assert_eq!(place("3", true), VolumePlacing::InUse);
    assert!(lab.store.volume_content(&key(&lab, "v")).unwrap().is_none(), "it is being written down");
    drop(used);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "1");
    assert_eq!(place("4", true), VolumePlacing::Placed);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "4");
}
