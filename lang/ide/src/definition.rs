//! Where the name at a place is declared.

use pipe_analysis::inspect::Snapshot;
use pipe_diagnostics::FileSpan;

use crate::at::declared_at;

/// Where the name at a place is declared. The file may be one of the standard library's.
pub fn definition(snapshot: &Snapshot, file: &str, offset: u32) -> Option<FileSpan> {
    declared_at(snapshot, file, offset)?.1.place
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::Fixture;

    /// `$0` is the cursor; `^^^` below a line mark where its name is declared, none that it is nowhere.
    #[track_caller]
    fn check(text: &str) {
        let fixture = Fixture::new(text);
        let (file, offset) = fixture.cursor();
        let found = definition(&fixture.snapshot(), &file, offset);
        let found: Vec<_> = found.into_iter().map(|p| (p.file.to_string(), p.start..p.end)).collect();
        let wanted: Vec<_> = fixture.marks().iter().map(|m| (m.file.clone(), m.range.clone())).collect();
        assert_eq!(found, wanted);
    }

    #[test]
    fn a_function() {
        check("fn tools() -> Container { image(\"alpine\") }\n#  ^^^^^\nfn f() -> Container { to$0ols() }\n");
    }

    #[test]
    fn a_param_of_the_package() {
        check("param src: Dir = workspace.dir()\n#     ^^^\npub fn f() -> Dir { $0src }\n");
    }

    #[test]
    fn a_parameter_in_a_body_and_by_name() {
        check("fn f(name: String) -> String { name$0 }\n#    ^^^^\n");
        check("fn f(name: String) -> String { name }\n#    ^^^^\nfn g() -> String { f(na$0me: \"x\") }\n");
    }

    #[test]
    fn locals_are_told_apart() {
        check(
            "\
fn f(xs: List[Int]) -> List[Int] {
  let y = 1
  let z = [for y in xs => y + 1]
#              ^
  [for y in xs if y > z.len() => $0y]
}
"
            .replace("[for y in xs => y + 1]", "[for y in xs => $0y + 1]")
            .replace("=> $0y]", "=> y]")
            .as_str(),
        );
    }

    #[test]
    fn types_fields_and_variants() {
        check("record App { name: String }\n#      ^^^\nfn f(a: A$0pp) -> String { a.name }\n");
        check("record App { name: String }\n#            ^^^^\nfn f(a: App) -> String { a.na$0me }\n");
        let program = "enum E { A, B(x: Int) }\nfn f(e: E) -> Int { match e { A => 1, B(x) => x } }\n";
        check(&program.replace("A => 1", "$0A => 1").replace(" }\nfn", " }\n#        ^\nfn"));
    }

    #[test]
    fn across_files() {
        check(
            "\
use \"./deploy.pipe\" as deploy
pub fn f() -> Int { deploy.repl$0icas() }
--- deploy.pipe
## How many.
pub fn replicas() -> Int { 3 }
#      ^^^^^^^^
",
        );
    }

    #[test]
    fn a_module() {
        let text = "use \"./deploy.pipe\" as deploy\npub fn f() -> Int { dep$0loy.n }\n--- deploy.pipe\npub let n: Int = 1\n";
        let fixture = Fixture::new(text);
        let (file, offset) = fixture.cursor();
        let found = definition(&fixture.snapshot(), &file, offset);
        assert_eq!(found.map(|place| (place.file.to_string(), place.start)), Some(("deploy.pipe".into(), 0)));
    }

    #[test]
    fn an_operation_is_in_the_standard_library() {
        let fixture = Fixture::new("fn f() -> Container { image(\"a\").r$0un([\"true\"]) }\n");
        let (file, offset) = fixture.cursor();
        let place = definition(&fixture.snapshot(), &file, offset);
        assert_eq!(place.map(|place| place.file.to_string()), Some("std/prelude".into()));
    }

    #[test]
    fn nothing_is_declared_by_a_number() {
        check("fn f() -> Int { 4$02 }\n");
    }

    #[test]
    fn beside_a_mistake() {
        check("fn a() -> Int { 1 }\n#  ^\nfn f() -> Int { a$0( }\nfn g() -> Int { a() }\n");
    }
}
