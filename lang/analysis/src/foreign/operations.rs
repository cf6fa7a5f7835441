//! Operations and fields of values.

use super::Here::{self, Called, Written};

/// What stands for an operation or a field of a type, by the name of the type as operations are declared on it; the types that
/// are written in every program come last.
pub(crate) fn operation(receiver: &str, name: &str) -> Option<Here> {
    let name = super::small(name);
    match receiver {
        "Container" => container(&name),
        "Dir" | "File" => files(&name),
        "List" => list(&name),
        "Map" => map(&name),
        "String" | "Path" => text(&name),
        _ => None,
    }
    .or_else(|| any(&name))
}

fn container(name: &str) -> Option<Here> {
    Some(match name {
        "with_exec" | "exec" | "execute" | "sh" | "bash" | "script" => Called("run"),
        "test" => Called("check"),
        "with_mounted_directory" | "with_mounted_file" | "with_mount" | "volume" | "bind_mount" => {
            Called("mount")
        }
        "with_directory" | "with_file" | "add" | "copy_dir" | "copy_file" | "with_copy" => Called("copy"),
        "with_new_file" | "write_file" | "create_file" => Called("write"),
        "without_directory" | "without_file" | "delete" | "rm" => Called("remove"),
        "with_env_variable" | "with_env" | "set_env" | "env_var" | "environment" => Called("env"),
        "without_env_variable" => Called("unset_env"),
        "env_variable" | "get_env" => Called("env_of"),
        "with_workdir" | "working_directory" | "work_dir" | "cd" | "cwd" => Called("workdir"),
        "with_user" => Called("user"),
        "with_entrypoint" => Called("entrypoint"),
        "with_default_args" | "cmd" => Called("command"),
        "with_label" => Called("label"),
        "with_annotation" => Called("annotation"),
        "with_exposed_port" | "port" => Called("expose"),
        "with_secret_variable" | "with_secret_env" | "secret" | "with_secret" => Called("secret_env"),
        "with_mounted_secret" | "mount_secret" => Called("secret_file"),
        "with_mounted_cache" | "with_cache" | "cache_dir" => Called("cache"),
        "with_mounted_temp" => Called("tmpfs"),
        "with_service_binding" | "with_service" => Called("bind"),
        "with_registry_auth" => Called("registry_auth"),
        "with_unix_socket" => Called("ssh_agent"),
        "as_service" => Called("service"),
        "as_tarball" | "save" => Called("tarball"),
        "directory" | "get_directory" => Called("dir"),
        "publish" => Called("push"),
        "from" | "from_image" => Written("a container starts from an image: `image(\"alpine:3.20\")`"),
        "save_artifact" | "artifact" | "output" => {
            Written("a file of a container is the value of `.file(path)`, a folder that of `.dir(path)`")
        }
        "as_image" | "save_image" | "commit" => {
            Written("a container is an image: `.push(ref)` sends it, `.tarball()` makes it a file")
        }
        "logs" => Written("what the last step printed is `.stdout` and `.stderr`"),
        "sync" | "wait" => Written("nothing has to be waited for: what needs a step waits for it"),
        _ => return None,
    })
}

fn files(name: &str) -> Option<Here> {
    Some(match name {
        "directory" | "subdirectory" | "folder" => Called("dir"),
        "with_directory" | "with_file" | "add" => Called("copy"),
        "with_new_file" | "write_file" => Called("write"),
        "without_directory" | "without_file" | "delete" | "rm" => Called("remove"),
        "docker_build" | "build" => Called("dockerfile"),
        "find" | "files" | "match" => Called("glob"),
        "extract" | "untar" | "unzip" => Called("unpack"),
        "read" | "text" | "read_text" | "content" => Written("the text of a file is `.contents`"),
        "ls" | "list" | "children" => Written("what is in a folder is `.entries`"),
        _ => return None,
    })
}

