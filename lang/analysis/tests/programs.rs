//! Right programs: nothing is reported about them, and what they become is whole.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

mod support;

use std::path::Path;
use std::sync::Arc;

use pipe_analysis::typed::{Body, ExprKind, FunctionBody, ModuleId, Program};
use pipe_analysis::{Analysis, MemorySystem, OsSystem, PackageRoot};
use support::{check, repository};

/// Whole programs of every kind; the parser is tested with them, too.
const PROGRAMS: &str = "lang/syntax/tests/programs";
const NAMES: [&str; 13] = [
    "consumer",
    "first_module",
    "go_ci",
    "go_service",
    "hello",
    "integration",
    "matrix",
    "monorepo",
    "multiarch",
    "promote",
    "rollout",
    "scan",
    "tour",
];
/// The module that the tour imports.
const DEPLOY: &str = "pub fn apply(app: ImageRef, to: String, traffic: Percent = 100) -> Action[Container] {
  image(\"bitnami/kubectl:1.31\").perform(sh\"deploy ${{ app }} ${{ to }} ${{ traffic }}\", name: \"apply\")
}
";
const CONSUMER: &str = "[package]\nname = \"consumer\"\n\n[dependencies]\ngo_ci = { path = \"../go_ci\" }\n";

#[test]
fn nothing_is_reported_about_whole_programs() {
    let mut system = MemorySystem::new();
    for name in NAMES {
        let file = repository().join(PROGRAMS).join(format!("{name}.pipe"));
        system.write(format!("{name}/main.pipe"), std::fs::read_to_string(file).unwrap());
        system.write(format!("{name}/pipe.toml"), format!("[package]\nname = \"{name}\"\n"));
    }
    let system = Arc::new(system.with("tour/deploy.pipe", DEPLOY).with("consumer/pipe.toml", CONSUMER));
    for name in NAMES {
        let root = PackageRoot::discover(&*system, Path::new(name)).unwrap();
        let mut analysis = Analysis::new(system.clone());
        let found = analysis.check(&root, &[]);
        assert!(found.is_empty(), "{name}: {found:#?}");
        whole(&analysis.program());
    }
}

#[test]
fn nothing_is_reported_about_the_examples() {
    for file in support::files_below(&repository().join("examples"), "pipe") {
        let system = Arc::new(OsSystem::new(repository()));
        let root = PackageRoot::of_file(&*system, &file);
        let mut analysis = Analysis::new(system);
        let found = analysis.check(&root, &[file]);
        assert!(found.is_empty(), "{found:#?}");
        whole(&analysis.program());
    }
}

#[test]
fn the_standard_library_is_right() {
    let (_, analysis) = check(&[("main.pipe", "")]);
    let program = analysis.program();
    whole(&program);
    let std: Vec<&str> =
        program.modules.keys().map(|id| &*id.0).filter(|id| id.starts_with("std/")).collect();
    assert_eq!(std.len(), pipe_stdlib::MODULES.len());
}

/// No item has an error, and no expression is missing.
fn whole(program: &Program) {
    let body = |what: &str, body: &Body| {
        let text = format!("{body:?}");
        assert!(!text.contains("kind: Error"), "{what}");
        assert!(!text.contains("Variable("), "{what}");
    };
    for module in program.modules.values() {
        for function in module.functions.values() {
            assert!(!function.has_errors, "{:?}", function.global);
            if let FunctionBody::Source(source) = &function.body {
                body(&function.global.name, source);
            }
            for default in function.params.iter().filter_map(|param| param.default.as_ref()) {
                body(&function.global.name, default);
            }
        }
        for test in &module.tests {
            assert!(!test.has_errors, "{}", test.title);
            body(&test.title, &test.body);
        }
        assert!(module.params.values().all(|param| !param.has_errors));
        assert!(module.lets.values().all(|item| !item.has_errors));
        assert!(module.records.values().all(|record| !record.has_errors));
        assert!(module.enums.values().all(|item| !item.has_errors));
    }
}

#[test]
fn items_with_errors_are_marked_and_no_others() {
    let text = "fn wrong() -> Int { \"x\" }\nfn right() -> Int { wrong() }\nfn a() -> Int { b() }\nfn b() -> Int { a() }\n";
    let (_, analysis) = check(&[("main.pipe", text)]);
    let program = analysis.program();
    let module = &program.modules[program.root.as_ref().unwrap()];
    let marked: Vec<&str> =
        module.functions.values().filter(|f| f.has_errors).map(|f| &*f.global.name).collect();
    assert_eq!(marked, ["wrong", "a", "b"]);
}

