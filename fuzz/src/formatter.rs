//! The canonical style.

use pipe_syntax::{FormatError, format, parse, same_program};

/// What parses can be formatted; that is the same program with the same comments, and formatting it again changes nothing.
pub fn run(text: &str) {
    match format(text) {
        Ok(formatted) => {
            let again = parse(&formatted);
            assert_eq!(again.errors, [], "{formatted}");
            assert!(same_program(&parse(&text.replace("\r\n", "\n")).module, &again.module), "{formatted}");
            assert_eq!(format(&formatted).as_deref(), Ok(&*formatted), "a second time");
        }
        Err(FormatError::Syntax(errors)) => assert!(!errors.is_empty()),
        Err(FormatError::Changed) => panic!("the formatter would have changed the program"),
    }
}
