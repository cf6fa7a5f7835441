//! What of a program was evaluated: functions that were entered, and arms of `match` that were taken.

use std::collections::BTreeSet;
use std::sync::Arc;

use pipe_analysis::typed::{Body, ExprKind, FunctionBody, Global, Module, Origin, Program};
use pipe_diagnostics::FileSpan;

/// What was entered so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    functions: BTreeSet<Global>,
    /// By the place of what the arm gives.
    arms: BTreeSet<FileSpan>,
}

/// An item of the root package and what of it was entered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Covered {
    /// Its name.
    pub name: Arc<str>,
    /// Its name's place.
    pub place: FileSpan,
    /// Whether it was entered, when it is a function or an action.
    pub entered: Option<bool>,
    /// The arms in it, in the order of the source: the place of what each gives, and whether it was taken.
    pub arms: Vec<(FileSpan, bool)>,
}

impl Coverage {
    /// A function was entered.
    pub(crate) fn enter(&mut self, function: &Global) {
        if !self.functions.contains(function) {
            self.functions.insert(function.clone());
        }
    }

    /// An arm was taken.
    pub(crate) fn take(&mut self, arm: FileSpan) {
        self.arms.insert(arm);
    }

    /// With what another evaluation entered.
    pub fn merge(&mut self, other: &Coverage) {
        self.functions.extend(other.functions.iter().cloned());
        self.arms.extend(other.arms.iter().cloned());
    }

    /// The functions of the root package, and whatever else has arms, by module in the order of the source.
    pub fn of(&self, program: &Program) -> Vec<Covered> {
        let own = program.modules.values().filter(|module| module.in_root_package);
        own.flat_map(|module| self.of_module(module)).collect()
    }

    fn of_module(&self, module: &Module) -> Vec<Covered> {
        let mut items = Vec::new();
        for function in module.functions.values() {
            if matches!(function.body, FunctionBody::Source(_)) {
                let entered = Some(self.functions.contains(&function.global));
                items.push(self.item(&function.global, &function.origin, entered, function.bodies()));
            }
        }
        let lets = module.lets.values().map(|item| (&item.global, &item.origin, item.value.as_deref()));
        let params = module.params.values().map(|item| (&item.global, &item.origin, item.default.as_deref()));
        for (global, origin, body) in lets.chain(params) {
            items.push(self.item(global, origin, None, body.into_iter()));
        }
        items.retain(|item| item.entered.is_some() || !item.arms.is_empty());
        items.sort_by_key(|item| item.place.start);
        items
    }

    fn item<'b>(
        &self,
        global: &Global,
        origin: &Origin,
        entered: Option<bool>,
        bodies: impl Iterator<Item = &'b Body>,
    ) -> Covered {
        let mut arms = Vec::new();
        for body in bodies {
            body.expr.walk(&mut |expr| {
                if let ExprKind::Match { arms: found, .. } = &expr.kind {
                    arms.extend(found.iter().map(|arm| origin.place(arm.body.span)));
                }
            });
        }
        arms.sort();
        let arms = arms.into_iter().map(|arm| (arm.clone(), self.arms.contains(&arm))).collect();
        Covered { name: global.name.clone(), place: origin.place(origin.name), entered, arms }
    }
}
