//! What a step's files are to others: set-user-id programs, sockets, descriptors, and the layers that it stands on.

use std::os::fd::AsFd;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::UnixListener;

use rustix::io::{FdFlags, fcntl_setfd};

use crate::harness::{World, finish, has_ids, is_root};

const SET_USER_ID: &str = r#"
pub fn programs() -> Container {
  tools.run(sh"""
    mkdir /own
    cp /usr/bin/id /usr/bin/cat /usr/bin/touch /usr/bin/mknod /usr/bin/env /own
    chmod 4755 /own/*
    echo kept > /own/secret
    chmod 600 /own/secret
  """, network: Off)
}
fn as_nobody() -> Container { programs().user("65534:65534") }
pub fn inside() -> String {
  as_nobody().run(sh"/own/id -u; /own/cat /own/secret; ! cat /own/secret 2> /dev/null", network: Off).stdout
}
pub fn outside(file: String) -> String {
  as_nobody().env("FILE", file).run(sh"""
    /own/cat "$FILE" && echo 'can: read'
    /own/touch /usr/x && echo 'can: write to the tools'
    /own/mknod /tmp/x c 1 3 && echo 'can: make a device'
    /own/env unshare -m true && echo 'can: make a namespace'
    /own/cat /proc/1/environ && echo 'can: read the supervisor'
    for own in $(find /usr/bin /usr/sbin -perm -4000 -name su); do "$own" -c true && echo "can: $own"; done
    true
  """, network: Off).stdout
}
"#;

/// A program that a step gives the set-user-id bit makes its caller the step's root: nobody outside.
#[test]
fn set_user_id_programs_gain_what_is_inside_only() {
    let world = World::tools(SET_USER_ID);
    if !has_ids() {
        world.run(["run", "inside"]).exits(3).says("needs more than one user id");
        return;
    }
    assert_eq!(world.prints(["run", "inside"]), "0\nkept\n");
    // A file that only the host's root may read.
    let closed = "/usr/local/share/pipe-e2e-set-user-id";
    if is_root() {
        std::fs::write(closed, "secret").unwrap();
        std::fs::set_permissions(closed, PermissionsExt::from_mode(0o600)).unwrap();
    }
    let said = world.run(["run", "outside", "--file", closed]);
    let _ = std::fs::remove_file(closed);
    assert_eq!(said.success().stdout, "");
}

/// What steps leave behind may have set-user-id bits of a user of theirs, and what is recorded of them says what they were given: nobody
/// else of this machine gets to it.
#[test]
fn other_users_do_not_get_into_the_store() {
    let world = World::tools(SET_USER_ID);
    world.run(["run", "programs"]).success();
    let mut count = 0;
    for entry in std::fs::read_dir(world.store()).unwrap() {
        let metadata = entry.as_ref().unwrap().metadata().unwrap();
        count += 1;
        assert_eq!(metadata.mode() & 0o077, 0, "{entry:?}: {:o}", metadata.mode());
    }
    assert!(count >= 4, "{count}");
}

const CONNECT: &str = r#"
param src: Dir = workspace.dir()
let client = """
  import os, socket, sys
  for path in sys.argv[1:]:
      try:
          socket.socket(socket.AF_UNIX).connect(path)
          print("reached", path)
      except OSError:
          pass
  print(*os.listdir("/run"))
  """
pub fn connects(paths: List[String]) -> String {
  tools.mount("/src", src).run(["python3", "-c", client, ..paths], network: Host).stdout
}
"#;

#[test]
fn sockets_of_the_host_are_not_there() {
    let world = World::tools(CONNECT);
    let places = [world.path("socket"), world.package().join("socket"), world.home().join("socket")];
    let _listening = places.each_ref().map(|place| UnixListener::bind(place).unwrap());
    let mut args = vec!["run".to_owned(), "--allow=net:host".to_owned(), "connects".to_owned()];
    let usual = ["/run/docker.sock", "/var/run/docker.sock", "/run/dbus/system_bus_socket", "/src/socket"];
    let paths = places.iter().map(|place| place.display().to_string());
    for path in paths.chain(usual.map(str::to_owned)) {
        args.extend(["--paths".to_owned(), path]);
    }
    assert_eq!(world.prints(&args), "\n");
}

/// Whoever starts `pipe` may have left files open for its children.
#[test]
fn descriptors_of_the_caller_are_closed() {
    let world = World::tools(
        "pub fn open() -> String { tools.run(sh\"for f in /proc/self/fd/*; do readlink $f || true; done\").stdout }\n",
    );
    std::fs::write(world.path("secret"), "secret").unwrap();
    let open: Vec<std::fs::File> =
        (0..20).map(|_| std::fs::File::open(world.path("secret")).unwrap()).collect();
    for file in &open {
        fcntl_setfd(file.as_fd(), FdFlags::empty()).unwrap();
    }
    let printed = finish(world.pipe().args(["run", "--no-cache", "open"])).success().stdout;
    let lines: Vec<&str> = printed.lines().collect();
    assert_eq!(lines[0], "/dev/null", "{printed}");
    assert!(
        lines[1..].iter().all(|line| line.starts_with("pipe:") || line.starts_with("/proc/")),
        "{printed}"
    );
    assert!(lines.len() <= 4, "{printed}");
}

