//! Types.

use super::Here::{self, Called, Written};

/// What stands for a type.
pub(crate) fn ty(name: &str) -> Option<Here> {
    Some(match name {
        "Vec" | "Array" | "Slice" | "Set" | "Seq" | "Iterable" | "Sequence" => Called("List"),
        "Dict" | "HashMap" | "BTreeMap" | "Object" | "Hash" => Called("Map"),
        "Str" | "Text" | "Char" => Called("String"),
        "Boolean" => Called("Bool"),
        "Integer" | "Number" | "Long" | "I64" | "U64" | "Usize" => Called("Int"),
        "Double" | "F64" => Called("Float"),
        "Void" | "None" | "Nothing" => Called("Unit"),
        "Directory" | "Folder" => Called("Dir"),
        "Image" => Called("Container"),
        "GitRepository" | "Repository" | "GitRepo" => Called("Repo"),
        "Option" | "Optional" | "Maybe" => Written("what may be none has a `?` behind its type: `String?`"),
        "Result" | "Error" | "Either" | "Exception" => {
            Written("nothing gives an error as a value: what fails ends the run, and what depends on it")
        }
        "Any" | "Unknown" | "Dynamic" => {
            Written("every value has a type of its own: a `record`, an `enum`, or a type parameter `[T]`")
        }
        "Promise" | "Future" | "Task" => {
            Written("an effect is an `Action[T]`; steps run in parallel by themselves")
        }
        _ => return None,
    })
}
