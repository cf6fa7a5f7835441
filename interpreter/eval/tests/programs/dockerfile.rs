//! Dockerfiles: what becomes of their instructions, once their texts are known.

use pipe_eval::{EvalError, Evaluated, Known, KnownOutputs};
use pipe_ops::{Datum, Op};

use crate::graph_text::graph_text;
use crate::pipeline::Pipeline;

const PROGRAM: &str = r#"
param tree: Dir = workspace.dir("app")
pub fn built() -> Container { tree.dir("api").dockerfile() }
pub fn base() -> Container { tree.dockerfile(target: "Base", platform: "linux/arm64") }
pub fn given() -> Container { tree.dockerfile(args: ["V": "9"], contexts: ["lib": dir().write("l", "")]) }
pub fn wrong_stage() -> Container { tree.dockerfile(target: "nope") }
pub fn wrong_arg() -> Container { tree.dockerfile(args: ["W": "9"]) }
pub fn outside() -> Container { tree.dockerfile(path: "../Dockerfile") }
pub fn started() -> String { "${tree.dockerfile().entrypoint.join(" ")} | ${tree.dockerfile().command.join(" ")}" }
"#;

/// Evaluates with the text of every Dockerfile known, and nothing else.
pub(crate) fn with_text(
    pipeline: &mut Pipeline,
    expression: &str,
    text: &str,
) -> Result<Evaluated, Box<EvalError>> {
    let first = pipeline.eval(expression)?;
    if !first.demand.waits() && pipeline.evaluator.awaited().is_empty() {
        return Ok(first);
    }
    let texts = pipeline.evaluator.graph().iter().filter(|(_, node)| matches!(node.op, Op::Contents { .. }));
    let output = |id| pipe_ops::Output { node: id, slot: pipe_ops::Slot::Main };
    let known: KnownOutputs = texts.map(|(id, _)| (output(id), Known::Value(Datum::text(text)))).collect();
    pipeline.evaluator.next_round(&known);
    pipeline.eval(expression)
}

fn graph(expression: &str, text: &str) -> String {
    let mut pipeline = Pipeline::new(PROGRAM);
    let evaluated = with_text(&mut pipeline, expression, text).unwrap_or_else(|error| panic!("{error}"));
    graph_text(pipeline.evaluator.graph(), &evaluated.demand.outputs())
}

/// Message, the part of the Dockerfile it is about, and help.
fn error(expression: &str, text: &str) -> String {
    let mut pipeline = Pipeline::new(PROGRAM);
    let error = with_text(&mut pipeline, expression, text).unwrap_err().diagnostic;
    let place = &error.primary.place;
    let known =
        pipeline.evaluator.texts().find(|(file, _)| **file == place.file).map(|(_, text)| text.clone());
    let at = known.map_or("the program".to_owned(), |text| {
        format!("{}: {}", place.file, &text[place.start as usize..place.end as usize])
    });
    format!("{} | {at} | {}", error.message, error.help.unwrap_or_default())
}

