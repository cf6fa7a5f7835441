//! `pipe.toml`.

use std::path::PathBuf;
use std::sync::Arc;

use indexmap::IndexMap;
use pipe_diagnostics::{Diagnostic, FileSpan, nearest};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::edition::Edition;
use super::permissions::Permissions;
use super::source::PackageSource;
use crate::lints::Levels;

/// What a `pipe.toml` says.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Manifest {
    /// `package.name`.
    pub name: String,
    /// `package.version`.
    pub version: Option<semver::Version>,
    /// `package.entry`, relative to the package; default `main.pipe`.
    pub entry: Option<String>,
    /// `package.pipe`: which versions of this program it is written for.
    pub pipe: Option<semver::VersionReq>,
    /// `package.edition`: the language that it is written in.
    pub edition: Edition,
    /// It says that this `pipe` cannot understand it: by `pipe`, or by an edition that is not known.
    pub for_another_pipe: bool,
    /// `[dependencies]` by local name, in order of names.
    pub dependencies: IndexMap<String, Dependency>,
    /// `[permissions]`: what it asks for beyond outbound network and its own caches.
    pub permissions: Permissions,
    /// `[lints]`: how bad what is probably a mistake is.
    pub lints: Levels,
    /// Settings that choose where data comes from or goes to. A package only asks for them.
    pub settings: Vec<Setting>,
}

/// A setting of `SETTINGS`, flattened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// `registry.docker.io.mirrors`.
    pub key: String,
    /// Its value as a text; elements of a list with spaces between them.
    pub value: String,
    /// Where it stands.
    pub place: FileSpan,
}

/// Keys of `pipe.toml` that belong to the user: what is under them takes effect only when it is granted.
const SETTINGS: [&str; 7] = ["registry", "cache", "cache-from", "cache-to", "backend", "proxy", "ca"];

/// A dependency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependency {
    /// Where it comes from.
    pub source: DependencySource,
    /// Where the manifest names it.
    pub place: FileSpan,
}

/// Where a dependency comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DependencySource {
    /// A folder, relative to the manifest.
    Path(PathBuf),
    /// A package in a git repository.
    Git(PackageSource),
}

/// Reads a manifest. The result holds whatever could be understood.
pub(crate) fn parse(text: &str, file: &Arc<str>) -> (Manifest, Vec<Diagnostic>) {
    let mut reader = Reader { file, diagnostics: Vec::new() };
    let mut manifest = Manifest::default();
    match DeTable::parse(text) {
        Ok(table) => reader.manifest(table.get_ref(), &mut manifest),
        Err(error) => {
            let place = reader.place(error.span().unwrap_or(0..0));
            let message = format!("`pipe.toml` is not valid TOML: {}", error.message());
            reader.diagnostics.push(Diagnostic::error("manifest", message, place));
        }
    }
    if manifest.for_another_pipe {
        // The rest may be right there: what is wrong in it for this `pipe` would only mislead.
        reader.diagnostics.retain(|found| matches!(found.code, "newer-pipe" | "unknown-edition"));
    }
    (manifest, reader.diagnostics)
}

pub(super) struct Reader<'a> {
    file: &'a Arc<str>,
    pub(super) diagnostics: Vec<Diagnostic>,
}

pub(super) type Value<'a> = Spanned<DeValue<'a>>;