#[test]
fn arguments_stand_in_parameter_order() {
    let text =
        "fn f(a: Int, b: Int = 2, c: Int = 3) -> Int { a + b + c }\npub fn g() -> Int { f(c: 30, a: 10) }\n";
    let (_, analysis) = check(&[("main.pipe", text)]);
    let program = analysis.program();
    let module = &program.modules[program.root.as_ref().unwrap()];
    let FunctionBody::Source(body) = &module.functions["g"].body else { panic!() };
    let text = format!("{:?}", body.expr);
    assert!(text.contains("Int(10)") && text.contains("None") && text.contains("Int(30)"));
    assert!(text.find("Int(10)") < text.find("Int(30)"));
}

#[test]
fn a_default_of_a_generic_function_asks_only_where_it_counts() {
    const SAME: &str =
        "fn same[T](a: T, b: T, eq: fn(T, T) -> Bool = fn(a, b) => a == b) -> Bool { eq(a, b) }\n";
    for (program, wanted) in [
        ("pub fn f(s: Secret) -> Bool { same(s, s, eq: fn(a, b) => true) }\n", None),
        ("pub fn f(s: Secret) -> Bool { s |> same(s, fn(a, b) => true) }\n", None),
        ("pub fn f(s: Secret) -> Bool { same(s, s) }\n", Some("not-comparable")),
        (
            "fn g[T](a: T) -> Bool { same(a, a) }\npub fn f(s: Secret) -> Bool { g(s) }\n",
            Some("not-comparable"),
        ),
        (
            "fn g[T](a: T) -> Bool { same(a, a, fn(x, y) => true) }\npub fn f(s: Secret) -> Bool { g(s) }\n",
            None,
        ),
        ("pub fn f() -> Bool { same(1, 2) }\n", None),
    ] {
        let (found, _) = check(&[("main.pipe", &format!("{SAME}{program}"))]);
        let codes: Vec<&str> = found.iter().map(|found| found.code).collect();
        assert_eq!(codes, Vec::from_iter(wanted), "{program}");
    }
}

#[test]
fn expressions_of_the_command_line() {
    let text = "pub enum To { Staging, Production(share: Percent = 10) }\n\
                pub fn build(platform: Platform = host.platform) -> File { image(\"a\", platform: platform).file(\"/x\") }\n\
                pub fn show(to: To) -> Int { 1 }\n";
    let (_, analysis) = check(&[("main.pipe", text)]);
    let build = analysis.check_expression("build(platform: \"linux/arm64\")").unwrap();
    assert_eq!(build.ty.to_string(), "File");
    assert_eq!(analysis.check_expression("build(host.platform).contents").unwrap().ty.to_string(), "String");
    let to = analysis.program().modules[0].id.clone();
    assert!(to.0.starts_with("std/"));
    let auth =
        analysis.check_expression("RegistryAuth(username: \"me\", password: host.secret(\"env:TOKEN\"))");
    assert_eq!(auth.unwrap().ty.to_string(), "RegistryAuth");
    let wrong = analysis.check_expression("build(platform: \"linux/arm46\")").unwrap_err();
    assert_eq!(wrong.len(), 1);
    assert_eq!(
        (&*wrong[0].primary.place.file, wrong[0].primary.place.start),
        (pipe_analysis::COMMAND_LINE, 23)
    );
    assert_eq!(analysis.check_expression("build(").unwrap_err().len(), 1);
    assert_eq!(analysis.check_expression("biuld()").unwrap_err()[0].code, "unknown-name");
}

/// The items of a module of the standard library that a program has, by name.
fn std_names(program: &Program, module: &str) -> Vec<String> {
    let Some(module) = program.modules.get(&ModuleId(module.into())) else { return Vec::new() };
    let names = module.functions.keys().chain(module.lets.keys());
    let mut names: Vec<String> =
        names.chain(module.records.keys()).chain(module.enums.keys()).map(|name| name.to_string()).collect();
    names.sort_unstable();
    names
}

#[test]
fn a_program_to_evaluate_has_what_it_reaches_of_the_standard_library() {
    let text = "pub fn f(ci: Bool = host.ci == none) -> Bool { ci }\n\
                pub fn g(c: Container) -> Container { c.cache(\"/x\", \"x\") }\n";
    let (_, analysis) = check(&[("main.pipe", text)]);
    let program = analysis.program_for(&[]);
    // The type of `ci`, and what that is made of.
    assert_eq!(std_names(&program, "std/host"), ["Ci", "CiEvent", "ci"]);
    // The default of a parameter needs the enum.
    assert_eq!(std_names(&program, "std/prelude"), ["Container.cache", "Sharing"]);
    assert_eq!(program.modules.len(), 3);
    let expression = analysis.check_expression("json.encode(f())").unwrap();
    assert_eq!(std_names(&analysis.program_for(&[expression]), "std/json"), ["encode"]);
}

