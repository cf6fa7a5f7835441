//! Limits, memo, depth.

use pipe_eval::{Budget, ErrorKind};

use crate::pipeline::{Pipeline, facts};

fn limited(program: &str, budget: Budget) -> Pipeline {
    Pipeline::with(program, facts(), Vec::new(), budget)
}

const TENS: &str = "fn ten() -> List[Int] { [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] }";

#[test]
fn a_runaway_ends_at_its_place() {
    let mut pipeline = limited(TENS, Budget { steps: 100_000, ..Budget::default() });
    let error = pipeline.eval(
        "[for a in ten() for b in ten() for c in ten() for d in ten() for e in ten() for f in ten() => 1]",
    );
    let error = error.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Limit);
    assert_eq!(error.diagnostic.message, "the evaluation takes more than 100000 steps");
}

#[test]
fn long_chains_are_evaluated() {
    let chain = |start: &str, link: &str| start.to_owned() + &link.repeat(2_000);
    let program = format!(
        "fn next(x: Int) -> Int {{ x + 1 }}\nfn built(c: Container) -> Container {{ {} }}\nfn piped() -> Int {{ {} }}\nfn sum() -> Int {{ {} }}\nfn words() -> String {{ {} }}\nfn all() -> Bool {{ {} }}",
        chain("c", "\n  .run(sh\"true\")"),
        chain("0", " |> next()"),
        chain("0", " + 1"),
        chain("\"\"", " + \"a\""),
        chain("true", " && true"),
    );
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(move || {
        let mut pipeline = limited(&program, Budget::default());
        assert_eq!(pipeline.json("piped()"), "2000");
        assert_eq!(pipeline.json("sum()"), "2000");
        assert_eq!(pipeline.json("words().len()"), "2000");
        assert_eq!(pipeline.json("all()"), "true");
        pipeline.demand("built(image(\"busybox\"))");
    });
    thread.unwrap().join().unwrap();
}

#[test]
fn a_graph_has_a_largest_size() {
    let mut pipeline = limited(TENS, Budget { nodes: 50, ..Budget::default() });
    let error = pipeline.error("[for a in ten() for b in ten() => dir().write(\"${a}${b}\", \"\")]");
    assert!(error.starts_with("evaluation-limit: the evaluation takes more than 50 nodes"), "{error}");
}

#[test]
fn memory_has_a_limit_that_doubling_reaches_soon() {
    let program = "fn twice(s: String) -> String { s + s }\nfn many() -> List[Int] { [for a in [1,2,3,4,5,6,7,8,9,10] for b in [1,2,3,4,5,6,7,8,9,10] => a] }";
    let mut pipeline = limited(program, Budget { bytes: 8 << 20, ..Budget::default() });
    let error = pipeline.error("many().fold(\"xxxxxxxx\", fn(s, _) => twice(s)).len()");
    assert!(error.starts_with("evaluation-limit: the evaluation takes more than 8 MiB of memory"), "{error}");
    // Lists that share their parts are small until they are written out.
    let error = pipeline.error("json.encode(many().fold([[1]], fn(l, _) => l + l).len())");
    assert!(error.starts_with("evaluation-limit:"), "{error}");
}

#[test]
fn elements_count_while_there_are_more_to_come() {
    let mut pipeline = limited(TENS, Budget { bytes: 1 << 20, steps: 1_000_000, ..Budget::default() });
    let clauses = "for a in ten() for b in ten() for c in ten() for d in ten() for e in ten() for f in ten() for g in ten()";
    for element in ["1", "a * 1000000 + b * 100000 + c * 10000 + d * 1000 + e * 100 + f * 10 + g: 1"] {
        let error = pipeline.error(&format!("[{clauses} => {element}].len()"));
        assert!(
            error.starts_with("evaluation-limit: the evaluation takes more than 1 MiB of memory"),
            "{error}"
        );
    }
}

