//! `pipe doc`.

mod browser;
mod terminal;

use std::path::Path;

use pipe_doc::{Docs, Item};

use crate::args::{DocArgs, GlobalArgs};
use crate::environment::Environment;
use crate::exit::CliError;
use crate::output;
use crate::package::documentation;
use terminal::Terminal;

/// Shows what a package offers, writes it as a page, or shows that page. Nothing is evaluated.
///
/// # Errors
/// When there is no package, it has errors, it has no such name, or the page cannot be written or shown.
pub(crate) fn run(
    args: &DocArgs,
    global: &GlobalArgs,
    directory: Option<&Path>,
    environment: &Environment,
) -> Result<(), CliError> {
    let documentation = documentation(environment, directory)?;
    let terminal = Terminal { color: output::in_color(global, environment) };
    if !args.names.is_empty() {
        let standard_library = documentation.standard_library();
        let package = documentation.package().into_iter();
        let all: Vec<&Docs> = package.chain([&standard_library]).collect();
        let found = args.names.iter().map(|name| named(&all, name)).collect::<Result<Vec<_>, _>>()?;
        return output::result(terminal.items(found.into_iter().flatten()).as_bytes());
    }
    let docs = documentation.package()?;
    let page = || pipe_doc::page(docs);
    if let Some(file) = &args.output {
        let file = environment.current_dir.join(file);
        browser::write(&file, &page())?;
        return if args.open { browser::open(&file, environment) } else { Ok(()) };
    }
    if args.open {
        let file = browser::place(environment, &docs.title)?;
        browser::write(&file, &page())?;
        return browser::open(&file, environment);
    }
    output::result(terminal.package(docs).as_bytes())
}

/// The items of a name: of the package, else of the standard library; of an operation its own name is enough.
fn named<'d>(all: &[&'d Docs], name: &str) -> Result<Vec<&'d Item>, CliError> {
    for docs in all {
        let fits = |module: &str, item: &Item| {
            item.name == name || item.short_name() == name || format!("{module}.{}", item.name) == name
        };
        let found: Vec<&Item> =
            docs.items().filter(|(module, item)| fits(&module.name, item)).map(|(_, item)| item).collect();
        if !found.is_empty() {
            return Ok(found);
        }
    }
    let names = all.iter().flat_map(|docs| docs.items()).map(|(_, item)| &*item.name);
    let wrong = CliError::usage(format!("neither the package nor the standard library has `{name}`"));
    Err(match pipe_diagnostics::nearest(name, names) {
        Some(near) => wrong.help(format!("did you mean `{near}`?")),
        None => wrong.help("`pipe doc` shows what the package offers"),
    })
}
