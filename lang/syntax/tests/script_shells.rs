//! Scripts with values inserted as their positions say are run by real shells: no value is ever run as code, and what
//! may be inserted arrives unchanged.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "the shells are started for real")]

use pipe_syntax::ast::{HolePosition, Shell};
use pipe_syntax::script::{Fragment, hole_positions};
use proptest::prelude::*;
use std::path::Path;
use std::process::{Command, Stdio};

/// What a value would make if it were run.
const MARKER: &str = "MARKER";

/// Values that do something wherever they are read as code.
const HOSTILE: [&str; 26] = [
    "$(touch MARKER)",
    "'; touch MARKER; '",
    "`touch MARKER`",
    "\n",
    "\ntouch MARKER\n",
    "-n",
    "\\",
    "${HOME}",
    "\"",
    "\"; touch MARKER; \"",
    "'",
    "; touch MARKER #",
    "| touch MARKER |",
    "&& touch MARKER",
    "E\ntouch MARKER\nE\n",
    ") ; touch MARKER; (",
    "}; touch MARKER; ${x",
    "))$(touch MARKER)",
    "a[$(touch MARKER)]",
    "a[$(touch MARKER)]=1",
    "touch MARKER",
    "-c",
    "-etouch MARKER",
    "-S touch MARKER",
    "# ' \" `",
    "*",
];

/// A script: its text around its holes.
fn fragments(script: &str) -> Vec<Fragment<'_>> {
    let mut out = Vec::new();
    for (i, piece) in script.split('@').enumerate() {
        if i > 0 {
            out.push(Fragment::Hole);
        }
        out.push(Fragment::Text(piece));
    }
    out
}

/// The script with its holes as the shell gets them; `None` if one is refused.
fn inserted(shell: Shell, script: &str) -> Option<String> {
    let positions = hole_positions(shell, fragments(script));
    let mut out = String::new();
    for (i, piece) in script.split('@').enumerate() {
        if let Some(position) = i.checked_sub(1).map(|hole| positions[hole]) {
            match position {
                HolePosition::Word { .. } => out += &format!("\"$PIPE_{i}\""),
                HolePosition::DoubleQuotes | HolePosition::Heredoc => out += &format!("${{PIPE_{i}}}"),
                HolePosition::Refused(_) => return None,
            }
        }
        out += piece;
    }
    Some(out)
}

/// What a shell prints, run in a folder with the values in its environment. It is stopped after a while.
fn run(program: &[&str], script: &str, values: &[&str], folder: &Path) -> Vec<u8> {
    let mut command = Command::new("timeout");
    command.arg("10").args(program).arg(script).current_dir(folder).stdin(Stdio::null());
    command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").env("HOME", "/home");
    for (i, value) in values.iter().enumerate() {
        command.env(format!("PIPE_{}", i + 1), value);
    }
    command.output().unwrap().stdout
}

/// The shells that may run a script, as `pipe` starts them.
fn shells(shell: Shell) -> Vec<Vec<&'static str>> {
    match shell {
        Shell::Sh => {
            let mut list = vec![vec!["/bin/sh", "-e", "-c"], vec!["bash", "--posix", "-e", "-c"]];
            if Path::new("/usr/bin/busybox").exists() {
                list.push(vec!["/usr/bin/busybox", "sh", "-e", "-c"]);
            }
            list
        }
        Shell::Bash => vec![vec!["bash", "-eo", "pipefail", "-c"]],
    }
}

/// Runs a script in every shell, and says what each printed. Fails if a value was run.
fn outputs(shell: Shell, script: &str, values: &[&str]) -> Option<Vec<Vec<u8>>> {
    let text = inserted(shell, script)?;
    let folder = tempfile::tempdir().unwrap();
    let mut out = Vec::new();
    for program in shells(shell) {
        out.push(run(&program, &text, values, folder.path()));
        let marker = folder.path().join(MARKER);
        assert!(!marker.exists(), "{program:?} ran a value of {values:?}:\n{text}");
    }
    Some(out)
}

