//! The package that a command works on, checked.

mod check;
mod documentation;
mod find;
mod overlay;

use std::cell::RefCell;
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pipe_analysis::typed::{Body, Module, Origin, Program, Test, Type};
use pipe_analysis::{
    Analysis, COMMAND_LINE, CheckedExpression, Dependency, DependencySource, NetworkPermission, Setting,
};
use pipe_diagnostics::{Diagnostic, FileSpan, Sources};

use crate::environment::Environment;
use crate::exit::{CliError, Exit};

pub(crate) use check::{Checked, check_all};
pub(crate) use documentation::documentation;
pub(crate) use find::{package as find_package, source_files};

/// A package without errors.
pub(crate) struct Package {
    folder: PathBuf,
    /// Never freed piece by piece: the process ends with it.
    analysis: ManuallyDrop<Analysis>,
    program: Arc<Program>,
    module: Arc<Module>,
    /// Those of the command line that were found right.
    expressions: RefCell<Vec<CheckedExpression>>,
    /// Texts of the program and of the expressions of the command line.
    sources: RefCell<Arc<Sources>>,
}

/// What is wrong, and the texts it is in.
pub(crate) type Wrong = (Vec<Diagnostic>, Arc<Sources>);

impl Package {
    /// Finds and checks the package of a folder, or of the current one.
    ///
    /// # Errors
    /// When there is none, or it has errors.
    pub(crate) fn load(environment: &Environment, directory: Option<&Path>) -> Result<Package, CliError> {
        let system = environment.system();
        let root = find::package(&system, environment, directory)?;
        let mut analysis = ManuallyDrop::new(Analysis::new(Arc::new(system)));
        let found = analysis.errors(&root);
        let sources = Arc::new(sources_of(&analysis));
        if !found.is_empty() {
            return Err(CliError::diagnostics(Exit::Usage, found, sources));
        }
        let program = analysis.program_for(&[]);
        let module = program.root.as_ref().and_then(|root| program.modules.get(root)).cloned();
        let Some(module) = module else {
            return Err(CliError::usage(format!("{} has no entry module", root.dir.display())));
        };
        let (expressions, sources) = (RefCell::default(), RefCell::new(sources));
        Ok(Package { folder: root.dir, analysis, program, module, expressions, sources })
    }

    /// The folder of the package that would be loaded.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn folder_of(
        environment: &Environment,
        directory: Option<&Path>,
    ) -> Result<PathBuf, CliError> {
        find::package(&environment.system(), environment, directory).map(|root| root.dir)
    }

    /// The folders of the packages that it names by path.
    pub(crate) fn dependencies(&self) -> Vec<PathBuf> {
        let named = self.analysis.manifest().into_iter().flat_map(|manifest| manifest.dependencies.values());
        let folder = |dependency: &Dependency| match &dependency.source {
            DependencySource::Path(path) => Some(self.folder.join(path)),
            DependencySource::Git { .. } => None,
        };
        named.filter_map(folder).collect()
    }

    /// Gives back all that it holds, for a program that goes on without it.
    pub(crate) fn release(self) {
        drop(ManuallyDrop::into_inner(self.analysis));
    }

    /// Its name; that of its folder when it has no manifest.
    pub(crate) fn name(&self) -> String {
        let folder = || self.folder.file_name().map(|name| name.to_string_lossy().into_owned());
        let named = self.analysis.manifest().map(|manifest| manifest.name.clone());
        named.or_else(folder).unwrap_or_else(|| "pipe".to_owned())
    }

    /// Its folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Settings of its manifest that only the user can grant.
    pub(crate) fn settings(&self) -> &[Setting] {
        self.analysis.manifest().map_or(&[], |manifest| &manifest.settings)
    }

    /// Whether its steps get a network only when they ask for one.
    pub(crate) fn network_off(&self) -> bool {
        self.analysis
            .manifest()
            .is_some_and(|manifest| manifest.permissions.network == NetworkPermission::Off)
    }

    /// The checked program; of the standard library what its items can reach.
    pub(crate) fn program(&self) -> &Arc<Program> {
        &self.program
    }

    /// The checked program with what the expressions of the command line can reach, too.
    pub(crate) fn program_with_expressions(&self) -> Arc<Program> {
        let expressions = self.expressions.borrow();
        if expressions.is_empty() { self.program.clone() } else { self.analysis.program_for(&expressions) }
    }

    /// Its entry module.
    pub(crate) fn module(&self) -> &Module {
        &self.module
    }

    /// Texts by file, of the expressions of the command line too.
    pub(crate) fn sources(&self) -> Arc<Sources> {
        self.sources.borrow().clone()
    }

    /// Keeps texts of files that evaluation came to know: Dockerfiles.
    pub(crate) fn learn<'a>(&self, texts: impl Iterator<Item = (&'a Arc<str>, &'a Arc<str>)>) {
        let mut sources = self.sources.borrow_mut();
        for (file, text) in texts {
            if sources.text(file) != &**text {
                Arc::make_mut(&mut sources).insert(file.clone(), text.clone());
            }
        }
    }

    /// The tests of all its modules, those of the entry module first.
    pub(crate) fn tests(&self) -> impl Iterator<Item = &Arc<Test>> {
        let others = self
            .program
            .modules
            .values()
            .filter(|module| module.in_root_package && module.id != self.module.id);
        self.module.tests.iter().chain(others.flat_map(|module| &module.tests))
    }

    /// Checks an expression of the command line in the scope of the entry module, against a type if one is expected.
    ///
    /// # Errors
    /// What is wrong in it.
    pub(crate) fn expression(
        &self,
        text: &str,
        expected: Option<&Type>,
    ) -> Result<(Arc<Body>, Origin), Wrong> {
        let file = self.add_expression(text);
        let checked = match expected {
            None => self.analysis.check_expression(text),
            Some(ty) => self.analysis.check_value(text, ty),
        };
        match checked {
            Ok(checked) => {
                let body = checked.body.clone();
                self.expressions.borrow_mut().push(checked);
                Ok((body, Origin::expression(file)))
            }
            Err(found) => {
                let rename = |place: FileSpan| match &*place.file == COMMAND_LINE {
                    true => FileSpan { file: file.clone(), ..place },
                    false => place,
                };
                Err((found.into_iter().map(|diagnostic| diagnostic.map(rename)).collect(), self.sources()))
            }
        }
    }

    /// Keeps the text of an expression, under a name of its own.
    fn add_expression(&self, text: &str) -> Arc<str> {
        let mut sources = self.sources.borrow_mut();
        let taken = |name: &str| sources.files().any(|(file, _)| &**file == name);
        let numbered = (2..).map(|number| format!("<command line, {number}>"));
        let name = std::iter::once(COMMAND_LINE.to_owned()).chain(numbered).find(|name| !taken(name));
        let name: Arc<str> = name.unwrap_or_default().into();
        Arc::make_mut(&mut sources).insert(name.clone(), text.into());
        name
    }
}

fn sources_of(analysis: &Analysis) -> Sources {
    let mut sources = Sources::default();
    for (file, text) in analysis.sources() {
        sources.insert(file, text);
    }
    sources
}
