//! `pipe list`.

use pipe_analysis::typed::{Function, FunctionParam, Module, Origin, Program, Type};
use pipe_diagnostics::Sources;
use pipe_ops::pure::kebab_case;
use serde_json::{Value, json};

use crate::args::ListArgs;
use crate::environment::Environment;
use crate::exit::CliError;
use crate::output;
use crate::package::Package;
use crate::progress::printable;
use crate::target::flag_of;

/// Lists what the package offers.
pub(crate) fn run(args: &ListArgs, package: &Package, environment: &Environment) -> Result<(), CliError> {
    let (module, sources) = (package.module(), &*package.sources());
    if args.json {
        return output::result_line(&as_json(package).to_string());
    }
    output::result(
        as_text(module, sources, environment.stdout_is_terminal && !environment.no_color).as_bytes(),
    )
}

fn public(module: &Module) -> impl Iterator<Item = &Function> {
    module.functions.values().map(|function| &**function).filter(|function| function.public)
}

/// A parameter as it is written in the source.
fn written<'a>(param: &FunctionParam, origin: &Origin, sources: &'a Sources) -> &'a str {
    sources.part(&origin.place(param.span))
}

fn signature(function: &Function, sources: &Sources) -> String {
    let params: Vec<String> =
        function.params.iter().map(|param| one_line(written(param, &function.origin, sources))).collect();
    let ret = match (&function.ret, function.action) {
        (Type::Unit, true) => String::new(),
        (ret, _) => format!(" -> {ret}"),
    };
    let keyword = if function.action { "action " } else { "" };
    format!("{keyword}{}({}){ret}", function.global.name, params.join(", "))
}

/// A default may be written over several lines.
fn one_line(text: &str) -> String {
    printable(&text.split_whitespace().collect::<Vec<_>>().join(" "), false)
}

fn as_text(module: &Module, sources: &Sources, color: bool) -> String {
    let bold = |text: &str| if color { format!("\u{1b}[1m{text}\u{1b}[0m") } else { text.to_owned() };
    let mut text = String::new();
    if !module.docs.is_empty() {
        let docs: Vec<String> = module.docs.iter().map(|line| printable(line, false)).collect();
        text.push_str(&format!("{}\n\n", docs.join("\n").trim()));
    }
    for function in public(module) {
        text.push_str(&format!("{}\n", bold(&signature(function, sources))));
        text.push_str(&indented(&function.docs));
    }
    let mut params = module.params.values().peekable();
    if params.peek().is_some() {
        text.push_str("\nparameters of the package:\n");
    }
    for param in params {
        text.push_str(&format!("{}\n", bold(&flag_of(&param.global.name, &param.ty))));
        text.push_str(&indented(&param.docs));
    }
    text
}

fn indented(docs: &[String]) -> String {
    docs.iter().map(|line| format!("    {}", printable(line, false)).trim_end().to_owned() + "\n").collect()
}

/// What there is to choose from: `docs/reference/cli.md` describes it.
fn as_json(package: &Package) -> Value {
    let (module, sources) = (package.module(), &*package.sources());
    let program = &**package.program();
    let functions: Vec<Value> =
        public(module).map(|function| function_json(function, program, sources)).collect();
    let params: Vec<Value> = module
        .params
        .values()
        .map(|param| {
            json!({
                "name": param.global.name,
                "type": param.ty.to_string(),
                "docs": param.docs.join("\n"),
                "required": param.default.is_none(),
                "values": values(&param.ty, program),
            })
        })
        .collect();
    let tests: Vec<Value> = package
        .tests()
        .map(|test| {
            let file = &test.origin.file;
            json!({ "title": test.title, "file": file, "line": line(&test.origin, sources) })
        })
        .collect();
    json!({ "docs": module.docs.join("\n"), "functions": functions, "params": params, "tests": tests })
}

fn function_json(function: &Function, program: &Program, sources: &Sources) -> Value {
    let params: Vec<Value> = function
        .params
        .iter()
        .map(|param| {
            json!({
                "name": param.name,
                "type": param.ty.to_string(),
                "required": param.default.is_none(),
                "written": one_line(written(param, &function.origin, sources)),
                "values": values(&param.ty, program),
            })
        })
        .collect();
    json!({
        "name": function.global.name,
        "action": function.action,
        "type": function.ret.to_string(),
        "docs": function.docs.join("\n"),
        "params": params,
        "file": function.origin.file,
        "line": line(&function.origin, sources),
    })
}

/// Where an item's name stands.
fn line(origin: &Origin, sources: &Sources) -> u32 {
    sources.position(&origin.place(origin.name)).line
}

/// Every value of a type that has few, as its flag takes them: of an enum the variants without a payload, of its optional and its list
/// the same.
fn values(ty: &Type, program: &Program) -> Option<Vec<String>> {
    match ty {
        Type::Optional(inner) | Type::List(inner) => values(inner, program),
        Type::Bool => Some(vec!["true".to_owned(), "false".to_owned()]),
        Type::Enum(global, _) => {
            let variants = &program.modules.get(&global.module)?.enums.get(&global.name)?.variants;
            let bare = variants.iter().filter(|variant| variant.payload.is_empty());
            Some(bare.map(|variant| kebab_case(&variant.name)).collect())
        }
        _ => None,
    }
}