impl Reader<'_> {
    pub(super) fn place(&self, range: std::ops::Range<usize>) -> FileSpan {
        FileSpan { file: self.file.clone(), start: range.start as u32, end: range.end as u32 }
    }

    pub(super) fn error(&mut self, message: impl Into<String>, range: std::ops::Range<usize>) {
        let place = self.place(range);
        self.diagnostics.push(Diagnostic::error("manifest", message, place));
    }

    fn manifest(&mut self, table: &DeTable<'_>, out: &mut Manifest) {
        let known: Vec<&str> =
            ["package", "dependencies", "permissions", "lints"].into_iter().chain(SETTINGS).collect();
        self.known_keys("pipe.toml", table, &known);
        match table.get("package") {
            Some(value) => self.package(value, out),
            None => self.error("`pipe.toml` has no `[package]` with a `name`", 0..0),
        }
        if let Some(value) = table.get("dependencies") {
            self.dependencies(value, out);
        }
        if let Some(value) = table.get("permissions") {
            self.permissions(value, out);
        }
        if let Some(value) = table.get("lints") {
            self.lints(value, out);
        }
        for (key, value) in table.iter().filter(|(key, _)| SETTINGS.contains(&key.get_ref().as_ref())) {
            self.settings(key.get_ref(), value, out);
        }
    }

    /// All values under a key.
    fn settings(&mut self, key: &str, value: &Value<'_>, out: &mut Manifest) {
        if let Some(table) = value.get_ref().as_table() {
            for (inner, value) in table.iter() {
                self.settings(&format!("{key}.{}", inner.get_ref()), value, out);
            }
            return;
        }
        let text = scalar(value.get_ref()).or_else(|| {
            let items = value.get_ref().as_array()?.iter().map(|item| scalar(item.get_ref()));
            items.collect::<Option<Vec<String>>>().map(|items| items.join(" "))
        });
        match text {
            Some(text) => {
                let place = self.place(value.span());
                out.settings.push(Setting { key: key.to_owned(), value: text, place });
            }
            None => self.error(
                format!("`{key}` must be a text, a number, a truth value or a list of them"),
                value.span(),
            ),
        }
    }

    fn package(&mut self, value: &Value<'_>, out: &mut Manifest) {
        let Some(table) = self.table("[package]", value) else { return };
        let known = self.known_keys("[package]", table, &["name", "version", "entry", "pipe", "edition"]);
        match table.get("name") {
            Some(name) => {
                let range = name.span();
                if let Some(name) = self.text("name", name) {
                    if !is_package_name(&name) {
                        self.error("a package's name is made of letters, digits, `-` and `_`", range);
                    }
                    out.name = name;
                }
            }
            // A key that nobody knows was probably meant to be this one.
            None if !known => {}
            None => self.error("`[package]` needs a `name`", value.span()),
        }
        if let Some(version) = table.get("version") {
            out.version = self.parsed("version", version, "a version is `1.2.3`");
        }
        if let Some(entry) = table.get("entry") {
            out.entry = self.text("entry", entry);
            let of_package = |path: &str| {
                let mut parts = std::path::Path::new(path).components();
                path.ends_with(".pipe") && parts.all(|part| matches!(part, std::path::Component::Normal(_)))
            };
            if out.entry.as_deref().is_some_and(|path| !of_package(path)) {
                self.error("`entry` is a `.pipe` file of the package", entry.span());
                out.entry = None;
            }
        }
        if let Some(pipe) = table.get("pipe") {
            out.pipe = self.parsed("pipe", pipe, "a version requirement is `>=0.1`");
            self.requirement(out, pipe.span());
        }
        if let Some(edition) = table.get("edition") {
            self.edition(edition, out);
        }
    }

    fn requirement(&mut self, out: &mut Manifest, range: std::ops::Range<usize>) {
        let own = semver::Version::parse(env!("CARGO_PKG_VERSION"));
        if let (Some(wanted), Ok(own)) = (&out.pipe, own)
            && !wanted.matches(&own)
        {
            let message = format!("this package is written for pipe {wanted}, and this is pipe {own}");
            let found = Diagnostic::error("newer-pipe", message, self.place(range));
            self.diagnostics.push(
                found.help("install a `pipe` that it is written for; `pipe version` says which one runs"),
            );
            out.for_another_pipe = true;
        }
    }

    fn edition(&mut self, value: &Value<'_>, out: &mut Manifest) {
        let Some(name) = self.text("edition", value) else { return };
        match Edition::parse(&name) {
            Some(edition) => out.edition = edition,
            None => {
                let known: Vec<&str> = Edition::ALL.into_iter().map(Edition::name).collect();
                let message = format!("this pipe does not know the edition {name:?}");
                let found = Diagnostic::error("unknown-edition", message, self.place(value.span()));
                let help = format!("it knows {}; a newer edition needs a newer `pipe`", known.join(", "));
                self.diagnostics.push(found.help(help));
                out.for_another_pipe = true;
            }
        }
    }

    pub(super) fn known_keys(&mut self, section: &str, table: &DeTable<'_>, known: &[&str]) -> bool {
        let before = self.diagnostics.len();
        for (key, _) in table.iter() {
            if !known.contains(&key.get_ref().as_ref()) {
                let place = self.place(key.span());
                let name = key.get_ref();
                let mut diagnostic =
                    Diagnostic::error("manifest", format!("{section} has no key `{name}`"), place.clone());
                if let Some(best) = nearest(name, known.iter().copied()) {
                    diagnostic = diagnostic.fix(format!("write `{best}`"), place, best);
                } else {
                    diagnostic = diagnostic.help(format!("it may have: {}", known.join(", ")));
                }
                self.diagnostics.push(diagnostic);
            }
        }
        self.diagnostics.len() == before
    }

    pub(super) fn table<'v, 'i>(&mut self, what: &str, value: &'v Value<'i>) -> Option<&'v DeTable<'i>> {
        let table = value.get_ref().as_table();
        if table.is_none() {
            self.error(format!("`{what}` must be a table"), value.span());
        }
        table
    }

    pub(super) fn text(&mut self, key: &str, value: &Value<'_>) -> Option<String> {
        let text = value.get_ref().as_str().map(str::to_string);
        if text.is_none() {
            self.error(format!("`{key}` must be a string"), value.span());
        }
        text
    }

    /// A list of texts, without those that `wrong` says something about.
    pub(super) fn texts(
        &mut self,
        key: &str,
        table: &DeTable<'_>,
        wrong: impl Fn(&str) -> Option<String>,
    ) -> Vec<String> {
        let Some(value) = table.get(key) else { return Vec::new() };
        let Some(array) = value.get_ref().as_array() else {
            self.error(format!("`{key}` must be a list of strings"), value.span());
            return Vec::new();
        };
        let mut texts = Vec::new();
        for item in array.iter() {
            let Some(text) = self.text(key, item) else { continue };
            match wrong(&text) {
                Some(message) => self.error(message, item.span()),
                None => texts.push(text),
            }
        }
        texts
    }

    fn parsed<T: std::str::FromStr>(&mut self, key: &str, value: &Value<'_>, form: &str) -> Option<T> {
        let text = self.text(key, value)?;
        let parsed = text.parse().ok();
        if parsed.is_none() {
            self.error(format!("{form}, not {text:?}"), value.span());
        }
        parsed
    }
}

