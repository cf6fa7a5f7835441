//! Links that come into the way while `pipe` reads and writes: what is decided about a path holds for what is opened.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::fs::{CWD, RenameFlags, renameat_with};

use crate::harness::World;

/// How often each is tried.
const TRIES: usize = 12;

const PROGRAM: &str = r#"
pub fn reads() -> String { workspace.dir("data").file("file").contents }
pub fn reads_below() -> String { workspace.dir(".", include: ["all/data/**"]).file("all/data/file").contents }
pub fn mounts() -> String { tools.mount("/data", workspace.dir("data")).run(["cat", "/data/file"], network: Off).stdout }
pub fn copies() -> String { tools.copy("/data", workspace.dir("all")).run(["cat", "/data/data/file"], network: Off).stdout }
pub action writes() { do dir().write("f", "x").file("f").export("data/written") }
pub action writes_a_folder() { do dir().write("f", "x").export("data/folder") }
"#;

/// Two names, of which one is a folder and the other a link out of the package, until this is dropped.
struct Swapping<'a> {
    ended: &'a AtomicBool,
}

impl Drop for Swapping<'_> {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
    }
}

fn swap(one: &Path, other: &Path) {
    renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE).unwrap();
}

#[test]
fn links_that_come_and_go_lead_nowhere() {
    let world = World::tools(PROGRAM);
    let outside = world.path("outside");
    std::fs::create_dir(&outside).unwrap();
    std::fs::write(outside.join("file"), "secret").unwrap();
    let pairs = ["data", "all/data"]
        .map(|name| (world.package().join(name), world.package().join(format!("{name}-link"))));
    for (folder, link) in &pairs {
        std::fs::create_dir_all(folder).unwrap();
        std::fs::write(folder.join("file"), "honest").unwrap();
        std::os::unix::fs::symlink(&outside, link).unwrap();
    }
    let ended = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let _swapping = Swapping { ended: &ended };
        scope.spawn(|| {
            while !ended.load(Ordering::Relaxed) {
                pairs.iter().for_each(|(folder, link)| swap(folder, link));
            }
        });
        for _ in 0..TRIES {
            for target in ["reads", "reads_below", "mounts", "copies"] {
                // It works, or is refused, or what it reads is not there at that moment.
                let outcome = world.run(["run", "--no-cache", target]);
                assert!(!outcome.stdout.contains("secret"), "{target}: {}", outcome.stdout);
                assert!(outcome.code != Some(0) || outcome.stdout.trim() == "honest", "{outcome:?}");
            }
            for target in ["writes", "writes_a_folder"] {
                let _ = world.run(["run", target]);
            }
        }
    });
    let left: Vec<_> = std::fs::read_dir(&outside).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["file"], "written through a link");
}