/// A command that prints its hole in angle brackets, in one of the ways that commands take values.
fn leaf() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "printf '<%s>' @",
        "printf '<%s>' \"@\"",
        "printf '<%s>' \"\"@",
        "cat <<E\n<@>\nE\n",
        "cat <<-E\n\t<@>\n\tE\n",
        "x=@; printf '<%s>' \"$x\"",
        "x=\"@\" && printf '<%s>' \"$x\"",
        "sh -c 'printf \"<%s>\" \"$1\"' sh @",
        "case @ in none) ;; *) printf '<%s>' \"@\" ;; esac",
        "for x in @; do printf '<%s>' \"$x\"; done",
        "printf '<%s>' '@'",
        "printf '<%s>' \\@",
        "echo $((@))",
        "printf '<%s>' `printf %s @`",
        "sh -c \"printf '<%s>' @\"",
        "eval printf '<%s>' @",
        "cat <<'E'\n<@>\nE\n",
        "true # @",
        "printf '<%s>' ${x:-@}",
        "printf '<%s>' @ | cat",
        "echo @ | sh",
        "env X=@ sh -c 'printf \"<%s>\" \"$X\"'",
        "set -- @; printf '<%s>' \"$1\"",
        "export X=@; printf '<%s>' \"$X\"",
    ])
    .prop_map(str::to_owned)
}

/// A command around others.
fn script() -> impl Strategy<Value = String> {
    leaf().prop_recursive(4, 16, 1, |inner| {
        let around = prop::sample::select(vec![
            "if true; then ¤\nfi",
            "( ¤\n)",
            "{ ¤\n}",
            "{ ¤\n} | cat",
            "printf %s \"$( ¤\n)\"",
            "y=$( ¤\n); printf %s \"$y\"",
            "case a in (b) ;; a) ¤\n;; esac",
            "f() { ¤\n}; f",
            "true && ¤",
            "# it's\n¤",
            "cat <<'Q' >/dev/null\n\"'`$(\nQ\n¤",
            "printf %s '\"'; ¤",
            "sh -c \"¤\"",
            "eval \"¤\"",
            "while true; do ¤\nbreak; done",
            "cat <<Q\n$( ¤)\nQ\n",
        ]);
        (inner, around).prop_map(|(inner, around)| around.replace('¤', &inner))
    })
}

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => prop::sample::select(HOSTILE.to_vec()).prop_map(str::to_owned),
        1 => prop::collection::vec(prop::sample::select(HOSTILE.to_vec()), 1..4).prop_map(|v| v.concat()),
        1 => "[^\u{0}]{0,24}",
    ]
}

/// Command substitution takes line ends away at the end of what it reads.
fn arrives(printed: &[u8], value: &str) -> bool {
    let printed = String::from_utf8_lossy(printed);
    printed.contains(&format!("<{value}>"))
}

/// Holes of leaves that allow them.
#[test]
fn allowed_positions_are_allowed() {
    for script in [
        "printf '%s' @",
        "printf '%s' \"@\"",
        "cat <<E\n@\nE\n",
        "printf %s \"$(printf %s @)\"",
        "sh -c 'printf %s \"$1\"' sh @",
    ] {
        for value in HOSTILE {
            for printed in outputs(Shell::Sh, script, &[value]).unwrap() {
                let printed = String::from_utf8_lossy(&printed).into_owned();
                assert_eq!(printed.trim_end_matches('\n'), value.trim_end_matches('\n'), "{script}");
            }
        }
    }
}

/// An element with a plain number is assigned like a variable; any other subscript is evaluated.
#[test]
fn elements_of_arrays() {
    let script = "a[0]=@; a[1]=\"x@\"; printf '%s' \"${a[0]}\"";
    for value in HOSTILE {
        for printed in outputs(Shell::Bash, script, &[value, value]).unwrap() {
            assert_eq!(String::from_utf8_lossy(&printed), value);
        }
    }
    for script in ["a[1==@]=3", "a[@]=3", "k=@; a[k]=@", "a[@ 0]=1"] {
        assert_eq!(inserted(Shell::Bash, script), None, "{script}");
    }
}

/// bash runs commands in what it evaluates as arithmetic, also when it comes from a variable.
#[test]
fn variables_that_are_evaluated() {
    for script in [
        "k=@; echo $((k + 1))",
        "k=@\necho $(( $k + 1 ))",
        "export k=@; echo \"$((k))\"",
        "for k in @; do echo $((k)); done",
    ] {
        assert_eq!(inserted(Shell::Sh, script), None, "{script}");
        assert_eq!(inserted(Shell::Bash, script), None, "{script}");
    }
    for script in [
        "k=@; a[k]=1",
        "k=@; echo ${a[k]}",
        "k=@; (( k > 1 ))",
        "k=@; [[ $k -eq 1 ]]",
        "k=@; [[ k -gt 1 ]]",
        "k=@; let k+=1",
        "k=@; echo ${HOME:k:1}",
        "k=(@); echo $((k[0]))",
    ] {
        assert_eq!(inserted(Shell::Bash, script), None, "{script}");
    }
    // Others than those that are evaluated.
    for script in [
        "v=@; i=0; while [ $i -lt 1 ]; do i=$((i + 1)); done; printf '%s' \"$v\"",
        "v=@; if [[ $v == x && 1 -eq 1 ]]; then :; fi; printf '%s' \"${HOME:+}$v\"",
        "v=@; [ \"$v\" -gt 1 ] 2>/dev/null || printf '%s' \"$v\"",
        "v=@; : x[$v] user:$v ${HOME:-$v}; printf '%s' \"$v\"",
    ] {
        if script.contains("[[ $v == x && 1 -eq") {
            // Which operand belongs to which operator is not looked at.
            assert_eq!(inserted(Shell::Bash, script), None, "{script}");
            continue;
        }
        for value in HOSTILE {
            for printed in outputs(Shell::Bash, script, &[value]).unwrap() {
                assert_eq!(String::from_utf8_lossy(&printed), value);
            }
        }
    }
}

