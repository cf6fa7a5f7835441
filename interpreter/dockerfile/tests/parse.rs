//! Whole files: what they say, and where.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use pipe_dockerfile::{
    Command, CopySource, Dockerfile, Ignore, Instruction, InstructionKind, Pattern, RunNetwork, Word, parse,
};
use proptest::prelude::*;

fn file(text: &str) -> Dockerfile {
    parse(text).unwrap_or_else(|errors| panic!("{errors:?}"))
}

fn text(word: &Word) -> String {
    let values = BTreeMap::from([("V".to_owned(), "1.2".to_owned())]);
    word.expand(&values).unwrap()
}

/// The instructions of the only stage, which begins with `FROM x`.
fn instructions(text: &str) -> Vec<Instruction> {
    file(&format!("FROM x\n{text}")).stages.remove(0).instructions
}

fn one(text: &str) -> InstructionKind {
    instructions(text).remove(0).kind
}

/// Messages with the text they are about.
fn errors(source: &str) -> Vec<String> {
    let errors = parse(source).unwrap_err();
    let shown = |error: &pipe_dockerfile::Error| {
        let at = source.get(error.span.start as usize..error.span.end as usize).unwrap();
        format!("{at}: {}", error.message)
    };
    errors.iter().map(shown).collect()
}

#[test]
fn stages_have_names_and_platforms() {
    let file = file("ARG V=1 W\nfrom --platform=$BUILDPLATFORM go:$V AS Build\nRUN x\nFROM scratch\n");
    assert_eq!(file.arguments.iter().map(|a| a.name.as_str()).collect::<Vec<_>>(), ["V", "W"]);
    let [build, last] = file.stages.as_slice() else { panic!("{file:?}") };
    assert_eq!(build.from.name.as_deref(), Some("build"));
    assert_eq!(build.from.platform.as_ref().unwrap().variables(), ["BUILDPLATFORM"]);
    assert_eq!(text(&build.from.image), "go:1.2");
    assert_eq!((last.from.name.as_deref(), text(&last.from.image).as_str()), (None, "scratch"));
}

#[test]
fn commands_are_lists_or_texts_for_the_shell() {
    let run = |source: &str| match one(source) {
        InstructionKind::Run(run) => run.command,
        other => panic!("{other:?}"),
    };
    let shell = |text: &str| Command::Shell(text.to_owned());
    let exec = |items: &[&str]| Command::Exec(items.iter().map(|item| (*item).to_owned()).collect());
    assert_eq!(run("RUN a \\\n # c\n  && b \"$X\" \\$Y"), shell("a   && b \"$X\" \\$Y"));
    assert_eq!(run("RUN [ \"a\", \"b\\n\\u00e9\" ]"), exec(&["a", "b\né"]));
    assert_eq!(run("RUN [ -f x ] && y"), shell("[ -f x ] && y"));
    assert_eq!(run("RUN ['a']"), shell("['a']"));
    assert_eq!(run("RUN echo $((1<<2)) <<<x"), shell("echo $((1<<2)) <<<x"));
    assert_eq!(one("CMD []"), InstructionKind::Cmd(exec(&[])));
    assert_eq!(one("entrypoint exec x"), InstructionKind::Entrypoint(shell("exec x")));
    assert_eq!(
        one("SHELL [\"/bin/ash\", \"-c\"]"),
        InstructionKind::Shell(vec!["/bin/ash".into(), "-c".into()])
    );
}

#[test]
fn here_documents_are_scripts_or_input() {
    let run = |source: &str| match one(source) {
        InstructionKind::Run(run) => run.command,
        other => panic!("{other:?}"),
    };
    let shell = |text: &str| Command::Shell(text.to_owned());
    assert_eq!(run("RUN <<EOF\na $X\n# kept\n b\\\nEOF\nCMD x"), shell("a $X\n# kept\n b\\\n"));
    assert_eq!(run("RUN <<-'E'\n\t\ta\n\tE\n"), shell("a\n"));
    assert_eq!(run("RUN << EOF\na\nEOF\n"), shell("a\n"));
    assert_eq!(run("RUN python3 <<EOF && echo x\na\nEOF\n"), shell("python3 <<EOF && echo x\na\nEOF"));
    assert_eq!(run("RUN cat <<A 3<<B\na\nA\nb\nB\n"), shell("cat <<A 3<<B\na\nA\nb\nB"));
    let script = Command::Script { name: "EOF".into(), text: "#!/bin/x\nprint\n".into() };
    assert_eq!(run("RUN <<EOF\n#!/bin/x\nprint\nEOF\n"), script);
    assert_eq!(instructions("RUN <<EOF\na\nEOF\nCMD x\nRUN y").len(), 3);
    assert_eq!(errors("FROM x\nRUN <<EOF\na\n"), ["<<EOF: no line is `EOF`, which would end this text"]);
}