#[test]
fn values_of_flags() {
    let text = "pub enum To { Staging, Production(share: Percent = 10) }\npub fn show(to: To, at: Port?) -> Int { 1 }\n";
    let (_, analysis) = check(&[("main.pipe", text)]);
    let program = analysis.program();
    let show = &program.modules[program.root.as_ref().unwrap()].functions["show"];
    let to = analysis.check_value("Production(share: 5)", &show.params[0].ty).unwrap();
    assert!(matches!(to.body.expr.kind, ExprKind::Block(_) | ExprKind::Variant { .. }));
    assert!(analysis.check_value("80", &show.params[1].ty).is_ok());
    assert_eq!(analysis.check_value("0", &show.params[1].ty).unwrap_err()[0].code, "bad-port");
    assert_eq!(analysis.check_value("Prod", &show.params[0].ty).unwrap_err()[0].code, "unknown-variant");
}

#[test]
fn a_lone_file_is_a_package_of_its_own() {
    let (found, analysis) = check(&[("ci/build.pipe", "param n: Int = 1\npub fn f() -> Int { n }\n")]);
    assert!(found.is_empty(), "{found:#?}");
    assert_eq!(analysis.program().root.as_ref().map(|id| id.0.to_string()), Some("build".into()));
}

#[test]
fn the_nearest_manifest_decides_where_a_package_begins() {
    let files = [
        ("app/ci/steps/x.pipe", "pub fn f() -> Int { 1 }"),
        ("app/pipe.toml", "[package]\nname = \"app\"\nentry = \"ci/all.pipe\"\n"),
        ("app/ci/all.pipe", "use \"./steps/x.pipe\" as x\npub fn g() -> Int { x.f() }"),
    ];
    let (found, analysis) = check(&files);
    assert!(found.is_empty(), "{found:#?}");
    let program = analysis.program();
    let ids: Vec<&str> =
        program.modules.keys().map(|id| &*id.0).filter(|id| !id.starts_with("std/")).collect();
    assert_eq!(ids, ["ci/steps/x", "ci/all"]);
    assert_eq!(program.root.as_ref().map(|id| id.0.to_string()), Some("ci/all".into()));
}

#[test]
fn every_module_has_the_edition_of_its_package() {
    let (found, analysis) = check(&[
        ("main.pipe", "use lib\npub fn f() -> Int { lib.g() }\n"),
        (
            "pipe.toml",
            "[package]\nname = \"a\"\nedition = \"2026\"\n[dependencies]\nlib = { path = \"lib\" }\n",
        ),
        ("lib/main.pipe", "pub fn g() -> Int { 1 }\n"),
        ("lib/pipe.toml", "[package]\nname = \"lib\"\nedition = \"2099\"\n"),
    ]);
    // What cannot be read is not there; what can be keeps its own.
    assert_eq!(found.iter().map(|found| found.code).collect::<Vec<_>>(), ["unknown-edition"]);
    let program = analysis.program();
    assert_eq!(program.modules[program.root.as_ref().unwrap()].edition, pipe_analysis::Edition::E2026);
    assert!(!program.modules.contains_key(&ModuleId("lib/main".into())));
}

#[test]
fn no_lint_stops_a_program_whatever_its_level() {
    let toml = "[package]\nname = \"app\"\n\n[lints]\nunused-let = \"error\"\n";
    let text = "pub fn f(c: Container) -> Check {\n  let x = 1\n  c.check(sh\"if x; then\")\n}\n";
    let (found, mut analysis) = check(&[("main.pipe", text), ("pipe.toml", toml)]);
    let severe: Vec<&str> =
        found.iter().filter(|d| d.severity == pipe_diagnostics::Severity::Error).map(|d| d.code).collect();
    assert_eq!(severe, ["unused-let", "shell-syntax"]);
    let system = Arc::new(MemorySystem::new().with("main.pipe", text).with("pipe.toml", toml));
    let root = PackageRoot::of_file(&*system, Path::new("main.pipe"));
    assert_eq!(analysis.errors(&root), []);
    whole(&analysis.program());
}