/// The acceptance of scripts: each value in each position is refused or arrives.
#[test]
fn every_value_in_every_position() {
    let positions = [
        ("printf '<%s>' @", true),
        ("printf '<%s>' \"a @ b\"", true),
        ("printf '<%s>' 'a @ b'", false),
        ("cat <<E\n<@>\nE\n", true),
        ("cat <<'E'\n<@>\nE\n", false),
        ("printf '<%s>' \"$(printf '%s' @)\"", true),
        ("printf '<%s>' `printf '%s' @`", false),
        ("sh -c \"printf '<%s>' @\"", false),
        ("echo $((@))", false),
        ("true # @", false),
    ];
    for (script, allowed) in positions {
        for shell in [Shell::Sh, Shell::Bash] {
            assert_eq!(inserted(shell, script).is_some(), allowed, "{script}");
            for value in HOSTILE {
                for printed in outputs(shell, script, &[value]).unwrap_or_default() {
                    let printed = String::from_utf8_lossy(&printed).into_owned();
                    assert!(
                        printed.contains(value.trim_end_matches('\n')),
                        "{script} {value:?}: {printed:?}"
                    );
                }
            }
        }
    }
}

/// How many cases a run tries; more by `PROPTEST_CASES`.
fn cases(default: u32) -> ProptestConfig {
    let config = ProptestConfig::default();
    let cases = if config.cases == 256 { default } else { config.cases };
    ProptestConfig { cases, failure_persistence: None, ..config }
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn values_arrive_or_are_refused(script in script(), value in value(), bash in any::<bool>()) {
        let shell = if bash { Shell::Bash } else { Shell::Sh };
        // A substitution around takes line ends at the end away; the brackets keep them inside.
        let holes = script.matches('@').count();
        let values = vec![value.as_str(); holes];
        for printed in outputs(shell, &script, &values).unwrap_or_default() {
            prop_assert!(
                // Quotes put around quotes make another script; whatever it does, it runs no value. And bash 5.2 leaves out
                // commands behind a here-document inside a substitution.
                script.contains("<<'Q'") && script.contains("$( ") || script.contains("sh -c \"") || script.contains("eval \"") || arrives(&printed, &value),
                "{script}\n{value:?} came as {:?}",
                String::from_utf8_lossy(&printed)
            );
        }
    }

    #[test]
    fn no_soup_of_shell_runs_a_value(
        soup in prop::collection::vec(prop::sample::select(SOUP.to_vec()), 1..14),
        values in prop::collection::vec(value(), 14),
        bash in any::<bool>(),
    ) {
        let script = soup.concat();
        let shell = if bash { Shell::Bash } else { Shell::Sh };
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        outputs(shell, &script, &values);
    }
}

/// Pieces of scripts; none of them touches a file by itself.
const SOUP: [&str; 62] = [
    "@",
    "@",
    "@",
    "@",
    " @ ",
    " @ ",
    "\"@\"",
    "'",
    "'",
    "\"",
    "\"",
    "`",
    "$(",
    "$(",
    ")",
    ")",
    "${x:-",
    "${x%",
    "}",
    "$((",
    "))",
    "((",
    "<<E\n",
    "<<'E'\n",
    "<<-E\n",
    "\nE\n",
    "\nE\n",
    "\n",
    "\n",
    " # ",
    "#",
    ";",
    " | ",
    " && ",
    " & ",
    "\\",
    "\\\n",
    " ",
    "echo ",
    "echo ",
    "cat ",
    "x=",
    "case x in ",
    "x) ",
    ";; ",
    " esac",
    "sh -c ",
    "eval ",
    "$'",
    "$\"",
    "$",
    "if true; then ",
    "; fi",
    "{ ",
    "; }",
    "( ",
    "[[ ",
    " ]]",
    "[ ",
    " ]",
    "<(",
    "| sh\n",
];
