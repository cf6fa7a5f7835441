//! Names that stand alone.

use super::Here::{self, Called, Written};

/// What stands for a value or a function.
pub(crate) fn name(name: &str) -> Option<Here> {
    Some(match name {
        "nil" | "null" | "undefined" | "None" | "Nothing" | "NULL" | "nothing" => Called("none"),
        "True" | "TRUE" | "yes" => Called("true"),
        "False" | "FALSE" | "no" => Called("false"),
        "Some" | "Just" => Called("some"),
        "Ok" | "Err" | "err" | "error" => Written(
            "nothing gives an error as a value: what fails ends the run; `fail(\"…\")` does so by itself",
        ),
        "container" | "Container" | "docker" => {
            Written("a container starts from an image: `image(\"alpine:3.20\")`")
        }
        "dag" | "client" | "dagger" => {
            Written("there is no client: functions begin, `image(\"alpine:3.20\")`, `git(url, ref)`, `dir()`")
        }
        "secrets" => Written("a secret is a parameter, `token: Secret`, and is given by `--token env:TOKEN`"),
        "github" | "gitlab" => Written(
            "the repository is `workspace.git()`, what CI says `host.ci`: each in the default of a parameter",
        ),
        "matrix" => Written("a matrix is a list: `[for version in versions => unit(version)]`"),
        "steps" | "needs" | "jobs" | "outputs" => {
            Written("what another function gives is the value of a call: `build().file(\"/app\")`")
        }
        "inputs" | "vars" | "variables" | "args" | "params" => {
            Written("each is a `param` of its own: `param version: String = \"dev\"`")
        }
        "env" | "process" | "os" | "environ" | "getenv" => {
            Written("a variable of the environment is `host.env(\"NAME\")`, in the default of a parameter")
        }
        "print" | "println" | "printf" | "echo" | "console" | "puts" | "log" => {
            Written("what a function gives is printed by `pipe run`, what a step prints is shown as it runs")
        }
        "fmt" | "sprintf" | "format" => Written("a text inserts values by `\"${value}\"`"),
        "str" | "string" | "to_string" | "String" => Written("the text of a value is `\"${value}\"`"),
        "int" | "parseInt" | "float" | "Number" => Written("a text is read by `json.decode(text)`"),
        "time" | "Duration" | "timedelta" => {
            Written("a duration is written with its unit: `5s`, `10min`, `1h30min`")
        }
        "append" | "push" => Written("values do not change: `[..xs, x]` is a list with one more"),
        "range" => Written("the numbers are written as a list: `[1, 2, 3]`"),
        "this" => Written("there are no methods: a function takes what it works on as a parameter"),
        "require" | "import" | "include" => Written("a module is imported by `use`, outside of functions"),
        "http_get" | "fetch" | "curl" | "wget" => Written("a file is fetched by `http(url)`"),
        "shell" | "exec" | "system" | "subprocess" | "run" => {
            Written("a command runs in a container: `image(\"alpine:3.20\").run(sh\"…\")`")
        }
        "input" | "prompt" | "confirm" => Written("a person is asked by an action: `do approval(\"…\")`"),
        "throw" | "raise" | "panic" | "exit" | "abort" => Called("fail"),
        _ => return None,
    })
}