/// Everything that changes a file, or what the file system that lies over it makes of it.
const CHANGES: &str = r#"
param data: Dir = workspace.dir("data")
let change = """
  import fcntl, mmap, os, struct, sys
  def tried(function):
      try:
          function()
      except OSError as error:
          print(function.__name__, error)
  for folder in sys.argv[1:]:
      os.chdir(folder)
      def reopened():
          file = os.open("file", os.O_RDONLY)
          again = os.open(f"/proc/self/fd/{file}", os.O_RDWR)
          os.write(again, b"changed")
          mmap.mmap(again, 7)[:] = b"CHANGED"
      def reserved():
          os.posix_fallocate(os.open("second", os.O_RDWR), 0, 1 << 16)
      def flags():
          fcntl.ioctl(os.open("third", os.O_RDONLY), 0x40086602, struct.pack("<q", 0x80))
      def attributes():
          os.setxattr("third", "user.changed", b"1")
      def mode():
          os.chmod("third", 0o4777)
      def times():
          os.utime("third", (1, 1))
      def linked():
          os.link("fourth", "other name")
          open("other name", "w").write("changed")
      def renamed():
          os.rename("folder", "renamed")
          open("renamed/file", "w").write("changed")
      def opaque():
          for name in ["opaque", "origin", "redirect", "metacopy"]:
              for kind in ["user", "trusted"]:
                  try:
                      os.setxattr("marked", f"{kind}.overlay.{name}", b"y")
                  except OSError:
                      pass
      def whiteout():
          os.mknod("marked/file", 0o020000, 0)
      def removed():
          os.unlink("fifth")
          os.symlink("/etc/passwd", "fifth")
      for function in [reopened, reserved, flags, attributes, mode, times, linked, renamed, opaque, whiteout, removed]:
          tried(function)
  """
let listing = """
  import os, sys
  for folder in sys.argv[1:]:
      for at, folders, files in sorted(os.walk(folder)):
          for name in sorted(folders + files):
              path = f"{at}/{name}"
              found = os.lstat(path)
              content = repr(open(path).read()[:20]) if os.path.isfile(path) else ""
              own = [name for name in os.listxattr(path, follow_symlinks=False) if name.startswith("user.")]
              print(path, oct(found.st_mode), found.st_size, found.st_nlink if name in files else "", content, *own)
  """
fn made() -> Container { tools.copy("/own", data).mount("/data", data).run(["true"], network: Off) }
fn changed() -> Container { made().run(["python3", "-c", change, "/own", "/data"], network: Off) }
pub fn tries() -> String { changed().stdout }
pub fn of_others(turn: Int) -> String {
  made().env("TURN", "${turn}").run(["python3", "-c", listing, "/own", "/data"], network: Off).stdout
}
pub fn of_the_chain() -> String { changed().run(["python3", "-c", listing, "/own", "/data"], network: Off).stdout }
pub fn in_one_step() -> String {
  made()
    .envs(["CHANGE": change, "LISTING": listing])
    .run(sh"""
      python3 -c "$CHANGE" /own /data > /dev/null
      python3 -c "$LISTING" /own /data
    """, network: Off)
    .stdout
}
"#;

#[test]
fn the_layers_below_a_step_stay_as_they_are() {
    let world = World::tools(CHANGES);
    for name in ["file", "second", "third", "fourth", "fifth", "folder/file", "marked/file"] {
        world.write(&format!("data/{name}"), "original");
    }
    let hosts = || {
        let names = ["file", "second", "third", "fourth", "fifth", "folder/file", "marked/file"];
        names.map(|name| {
            let found = std::fs::metadata(world.package().join("data").join(name)).unwrap();
            (
                world.read(&format!("data/{name}")),
                found.mode(),
                found.mtime(),
                found.ctime(),
                found.nlink(),
                found.ino(),
            )
        })
    };
    let before = (hosts(), world.prints(["run", "of_others", "--turn", "1"]));
    assert_eq!(before.1.matches("original").count(), 14, "{}", before.1);
    world.run(["run", "tries"]).success();
    assert_eq!((hosts(), world.prints(["run", "of_others", "--turn", "2"])), before);
    // What it did is what the next one finds: nothing that it wrote means something else than what it saw.
    let seen = world.prints(["run", "of_the_chain"]);
    assert!(seen.contains("CHANGED") && seen.contains("/own/marked/file 0o100644 8"), "{seen}");
    assert_eq!(world.prints(["run", "in_one_step"]), seen);
    world.run(["cache", "verify"]).success();
}
