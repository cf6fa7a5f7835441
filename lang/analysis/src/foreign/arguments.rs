//! Named arguments, mostly of `run` and `check`.

use super::Here::{self, Called, Written};

/// What stands for a named argument; another name counts only where it is one of the arguments.
pub(crate) fn argument(name: &str) -> Option<Here> {
    Some(match super::small(name).as_str() {
        "continue_on_error" | "ignore_error" | "ignore_errors" | "soft_fail" | "ignore_failure" => {
            Called("allow_failure")
        }
        "retry" | "attempts" | "max_retries" => Called("retries"),
        "artifacts" | "outputs" | "upload" => Called("keep"),
        "cmd" | "argv" | "exec" | "run" => Called("command"),
        "script" | "commands" | "steps" => Written(
            "the command comes first, as a script or as a list of arguments: `.run(sh\"…\")`, `.run([\"go\", \"test\"])`",
        ),
        "if_not_exists" | "max_age" | "no_cache" => Called("fresh"),
        "cpu" => Called("cpus"),
        "mem" | "memory_limit" => Called("memory"),
        "input" => Called("stdin"),
        "id" | "title" => Called("name"),
        "timeout_minutes" | "timeout_seconds" | "timeout_in_minutes" => {
            Written("it is called `timeout` here, and is written with its unit: `timeout: 10min`")
        }
        "needs" | "depends_on" | "dependencies" | "after" | "requires" => Written(
            "what another step made is needed by using it; `.requires(check)` on a check adds the rest",
        ),
        "env" | "environment" | "envs" | "variables" => Written(
            "a variable is set before the command runs: `.env(\"NAME\", value)`, or `.envs([…])` for several",
        ),
        "working_directory" | "workdir" | "cwd" | "work_dir" | "dir" => {
            Written("the folder is set before the command runs: `.workdir(\"/src\")`")
        }
        "secrets" | "secret" => Written(
            "a secret is given before the command runs: `.secret_env(\"NAME\", secret)`, or `.secret_file(path, secret)`",
        ),
        "services" | "service" => {
            Written("a service is bound before the command runs: `.bind(\"name\", image(\"…\").service())`")
        }
        "user" => Written("the user is set before the command runs: `.user(\"name\")`"),
        "shell" => Written(
            "the shell is set before the command runs: `.shell([\"/bin/bash\", \"-c\"])`; `bash\"…\"` is a script for bash",
        ),
        "volumes" | "mounts" | "mount" => {
            Written("files come in before the command runs: `.mount(\"/src\", files)`")
        }
        "cache" | "caches" => {
            Written("a folder is kept between runs by `.cache(\"/path\", \"name\")` before the command runs")
        }
        "ports" => Written("a port is named by `.expose(8080)`"),
        "image" | "container" | "uses" => {
            Written("the container comes first: `image(\"alpine:3.20\").run([…])`")
        }
        "when" | "if" | "rules" | "only" => Written(
            "what runs is chosen by `if` around it; a person is asked by `do approval(\"…\")` before it",
        ),
        _ => return None,
    })
}
