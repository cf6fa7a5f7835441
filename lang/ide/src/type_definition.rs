//! Where the type of what stands at a place is declared.

use pipe_analysis::inspect::Snapshot;
use pipe_diagnostics::FileSpan;

use crate::at::{declared_at, smallest_type_at};

/// Where the type of the name or the value at a place is declared; that of its elements for a list. The file may be one of the
/// standard library's.
pub fn type_definition(snapshot: &Snapshot, file: &str, offset: u32) -> Option<FileSpan> {
    let declared = declared_at(snapshot, file, offset).and_then(|(_, declaration)| declaration.ty);
    let ty = match declared {
        Some(ty) => ty,
        None => smallest_type_at(&snapshot.inspect(file, offset)?, offset)?.1.clone(),
    };
    snapshot.declaration_of(file, &ty)?.place
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::Fixture;

    #[track_caller]
    fn check(text: &str, wanted: Option<(&str, &str)>) {
        let fixture = Fixture::new(text);
        let (file, offset) = fixture.cursor();
        let snapshot = fixture.snapshot();
        let found = type_definition(&snapshot, &file, offset).map(|place| {
            let text = snapshot.source(&place.file).unwrap_or_default();
            (place.file.to_string(), text[place.start as usize..place.end as usize].to_owned())
        });
        assert_eq!(found, wanted.map(|(file, name)| (file.to_owned(), name.to_owned())));
    }

    #[test]
    fn of_names_and_values() {
        let app = "record App { name: String }\n";
        check(&format!("{app}fn f(a: App) -> App {{ $0a }}\n"), Some(("main.pipe", "App")));
        check(&format!("{app}fn f(a: List[App]) -> Int {{ $0a.len() }}\n"), Some(("main.pipe", "App")));
        check(
            &format!("{app}fn make() -> App? {{ none }}\nfn f() -> App? {{ ma$0ke() }}\n"),
            Some(("main.pipe", "App")),
        );
        check("enum E { A }\nfn f() -> E { A$0 }\n", Some(("main.pipe", "E")));
        check("fn f() -> Container { let c = image(\"a\")\n  $0c }\n", Some(("std/prelude", "Container")));
        check(
            "fn f() -> Container { image(\"a\", platform: \"linux/am$0d64\") }\n",
            Some(("std/text", "Platform")),
        );
        check("fn f(n: Int) -> Int { $0n }\n", None);
    }
}
