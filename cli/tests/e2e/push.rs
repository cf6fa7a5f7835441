//! Images out: pushed to a registry as people run it, indexed, retagged, saved; one digest whoever makes them.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixListener;

use crate::harness::{World, finish, is_root, pipe_binary};
use crate::images;
use crate::login::login;
use crate::registry::{PASSWORD, Registry};

const APP: &str = r#"
param tools: Container = host.toolchain()
let platforms: List[Platform] = ["linux/amd64", "linux/arm64"]

fn built(platform: Platform) -> Dir {
  tools
    .run(sh"""
      mkdir -p /out/bin /out/data/empty
      echo "built for ${{platform.arch}}" > /out/bin/app
      chmod 755 /out/bin/app
      ln /out/bin/app /out/bin/same
      ln -s ../bin/app /out/data/link
      """)
    .dir("/out")
}

pub fn app(platform: Platform = "linux/amd64") -> Container {
  scratch(platform: platform)
    .copy("/", built(platform))
    .entrypoint(["/bin/app"])
    .command(["serve"])
    .env("MODE", "production")
    .user("1000:1000")
    .workdir("/data")
    .expose(8080)
    .label("org.example.of", "tests")
    .annotation("org.example.note", "said")
}

pub action single(ref: ImageRef) -> ImageRef { do app().push(ref) }
pub action publish(ref: ImageRef) -> ImageRef { do index([for p in platforms => app(p)]).push(ref) }
pub action copied(from: ImageRef, to: ImageRef) -> ImageRef { do image(from).push(to) }
pub fn bundle() -> File { app().tarball() }
pub fn back() -> Dir { archive(bundle()).rootfs }
pub fn started() -> List[String] { archive(bundle()).entrypoint + archive(bundle()).command }
pub action hosts(ref: ImageRef) -> ImageRef { do tools.push(ref) }
pub action loaded(ref: ImageRef) -> ImageRef { do app().load(ref) }
fn note(text: String) -> File { dir().write("note", text).file("note") }
pub action noted(ref: ImageRef, text: String = "hi", type: String = "text/x-note") -> ImageRef {
  let pushed = do app().push(ref)
  do pushed.attach(type, note(text))
}
pub action attached(to: ImageRef) -> ImageRef { do to.attach("text/x-note", note("hi")) }
pub action twice(ref: ImageRef) -> ImageRef { do index([app(), app()]).push(ref) }
"#;

/// Everything that is sent has one of these methods.
const SENDING: &[&str] = &["POST", "PATCH", "PUT"];

/// The digest of what `run` printed, and the reference before it.
fn digest_of(printed: &str) -> (String, String) {
    let (reference, digest) = printed.trim().split_once('@').unwrap_or_else(|| panic!("{printed}"));
    (reference.to_owned(), digest.to_owned())
}

#[test]
fn a_retagged_index_keeps_its_digest_and_sends_no_blob() {
    let registry = Registry::empty();
    let world = World::module(APP);
    let at = |name: &str| format!("{}/{name}", registry.address);
    let plan = world.prints(["plan", "publish", "--ref", &at("team/app:1")]);
    assert!(plan.contains("push"), "{plan}");
    assert_eq!(registry.asked(SENDING), [""; 0]);

    let (reference, digest) = digest_of(&world.prints(["run", "publish", "--ref", &at("team/app:1")]));
    assert_eq!(reference, at("team/app:1"));
    // Two layers and two configurations, two manifests and the index.
    let sent = registry.asked(&["PATCH", "PUT"]);
    assert_eq!(sent.iter().filter(|line| line.starts_with("PATCH")).count(), 4, "{sent:#?}");

    // The same again: nothing is sent.
    assert_eq!(digest_of(&world.prints(["run", "publish", "--ref", &at("team/app:1")])).1, digest);
    assert_eq!(registry.asked(SENDING), [""; 0]);

    // Another tag, by somebody who has nothing of it: no byte of a blob.
    let other = World::module(APP);
    let copied = |from: &str, to: &str| {
        digest_of(&other.prints(["run", "copied", "--from", &at(from), "--to", &at(to)]))
    };
    assert_eq!(copied("team/app:1", "team/app:2"), (at("team/app:2"), digest.clone()));
    assert_eq!(registry.asked(SENDING), ["PUT /v2/team/app/manifests/2 201"]);

    // Another repository: the registry takes all blobs from the first.
    assert_eq!(copied("team/app:1", "else/where:1").1, digest);
    let sent = registry.asked(SENDING);
    let mounted = sent.iter().filter(|line| line.contains("mount=") && line.ends_with(" 201")).count();
    assert_eq!((sent.iter().filter(|line| line.starts_with("PATCH")).count(), mounted), (0, 4), "{sent:#?}");
    assert_eq!(copied("team/app:1", "else/where:1").1, digest);
}