#[test]
fn flags_of_run() {
    let InstructionKind::Run(run) = one(
        "RUN --network=none --mount=type=cache,target=/c,sharing=locked --mount=target=/src,readonly y --z",
    ) else {
        panic!()
    };
    assert_eq!((run.network, &run.command), (RunNetwork::None, &Command::Shell("y --z".into())));
    let [cache, bind] = run.mounts.as_slice() else { panic!("{:?}", run.mounts) };
    let options = |mount: &pipe_dockerfile::RunMount| {
        mount
            .options
            .iter()
            .map(|(key, value)| format!("{key}={}", text(value)))
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!((cache.kind.as_str(), options(cache).as_str()), ("cache", "target=/c sharing=locked"));
    assert_eq!((bind.kind.as_str(), options(bind).as_str()), ("bind", "target=/src readonly=true"));
    assert_eq!(errors("FROM x\nRUN --foo y"), ["--foo: `RUN` has no flag `--foo`"]);
    assert_eq!(
        errors("FROM x\nRUN --security=insecure y"),
        ["--security=insecure: a step is never privileged"]
    );
}

#[test]
fn copy_has_sources_a_destination_and_flags() {
    let copy = |source: &str| match one(source) {
        InstructionKind::Copy(copy) => copy,
        other => panic!("{other:?}"),
    };
    let shown = |copy: &pipe_dockerfile::Copy| {
        let source = |source: &CopySource| match source {
            CopySource::Path(path) => text(path),
            CopySource::Inline { name, text: content } => format!("{name}={}", text(content)),
        };
        let sources: Vec<String> = copy.sources.iter().map(source).collect();
        format!("{} > {}", sources.join(" "), text(&copy.destination))
    };
    assert_eq!(shown(&copy("COPY a$V b \\\n c*/ /x/")), "a1.2 b c*/ > /x/");
    assert_eq!(shown(&copy("COPY [\"a b\", \"/c d\"]")), "a b > /c d");
    let all = copy("COPY --from=Build --chown=$V:g --chmod=755 --link --exclude=*.o --parents=true a /b");
    assert_eq!(all.from.map(|from| from.0).as_deref(), Some("Build"));
    assert_eq!(
        (text(&all.owner.unwrap()), text(&all.mode.unwrap()), all.parents),
        ("1.2:g".into(), "755".into(), true)
    );
    assert_eq!(
        shown(&copy("COPY <<A <<-\"B\" /x/\nv=$V \\$V '\nA\n\tb$V\nB\n")),
        "A=v=1.2 $V '\n B=b$V\n > /x/"
    );
    assert_eq!(
        errors("FROM x\nCOPY a"),
        ["COPY: `COPY` needs what to copy and where to: `COPY source… destination`"]
    );
    assert_eq!(errors("FROM x\nCOPY a b c"), ["c: 2 sources need a folder to go to"]);
    assert_eq!(errors("FROM x\nCOPY --from=$V a b"), ["--from=$V: `--from` takes no variables"]);
}

#[test]
fn variables_labels_and_ports() {
    let pairs = |source: &str| match one(source) {
        InstructionKind::Env(pairs) | InstructionKind::Label(pairs) => {
            pairs.iter().map(|(name, value)| format!("{}={}", text(name), text(value))).collect::<Vec<_>>()
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(
        pairs("ENV A=\\$V B=\"x \\\" $V\" \\\n # c\n\n C=d\\ e D='$V'"),
        ["A=$V", "B=x \" 1.2", "C=d e", "D=$V"]
    );
    assert_eq!(pairs("ENV A  b  c=d "), ["A=b  c=d"]);
    assert_eq!(pairs("LABEL \"a b\"=c v.$V=\"\""), ["a b=c", "v.1.2="]);
    assert_eq!(errors("FROM x\nENV A"), ["A: `A` has no value: write `ENV A=…`"]);
    assert_eq!(errors("FROM x\nENV A=b c"), ["c: `c` has no `=`: each is of the form `name=value`"]);
    let InstructionKind::Expose(ports) = one("EXPOSE 80 $V/udp") else { panic!() };
    assert_eq!(ports.iter().map(text).collect::<Vec<_>>(), ["80", "1.2/udp"]);
    let InstructionKind::Workdir(path) = one("WORKDIR /a b") else { panic!() };
    assert_eq!(text(&path), "/a b");
    let InstructionKind::Arg(arguments) = one("ARG A=1 B C=\"x y\"") else { panic!() };
    assert_eq!(
        arguments.iter().map(|a| a.default.as_ref().map(text)).collect::<Vec<_>>(),
        [Some("1".into()), None, Some("x y".into())]
    );
}

#[test]
fn the_escape_is_what_the_file_says() {
    let file = file("# escape=`\nFROM x\nRUN a `\n b\\\nENV X=c:\\d Y=`$V\n");
    let InstructionKind::Env(pairs) = &file.stages[0].instructions[1].kind else { panic!() };
    assert_eq!(pairs.iter().map(|(_, value)| text(value)).collect::<Vec<_>>(), ["c:\\d", "$V"]);
}

#[test]
fn all_that_is_wrong_is_said_at_its_place() {
    assert_eq!(
        errors("FROM x\nADD a b\nRUM y\nHEALTHCHECK NONE\n COPPY \\\n a b\nFOO\nENV \"A\n"),
        [
            "ADD: `ADD` is not supported",
            "RUM: `RUM` is no instruction of a Dockerfile",
            "HEALTHCHECK: `HEALTHCHECK` is not supported",
            "COPPY: `COPPY` is no instruction of a Dockerfile",
            "FOO: `FOO` is no instruction of a Dockerfile",
            "\"A: `\"A` has no value: write `ENV \"A=…`",
        ]
    );
    let helps: Vec<_> =
        parse("FROM x\nRUM y\nCOPPY a b\nCPOY a b").unwrap_err().into_iter().map(|e| e.help).collect();
    assert_eq!(
        helps.iter().flatten().collect::<Vec<_>>(),
        ["did you mean `RUN`?", "did you mean `COPY`?", "did you mean `COPY`?"]
    );
    assert_eq!(errors("RUN x\n"), ["RUN: `RUN` stands before the first `FROM`"]);
    assert_eq!(errors("# nothing\n"), [": this Dockerfile has no `FROM`"]);
    assert_eq!(errors("FROM\n"), ["FROM: `FROM` needs an image, and perhaps a name: `FROM image AS name`"]);
    assert_eq!(errors("FROM a AS 1\n").len(), 1);
    assert_eq!(errors("FROM a\nWORKDIR ${\n"), ["${: `${` is followed by no name of a variable"]);
    assert_eq!(errors("FROM a\nCMD [\"a\", 1]\n").len(), 1);
}

/// Texts with much of what means something in a Dockerfile.
fn dockerfiles() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "\\PC{0,6}",
        prop::sample::select(vec![
            "FROM ",
            "COPY ",
            "RUN ",
            "ENV ",
            "ARG ",
            "LABEL ",
            "CMD ",
            "SHELL ",
            "EXPOSE ",
            "\n",
            "\\\n",
            "\r\n",
            "# escape=`\n",
            "`",
            "\\",
            "\"",
            "'",
            "$",
            "${",
            "}",
            ":-",
            "//",
            "[",
            "]",
            "[\"a\", \"b\"]",
            "<<EOF",
            "EOF\n",
            "<<-",
            "--from=",
            "--mount=",
            "=",
            " ",
            "\t",
            "#",
            "\u{feff}",
            "é",
            "a",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    /// Every text is read without a panic, and every place is one of the text.
    #[test]
    fn every_text_can_be_read(source in dockerfiles(), below in any::<bool>()) {
        let source = if below { format!("FROM x\n{source}") } else { source };
        let inside = |span: pipe_dockerfile::Span| source.get(span.start as usize..span.end as usize).is_some();
        match parse(&source) {
            Ok(file) => {
                for stage in &file.stages {
                    prop_assert!(inside(stage.from.span));
                    prop_assert!(stage.instructions.iter().all(|instruction| inside(instruction.span)));
                }
            }
            Err(errors) => {
                prop_assert!(!errors.is_empty());
                prop_assert!(errors.iter().all(|error| inside(error.span)), "{errors:?}");
            }
        }
    }

    /// Patterns and rules, too; a path without wildcards matches itself alone.
    #[test]
    fn every_pattern_can_be_read(pattern in "[a-c*?\\[\\]\\\\/!^.-]{0,12}", path in "[a-c/]{0,8}") {
        if let Ok(read) = Pattern::new(&pattern) {
            let plain = !pattern.contains(['*', '?', '[', '\\']);
            prop_assert!(!plain || read.matches(&path) == (pattern == path));
        }
        if let Ok(ignore) = Ignore::parse(&pattern) {
            ignore.excludes(&path);
        }
    }
}
