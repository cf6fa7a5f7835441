//! Archives among the sources, and made by steps, through the binary.

use std::process::Command;

use serde_json::json;

use crate::harness::World;
use crate::images::{archive, file};
use crate::server::{digest, machine};

const MODULE: &str = r#"
param files: Dir = workspace.dir(".")
param src: Dir = workspace.dir("a")
fn tree(name: Path) -> Dir { files.file(name).unpack() }

pub fn digests() -> List[String] {
  [for name in ["a.tar", "a.tar.gz", "a.tar.zst", "a.tar.xz", "a.tar.bz2"] => tree(name).digest]
}
pub fn text() -> String { tree("a.tar.gz").file("a/text").contents }
pub fn out() -> Dir { tree("a.tar.xz").dir("a") }
pub fn same() -> List[Bool] {
  [src.tar().unpack().digest == src.digest, src.zip().unpack().digest == src.digest]
}
pub fn hostile(name: Path) -> Dir { tree("hostile/${name}") }
pub fn root() -> Dir { files.file("hostile/link.tar").unpack(root: true) }
pub fn made(tools: Container = host.toolchain()) -> String {
  tools.run(sh"mkdir -p /out/d; echo hi > /out/d/f; tar -czf /out/x.tgz -C /out d").file("/out/x.tgz").unpack().file("d/f").contents
}
"#;

fn tar(world: &World, args: &[&str]) {
    let status = world.command("tar").args(args).status().unwrap();
    assert!(status.success(), "tar {args:?}");
}

fn packed(world: &World, program: &str, to: &str) -> bool {
    let from = std::fs::File::open(world.package().join("a.tar")).unwrap();
    let into = std::fs::File::create(world.package().join(to)).unwrap();
    let mut command: Command = world.command(program);
    command.arg("-c").stdin(from).stdout(into).status().is_ok_and(|status| status.success())
}

fn world() -> World {
    let world = World::module(MODULE);
    world.write("a/text", "some text\n");
    world.write("a/deep/er/x", "x");
    std::os::unix::fs::symlink("../text", world.package().join("a/deep/link")).unwrap();
    tar(&world, &["-cf", "a.tar", "--owner=0", "--group=0", "a"]);
    for (program, end) in [("gzip", "gz"), ("xz", "xz"), ("bzip2", "bz2"), ("zstd", "zst")] {
        let to = format!("a.tar.{end}");
        if !packed(&world, program, &to) {
            // What it is called does not count.
            std::fs::copy(world.package().join("a.tar"), world.package().join(to)).unwrap();
        }
    }
    world
}

#[test]
fn archives_are_unpacked() {
    let world = world();
    let digests = world.prints(["run", "digests", "--json"]);
    let digests: Vec<String> = serde_json::from_str(&digests).unwrap();
    assert!(digests.windows(2).all(|pair| pair[0] == pair[1]), "{digests:?}");
    assert_eq!(world.prints(["run", "text"]), "some text\n");
    world.run(["run", "out", "-o", "out"]).success();
    assert_eq!(world.read("out/deep/link"), "some text\n");
    assert_eq!(world.prints(["run", "same", "--json"]).trim(), "[true,true]");
    assert_eq!(world.prints(["run", "made"]), "hi\n");
    // It is not unpacked again.
    assert!(!world.prints(["plan", "made"]).contains("will run"));
    world.run(["cache", "verify"]).success();
}

/// An archive of one entry that no honest tool writes.
fn entry(world: &World, name: &str, kind: tar::EntryType, path: &str, target: &str) {
    let mut header = tar::Header::new_gnu();
    header.as_mut_bytes()[..path.len()].copy_from_slice(path.as_bytes());
    header.as_mut_bytes()[157..157 + target.len()].copy_from_slice(target.as_bytes());
    header.set_entry_type(kind);
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_size(0);
    header.set_cksum();
    let mut bytes = header.as_bytes().to_vec();
    bytes.resize(bytes.len() + 1024, 0);
    std::fs::create_dir_all(world.package().join("hostile")).unwrap();
    std::fs::write(world.package().join("hostile").join(name), bytes).unwrap();
}

