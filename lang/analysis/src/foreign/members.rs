//! Members of modules by their names elsewhere.

use super::Here::{self, Called, Written};
use super::small;

/// What stands for a member that a module of the standard library, by its id, does not have.
pub(crate) fn member(module: &str, name: &str) -> Option<Here> {
    Some(match (module.strip_prefix("std/")?, small(name).as_str()) {
        ("secret", "env" | "from_env" | "environment" | "variable" | "get") => Written(
            "a secret comes from outside: `--token env:NAME` for a parameter `token: Secret`, or `host.secret(\"env:NAME\")` as its default",
        ),
        ("secret", "file" | "from_file" | "read") => Written(
            "a secret comes from outside: `--token file:PATH` for a parameter `token: Secret`, or `host.secret(\"file:PATH\")` as its default",
        ),
        ("host", "dir" | "directory" | "file" | "read_file" | "glob") => Written(
            "files of the project are `workspace.dir(path)` and `workspace.file(path)`, in the default of a parameter",
        ),
        ("host", "getenv" | "get_env" | "variable" | "var") => Called("env"),
        ("workspace", "directory" | "folder" | "path" | "root" | "source" | "tree") => Called("dir"),
        ("workspace", "repo" | "repository" | "vcs") => Called("git"),
        ("json" | "yaml" | "toml" | "dotenv", "parse" | "load" | "loads" | "read" | "from_str") => {
            Called("decode")
        }
        (
            "json" | "yaml" | "toml" | "dotenv",
            "stringify" | "dump" | "dumps" | "write" | "to_string" | "to_json",
        ) => Called("encode"),
        _ => return None,
    })
}