/// A registry that lists nothing by itself: what is attached stands under a tag of the image's digest.
#[test]
fn files_are_attached_to_an_image_and_found_again() {
    let registry = Registry::empty();
    let world = World::module(APP);
    let at = |name: &str| format!("{}/{name}", registry.address);
    let held = |path: &str| -> serde_json::Value {
        let accept =
            "Accept: application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json";
        let url = format!("{}/v2/{path}", registry.url());
        let body = finish(world.command("curl").args(["-sf", "-H", accept]).arg(url)).success().stdout;
        serde_json::from_str(&body).unwrap_or(serde_json::Value::String(body))
    };
    let plan = world.prints(["plan", "noted", "--ref", &at("team/app:1")]);
    assert!(plan.contains("attach"), "{plan}");
    let (_, image) = digest_of(&world.prints(["run", "single", "--ref", &at("team/app:1")]));
    let attach =
        |text: &str| digest_of(&world.prints(["run", "noted", "--ref", &at("team/app:1"), "--text", text]));
    let (repository, first) = attach("hi");
    assert_eq!(repository, at("team/app"));
    let manifest = held(&format!("team/app/manifests/{first}"));
    assert_eq!(manifest["artifactType"], "text/x-note");
    assert_eq!(manifest["subject"]["digest"], *image);
    assert_eq!(manifest["config"]["mediaType"], "application/vnd.oci.empty.v1+json");
    let layer = &manifest["layers"][0];
    assert_eq!((&layer["mediaType"], &layer["size"]), (&"text/x-note".into(), &2.into()));
    assert_eq!(held(&format!("team/app/blobs/{}", layer["digest"].as_str().unwrap())), "hi");
    // By a tag, which stands for the same image: the same again is the same, and no byte of it is sent.
    registry.asked(SENDING);
    let again = world.prints(["run", "attached", "--to", &at("team/app:1")]);
    assert_eq!(digest_of(&again).1, first);
    assert_eq!(registry.asked(SENDING), [format!("PUT /v2/team/app/manifests/{first} 201")]);
    let (_, second) = attach("there");
    assert_ne!(first, second);
    let list = held(&format!("team/app/manifests/{}", image.replace(':', "-")));
    let of = |name: &str| list["manifests"].as_array().unwrap().iter().map(|one| one[name].clone()).collect();
    let (digests, types): (Vec<_>, Vec<_>) = (of("digest"), of("artifactType"));
    assert_eq!(digests, [&*first, &*second]);
    assert_eq!(types, ["text/x-note", "text/x-note"]);
    // The image is what it was.
    assert_eq!(digest_of(&world.prints(["run", "single", "--ref", &at("team/app:1")])).1, image);

    world
        .run(["run", "attached", "--to", &at("team/none:1")])
        .exits(1)
        .says("there is no image")
        .says("main.pipe");
    world
        .run(["run", "noted", "--ref", &at("team/app:1"), "--type", "a note"])
        .exits(1)
        .says("`a note` is not a media type");
    world.run(["run", "--offline", "attached", "--to", &at("team/app:1")]).exits(2).says("--offline");
}

