//! `pipe why` and `pipe inputs`.

use serde_json::Value;

use crate::harness::World;

#[test]
fn why_names_the_first_difference_with_its_line() {
    let world = World::example("hello");
    let why = |args: &[&str]| world.prints([&["why"], args].concat());
    assert!(why(&["unit"]).starts_with("build: will run: first run  main.pipe:19\n"), "{}", why(&["unit"]));
    world.run(["run", "unit"]).success();
    assert!(why(&["unit", "build"]).starts_with("build: cached; when it ran: first run"));
    world.write("src/hello.c", &format!("// Changed.\n{}", world.read("src/hello.c")));
    assert_eq!(why(&["unit", "build"]), "build: will run: `src/hello.c` changed  main.pipe:4\n");
    world.run(["run", "build"]).success();
    assert_eq!(why(&["build"]), "build: cached; when it ran: `src/hello.c` changed  main.pipe:4\n");
    let parameter = why(&["build", "--cflags", "-O0", "--cflags", "-static"]);
    assert!(
        parameter.contains("element 1 of the value in hole 1 of the script: -O2 → -O0  main.pipe:19"),
        "{parameter}"
    );
    let object: Value = serde_json::from_str(&why(&["unit", "build", "--json"])).unwrap();
    let step = &object["steps"][0];
    assert_eq!(step["reason"], "changed");
    assert_eq!(step["path"], "src/hello.c");
    assert_eq!(step["file"], "main.pipe");
    assert_eq!(step["line"], 4);
    world.run(["why", "unit", "bulid"]).exits(2).says("did you mean `build`?");
}

#[test]
fn why_tells_variables_and_failures() {
    let world = World::tools(
        "pub fn f(version: String = \"1.2\") -> String { tools.env(\"VERSION\", version).run(sh\"echo x\").stdout }\n\
         pub fn bad() -> Check { tools.check(sh\"exit 3\") }\n",
    );
    world.run(["run", "f"]).success();
    assert_eq!(
        world.prints(["why", "f", "--version", "1.3"]),
        "f 1.3: will run: env `VERSION`: 1.2 → 1.3  main.pipe:3\n"
    );
    world.run(["run", "bad"]).exits(1);
    assert!(world.prints(["why", "bad"]).contains("failed last time with exit code 3"));
}

#[test]
fn inputs_are_the_files_that_count() {
    let world = World::module(
        "param src: Dir = workspace.dir(\"src\", exclude: [\"*.md\"])\n\
         param version: File = workspace.file(\"VERSION\")\n\
         param outside: Dir = workspace.dir(\"..\")\n\
         pub fn f() -> Container { scratch().copy(\"/src\", src).copy(\"/v\", version) }\n\
         pub fn g() -> Container { scratch().copy(\"/src\", outside) }\n",
    );
    for (path, text) in
        [("VERSION", "1"), ("src/a.c", ""), ("src/deep/b.c", ""), ("src/README.md", ""), ("x", "")]
    {
        world.write(path, text);
    }
    assert_eq!(world.prints(["inputs", "f"]), "VERSION\nsrc/a.c\nsrc/deep/b.c\n");
    let object: Value = serde_json::from_str(&world.prints(["inputs", "f", "--json"])).unwrap();
    assert_eq!(object["files"][1], "src/a.c");
    world.run(["inputs", "g"]).exits(2).says("--allow file:");
}
