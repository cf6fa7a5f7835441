//! Everything that a tree can hold and most do not: what one step makes, the next one, `-o` and another process see as it is.

use serde_json::json;

use crate::harness::{World, is_root};
use crate::images::{archive as layer, file};
use crate::server::{Server, gzip};

/// Makes one of each below the working folder.
const MAKE: &str = r#"
import os, socket
def write(path, text=b"x", mode=0o644):
    with open(path, "wb") as f: f.write(text)
    os.chmod(path, mode)
for mode in (0o0, 0o400, 0o644, 0o755, 0o1755, 0o2755, 0o4755, 0o6755): write("mode-%o" % mode, b"m", mode)
for mode in (0o500, 0o755, 0o1777, 0o2755, 0o3777): os.mkdir("dir-%o" % mode); os.chmod("dir-%o" % mode, mode)
os.makedirs("lower/deep/er"); write("lower/gone"); write("lower/deep/kept"); write("lower/deep/er/x"); write("replaced")
os.mkdir("opaque"); write("opaque/old")
write("first"); os.link("first", "second"); os.link("first", "lower/third")
os.setxattr("first", "user.note", b"\0value\xff"); os.setxattr("dir-755", "user.note", b"folder")
os.mkfifo("fifo"); os.chmod("fifo", 0o640)
os.symlink("/nowhere/at/all", "dangling"); os.symlink("first", "link"); os.symlink("..", "up")
for name in (b"new\nline", b"\xff\xfe", b"-n", b" ", b"\\", b"\x1b[31m", b".wh.x", b".wh..wh..opq", b"lower/.wh.gone"): write(name, name)
with open("sparse", "wb") as f: f.seek(10 << 20); f.write(b"end")
write("old"); os.utime("old", (1000000000, 1000000000))
try: os.chown("old", 1, 2)
except OSError: pass
for name in ("covered", "covered-folder/x"):
    os.makedirs(os.path.dirname(name) or ".", exist_ok=True); write(name)
socket.socket(socket.AF_UNIX).bind("socket")
"#;

/// Changes some of it in a step of its own: removals, a folder made anew, a file instead of a folder, a mode alone. What a socket
/// stands in the place of is gone.
const CHANGE: &str = r#"
import os, shutil, socket
def listen(path): socket.socket(socket.AF_UNIX).bind(path)
os.remove("covered"); listen("covered"); shutil.rmtree("covered-folder"); listen("covered-folder")
os.remove("lower/gone"); shutil.rmtree("opaque"); os.mkdir("opaque"); open("opaque/new", "w").close(); listen("opaque/old")
os.remove("replaced"); os.mkdir("replaced"); os.chmod("mode-755", 0o4711); os.remove("second")
shutil.rmtree("lower/deep/er"); open("lower/deep/er", "w").close()
os.utime("lower/deep/er", (1100000000, 1100000000)); os.utime("opaque/new", (1100000000, 1100000000))
"#;

/// Lists what is below the working folder; owners and times when they are asked for.
const LIST: &str = r#"
import hashlib, os, stat, sys
asked = " ".join(sys.argv)
def show(path):
    s = os.lstat(path)
    mode = stat.S_IMODE(s.st_mode)
    line = [path, "%o" % stat.S_IFMT(s.st_mode), "%o" % mode]
    if "owners" in asked: line.append("%d:%d" % (s.st_uid, s.st_gid))
    if stat.S_ISLNK(s.st_mode): line.append(ascii(os.readlink(path)))
    else: line += [name + "=" + ascii(os.getxattr(path, name)) for name in os.listxattr(path) if name.startswith("user.")]
    if stat.S_ISREG(s.st_mode):
        line += [names[s.st_dev, s.st_ino], str(s.st_size)]
        if mode & 0o400: line.append(hashlib.sha256(open(path, "rb").read()).hexdigest()[:16])
        if "times" in asked: line.append(str(s.st_mtime_ns))
    return ascii(" ".join(line))
found = [os.path.join(folder, name) for folder, folders, files in os.walk(".") for name in folders + files]
names = {}
for path in sorted(found): s = os.lstat(path); names.setdefault((s.st_dev, s.st_ino), path)
for path in sorted(found): print(show(path))
"#;

const MODULE: &str = r#"
param tools: Container = host.toolchain()
param scripts: Dir = workspace.dir("scripts")

