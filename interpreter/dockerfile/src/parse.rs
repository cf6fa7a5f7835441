//! From text to a Dockerfile.

use crate::arguments::Arguments;
use crate::dockerfile::{Dockerfile, From, Stage};
use crate::error::{Error, Result, Span};
use crate::instruction::{self, declared};
use crate::line::{Line, Lines};

/// Reads a Dockerfile.
///
/// # Errors
/// Everything that is wrong with it, in the order of its lines.
pub fn parse(text: &str) -> std::result::Result<Dockerfile, Vec<Error>> {
    let mut lines = Lines::new(text).map_err(|error| vec![error])?;
    let mut file = Dockerfile::default();
    let mut errors = Vec::new();
    let mut first = None;
    while let Some(line) = lines.next() {
        first.get_or_insert(line.span);
        if let Err(error) = instruction(&line, &mut lines, &mut file) {
            errors.push(error);
        }
    }
    if file.stages.is_empty() && errors.is_empty() {
        errors.push(
            Error::new(first.unwrap_or_default(), "this Dockerfile has no `FROM`")
                .help("begin with `FROM image`"),
        );
    }
    if errors.is_empty() { Ok(file) } else { Err(errors) }
}

fn instruction(line: &Line, lines: &mut Lines<'_>, file: &mut Dockerfile) -> Result<()> {
    let arguments = Arguments::new(line, lines.escape);
    if arguments.name == "FROM" {
        // A stage that cannot be read is one nevertheless: what follows it is in a stage.
        let from = From::read(&arguments, line.span);
        let (from, error) = match from {
            Ok(from) => (from, None),
            Err(error) => (broken(line.span), Some(error)),
        };
        file.stages.push(Stage { from, instructions: Vec::new() });
        return error.map_or(Ok(()), Err);
    }
    let Some(stage) = file.stages.last_mut() else {
        if arguments.name == "ARG" {
            arguments.without_flags()?;
            file.arguments.extend(declared(&arguments)?);
            return Ok(());
        }
        let read = instruction::read(line, &arguments, lines);
        return Err(match read {
            Err(error) => error,
            Ok(_) => Error::new(
                arguments.name_span(),
                format!("`{}` stands before the first `FROM`", arguments.name),
            )
            .help("only `ARG` may stand there"),
        });
    };
    stage.instructions.push(instruction::read(line, &arguments, lines)?);
    Ok(())
}

fn broken(span: Span) -> From {
    From { span, platform: None, image: crate::word::Word::plain("scratch", span), name: None }
}
