//! What steps write, and what later steps see of it.

use std::path::PathBuf;

use pipe_engine::{MountSource, MountSpec, StepSpec};
use pipe_ops::{BlobDigest, Digest};
use pipe_store::{FileRef, LayerRef, LayerScan, Namespace, ScannedNode};

use crate::lab::Lab;

/// Runs a chain of scripts, each on the changes of those before; what the last one printed.
async fn chain(lab: &Lab, scripts: &[&str]) -> String {
    let mut root: Vec<LayerRef> = Vec::new();
    let mut printed = String::new();
    for script in scripts {
        let mut spec = lab.script(script);
        spec.root.clone_from(&root);
        let ran = lab.run(spec).await.unwrap();
        assert_eq!(ran.code(), 0, "`{script}`: {}{}", ran.stdout, ran.stderr);
        root.extend(ran.outcome.root.map(|layer| lab.adopt(layer)));
        printed = ran.stdout;
    }
    printed
}

/// Paths of a scan, with a mark for what they are.
fn listing(scan: &LayerScan) -> Vec<String> {
    let mut lines = Vec::new();
    let Some(top) = scan.dirs.len().checked_sub(1) else { return lines };
    let mut pending = vec![(top, String::new())];
    while let Some((index, path)) = pending.pop() {
        for (name, node) in &scan.dirs[index].entries {
            let path = format!("{path}/{}", String::from_utf8_lossy(name));
            let mark = match node {
                ScannedNode::Dir(index) => {
                    pending.push((*index as usize, path.clone()));
                    if scan.dirs[*index as usize].opaque { "/!" } else { "/" }
                }
                ScannedNode::Whiteout => "-",
                _ => "",
            };
            lines.push(path + mark);
        }
    }
    lines.sort();
    lines
}

async fn changes(lab: &Lab, spec: StepSpec) -> Vec<String> {
    let ran = lab.run(spec).await.unwrap();
    assert_eq!(ran.code(), 0, "{}{}", ran.stdout, ran.stderr);
    ran.outcome.root.map(|layer| listing(&layer.scan)).unwrap_or_default()
}