fn list(name: &str) -> Option<Here> {
    Some(match name {
        "length" | "size" | "count" => Called("len"),
        "includes" | "has" | "member" | "elem" => Called("contains"),
        "for_each" | "each" | "collect" | "select" => Called("map"),
        "where" | "retain" | "keep" => Called("filter"),
        "some" | "exists" | "any_of" => Called("any"),
        "all" | "all_of" => Called("every"),
        "reduce" | "fold_left" | "foldl" | "inject" => Called("fold"),
        "head" => Called("first"),
        "sorted" | "sort_by" => Called("sort"),
        "uniq" | "distinct" | "dedup" => Called("unique"),
        "flat" => Called("flatten"),
        "reversed" | "rev" => Called("reverse"),
        "nth" | "at" | "index" => Called("get"),
        "push" | "append" | "add" | "push_back" => {
            Written("values do not change: `[..xs, x]` is a list with one more")
        }
        "concat" | "extend" => Written("lists are joined by `+`"),
        "flat_map" => Written("`xs.map(f).flatten()` does it"),
        "find" => Written("`xs.filter(f).first()` does it"),
        "is_empty" | "empty" => Written("compare with the empty list: `xs == []`"),
        _ => return None,
    })
}

fn map(name: &str) -> Option<Here> {
    Some(match name {
        "length" | "size" | "count" => Called("len"),
        "set" | "put" | "add" | "with" => Called("insert"),
        "has" | "contains" | "contains_key" | "has_key" | "includes" => {
            Written("a key is there when `m.get(key) != none`")
        }
        _ => return None,
    })
}

fn text(name: &str) -> Option<Here> {
    Some(match name {
        "length" | "size" | "count" => Called("len"),
        "to_upper" | "to_upper_case" | "upper_case" | "upcase" | "to_uppercase" | "uppercase" => {
            Called("upper")
        }
        "to_lower" | "to_lower_case" | "lower_case" | "downcase" | "to_lowercase" | "lowercase" => {
            Called("lower")
        }
        "strip" | "trim_space" | "chomp" => Called("trim"),
        "includes" | "has" => Called("contains"),
        "has_prefix" | "begins_with" | "startswith" => Called("starts_with"),
        "has_suffix" | "endswith" => Called("ends_with"),
        "remove_prefix" | "strip_prefix" | "removeprefix" => Called("trim_prefix"),
        "remove_suffix" | "strip_suffix" | "removesuffix" => Called("trim_suffix"),
        "replace_all" | "gsub" => Called("replace"),
        "substring" | "substr" => Called("slice"),
        "split_lines" | "splitlines" => Called("lines"),
        "test" | "match" | "is_match" => Called("matches"),
        "join" => Written("the list is what is joined: `xs.join(\", \")`"),
        "format" => Written("a text inserts values by `\"${value}\"`"),
        "concat" => Written("texts are joined by `+`"),
        _ => return None,
    })
}

fn any(name: &str) -> Option<Here> {
    Some(match name {
        "to_string" | "to_str" | "string" | "str" | "as_str" => {
            Written("the text of a value is `\"${value}\"`")
        }
        "clone" | "dup" | "to_owned" | "iter" | "into_iter" | "into" | "as_ref" => {
            Written("leave it out: values are passed as they are")
        }
        _ => return None,
    })
}

/// What stands for an operation on a value that may be none.
pub(crate) fn optional(name: &str) -> Option<Here> {
    Some(match super::small(name).as_str() {
        "unwrap" | "expect" | "get" | "unwrap_or" | "or_else" | "get_or_else" | "or" | "unwrap_or_else" => {
            Written("`x ?? y` is `y` when there is none; `x ?? fail(\"…\")` ends with an error then")
        }
        "is_some" | "is_present" => Written("compare it: `x != none`"),
        "is_none" | "is_empty" => Written("compare it: `x == none`"),
        "map" | "and_then" | "let" => {
            Written("`x?.f()` calls an operation if there is a value; `match` does more")
        }
        _ => return None,
    })
}