fn scalar(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Boolean(value) => Some(value.to_string()),
        DeValue::Integer(number) => Some(number.to_string()),
        _ => None,
    }
}

fn is_package_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::permissions::NetworkPermission;
    use super::super::source::Reference;
    use super::*;

    fn messages(text: &str) -> Vec<String> {
        let (_, diagnostics) = parse(text, &Arc::from("pipe.toml"));
        diagnostics
            .iter()
            .map(|d| {
                let FileSpan { start, end, .. } = d.primary.place;
                format!("{:?}: {}", &text[start as usize..end as usize], d.message)
            })
            .collect()
    }

    #[test]
    fn a_whole_manifest() {
        let text = r#"
[package]
name = "hello"
version = "1.2.0"
entry = "ci.pipe"
pipe = ">=0.1"

[dependencies]
go_ci = { path = "../go_ci" }
web = { git = "https://example.com/web", tag = "v1" }

[permissions]
network = "off"
secrets = ["TOKEN"]
"#;
        let (manifest, diagnostics) = parse(text, &Arc::from("pipe.toml"));
        assert_eq!(diagnostics, []);
        assert_eq!(manifest.entry.as_deref(), Some("ci.pipe"));
        assert_eq!(manifest.dependencies["go_ci"].source, DependencySource::Path("../go_ci".into()));
        assert!(
            matches!(&manifest.dependencies["web"].source, DependencySource::Git(web) if web.reference == Reference::Tag("v1".into()))
        );
        assert_eq!(manifest.permissions.network, NetworkPermission::Off);
        assert_eq!(manifest.permissions.secrets, ["TOKEN"]);
    }

    #[test]
    fn unknown_keys_have_a_place_and_a_neighbour() {
        insta::assert_debug_snapshot!(
            messages("[package]\nname = \"a\"\nverison = \"1.0.0\"\n[dependency]\n"),
            @r#"
        [
            "\"dependency\": pipe.toml has no key `dependency`",
            "\"verison\": [package] has no key `verison`",
        ]
        "#
        );
    }

    #[test]
    fn wrong_values_are_named() {
        let text = "[package]\nname = 1\nversion = \"one\"\n\
                    [dependencies]\nGo-CI = { path = \"x\" }\nb = { git = \"u\" }\n\
                    [permissions]\nnetwork = \"on\"\nsecrets = [1]\n";
        insta::assert_snapshot!(messages(text).join("\n"), @r#"
        "1": `name` must be a string
        "\"one\"": a version is `1.2.3`, not "one"
        "Go-CI": a dependency's name is how `use` writes it: like `go_ci`
        "\"u\"": not a URL: it does not begin with `https://`
        "\"on\"": `network` is "default", "off" or "host"
        "1": `secrets` must be a string
        "#);
    }

    #[test]
    fn a_package_for_another_pipe_says_only_that() {
        let text = "[package]\nname = \"a\"\nkind = \"b\"\npipe = \">=99\"\nedition = \"2099\"\n[what]\n";
        insta::assert_snapshot!(messages(text).join("\n"), @r#"
        "\">=99\"": this package is written for pipe >=99, and this is pipe 0.1.0
        "\"2099\"": this pipe does not know the edition "2099"
        "#);
        let (manifest, found) =
            parse("[package]\nname = \"a\"\nedition = \"2026\"\n", &Arc::from("pipe.toml"));
        assert_eq!((manifest.edition, manifest.for_another_pipe, found.len()), (Edition::E2026, false, 0));
    }

    #[test]
    fn dependencies_by_git_have_one_version() {
        let url = "git = \"https://example.com/a\"";
        let text = format!(
            "[package]\nname = \"a\"\n[dependencies]\n\
             none = {{ {url} }}\ntwo = {{ {url}, tag = \"v1\", branch = \"main\" }}\n\
             short = {{ {url}, rev = \"abc\" }}\nout = {{ {url}, tag = \"v1\", dir = \"../x\" }}\n\
             both = {{ {url}, path = \"x\" }}\nneedless = {{ path = \"x\", tag = \"v1\" }}\n\
             file = {{ git = \"file:///x\", tag = \"v1\" }}\nodd = {{ {url}, tag = \"-x\" }}\n\
             good = {{ {url}, branch = \"main\", dir = \"ci/./go\" }}\n"
        );
        insta::assert_snapshot!(messages(&text).join("\n"), @r#"
        "{ git = \"https://example.com/a\", path = \"x\" }": `both` needs either `path`, or `git` with `tag`, `rev` or `branch`
        "\"file:///x\"": a URL with `file:` is not supported
        "tag": `needless` has a `path`, so `tag` says nothing
        "{ git = \"https://example.com/a\" }": `none` needs one of `tag`, `rev` and `branch`
        "\"-x\"": `-x` is not the name of a tag: not a git reference: it begins with `-`
        "\"../x\"": `dir` is a folder in the repository, like `ci/go`
        "\"abc\"": a `rev` is the whole name of a commit, 40 hexadecimal digits
        "{ git = \"https://example.com/a\", tag = \"v1\", branch = \"main\" }": `two` needs one of `tag`, `rev` and `branch`
        "#);
        let (manifest, _) = parse(&text, &Arc::from("pipe.toml"));
        let DependencySource::Git(good) = &manifest.dependencies["good"].source else { panic!() };
        assert_eq!(good.to_string(), "https://example.com/a (ci/go) at branch main");
    }

    #[test]
    fn permissions_are_words_that_mean_something() {
        let text = "[package]\nname = \"a\"\n[permissions]\nsecrets = [\"token\", \"env:TOKEN\"]\n\
                    actions = [\"push\", \"deploy\"]\nnetwork = \"host\"\n";
        insta::assert_snapshot!(messages(text).join("\n"), @r#"
        "\"env:TOKEN\"": a secret is named by the parameter or field that takes it
        "\"deploy\"": an action has these effects: approval, attach, export, load, notify, perform, push, sleep, up
        "#);
        let (manifest, _) = parse(text, &Arc::from("pipe.toml"));
        let wanted: Vec<String> = manifest.permissions.wanted().into_iter().collect();
        assert_eq!(wanted, ["action:push", "network", "network:host", "secret:token"]);
    }

    #[test]
    fn settings_of_the_user_are_only_asked_for() {
        let text = "[package]\nname = \"a\"\n[registry.\"docker.io\"]\nmirrors = [\"http://a\", \"http://b\"]\n\
                    plain-http = true\n[cache]\nto = \"type=dir,path=/x\"\n";
        let (manifest, diagnostics) = parse(text, &Arc::from("pipe.toml"));
        assert_eq!(diagnostics, []);
        let mut found: Vec<String> =
            manifest.settings.iter().map(|setting| format!("{}={}", setting.key, setting.value)).collect();
        found.sort();
        assert_eq!(
            found,
            [
                "cache.to=type=dir,path=/x",
                "registry.docker.io.mirrors=http://a http://b",
                "registry.docker.io.plain-http=true"
            ]
        );
    }

    #[test]
    fn the_entry_lies_in_the_package() {
        for entry in ["/etc/passwd", "../x.pipe", "<command line>", "a/../../x.pipe"] {
            let text = format!("[package]\nname = \"a\"\nentry = \"{entry}\"\n");
            assert_eq!(messages(&text).len(), 1, "{entry}");
        }
        assert_eq!(messages("[package]\nname = \"a\"\nentry = \"ci/main.pipe\"\n"), [""; 0]);
    }

    #[test]
    fn broken_toml_has_a_place() {
        let (_, diagnostics) = parse("[package\nname = \"a\"\n", &Arc::from("pipe.toml"));
        assert_eq!(diagnostics.len(), 1);
        assert!(diagnostics[0].message.starts_with("`pipe.toml` is not valid TOML"));
        assert_eq!(diagnostics[0].primary.place.start, 8);
    }
}