#[tokio::test]
async fn only_what_the_step_changed_is_a_change() {
    let lab = Lab::new();
    assert_eq!(changes(&lab, lab.script("true")).await, Vec::<String>::new());
    assert_eq!(changes(&lab, lab.script("ls -lR /etc /proc/self > /dev/null")).await, Vec::<String>::new());
    assert_eq!(changes(&lab, lab.script("echo x > /out; mkdir /d; ln -s d /l")).await, ["/d/", "/l", "/out"]);
    assert_eq!(changes(&lab, lab.script("echo x >> /etc/hosts")).await, ["/etc/", "/etc/hosts"]);
    // Mount points that the sandbox makes are not the step's.
    let spec = Lab::mounted(lab.script("echo x > /a/out"), "/a/b/c", &[]);
    assert_eq!(changes(&lab, spec).await, ["/a/", "/a/out"]);
    let spec = Lab::mounted(lab.script("echo x > /src/out"), "/src", &[]);
    assert_eq!(changes(&lab, spec).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_new_mode_of_the_root_is_a_change() {
    let lab = Lab::new();
    let kept = chain(&lab, &["chmod 700 /; chown 0:0 /", "true", "echo > /x", "stat -c %a /"]).await;
    assert_eq!(kept, "700\n");
}

#[tokio::test]
async fn deleted_stays_deleted() {
    let lab = Lab::new();
    let out = chain(
        &lab,
        &[
            "mkdir -p /d/e; echo 1 > /d/a; echo 2 > /d/b; echo 3 > /d/e/c; echo 4 > /f",
            "rm /d/a /f; rm -r /d/e",
            "echo new > /d/n",
            "find /d /f 2>/dev/null | sort || true",
        ],
    )
    .await;
    assert_eq!(out, "/d\n/d/b\n/d/n\n");
    let out = chain(
        &lab,
        &["mkdir /d; echo 1 > /d/a", "rm -r /d; mkdir /d; echo 2 > /d/b", "echo 3 > /d/c", "ls /d"],
    )
    .await;
    assert_eq!(out, "b\nc\n");
    let out = chain(
        &lab,
        &["echo file > /x", "rm /x; mkdir /x; echo in > /x/y", "rm -r /x; echo again > /x", "cat /x"],
    )
    .await;
    assert_eq!(out, "again\n");
}

/// What a socket stands in the place of is gone, as if it had been removed before the step ended.
#[tokio::test]
async fn a_socket_is_no_change_but_what_it_covers_is_gone() {
    let lab = Lab::new();
    let listen =
        "listen() { python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' $1; }\n";
    let mut spec = lab.script(&format!("{listen}mkdir /d /e; echo 1 > /d/a; echo 2 > /f; listen /e/s"));
    let ran = lab.run(spec.clone()).await.unwrap();
    assert_eq!(ran.outcome.sockets, [PathBuf::from("/e/s")]);
    let layer = ran.outcome.root.unwrap();
    assert_eq!(listing(&layer.scan), ["/d/", "/d/a", "/e/", "/f"]);
    spec.root.push(lab.adopt(layer));

    spec.argv[3] =
        format!("{listen}rm /f; listen /f; listen /new; listen /e/t; rm -r /d; mkdir /d; listen /d/a");
    let ran = lab.run(spec.clone()).await.unwrap();
    let layer = ran.outcome.root.unwrap();
    assert_eq!(listing(&layer.scan), ["/d/!", "/e/", "/f-"]);
    assert_eq!(layer.scan.sockets, [b""; 0]);
    spec.root.push(lab.adopt(layer));
    spec.argv[3] = "ls / /d /e | grep -x -e '[afst]' -e new || echo none".to_owned();
    assert_eq!(lab.run(spec.clone()).await.unwrap().stdout, "none\n");

    // In a mount, where nothing else was left.
    let mut spec = Lab::mounted(lab.script(listen), "/src", &[]);
    spec.argv[3].push_str("listen /src/s");
    let ran = lab.run(spec).await.unwrap();
    assert_eq!(ran.outcome.sockets, [PathBuf::from("/src/s")]);
    assert!(ran.outcome.mounts[0].is_none() && ran.outcome.root.is_none());
}

#[tokio::test]
async fn whiteouts_and_opaque_folders_are_reported() {
    let lab = Lab::new();
    let mut spec = lab.script("mkdir /d /e; echo 1 > /d/a; echo 2 > /f");
    let layer = lab.adopt(lab.run(spec.clone()).await.unwrap().outcome.root.unwrap());
    spec.root.push(layer);
    spec.argv[3] = "rm /f; rm -r /d; mkdir /d; rmdir /e".to_owned();
    assert_eq!(changes(&lab, spec).await, ["/d/!", "/e-", "/f-"]);
}

#[tokio::test]
async fn modes_times_links_and_names_survive() {
    let lab = Lab::new();
    let out = chain(
        &lab,
        &[
            "umask 0; mkdir -m 2751 /d; echo x > /d/f; chmod 4711 /d/f; ln /d/f /d/g; touch -d @1000 /d/f; mkfifo /d/p; \
             ln -s gone /d/l; touch \"$(printf '/d/\\377')\"",
            "mkdir /d/sub; mv /d/f /d/h",
            "stat -c '%a %h %Y %F' /d /d/h /d/g /d/p; readlink /d/l; ls /d | wc -l",
        ],
    )
    .await;
    let lines: Vec<&str> = out.lines().collect();
    assert!(lines[0].starts_with("2751 ") && lines[0].ends_with("directory"), "{out}");
    assert!(lines[1].starts_with("4711 ") && lines[1].ends_with("1000 regular file"), "{out}");
    assert_eq!(&lines[2][..5], "4711 ");
    assert!(lines[3].ends_with("fifo"), "{out}");
    assert_eq!(lines[4..], ["gone", "6"]);
}

#[tokio::test]
async fn modes_that_lock_out_are_no_obstacle() {
    let lab = Lab::new();
    let script = "mkdir -p /d/e; echo x > /d/e/f; chmod 0 /d/e/f /d/e /d";
    assert_eq!(chain(&lab, &[script, "echo y > /g", "cat /d/e/f; stat -c %a /d"]).await, "x\n0\n");
    let deep = "cd /tmp; for i in $(seq 1 300); do mkdir -m 500 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa && cd aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; done";
    let mut spec = lab.script(deep);
    spec.argv.push(String::new());
    // Too deep to be kept, and no obstacle to cleaning up.
    let _ = lab.run(spec).await;
}

#[tokio::test]
async fn other_users_files() {
    let lab = Lab::new();
    if lab.output("cat /proc/self/uid_map").await.split_whitespace().nth(2) == Some("1")
        && lab.output("wc -l < /proc/self/uid_map").await.trim() == "1"
    {
        eprintln!("SKIP other_users_files: a single id");
        return;
    }
    let scripts = [
        "echo x > /f; chown 1000:2000 /f; chmod 600 /f; mkdir -m 700 /d; chown 33:33 /d; touch /d/a; echo ann:x:1000:2000::/:/bin/sh >> /etc/passwd",
        "echo y >> /f; stat -c '%u:%g %a' /f /d",
    ];
    assert_eq!(chain(&lab, &scripts).await, "1000:2000 600\n33:33 700\n");
    let ran = lab.run(lab.script(scripts[0])).await.unwrap();
    let layer = lab.adopt(ran.outcome.root.unwrap());
    // The store reads through the namespace what the caller itself may not.
    let path = PathBuf::from("layers").join(&layer.layer).join("f");
    assert_eq!(std::io::read_to_string(lab.sandbox.open(&path).unwrap()).unwrap(), "x\n");
    let mut spec =
        lab.script("id -u; id -g; id -G; cat /f; ! cat /d/a 2>/dev/null; grep CapEff /proc/self/status");
    (spec.root, spec.user) = (vec![layer], Some("ann".to_owned()));
    let ran = lab.run(spec.clone()).await.unwrap();
    assert_eq!(ran.stdout, "1000\n2000\n2000\nx\nCapEff:\t0000000000000000\n", "{}", ran.stderr);
    spec.user = Some("eve".to_owned());
    let message = lab.run(spec).await.unwrap_err().to_string();
    assert_eq!(message, "there is no user `eve` in the root's /etc/passwd");
}

#[tokio::test]
async fn a_mounts_writes_are_its_own() {
    let lab = Lab::new();
    let tree = lab.tree("mkdir sub; echo 1 > a; echo 2 > sub/b").await;
    let spec = Lab::mounted(
        lab.script("echo 3 > /src/c; rm /src/a; echo r > /r"),
        "/src",
        std::slice::from_ref(&tree),
    );
    let ran = lab.run(spec).await.unwrap();
    assert_eq!(ran.code(), 0, "{}", ran.stderr);
    assert_eq!(listing(&ran.outcome.root.unwrap().scan), ["/r"]);
    let changed = ran.outcome.mounts.into_iter().next().unwrap().unwrap();
    assert_eq!(listing(&changed.scan), ["/a-", "/c"]);
    let above = lab.adopt(changed);
    let spec = Lab::mounted(lab.script("find /src | sort"), "/src", &[tree.clone(), above.clone()]);
    let ran = lab.run(spec).await.unwrap();
    assert_eq!(ran.stdout, "/src\n/src/c\n/src/sub\n/src/sub/b\n");
    assert!(ran.outcome.mounts[0].is_none());
    // The layer itself is as it was.
    let spec = Lab::mounted(lab.script("ls /src"), "/src", std::slice::from_ref(&tree));
    assert_eq!(lab.run(spec).await.unwrap().stdout, "a\nsub\n");
    // A folder of a layer.
    let inside = LayerRef { path: "sub".into(), ..tree };
    let spec = Lab::mounted(lab.script("ls /src"), "/src", &[inside]);
    assert_eq!(lab.run(spec).await.unwrap().stdout, "b\n");
}

#[tokio::test]
async fn mounts_inside_mounts_and_over_folders() {
    let lab = Lab::new();
    let outer = lab.tree("mkdir -m 750 have; echo o > o").await;
    let inner = lab.tree("echo i > i").await;
    let script =
        "echo w > /m/have/new/w; echo x > /m/x; cat /m/o /m/have/new/i; stat -c %a /m/have; touch /m/have/t";
    let mut spec = Lab::mounted(lab.script(script), "/m", &[outer]);
    spec = Lab::mounted(spec, "/m/have/new", &[inner]);
    let ran = lab.run(spec).await.unwrap();
    assert_eq!((ran.code(), ran.stdout.as_str()), (0, "o\ni\n750\n"), "{}", ran.stderr);
    let mounts: Vec<Vec<String>> =
        ran.outcome.mounts.iter().map(|layer| listing(&layer.as_ref().unwrap().scan)).collect();
    assert_eq!(mounts, [vec!["/have/", "/have/t", "/x"], vec!["/w"]]);
    assert!(ran.outcome.root.is_none());
}

#[tokio::test]
async fn a_mount_over_what_layers_deleted_or_hid() {
    let lab = Lab::new();
    let mut spec = lab.script("mkdir -p /d/e");
    let first = lab.adopt(lab.run(spec.clone()).await.unwrap().outcome.root.unwrap());
    spec.root = vec![first];
    spec.argv[3] = "rm -r /d; mkdir -m 711 /d; touch /d/mine".to_owned();
    let second = lab.adopt(lab.run(spec.clone()).await.unwrap().outcome.root.unwrap());
    spec.root.push(second);
    spec.argv[3] = "echo x > /d/e/f/x; ls -A /d /d/e; stat -c %a /d".to_owned();
    let ran = lab.run(Lab::mounted(spec, "/d/e/f", &[])).await.unwrap();
    assert_eq!((ran.code(), ran.stdout.as_str()), (0, "/d:\ne\nmine\n\n/d/e:\nf\n711\n"), "{}", ran.stderr);
    assert!(ran.outcome.root.is_none());
}

#[tokio::test]
async fn a_mounted_file_is_a_private_copy() {
    let lab = Lab::new();
    let tree = lab.tree("echo one > f; chmod 640 f").await;
    let digest = BlobDigest(Digest([0; 32]));
    let file = FileRef { layer: tree.layer.clone(), path: "f".into(), digest, size: 4, mode: 0o640 };
    let mount = MountSpec { path: "/etc/app.conf".to_owned(), source: MountSource::File(file) };
    let with = |script: &str| {
        let mut spec = lab.script(script);
        spec.mounts.push(mount.clone());
        spec
    };
    let ran = lab.run(with("cat /etc/app.conf; stat -c %a /etc/app.conf")).await.unwrap();
    assert_eq!((ran.stdout.as_str(), ran.outcome.mounts[0].is_none()), ("one\n640\n", true));
    assert!(ran.outcome.root.is_none());
    for script in ["echo two >> /etc/app.conf", "chmod 600 /etc/app.conf"] {
        let ran = lab.run(with(script)).await.unwrap();
        let layer = ran.outcome.mounts.into_iter().next().unwrap().unwrap();
        assert_eq!((listing(&layer.scan), ran.outcome.root.is_none()), (vec!["/file".to_owned()], true));
    }
    let spec = Lab::mounted(lab.script("cat /t/f"), "/t", &[tree]);
    assert_eq!(lab.run(spec).await.unwrap().stdout, "one\n");
}

#[tokio::test]
async fn a_long_chain() {
    let lab = Lab::new();
    let scripts: Vec<String> = (0..60).map(|n| format!("echo {n} >> /log")).collect();
    let mut scripts: Vec<&str> = scripts.iter().map(String::as_str).collect();
    scripts.push("wc -l < /log");
    assert_eq!(chain(&lab, &scripts).await, "60\n");
}

#[tokio::test]
async fn the_file_service() {
    let lab = Lab::new();
    let layer = lab.tree("mkdir d; echo x > d/f; ln -s /etc/passwd l; ln -s d k").await;
    let path = PathBuf::from("layers").join(&layer.layer);
    assert_eq!(listing(&lab.sandbox.scan(&path).unwrap()), ["/d/", "/d/f", "/k", "/l"]);
    assert_eq!(std::io::read_to_string(lab.sandbox.open(&path.join("d/f")).unwrap()).unwrap(), "x\n");
    for refused in ["l", "k/f", "../../../etc/passwd", "none"] {
        assert!(lab.sandbox.open(&path.join(refused)).is_err(), "{refused}");
    }
    assert!(lab.sandbox.open(std::path::Path::new("/etc/passwd")).is_err());
    lab.sandbox.remove(&path).unwrap();
    lab.sandbox.remove(&path).unwrap();
    assert!(lab.sandbox.scan(&path).is_err());
}
