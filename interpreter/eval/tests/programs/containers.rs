//! Containers: where files lie, and configuration.

use crate::pipeline::Pipeline;

const TREES: &str = "
param src: Dir = workspace.dir(\"src\", exclude: [\"target\"])
param tool: File = workspace.file(\"tool\")
fn base() -> Container { scratch().mount(\"/src\", src) }
";

#[test]
fn what_lies_in_a_mount_is_read_from_it_and_written_to_it() {
    insta::assert_snapshot!(Pipeline::new(TREES).graph(
        "base().workdir(\"/src\").copy(\"lib/x\", tool).write(\"../out/note\", \"hi\", mode: \"0600\").remove(\"/src/old\").run([\"ls\"]).dir(\"lib\")"
    ));
}

#[test]
fn a_mount_that_a_step_wrote_is_read_back_from_the_step() {
    insta::assert_snapshot!(Pipeline::new(TREES).graph("base().run([\"make\"]).file(\"/src/out/a\")"));
}

#[test]
fn the_last_mount_that_covers_a_path_counts() {
    let mut pipeline = Pipeline::new(TREES);
    let inner = pipeline.graph("base().mount(\"/src/gen\", dir([\"a\": tool])).file(\"/src/gen/a\")");
    assert!(inner.ends_with("subfile %2 \"a\"  # <command line>:1 target\n=> %3"), "{inner}");
    let outer = pipeline.graph("base().mount(\"/src/gen\", tool).mount(\"/src\", dir()).file(\"/src/gen\")");
    assert!(outer.contains("%1 = subfile %0 \"gen\"") && outer.contains("%0 = empty"), "{outer}");
    let beside = pipeline.graph("base().file(\"/src2/a\")");
    assert!(beside.contains("subfile %0 \"/src2/a\""), "{beside}");
}

#[test]
fn a_mounted_file_is_replaced_as_a_whole() {
    let mut pipeline = Pipeline::new(TREES);
    let file = pipeline
        .graph("scratch().mount(\"/etc/conf\", tool).write(\"/etc/conf\", \"x\").file(\"/etc/conf\")");
    assert!(file.contains("write %0 \"file\" \"x\" mode 644") && !file.contains("host_file"), "{file}");
    assert_eq!(
        pipeline.error("scratch().mount(\"/etc/conf\", tool).dir(\"/etc/conf\")"),
        "invalid-value: a file is mounted here, not a directory\n  at \"/etc/conf\""
    );
    assert_eq!(
        pipeline.error("base().remove(\"/src\")"),
        "invalid-value: a tree is mounted here, which cannot be removed as a whole\n  at \"/src\""
    );
    assert!(
        pipeline
            .error("scratch().mount(\"/\", src)")
            .starts_with("invalid-value: nothing can be mounted at `/`")
    );
}

#[test]
fn directories_are_put_together() {
    let mut pipeline = Pipeline::new(TREES);
    insta::assert_snapshot!(pipeline.graph(
        "merge([dir([\"bin/tool\": tool, \"lib\": src]), src.dir(\"a\").filter(include: [\"*.c\"]), dir().copy(\"x\", tool, owner: \"1:2\", mode: \"755\").merge(src)])"
    ));
    assert_eq!(
        pipeline.error("dir([\"../x\": tool])"),
        "invalid-value: `../x` leads out of the directory\n  at [\"../x\": tool]"
    );
    assert_eq!(
        pipeline.error("src.file(\"a/../../b\")"),
        "invalid-value: `a/../../b` leads out of the directory\n  at \"a/../../b\""
    );
    assert!(pipeline.error("dir().copy(\"x\", tool, owner: \"me\")").contains("is not an owner by number"));
}

#[test]
fn configuration_reads_back() {
    let mut pipeline = Pipeline::new(
        "fn c() -> Container { scratch(platform: \"linux/arm64\").user(\"app:app\").workdir(\"/a\").workdir(\"b\").entrypoint([\"/x\"]).command([\"y\"]) }",
    );
    for (field, json) in [
        ("c().user", "\"app:app\""),
        ("c().workdir", "\"/a/b\""),
        ("c().entrypoint", "[\"/x\"]"),
        ("c().command", "[\"y\"]"),
        ("c().platform", "\"linux/arm64\""),
        ("scratch().user", "\"\""),
        ("scratch().workdir", "\"/\""),
        ("scratch().platform", "\"linux/amd64\""),
        ("scratch().entrypoint", "[]"),
        ("c().env(\"A\", \"1\").envs([\"B\": \"2\"]).env_of(\"B\")", "\"2\""),
        ("c().env(\"A\", \"1\").unset_env(\"A\").env_of(\"A\")", "null"),
        ("scratch().env_of(\"HOME\")", "\"/root\""),
        ("c().env_of(\"HOME\")", "\"/\""),
        (
            "c().prepend_path(\"bin\").env_of(\"PATH\")",
            "\"/a/b/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\"",
        ),
        ("c().unset_env(\"PATH\").prepend_path(\"/x\").env_of(\"PATH\")", "\"/x\""),
    ] {
        assert_eq!(pipeline.json(field), json, "{field}");
    }
}

#[test]
fn a_step_gets_what_was_set_and_nothing_else() {
    insta::assert_snapshot!(Pipeline::new("").graph(
        "scratch().env(\"A\", \"1\").unset_env(\"HOME\").user(\"7:7\").workdir(\"/w\").label(\"l\", \"v\").expose(80).run([\"/x\"], stdin: \"in\", timeout: 1min, expect: [2, 0, 2], network: Off)"
    ));
}

#[test]
fn values_that_cannot_be_are_errors_where_they_are_written() {
    let mut pipeline =
        Pipeline::new("fn name() -> String { \"PIPE_1\" }\nfn nul() -> String { \"a\\u{0}b\" }");
    for (expression, expected) in [
        (
            "scratch().env(name(), \"x\")",
            "invalid-value: `PIPE_1` is a name that scripts use for the values inserted into them\n  at name()\n  help: choose another name",
        ),
        (
            "scratch().user(\"a:b:c\")",
            "invalid-value: `a:b:c` is not of the form `user[:group]`\n  at \"a:b:c\"",
        ),
        ("scratch().run([])", "invalid-value: this command names no program\n  at []"),
        (
            "scratch().run([\"x\"], expect: [256])",
            "invalid-value: 256 is not an exit code: those are 0 to 255\n  at [256]",
        ),
        (
            "scratch().run([\"x\"], expect: [])",
            "invalid-value: no exit code counts as success here\n  at []\n  help: name one, or take every one with `allow_failure: true`",
        ),
        ("scratch().run([\"x\"], timeout: 0s)", "invalid-value: a timeout is longer than nothing\n  at 0s"),
        (
            "scratch().stdout",
            "no-result: `stdout` needs a command that ran, and none did here\n  at scratch().stdout\n  help: call `.run(…)` or `.check(…)` before it",
        ),
        (
            "scratch().shell([])",
            "invalid-value: a shell is a program and its arguments, as in `[\"/bin/ash\", \"-c\"]`\n  at []",
        ),
    ] {
        assert_eq!(pipeline.error(expression), expected);
    }
}

#[test]
fn a_step_has_the_network_that_it_asks_for_as_far_as_the_rule_goes() {
    use pipe_eval::NetworkRule::{Off, OnDemand, Open};
    let networks = |rule, argument: &str| {
        let facts = pipe_eval::HostFacts { network: rule, ..crate::pipeline::facts() };
        let graph = Pipeline::with("", facts, Vec::new(), pipe_eval::Budget::default())
            .graph(&format!("scratch().run([\"x\"]{argument})"));
        ["network Off", "network Host"].into_iter().find(|text| graph.contains(text)).unwrap_or("outbound")
    };
    for (argument, [open, on_demand]) in [
        ("", ["outbound", "network Off"]),
        (", network: Default", ["outbound", "outbound"]),
        (", network: Off", ["network Off", "network Off"]),
        (", network: Host", ["network Host", "network Host"]),
    ] {
        assert_eq!(networks(Open, argument), open, "{argument}");
        assert_eq!(networks(OnDemand, argument), on_demand, "{argument}");
        assert_eq!(networks(Off, argument), "network Off", "{argument}");
    }
}

#[test]
fn a_failure_that_is_allowed_is_not_guarded() {
    let mut pipeline = Pipeline::new("");
    assert!(!pipeline.graph("scratch().run([\"x\"], allow_failure: true).exit_code").contains("guard"));
    assert!(pipeline.graph("scratch().run([\"x\"]).exit_code").contains("guard %1 success [0]"));
}

#[test]
fn what_was_set_on_an_image_is_known_and_the_rest_is_its_own_to_say() {
    let mut pipeline = Pipeline::new(
        "fn app() -> Container { image(\"gcr.io/x:1\", platform: \"linux/arm64\").user(\"me\").env(\"A\", \"1\").unset_env(\"B\") }",
    );
    assert_eq!(pipeline.json("app().user"), "\"me\"");
    assert_eq!(pipeline.json("app().platform"), "\"linux/arm64\"");
    assert_eq!(pipeline.json("app().env_of(\"A\")"), "\"1\"");
    assert_eq!(pipeline.graph("app()"), "%0 = image \"gcr.io/x:1\" linux/arm64  # main.pipe:1 app\n=> %0");
    assert!(pipeline.graph("image(\"x\", fresh: 1s)").contains("fresh 1000000000"));
    for (field, apply) in [
        ("app().entrypoint", "image.entrypoint(%0.config)"),
        ("image(\"x\").user", "image.user(%0.config)"),
        ("app().workdir", "image.workdir(%0.config)"),
        ("app().env_of(\"C\")", "image.env_of(%0.config, \"C\")"),
        ("app().env", "image.env(%0.config, Map([(Text(\"A\"), Text(\"1\"))]), [\"B\"])"),
        ("app().label(\"l\", \"v\").labels", "image.labels(%0.config, Map([(Text(\"l\"), Text(\"v\"))]))"),
        ("app().expose(80).ports", "image.ports(%0.config, [\"80\"])"),
        ("app().shell", "image.shell(%0.config)"),
        ("app().file(\"note\")", "Path.join(%1, \"note\")"),
    ] {
        let graph = pipeline.graph(field);
        assert!(graph.contains(apply), "{graph}");
    }
    let step = pipeline.graph("app().workdir(\"sub\").run([\"x\"])");
    assert!(step.contains("image %0.config unset [\"B\"]") && step.contains("workdir sub "), "{step}");
    assert!(!step.contains("env PATH") && !step.contains("env HOME"), "{step}");
    assert_eq!(
        pipeline.error("app().mount(\"src\", dir())").lines().next(),
        Some(
            "invalid-value: this path is relative to the image's own working folder, which is known only when the image was fetched"
        )
    );
    assert!(pipeline.graph("app().workdir(\"/w\").mount(\"src\", dir()).run([\"x\"])").contains("at /w/src"));
}

#[test]
fn what_was_set_on_nothing_is_all_there_is() {
    let mut pipeline = Pipeline::new(
        "fn c() -> Container { scratch().env(\"A\", \"1\").unset_env(\"HOME\").label(\"l\", \"v\").annotation(\"a\", \"w\").expose(80).expose(443) }",
    );
    assert_eq!(
        pipeline.json("c().env"),
        "{\"A\":\"1\",\"PATH\":\"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\"}"
    );
    assert_eq!(pipeline.json("c().env.get(\"HOME\") == c().env_of(\"HOME\")"), "true");
    assert_eq!(pipeline.json("c().labels"), "{\"l\":\"v\"}");
    assert_eq!(pipeline.json("c().annotations"), "{\"a\":\"w\"}");
    assert_eq!(pipeline.json("c().ports.contains(443)"), "true");
    assert_eq!(pipeline.json("c().shell"), "[]");
    assert_eq!(pipeline.json("c().shell([\"/bin/ash\", \"-c\"]).shell"), "[\"/bin/ash\",\"-c\"]");
}

#[test]
fn a_breakpoint_has_what_a_command_would_have_and_everything_behind_it_stands_on_it() {
    let mut pipeline = Pipeline::new(
        r#"fn c() -> Container {
  scratch().user("me").mount("/src", dir()).cache("/c", "n").volatile_env("T", "x").tmpfs("/t").shell(["/bin/zsh", "-c"])
}
"#,
    );
    assert_eq!(pipeline.json("c().terminal().user"), "\"me\"");
    insta::assert_snapshot!(pipeline.graph("c().run([\"first\"]).terminal().run([\"second\"])"));
    // What is read of the command before it waits for it, too.
    insta::assert_snapshot!(pipeline.graph("c().run([\"first\"]).terminal().stdout"));
    let chosen = pipeline.graph("c().terminal(command: sh\"top\", network: Off).dir(\"/src\")");
    assert!(chosen.contains("breakpoint shells [] "), "{chosen}");
}

#[test]
fn secrets_are_given_to_commands_and_are_no_part_of_the_container() {
    let mut pipeline = Pipeline::new(
        r#"fn c(s: Secret) -> Container {
  scratch().env("T", "plain").secret_env("T", s).secret_env("A", s, key: ByName).secret_file("k", s, owner: "1:2")
    .registry_auth("ghcr.io", fake.auth()).ssh_agent()
}
fn taken() -> Container { c(fake.secret()).env("A", "plain").unset_env("T").secret_file("/k", secret.random(), mode: "0440") }
"#,
    );
    let graph = pipeline.graph("c(fake.secret(\"one\")).run([\"x\"], allow_secret_in: [\"out/x\"])");
    for part in [
        "= fake_secret \"one\"",
        " env T\n",
        " env A by name\n",
        " file /k mode 400 owner Some(\"1:2\")\n",
        " login ghcr.io \"fake\"\n",
        "     ssh agent\n",
        "     secrets may stay in [\"/out/x\"]\n",
    ] {
        assert!(graph.contains(part), "{part} in {graph}");
    }
    assert!(!graph.contains("env T="), "{graph}");
    let graph = pipeline.graph("taken().run([\"x\"])");
    assert!(graph.contains(" file /k mode 440 owner None\n") && graph.contains("env A=\"plain\""), "{graph}");
    assert!(!graph.contains(" env T\n") && !graph.contains(" env A\n"), "{graph}");
    assert!(graph.contains("= random_secret \"taken main.pipe:"), "{graph}");
    assert_eq!(pipeline.json("c(fake.secret()).env.keys()"), "[\"HOME\",\"PATH\"]");
    assert!(
        pipeline
            .error("c(fake.secret()).env_of(\"T\")")
            .contains("`T` holds a secret, which has no text form")
    );
    for read in ["c(fake.secret()).file(\"/k\")", "c(fake.secret()).run([\"x\"]).file(\"k\").contents"] {
        let error = pipeline.error(read);
        assert!(error.contains("holds a secret, which steps read and nothing else does"), "{error}");
    }
}

#[test]
fn a_random_secret_is_named_by_its_place_in_its_function() {
    let function = "fn c() -> Container { scratch().secret_env(\"T\", secret.random()) }\n";
    let place = |before: &str| {
        let graph = Pipeline::new(&format!("{before}{function}")).graph("c().run([\"x\"])");
        graph
            .lines()
            .find(|line| line.contains("random_secret"))
            .unwrap()
            .split('#')
            .next()
            .unwrap()
            .to_owned()
    };
    assert_eq!(place(""), place("# A line.\nfn other() -> Int { 1 }\n"));
    assert_ne!(place(""), place("").replace("main", "other"));
}