/// What is read back by others is what was said.
#[test]
fn others_read_it_back() {
    let registry = Registry::empty();
    let world = World::module(APP);
    let reference = format!("{}/team/app:1", registry.address);
    let (_, digest) = digest_of(&world.prints(["run", "single", "--ref", &reference]));
    let skopeo = |args: &[&str]| {
        let mut command = world.command("skopeo");
        command.arg("--insecure-policy").args(args).env("TMPDIR", world.path(""));
        finish(&mut command).success().stdout
    };
    let config = skopeo(&["inspect", "--tls-verify=false", "--config", &format!("docker://{reference}")]);
    let config: serde_json::Value = serde_json::from_str(&config).unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(&config["config"]).unwrap(), @r#"
    {
      "User": "1000:1000",
      "ExposedPorts": {
        "8080/tcp": {}
      },
      "Env": [
        "MODE=production"
      ],
      "Entrypoint": [
        "/bin/app"
      ],
      "Cmd": [
        "serve"
      ],
      "WorkingDir": "/data",
      "Labels": {
        "org.example.of": "tests"
      }
    }
    "#);
    let raw = skopeo(&["inspect", "--tls-verify=false", "--raw", &format!("docker://{reference}")]);
    assert!(raw.contains(r#""annotations":{"org.example.note":"said"}"#), "{raw}");
    world.run(["run", "bundle", "-o", "app.tar"]).success();
    for form in ["oci-archive", "docker-archive"] {
        let copy = world.path(form);
        skopeo(&["copy", &format!("{form}:app.tar"), &format!("dir:{}", copy.display())]);
        let manifest = std::fs::read_to_string(copy.join("manifest.json")).unwrap();
        let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
        assert_eq!(manifest["layers"].as_array().unwrap().len(), 1, "{form}");
    }
    let index = skopeo(&["inspect", "oci-archive:app.tar"]);
    assert!(index.contains(&digest), "{index}");
    assert_eq!(world.prints(["run", "started", "--json"]).trim(), r#"["/bin/app","serve"]"#);
    world.run(["run", "back", "-o", "back"]).success();
    assert_eq!(world.read("back/bin/same"), "built for amd64\n");
    assert!(world.package().join("back/data/empty").is_dir());
}

/// Stores, homes, time zones, locales, umasks and host names do not count, nor whether anything was there before, nor who it is: the digest
/// stands here, and every kind of user runs this.
#[test]
fn one_digest_whoever_makes_it() {
    let module = r##"
param tools: Container = host.toolchain()
param files: Dir = workspace.dir("files")
fn built() -> Dir { tools.run(sh"mkdir -m 710 /out; date > /out/.ignored; rm /out/.ignored; echo built > /out/f", network: Off).dir("/out") }
pub fn image_of() -> Container {
  scratch(platform: "linux/amd64")
    .copy("/etc", dir(["hosts": files.file("a"), "below/b": files.file("b")]))
    .copy("/srv", built(), owner: "1000:1001")
    .write("/bin/app", "#!/bin/sh\n", mode: "4755")
    .entrypoint(["/bin/app"])
    .label("a", "b")
}
pub fn manifest() -> String { image_of().tarball().unpack().file("index.json").contents }
"##;
    let world = || {
        let world = World::module(module);
        world.write("files/a", "one\n");
        world.write("files/b", "two\n");
        world
    };
    let made = |world: &World, umask: &str, args: &[&str], variables: &[(&str, &str)]| {
        // Only root may give itself another host name.
        let renamed = is_root() && args.contains(&"--no-cache");
        let mut command = world.command(if renamed { "unshare" } else { "/bin/sh" });
        let name = if renamed { "hostname elsewhere.example; " } else { "" };
        let script = format!("umask {umask}; {name}exec \"$0\" \"$@\"");
        if renamed {
            command.args(["--uts", "/bin/sh"]);
        }
        command.args(["-c", &script]).arg(pipe_binary()).arg("run").args(args).arg("manifest");
        finish(command.envs(variables.iter().copied())).success().stdout
    };
    let (here, elsewhere) = (world(), world());
    let first = made(&here, "022", &[], &[]);
    let variables =
        [("TZ", "Asia/Tokyo"), ("LC_ALL", "C"), ("LANG", "de_DE.UTF-8"), ("HOSTNAME", "elsewhere")];
    assert_eq!(made(&elsewhere, "077", &[], &variables), first);
    // Out of the cache, and without it.
    assert_eq!(made(&elsewhere, "022", &["--expect-cached"], &[]), first);
    assert_eq!(made(&here, "027", &["--no-cache"], &variables), first);
    insta::assert_snapshot!(first, @r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:4266221e19592213f6c8e414cf677eaf439eb0df891f98df9508024da7e981d6","size":401,"platform":{"os":"linux","architecture":"amd64"}}]}"#);
    let later = made(&here, "022", &[], &[("SOURCE_DATE_EPOCH", "1000000000")]);
    assert_ne!(first, later);
}

/// Over files and folders that belong to others, which stay theirs also where steps have a single id: every kind of user runs this.
#[test]
fn owners_are_what_they_should_be_whoever_makes_the_layer() {
    let module = r#"
param files: Dir = workspace.dir("files")
fn app() -> Container {
  image("library/owned:1")
    .write("/home/app/new", "new\n")
    .copy("/home/app/given", files, owner: "1000:1001")
    .run(sh"echo more >> /home/app/notes; echo made > /home/app/sub/made; mkdir -p /home/app/shared/a; echo > /home/app/shared/a/b", network: Off)
    .remove("/home/app/sub/gone")
}
pub fn unpacked() -> Dir { app().tarball().unpack() }
pub fn rebuilt() -> Dir { scratch().copy("/", app().dir("/home"), owner: "7:7").rootfs.tar().unpack() }
"#;
    const NAME: &str = "owners_are_what_they_should_be_whoever_makes_the_layer";
    let Some((world, _server)) = images::world(NAME, module) else { return };
    world.write("files/f", "f\n");
    std::os::unix::fs::symlink("f", world.package().join("files/link")).unwrap();
    world.run(["run", "unpacked", "-o", "out"]).success();
    let document = |digest: &serde_json::Value| -> serde_json::Value {
        let name = digest.as_str().unwrap().replacen(':', "/", 1);
        serde_json::from_str(&world.read(&format!("out/blobs/{name}"))).unwrap()
    };
    let index: serde_json::Value = serde_json::from_str(&world.read("out/index.json")).unwrap();
    let manifest = document(&index["manifests"][0]["digest"]);
    let digest = manifest["layers"][2]["digest"].as_str().unwrap();
    let packed = world.package().join("out/blobs").join(digest.replacen(':', "/", 1));
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(std::fs::File::open(packed).unwrap()));
    let entries = archive.entries().unwrap().map(|entry| {
        let entry = entry.unwrap();
        let (header, path) = (entry.header(), entry.path().unwrap().display().to_string());
        format!("{}:{} {:o} {path}\n", header.uid().unwrap(), header.gid().unwrap(), header.mode().unwrap())
    });
    insta::assert_snapshot!(format!("{}{digest}", entries.collect::<String>()), @r"
    0:0 755 home/
    1000:1000 750 home/app/
    1000:1001 755 home/app/given/
    1000:1001 644 home/app/given/f
    1000:1001 777 home/app/given/link
    0:0 644 home/app/new
    1000:1000 640 home/app/notes
    0:50 2775 home/app/shared/
    0:50 2755 home/app/shared/a/
    0:50 644 home/app/shared/a/b
    1000:8 770 home/app/sub/
    0:0 644 home/app/sub/.wh.gone
    0:0 644 home/app/sub/made
    sha256:deb65765b327b53ec1a86a9ca6d2cd14a8068601d3336333952553eced1a9475
    ");
    world.run(["run", "rebuilt"]).success();
    world.run(["cache", "verify"]).success();
}

/// Over an image of another registry: its layer is what it was there.
#[test]
fn the_layers_of_the_base_stay_as_they_are() {
    let module = r#"
pub action publish(ref: ImageRef) -> ImageRef {
  do image("library/odd:1").write("/srv/app/new", "new\n").unset_env("B").env("C", "set").push(ref)
}
pub action same(ref: ImageRef) -> ImageRef { do image("library/odd:1").push(ref) }
"#;
    let Some((world, server)) = images::world("the_layers_of_the_base_stay_as_they_are", module) else {
        return;
    };
    let registry = Registry::empty();
    let at = |name: &str| format!("{}/{name}", registry.address);
    let base: serde_json::Value =
        serde_json::from_slice(&server.held("/v2/library/odd/manifests/1").unwrap()).unwrap();
    let (_, digest) = digest_of(&world.prints(["run", "publish", "--ref", &at("over:1")]));
    let of = |name: &str| {
        let manifest = finish(
            world
                .command("curl")
                .args(["-sf", "-H", "Accept: application/vnd.oci.image.manifest.v1+json"])
                .arg(format!("{}/v2/{name}", registry.url())),
        );
        manifest.success().stdout
    };
    let pushed: serde_json::Value = serde_json::from_str(&of("over/manifests/1")).unwrap();
    let layers = pushed["layers"].as_array().unwrap();
    assert_eq!(layers[..2], base["layers"].as_array().unwrap()[..]);
    assert_eq!(layers.len(), 3);
    let config = of(&format!("over/blobs/{}", pushed["config"]["digest"].as_str().unwrap()));
    assert!(config.contains(r#""Env":["PATH=/opt/tools:/bin","A=image","C=set"]"#), "{config}");
    assert!(config.contains(r#""Cmd":["never"]"#) && config.contains(r#""User":"app""#), "{config}");
    // Nothing changed is the image itself.
    let (_, same) = digest_of(&world.prints(["run", "same", "--ref", &at("same:1")]));
    assert_eq!(same, crate::server::digest(&server.held("/v2/library/odd/manifests/1").unwrap()));
    assert_ne!(same, digest);
}

#[test]
fn what_cannot_be_pushed_is_said() {
    let registry = Registry::empty_asking();
    let world = World::module(APP);
    let at = |name: &str| format!("{}/{name}", registry.address);
    world
        .run(["run", "single", "--ref", &at("app:1")])
        .exits(3)
        .says("cannot push")
        .says("401 Unauthorized")
        .says("pipe login")
        .says("main.pipe:");
    world.run(["run", "hosts", "--ref", &at("app:1")]).exits(1).says("copy what is needed");
    world.run(["run", "twice", "--ref", &at("app:1")]).exits(1).says("linux/amd64");
    world.run(["run", "--pure", "single", "--ref", &at("app:1")]).exits(2).says("push");
    world.run(["run", "app", "-o", "x"]).exits(2).says("tarball()");
    // Who is known may.
    login(&world, &registry.address, PASSWORD).success();
    world.run(["run", "single", "--ref", &at("app:1")]).success();
}

/// Docker's daemon and Podman's service take an archive; what they say is passed on.
#[test]
fn images_are_loaded_into_the_container_engine() {
    let world = World::module(APP);
    let socket = world.path("engine.sock");
    let listener = UnixListener::bind(&socket).unwrap();
    let engine = std::thread::spawn(move || {
        [
            "200 OK\r\n\r\n{\"stream\":\"Loaded image: app:dev\\n\"}\n",
            "200 OK\r\n\r\n{\"error\":\"it is full\"}\n",
        ]
        .map(|answer| {
            let (mut stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let (mut asked, mut length) = (String::new(), 0);
            while reader.read_line(&mut asked).unwrap() > 2 {
                let last = asked.lines().last().unwrap().to_ascii_lowercase();
                length = last.strip_prefix("content-length: ").map_or(length, |text| text.parse().unwrap());
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            stream.write_all(format!("HTTP/1.1 {answer}").as_bytes()).unwrap();
            (asked, body)
        })
    });
    let load = |allow: &[&str]| {
        let mut command = world.pipe();
        command.env("DOCKER_HOST", format!("unix://{}", socket.display()));
        finish(command.args(["run"]).args(allow).args(["loaded", "--ref", "app:dev"]))
    };
    load(&[]).exits(2).says("--allow load");
    assert_eq!(load(&["--allow", "load"]).success().stdout.trim(), "app:dev");
    load(&["--allow", "load"]).exits(3).says("cannot load").says("it is full");
    let [(asked, body), _] = engine.join().unwrap();
    assert!(asked.starts_with("POST /images/load"), "{asked}");
    let mut archive = tar::Archive::new(body.as_slice());
    let manifest = archive
        .entries()
        .unwrap()
        .map(Result::unwrap)
        .find(|entry| entry.path_bytes() == &b"manifest.json"[..]);
    let mut text = String::new();
    manifest.unwrap().read_to_string(&mut text).unwrap();
    assert!(text.contains(r#""RepoTags":["docker.io/library/app:dev"]"#), "{text}");
    // Nobody is there.
    load(&["--allow", "load"]).exits(3).says("engine.sock");
}
