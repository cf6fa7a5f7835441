//! `dockerfile()`: what it builds, as Docker does.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use crate::harness::{World, finish, is_root};
use crate::images;

const MODULE: &str = r#"
param ctx: Dir = workspace.dir("ctx")
pub fn tree() -> Dir { ctx.dockerfile().rootfs }
pub fn built() -> Container { ctx.dockerfile() }
pub fn says() -> String { ctx.dockerfile().stdout }
pub fn given() -> String { ctx.dockerfile(args: ["WHO": "you"], target: "says").stdout }
pub fn of_a_step() -> String {
  scratch().write("/Dockerfile", "FROM busybox:1.36\nCOPY a /a\nRUN cat /a\n").write("/a", "from a step").dir("/").dockerfile().stdout
}
pub fn config() -> String {
  let c = ctx.dockerfile()
  "${c.user} ${c.workdir} ${c.entrypoint.join(" ")} | ${c.command.join(" ")} | ${c.env_of("E") ?? "none"} ${c.env_of("A") ?? "none"}"
}
"#;

/// Files with their modes and contents, links with their targets, folders with a slash; sorted.
fn listed(folder: &Path) -> Vec<String> {
    fn add(folder: &Path, name: &str, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = format!("{name}/{}", path.file_name().unwrap().to_str().unwrap());
            let meta = path.symlink_metadata().unwrap();
            let mode = meta.permissions().mode() & 0o7777;
            if meta.is_dir() {
                found.push(format!("{name}/ {mode:o}"));
                add(&path, &name, found);
            } else if meta.is_symlink() {
                found.push(format!("{name} -> {}", path.read_link().unwrap().display()));
            } else {
                found.push(format!("{name} {mode:o} {}", std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let mut found = Vec::new();
    add(folder, "", &mut found);
    found.sort();
    found
}

/// What a Dockerfile without images makes of a context.
fn tree(dockerfile: &str, files: &[(&str, &str)]) -> (World, Vec<String>) {
    let world = World::module(MODULE);
    world.write("ctx/Dockerfile", dockerfile);
    for (name, text) in files {
        world.write(&format!("ctx/{name}"), text);
    }
    let out = world.path("out");
    world.run(["run", "tree", "-o", out.to_str().unwrap()]).success();
    let found = listed(&out);
    (world, found)
}

/// The cases of BuildKit's own tests (`testCopyWildcards`, `testEmptyWildcard`, `testCopyFollowAllSymlinks`) and of the reference.
#[test]
fn copy_puts_files_where_docker_does() {
    let files = [
        ("foo.go", "foo"),
        ("bar.go", "bar"),
        ("sub/dir1/dir2/foo", "deep"),
        ("sub/x", "x"),
        ("arr[0].txt", "arr"),
        ("a b", "space"),
    ];
    let dockerfile = "\
FROM scratch AS base
COPY *.go /gofiles/
COPY f*.go foo2.go
COPY foo.go nomatch* nowhere/* /some/
COPY sub/* /subdest/
COPY sub/*/dir2/foo /subdest2/
COPY sub/*/dir2/foo /subdest3/bar
COPY sub/dir1/ subdest4
COPY sub/dir1/. subdest5
COPY ../foo.go /up/
COPY arr[[]0].txt /arr/
COPY [\"a b\", \"/c d\"]
WORKDIR /w
COPY foo.go .
COPY foo.go bar.go there/
WORKDIR rel
COPY foo.go bar.go ./
COPY --exclude=*.go --exclude=sub/x --exclude=Dockerfile . /rest/
COPY --parents sub/*/dir2/foo foo.go /parents/
COPY --parents sub/./dir1/dir2 /pivot/
COPY <<EOF <<-'RAW' /inline/
two\\$
EOF
\tkept $X
RAW
FROM scratch
COPY --from=base /gofiles /g
COPY --from=0 gofiles/foo.go /f
";
    let module = MODULE.replace("dockerfile().rootfs", "dockerfile(target: \"base\").rootfs");
    let (world, all) = tree(dockerfile, &files);
    assert_eq!(all, ["/f 644 foo", "/g/ 755", "/g/bar.go 644 bar", "/g/foo.go 644 foo"]);

    world.write("main.pipe", &module);
    let out = world.path("base");
    world.run(["run", "tree", "-o", out.to_str().unwrap()]).success();
    let found = listed(&out);
    let files: Vec<&str> = found.iter().filter(|line| !line.contains("/ ")).map(String::as_str).collect();
    assert_eq!(
        files,
        [
            "/arr/arr[0].txt 644 arr",
            "/c d 644 space",
            "/foo2.go 644 foo",
            "/gofiles/bar.go 644 bar",
            "/gofiles/foo.go 644 foo",
            "/inline/EOF 644 two$\n",
            "/inline/RAW 644 kept $X\n",
            "/parents/foo.go 644 foo",
            "/parents/sub/dir1/dir2/foo 644 deep",
            "/pivot/dir1/dir2/foo 644 deep",
            "/rest/a b 644 space",
            "/rest/arr[0].txt 644 arr",
            "/rest/sub/dir1/dir2/foo 644 deep",
            "/some/foo.go 644 foo",
            "/subdest/dir2/foo 644 deep",
            "/subdest/x 644 x",
            "/subdest2/foo 644 deep",
            "/subdest3/bar 644 deep",
            "/subdest4/dir2/foo 644 deep",
            "/subdest5/dir2/foo 644 deep",
            "/up/foo.go 644 foo",
            "/w/foo.go 644 foo",
            "/w/rel/bar.go 644 bar",
            "/w/rel/foo.go 644 foo",
            "/w/there/bar.go 644 bar",
            "/w/there/foo.go 644 foo",
        ]
    );
    world.run(["cache", "verify"]).success();
}

#[test]
fn modes_and_links_are_as_asked_for() {
    let world = World::module(MODULE);
    world.write(
        "ctx/Dockerfile",
        "\
FROM scratch
COPY d /plain
COPY --chmod=0750 d /moded
COPY link /followed
COPY d/ /etc
WORKDIR /home/app
",
    );
    world.write("ctx/d/f", "f");
    world.write("ctx/d/e/g", "g");
    std::fs::set_permissions(world.package().join("ctx/d/e/g"), PermissionsExt::from_mode(0o755)).unwrap();
    std::os::unix::fs::symlink("d/f", world.package().join("ctx/link")).unwrap();
    std::os::unix::fs::symlink("f", world.package().join("ctx/d/l")).unwrap();
    let out = world.path("out");
    world.run(["run", "tree", "-o", out.to_str().unwrap()]).success();
    let found = listed(&out);
    for line in [
        "/plain/ 755",
        "/plain/e/ 755",
        "/plain/f 644 f",
        "/plain/l -> f",
        "/plain/e/g 755 g",
        "/moded/e/g 750 g",
        "/moded/e/ 750",
        "/moded/f 750 f",
        "/moded/l -> f",
        "/followed 644 f",
        "/etc/f 644 f",
        "/home/app/ 755",
    ] {
        assert!(found.iter().any(|found| found == line), "{line}: {found:#?}");
    }
}

#[test]
fn owners_are_as_asked_for() {
    let world = World::module(MODULE);
    world.write(
        "ctx/Dockerfile",
        "\
FROM scratch
COPY <<passwd <<group /etc/
root:x:0:0::/:/bin/sh
app:x:1000:1001::/:/bin/sh
passwd
web:x:7:
group
COPY d /plain
COPY --chown=app d /named/deep
COPY --chown=5:web d/f /numbered/f
COPY --chown=9 d/f /nine
USER app
WORKDIR /home/app
",
    );
    world.write("ctx/d/f", "f");
    let out = world.path("out");
    let outcome = world.run(["run", "tree", "-o", out.to_str().unwrap()]).success();
    // Only root may give files away.
    if !is_root() {
        outcome.says("belong to other users");
    }
    if is_root() {
        let owner = |path: &str| {
            let meta = out.join(path).symlink_metadata().unwrap();
            (meta.uid(), meta.gid())
        };
        assert_eq!(owner("plain/f"), (0, 0));
        assert_eq!(
            (owner("named"), owner("named/deep"), owner("named/deep/f")),
            ((1000, 1001), (1000, 1001), (1000, 1001))
        );
        assert_eq!((owner("numbered"), owner("numbered/f"), owner("nine")), ((5, 7), (5, 7), (9, 9)));
        assert_eq!((owner("home"), owner("home/app")), ((1000, 1001), (1000, 1001)));
    }
}

#[test]
fn what_is_ignored_is_no_part_of_the_context() {
    let files = [
        (
            ".dockerignore",
            "# comment\nDockerfile\n.dockerignore\n**/*.o\nnode_modules\n!node_modules/keep\n/top\n",
        ),
        ("a.c", "a"),
        ("a.o", "o"),
        ("d/b.o", "o"),
        ("d/top", "t"),
        ("top", "t"),
        ("node_modules/x", "x"),
        ("node_modules/keep/y", "y"),
    ];
    let (world, found) = tree("FROM scratch\nCOPY . /\n", &files);
    let files: Vec<&str> = found.iter().filter(|line| !line.contains("/ ")).map(String::as_str).collect();
    assert_eq!(files, ["/a.c 644 a", "/d/top 644 t", "/node_modules/keep/y 644 y"]);

    // A file of its own comes first.
    world.write("ctx/Dockerfile.dockerignore", "*\n!a.c\n");
    let out = world.path("own");
    world.run(["run", "tree", "-o", out.to_str().unwrap()]).success();
    assert_eq!(listed(&out), ["/a.c 644 a"]);

    world.write("ctx/Dockerfile.dockerignore", "a\n[\n");
    world.run(["run", "tree"]).exits(1).says("`Dockerfile.dockerignore`, line 2");
}

#[test]
fn what_is_missing_or_wrong_is_said_at_its_line() {
    let world = World::module(MODULE);
    world.write("ctx/index.html", "");
    let fails = |text: &str| {
        world.write("ctx/Dockerfile", text);
        world.run(["run", "tree"]).exits(1)
    };
    fails("FROM scratch\n\nADD x y\n")
        .says("ctx/Dockerfile:3")
        .says("`ADD` is not supported")
        .says("main.pipe:3");
    fails("FROM scratch\nCOPY index.htm /\n").says("ctx/Dockerfile:2").says("index.htm").says("index.html");
    fails("FROM scratch\nCOPY . /a\nCOPY index.html /a/x/\nCOPY . /a/x/index.html\n")
        .says("ctx/Dockerfile:4");
    fails("FROM scratch\nCOPY * /one\n").says("ctx/Dockerfile:2").says("end the destination with `/`");
    fails("FROM scratch\nCOPY --chown=nobody . /\n").says("there is no user `nobody`");
    fails("FROM scratch\nRUN <<EOF\n").says("ctx/Dockerfile:2").says("no line is `EOF`");
    std::fs::remove_file(world.package().join("ctx/Dockerfile")).unwrap();
    world.run(["run", "tree"]).exits(1).says("there is no `Dockerfile`").says("main.pipe:3");
}

#[test]
fn commands_run_as_the_dockerfile_says() {
    let Some((world, _server)) = images::world("commands_run_as_the_dockerfile_says", MODULE) else { return };
    let says = |dockerfile: &str| {
        world.write("ctx/Dockerfile", dockerfile);
        world.prints(["run", "says", "--network", "off"])
    };
    world.write("ctx/data/f", "data");
    // Arguments and variables, the last one counts; what the image has.
    assert_eq!(
        says(
            "FROM busybox:1.36\nARG WHO=me X=$A\nENV A=mine B=\"$A $WHO\" P=/x:$PATH\nRUN echo $WHO $X $A $B $P \\\n # no\n '$A'\n"
        ),
        "me image mine image me /x:/usr/local/bin:/bin $A\n"
    );
    assert_eq!(says("ARG T=1.36\nFROM busybox:$T\nRUN [\"echo\", \"$T\", \"a b\"]\n"), "$T a b\n");
    // The working folder exists, and a failing first command of a list does not end the shell.
    assert_eq!(says("FROM busybox:1.36\nWORKDIR /a\nWORKDIR b/c\nRUN false; pwd\n"), "/a/b/c\n");
    assert!(says("FROM busybox:1.36\nSHELL [\"/bin/sh\", \"-ec\"]\nRUN echo $0 $-\n").contains('e'));
    // Here-documents.
    assert_eq!(
        says("FROM busybox:1.36\nENV V=v\nRUN <<EOF\necho one $V\n# two\necho three\nEOF\n"),
        "one v\nthree\n"
    );
    assert_eq!(says("FROM busybox:1.36\nENV V=v\nRUN cat <<A - && echo end\n$V\nA\n"), "v\nend\n");
    assert_eq!(says("FROM busybox:1.36\nRUN <<EOF\n#!/bin/cat\ntext\nEOF\n"), "#!/bin/cat\ntext\n");
    assert_eq!(
        says("FROM busybox:1.36\nRUN <<EOF\n#!/bin/true\nEOF\nRUN ls -d /run || echo gone\n"),
        "gone\n"
    );
    // What a mount shows is there only while its command runs, and what is written to it is gone.
    assert_eq!(
        says(
            "FROM busybox:1.36\nRUN --mount=target=/m,source=data --mount=type=bind,src=data/f,dst=/one --mount=type=tmpfs,target=/t echo x > /m/new; echo y > /t/z; cat /m/f /one; ls /m\nRUN cat /m/f || echo gone\n"
        ),
        "gone\n"
    );
    assert_eq!(
        says(
            "FROM busybox:1.36 AS a\nRUN echo built > /out\nFROM busybox:1.36\nRUN --mount=from=a,target=/a cat /a/out\n"
        ),
        "built\n"
    );
    // Stages.
    assert_eq!(
        says(
            "FROM busybox:1.36 AS a\nENV S=set\nARG Q=arg\nRUN echo built > /out\nFROM busybox:1.36 AS never\nRUN exit 1\nFROM a\nRUN echo $S $Q; cat /out\n"
        ),
        "set arg\nbuilt\n"
    );
    world.write("ctx/Dockerfile", "FROM busybox:1.36 AS says\nARG WHO=me\nRUN echo $WHO\nFROM scratch\n");
    assert_eq!(world.prints(["run", "given"]), "you\n");
    assert_eq!(world.prints(["run", "of_a_step"]), "from a step");

    world.write("ctx/Dockerfile", "FROM busybox:1.36\nRUN true\nRUN echo no >&2; \\\n exit 3\n");
    world.run(["run", "built"]).exits(1).says("ctx/Dockerfile:3").says("exit code 3").says("RUN echo no");
    world.run(["cache", "verify"]).success();
}

#[test]
fn the_image_says_what_the_dockerfile_does_not() {
    let Some((world, _server)) = images::world("the_image_says_what_the_dockerfile_does_not", MODULE) else {
        return;
    };
    let config = |dockerfile: &str| {
        world.write("ctx/Dockerfile", dockerfile);
        world.prints(["run", "config"])
    };
    assert_eq!(config("FROM odd:1\nENV E=$A-$B\n"), "app /srv/app /bin/false | never | image-image image");
    assert_eq!(
        config("FROM odd:1\nWORKDIR sub\nUSER 7:8\nENTRYPOINT [\"/e\"]\n"),
        "7:8 /srv/app/sub /e |  | none image"
    );
    assert_eq!(
        config("FROM odd:1\nCMD echo $A\n"),
        "app /srv/app /bin/false | /bin/sh -c echo $A | none image"
    );
}

/// The user's agent is there for the command that asks for it, and for no other.
#[test]
fn a_command_reaches_the_ssh_agent_when_that_is_granted() {
    let module =
        "param ctx: Dir = workspace.dir(\"ctx\")\npub fn says() -> String { ctx.dockerfile().stdout }\n";
    let Some((world, _server)) =
        images::world("a_command_reaches_the_ssh_agent_when_that_is_granted", module)
    else {
        return;
    };
    world.write(
        "ctx/Dockerfile",
        "FROM busybox:1.36\nRUN --mount=type=ssh test -S \"$SSH_AUTH_SOCK\" && echo there > /said\n\
         RUN echo \"$(cat /said) ${SSH_AUTH_SOCK-gone}\"\n",
    );
    world.run(["run", "says"]).exits(2).says("--allow ssh-agent");
    let socket = world.path("agent");
    let _agent = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    let mut granted = world.pipe();
    granted.args(["run", "--allow", "ssh-agent", "says"]).env("SSH_AUTH_SOCK", &socket);
    assert_eq!(finish(&mut granted).success().stdout, "there gone\n");
    for (options, said) in [("id=other", "there is no agent `other`"), ("target=/agent", "`target` of")] {
        world.write("ctx/Dockerfile", &format!("FROM busybox:1.36\nRUN --mount=type=ssh,{options} true\n"));
        world.run(["run", "says"]).exits(1).says("ctx/Dockerfile:2").says(said);
    }
}