#[test]
fn hostile_archives_are_refused() {
    use tar::EntryType::{Char, Link, Regular, Symlink};
    let world = world();
    entry(&world, "escape.tar", Regular, "a/../../escape", "");
    entry(&world, "absolute.tar", Regular, "/tmp/absolute", "");
    entry(&world, "link.tar", Symlink, "link", "/etc/passwd");
    entry(&world, "hard.tar", Link, "hard", "/etc/passwd");
    entry(&world, "device.tar", Char, "null", "");
    world.write("hostile/text", &"not an archive ".repeat(50));
    for (name, says) in [
        ("escape.tar", "leads out of the archive"),
        ("absolute.tar", "is an absolute path"),
        ("link.tar", "outside of it"),
        ("hard.tar", "hard link to an absolute path"),
        ("device.tar", "is a device"),
        ("text", "not a tar archive"),
    ] {
        let outcome = world.run(["run", "hostile", "--name", name]).exits(1);
        outcome.says("the archive is refused").says(says).says("main.pipe:4:");
    }
    assert!(world.work_folders().is_empty());
    world.run(["cache", "verify"]).success();
    // The root of a container ends its links.
    world.run(["run", "root"]).success();
}

const IMAGES: &str = r#"
param files: Dir = workspace.dir(".")
param tools: Container = host.toolchain()

fn show(c: Container) -> String { "${c.env_of("A") ?? "none"} ${c.workdir} ${c.file("hello").contents}" }
pub fn from_file() -> String { show(archive(files.file("image.tar"))) }
pub fn from_step() -> String {
  let packed = tools.mount("/in", files).run(sh"mkdir -p /out; gzip -c /in/image.tar > /out/image").file("/out/image")
  show(archive(packed))
}
pub fn foreign() -> String { show(archive(files.file("image.tar"), platform: "linux/s390x")) }
pub fn no_image() -> String { show(archive(files.file("main.pipe"))) }
"#;

/// An OCI layout of one image, packed.
fn layout(altered: bool) -> Vec<u8> {
    let layer = archive(|builder| file(builder, "srv/hello", 0o644, (0, 0), b"hi"));
    let config = json!({
        "os": "linux", "architecture": machine(), "config": {"Env": ["A=image"], "WorkingDir": "/srv"},
        "rootfs": {"type": "layers", "diff_ids": [digest(&layer.plain)]},
    });
    let config = config.to_string().into_bytes();
    let described = |bytes: &[u8]| json!({"digest": digest(bytes), "size": bytes.len()});
    let manifest =
        json!({"schemaVersion": 2, "config": described(&config), "layers": [described(&layer.packed)]});
    let manifest = manifest.to_string().into_bytes();
    let index = json!({"schemaVersion": 2, "manifests": [described(&manifest)]}).to_string();
    archive(|builder| {
        file(builder, "oci-layout", 0o644, (0, 0), b"{}");
        file(builder, "index.json", 0o644, (0, 0), index.as_bytes());
        for mut bytes in [config, manifest, layer.packed] {
            let path = format!("blobs/{}", digest(&bytes).replace(':', "/"));
            if altered {
                bytes.push(b' ');
            }
            file(builder, &path, 0o644, (0, 0), &bytes);
        }
    })
    .plain
}

#[test]
fn images_come_out_of_files() {
    let world = World::module(IMAGES);
    std::fs::write(world.package().join("image.tar"), layout(false)).unwrap();
    assert_eq!(world.prints(["run", "from_file"]), "image /srv hi");
    assert_eq!(world.prints(["run", "from_step"]), "image /srv hi");
    world.run(["run", "foreign"]).exits(1).says("no image for linux/s390x").says("main.pipe:11:");
    world.run(["run", "no_image"]).exits(1).says("not a tar archive").says("main.pipe:12:");
    std::fs::write(world.package().join("image.tar"), layout(true)).unwrap();
    world.run(["run", "from_file"]).exits(1).says("the archive is damaged").says("main.pipe:6:");
    assert!(!world.package().join("pipe.lock").exists());
    world.run(["cache", "verify"]).success();
}