#[test]
fn stages_that_are_needed_become_operations() {
    let text = "\
ARG V=1
FROM --platform=$BUILDPLATFORM golang:$V AS Base
WORKDIR src
ENV A=x PATH=/tools:$PATH
ARG TARGETARCH
ARG T=${TARGETARCH:-none}
COPY --chown=app:app --chmod=0750 . ./
RUN make $A
FROM unneeded AS other
RUN never
FROM scratch
COPY --from=base /out/*.so lib/$V /lib/
USER 7
WORKDIR /srv
EXPOSE 80 90-91/tcp
CMD [\"a\"]
ENTRYPOINT [\"b\"]
";
    insta::assert_snapshot!(graph("built()", text));
}

#[test]
fn a_target_and_a_platform_are_chosen() {
    let text = "FROM busybox AS base\nARG TARGETARCH TARGETPLATFORM=x BUILDARCH\nRUN [\"echo\", \"a b\"]\nFROM base\nRUN no\n";
    insta::assert_snapshot!(graph("base()", text));
}

#[test]
fn arguments_and_contexts_are_given() {
    let text = "ARG V=1\nFROM scratch AS a\nARG V\nARG W=${V}w\nENV X=$W${N:+no}\nLABEL l=$X\nCOPY --from=lib l /$X/\nRUN --mount=type=cache,target=/c,id=$X --mount=type=tmpfs,target=/t,size=1m --network=none true\n";
    insta::assert_snapshot!(graph("given()", text));
}

#[test]
fn what_is_started_is_reset_by_an_entrypoint() {
    let started = |text: &str| {
        let mut pipeline = Pipeline::new(PROGRAM);
        let evaluated = with_text(&mut pipeline, "started()", text).unwrap();
        format!("{:?}", evaluated.value)
    };
    for (text, expected) in [
        ("CMD [\"c\"]\nENTRYPOINT [\"e\", \"f\"]", "e f | c"),
        ("CMD [\"c\"]\nFROM a\nENTRYPOINT [\"e\"]", "e | "),
        ("CMD [\"c\"]\nFROM a\nLABEL x=y", " | c"),
        ("ENTRYPOINT e $X", "/bin/sh -c e $X | "),
        ("SHELL [\"ash\", \"-ec\"]\nCMD c\nENTRYPOINT []", " | ash -ec c"),
    ] {
        let found = started(&format!("FROM scratch AS a\n{text}\n"));
        assert!(found.contains(&format!("\"{expected}\"")), "{text}: {found}");
    }
}

#[test]
fn what_is_wrong_is_said_at_its_line() {
    for (expression, text, expected) in [
        (
            "built()",
            "FROM a\nADD b c\n",
            "`ADD` is not supported | app/api/Dockerfile: ADD | copy files with",
        ),
        ("built()", "FROM a:$V\n", "| app/api/Dockerfile: a:$V"),
        ("built()", "FROM $V\n", "this names no image"),
        (
            "built()",
            "FROM a AS b\nCOPY --from=b x y\n",
            "the stage `b` comes later, or is this one | app/api/Dockerfile: --from=b",
        ),
        ("built()", "FROM a\nCOPY --from=3 x y\n", "there is no stage 3 before this one"),
        ("built()", "FROM a\nCOPY --chmod=+x x y\n", "`+x` is no mode in octal digits"),
        ("built()", "FROM a\nCOPY https://x/y z\n", "`COPY` fetches nothing"),
        ("built()", "FROM a\nENV S=x\nCOPY a b$S c$S\n", "2 sources need a folder to go to"),
        ("built()", "FROM a\nUSER a b\n", "is not of the form `user[:group]`"),
        ("built()", "FROM a\nEXPOSE 0\n", "`0` is no TCP port"),
        ("built()", "FROM scratch\nARG X\nWORKDIR ${X:?must be given}\n", "`X` has no value: must be given"),
        ("built()", "FROM a\nRUN --mount=type=ssh,id=x x\n", "there is no agent `x`"),
        ("built()", "FROM a\nRUN --mount=type=device x\n", "`--mount=type=device` is not supported"),
        ("built()", "FROM a\nRUN --mount=type=cache,target=/ x\n", "this mount has no place"),
        (
            "built()",
            "FROM a\nRUN --mount=type=cache,target=/a,from=b x\n",
            "`from` of `--mount=type=cache` is not supported",
        ),
        ("built()", "FROM --platform=x a\n", "is not a `Platform`"),
        ("built()", "FROM a\nRUN []\n", "this command names no program"),
        ("built()", "FROM a\nENV PIPE_1=x\n", "`PIPE_1` cannot be the name of a variable"),
        ("wrong_stage()", "FROM a AS x\n", "`app/Dockerfile` has no stage `nope` | the program | it has x"),
        ("wrong_arg()", "ARG V\nFROM a\n", "`app/Dockerfile` declares no `ARG W` | the program | it has V"),
        ("outside()", "", "`../Dockerfile` leads out of the directory"),
    ] {
        let found = error(expression, text);
        assert!(found.contains(expected), "{text}\n{found}");
    }
}

/// What only the image says is awaited where it decides something, and an edge where it does not.
#[test]
fn variables_of_the_image_are_known_later() {
    let mut pipeline = Pipeline::new(PROGRAM);
    let text = "FROM a\nENV P=$PATH\nCOPY x /$HOME/\nWORKDIR /w\n";
    let evaluated = with_text(&mut pipeline, "built()", text).unwrap();
    assert!(evaluated.demand.waits());
    let [awaited] = pipeline.evaluator.awaited() else { panic!() };
    assert!(matches!(pipeline.evaluator.graph().get(awaited.output.node).unwrap().op, Op::Apply { .. }));
    let evaluated =
        with_text(&mut Pipeline::new(PROGRAM), "built()", "FROM a\nENV P=/x:$PATH\nRUN x\n").unwrap();
    assert!(!evaluated.demand.waits());
}