#[test]
fn what_is_shared_counts_each_time_it_is_written_out() {
    let program = "record N { a: List[N] = [] }\nfn many() -> List[Int] { [for a in [1,2,3,4,5,6,7,8,9,10] for b in [1,2,3,4] => a] }\nfn deep() -> N { many().fold(N(), fn(n, _) => N(a: [n, n])) }";
    let error = limited(program, Budget { steps: 100_000, ..Budget::default() }).error("json.encode(deep())");
    assert!(error.starts_with("evaluation-limit: the evaluation takes more than 100000 steps"), "{error}");
}

#[test]
fn values_nest_only_so_deep() {
    let program = format!(
        "{TENS}\nrecord N {{ inner: List[N] = [] }}\nfn many() -> List[Int] {{ [for a in ten() for b in ten() for c in ten() => a] }}"
    );
    let mut pipeline = limited(&program, Budget::default());
    let error = pipeline.error("many().fold(N(), fn(n, _) => N(inner: [n]))");
    assert!(
        error.starts_with("evaluation-limit: the evaluation takes more than 500 values inside each other"),
        "{error}"
    );
    let error = pipeline.error("many().fold(fn(x: Int) => x, fn(f, _) => fn(x: Int) => f(x) + 1)(1)");
    assert!(
        error.starts_with("evaluation-limit: the evaluation takes more than 500 values inside each other"),
        "{error}"
    );
}

#[test]
fn deep_calls_use_no_stack_of_the_thread() {
    let mut program = "fn f0(x: Int) -> Int { x }\n".to_owned();
    for i in 1..=3000 {
        program.push_str(&format!("fn f{i}(x: Int) -> Int {{ 1 + f{}(x) }}\n", i - 1));
    }
    let program: &'static str = program.leak();
    let thread = std::thread::Builder::new().stack_size(4 << 20).spawn(move || {
        let mut pipeline = limited(program, Budget::default());
        assert_eq!(pipeline.json("f3000(1)"), "3001");
        let mut pipeline = limited(program, Budget { calls: 1000, ..Budget::default() });
        let error = pipeline.eval("f3000(1)").unwrap_err();
        assert_eq!(error.diagnostic.message, "the evaluation takes more than 1000 calls inside each other");
        assert_eq!(error.diagnostic.labels.len(), 6);
    });
    thread.unwrap().join().unwrap();
}

#[test]
fn a_function_of_the_same_small_arguments_is_evaluated_once() {
    // Without a memo this takes 2^60 calls.
    let mut program = "fn f0(x: Int) -> Int { x }\nfn g0() -> Int { 1 }\n".to_owned();
    for i in 1..=60 {
        program.push_str(&format!("fn f{i}(x: Int) -> Int {{ f{0}(x) / 2 + f{0}(x) / 2 }}\nfn g{i}() -> Int {{ g{0}() / 2 + g{0}() / 2 }}\n", i - 1));
    }
    let mut pipeline = Pipeline::new(&program);
    assert_eq!(pipeline.json("f60(8)"), "8");
    assert_eq!(pipeline.json("g60()"), "0");
}

#[test]
fn copying_a_large_container_costs_what_there_is_to_copy() {
    let program = format!(
        "{TENS}\nfn many() -> Container {{ [for a in ten() for b in ten() for c in ten() => \"V${{a}}${{b}}${{c}}\"].fold(scratch(), fn(c, n) => c.env(n, \"\")) }}"
    );
    assert!(
        limited(&program, Budget { steps: 100_000, ..Budget::default() })
            .error("many()")
            .contains("100000 steps")
    );
    limited(&program, Budget::default()).demand("many()");
}

#[test]
fn what_is_done_with_a_long_text_costs_its_length() {
    let program = format!(
        "{TENS}\nfn long() -> String {{ [for a in ten() for b in [1, 2] => a].fold(\"x\", fn(s, _) => s + s) }}\nfn f() -> Int {{ [for a in ten() for b in ten() for c in ten() => long().len()].len() }}"
    );
    assert!(
        limited(&program, Budget { steps: 100_000, ..Budget::default() })
            .error("f()")
            .contains("100000 steps")
    );
}