fn made() -> Container {
  tools.mount("/s", scripts).workdir("/out").run(["python3", "/s/make.py"]).run(["python3", "/s/change.py"])
}
fn list(c: Container, what: String) -> String { c.mount("/s", scripts).run(sh"python3 /s/list.py ${{ what }}").stdout }
pub fn out() -> Dir { made().dir("/out") }
## By the step that made it, by the next one, and by one that the folder was mounted into, copied into, and so on.
pub fn itself(what: String) -> String {
  tools
    .mount("/s", scripts)
    .workdir("/out")
    .run(sh"""
      python3 /s/make.py && python3 /s/change.py
      test -S socket -a -S covered -a -S opaque/old && rm socket covered covered-folder opaque/old
      python3 /s/list.py ${{ what }}
    """)
    .stdout
}
pub fn next(what: String) -> String { list(made(), what) }
pub fn mounted(what: String) -> String { list(tools.mount("/in", out()).workdir("/in"), what) }
pub fn copied(what: String) -> String { list(tools.copy("/in", out()).workdir("/in"), what) }
pub fn repacked(what: String) -> String { list(tools.mount("/in", out().tar().unpack(root: true)).workdir("/in"), what) }
fn unmarked() -> Dir { out().remove(".wh.x").remove(".wh..wh..opq").remove("lower/.wh.gone") }
pub fn tarball() -> File { unmarked().tar() }
pub fn lowered(what: String) -> String {
  let tree = unmarked().remove("first").remove("lower/deep").write("lower/deep/new", "new")
  list(tools.mount("/in", tree).workdir("/in"), what)
}
pub fn of_image(what: String) -> String { list(tools.mount("/in", image("odd:1").rootfs).workdir("/in"), what) }
"#;

fn world() -> World {
    let world = World::module(MODULE);
    for (name, text) in [("make", MAKE), ("change", CHANGE), ("list", LIST)] {
        world.write(&format!("scripts/{name}.py"), text);
    }
    world
}

#[test]
fn everyone_sees_the_same() {
    let world = world();
    // A socket lives with the process that made it: it is told, once, and is no part of what is left.
    let made = world.events(["run", "out"]).success();
    let sockets: Vec<String> = made.warnings().into_iter().filter(|text| text.contains("socket")).collect();
    assert_eq!(sockets.len(), 2, "{sockets:?}");
    assert!(sockets[0].contains("left `/out/socket`:"), "{sockets:?}");
    for path in ["/out/covered", "/out/covered-folder", "/out/opaque/old"] {
        assert!(sockets[1].contains(&format!("`{path}`")), "{sockets:?}");
    }
    assert_eq!(world.events(["run", "out"]).success().warnings(), [""; 0]);

    let sees = |who: &str, what: &str| world.prints(["run", who, "--what", what]);
    let all = sees("next", "owners times");
    assert!(all.lines().count() > 35 && !all.contains("covered"), "{all}");
    assert_eq!(sees("mounted", "owners times"), all);
    // A fresh step from the tree in the store, and the step that made it, whose times are its own.
    let owners = sees("next", "owners");
    for who in ["itself", "mounted", "repacked"] {
        assert_eq!(sees(who, "owners"), owners, "{who}");
    }
    // A copy is root's own.
    assert_eq!(sees("copied", "nothing"), sees("next", "nothing"));
    world.run(["run", "out", "-o", "out"]).success();
    // Who is not root can give nothing away.
    let what = if is_root() { "owners" } else { "nothing" };
    let listed = world
        .command("python3")
        .arg(world.package().join("scripts/list.py"))
        .arg(what)
        .current_dir(world.package().join("out"))
        .output()
        .unwrap();
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    assert_eq!(String::from_utf8(listed.stdout).unwrap(), sees("next", what));
    world.run(["cache", "verify"]).success();
}

/// The same through an image: its layer is what `tar` makes of the folder.
#[test]
fn an_image_holds_the_same() {
    let world = world();
    let server = Server::start();
    let config = world.home().join(".config/pipe");
    std::fs::create_dir_all(&config).unwrap();
    let mirror = format!("[registry.\"docker.io\"]\nmirrors = [\"{}\"]\n", server.url());
    std::fs::write(config.join("config.toml"), mirror).unwrap();
    let marks = layer(|builder| {
        for path in [".wh.first", "lower/deep/.wh..wh..opq"] {
            file(builder, path, 0o644, (0, 0), b"");
        }
        file(builder, "lower/deep/new", 0o644, (0, 0), b"new");
    });
    world.run(["run", "tarball", "-o", "out.tar"]).success();
    let whole = gzip(std::fs::read(world.package().join("out.tar")).unwrap());
    server.image("library/odd", "1", json!({}), &[whole, marks]);
    let sees = |who: &str| world.prints(["run", who, "--what", "owners"]);
    let lowered = sees("lowered");
    assert!(lowered.contains("deep/new") && !lowered.contains("./first"), "{lowered}");
    assert_eq!(sees("of_image"), lowered);
}
