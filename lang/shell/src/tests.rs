//! Scripts, and what they tell.

use proptest::prelude::*;

use super::*;

fn error(script: &str) -> Option<(String, &str)> {
    facts(script).error.map(|error| (error.message, script.get(error.place).unwrap_or_default()))
}

#[track_caller]
fn wrong(script: &str, message: &str, at: &str) {
    assert_eq!(error(script), Some((message.to_owned(), at)), "{script:?}");
}

#[test]
fn what_no_shell_reads_is_said_where_it_stands() {
    wrong("if true; then echo", "`fi` is missing before the end of the script", "echo");
    wrong("for x in a b; echo $x; done", "`do` is expected, not `echo`", "echo");
    wrong("echo 'abc", "a single quote is never closed", "'abc");
    wrong("x=$(ls", "a command substitution is never closed", "$(ls");
    wrong("ls | | cat", "a command after | is expected, not `|`", "|");
    wrong("if true; then fi", "the then clause has no command", "fi");
    wrong("make\ndone\n", "a command cannot begin with `done`", "done");
    wrong(
        "test -f x || { exit 1 }",
        "`}` that closes the brace group is missing before the end of the script",
        "}",
    );
}

#[test]
fn what_shells_read_is_right() {
    for script in [
        "",
        "echo $a}.csv",
        "f() { echo $a}.csv; }",
        "docker inspect -f {{.State.Pid}} x",
        "find . -name '*.o' -exec rm {} \\;",
        "case $x in (a|b) ls;; *) ls;; esac",
        "cat <<'E' && ls\n$( ` \"\nE\n",
        "! ",
        "x=$(case a in a) echo b;; esac)",
        "[[ $a =~ (a|b)+ ]] && echo ${a//x/y}",
        "a=(1 2); echo ${a[@]:1}",
        "echo \"$(echo \"$(echo \"a\")\")\"",
    ] {
        assert_eq!(error(script), None, "{script:?}");
    }
}

#[test]
fn what_only_bash_has() {
    let bash = |script: &str| facts(script).bash_only.into_iter().map(|bash| bash.what).collect::<Vec<_>>();
    for (script, what) in [
        ("[[ -f x ]]", "`[[ … ]]`"),
        ("a=(1 2)", "arrays"),
        ("echo ${a[0]}", "arrays"),
        ("cat <<< x", "`<<<`"),
        ("diff <(ls) x", "`<(…)`"),
        ("ls &> x", "`&>`"),
        ("ls |& cat", "`|&`"),
        ("function f { ls; }", "the keyword `function`"),
        ("echo ${a^^}", "`${x^^}`"),
        ("echo \"${a//x/y}\"", "`${x/a/b}`"),
        ("[ a == b ]", "`==` in `[ … ]`"),
        ("source x", "`source`"),
        ("mkdir {a,b}", "`{a,b}`"),
        ("((i++))", "`((…))`"),
    ] {
        assert_eq!(bash(script), [what], "{script:?}");
    }
    for script in [
        "local x=1",
        "echo ${a%%x} ${#a}",
        "[ a = b ]",
        "echo $((1 + 2))",
        "sh -c '[[ a ]]'",
        "echo {}",
        "awk '{print $1}'",
    ] {
        assert_eq!(bash(script), [""; 0], "{script:?}");
    }
}

#[test]
fn variables_that_are_read_and_set() {
    let script = "read -r a b\nfor c in $x; do d=1; export e=2; done\n: ${f:=1} ${g:-}\necho $h ${i} \"$j\" $((k + 1))\ncat <<E\n$l\nE\n";
    let facts = facts(script);
    let read: Vec<&str> = facts.read.iter().map(|read| read.name.as_str()).collect();
    assert_eq!(read, ["x", "h", "i", "j", "k", "l"]);
    assert!(facts.read.iter().all(|read| script[read.place.clone()] == read.name));
    for name in ["a", "b", "c", "d", "e", "f"] {
        assert!(facts.set.contains(name), "{name}");
    }
    assert!(facts.named.contains("g") && !facts.opaque);
    assert!(super::facts(". ./env").opaque);
}

#[test]
fn commands_without_what_runs_them() {
    let calls = |script: &str| -> Vec<String> {
        facts(script).commands.iter().map(|call| call.texts().collect::<Vec<_>>().join(" ")).collect()
    };
    assert_eq!(calls("A=1 sudo -u me env B=2 timeout 5 trivy image $x"), ["trivy image"]);
    assert_eq!(calls("if a; then b; fi | c"), ["a", "b", "c"]);
    assert_eq!(calls("sh -ec 'npm audit'"), ["sh -ec npm audit", "npm audit"]);
    assert_eq!(calls("x=1"), [""; 0]);
}

#[test]
fn downloads_that_are_run() {
    let downloads = |script: &str| -> Vec<String> {
        facts(script).downloads.into_iter().map(|place| script[place].to_owned()).collect()
    };
    for script in [
        "curl -fsSL https://x | sh",
        "curl x | sudo bash -s -- -y",
        "wget -qO- x | tee log | sh -",
        "bash -c \"$(curl x)\"",
        "sh -c 'curl x | sh'",
        "eval \"$(curl x)\"",
        "bash <(curl x)",
        "curl x | python3 -",
        "curl x | bash -euo pipefail",
    ] {
        assert_eq!(downloads(script), [script]);
        assert_eq!(downloads(&format!("set -e; {script} && ls")), [script]);
    }
    for script in [
        "curl x | jq .a",
        "curl -o a x && sh a",
        "curl x | sh install.sh",
        "cat x | sh",
        "curl x | python3 a.py",
    ] {
        assert_eq!(downloads(script), [""; 0], "{script:?}");
    }
    assert_eq!(called(&["sh", "-c", "curl x | sh"].map(|word| Some(word.to_owned()))).downloads.len(), 1);
}

#[test]
fn deep_and_long_scripts_end() {
    for (open, close) in [
        ("(", ")"),
        ("$(", ")"),
        ("{ ", "; }"),
        ("if ", "; then x; fi"),
        ("${a:-", "}"),
        ("$((", "))"),
        ("\"$(", ")\""),
    ] {
        for depth in [50, 500, 5_000] {
            facts(&format!("echo {}x{}", open.repeat(depth), close.repeat(depth)));
        }
    }
    for link in [" | a", " && a", " || a", "\na", "; a", "$a"] {
        facts(&format!("a{}", link.repeat(9_000)));
    }
    assert_eq!(facts(&"x".repeat(MAX_SCRIPT_BYTES + 1)), Facts::default());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    /// No text makes it fail, and its places are in the text.
    #[test]
    fn any_text_has_facts(text in SCRIPT) {
        let facts = facts(&text);
        let places = facts.error.iter().map(|error| &error.place)
            .chain(facts.bash_only.iter().map(|bash| &bash.place))
            .chain(facts.read.iter().map(|read| &read.place));
        for place in places {
            prop_assert!(text.get(place.clone()).is_some(), "{place:?} in {text:?}");
        }
    }
}

const SCRIPT: &str = r#"(\$\(|`|"|'|\$\{|\}|\(\(|\)\)|\[\[|\]\]|if |then |fi\n|case x in |esac|for |do |done |<<E\n|E\n|\||&&|;;|\\|\n|\{ |\(|\)| |é|\$|x|=|#|!|<\(|>\(|\$'|\*|@\(|a\[|\]|<<<|<<-'E'\n|function |curl |sh |-c |eval |read |\$PIPE_1){0,40}"#;
