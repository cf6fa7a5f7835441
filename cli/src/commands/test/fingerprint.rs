//! What of the program a test stands on: the items that it can reach. When none of them changed, neither did what comes of it.

use std::collections::HashSet;
use std::fmt::{Debug, Write};
use std::hash::{DefaultHasher, Hasher};

use pipe_analysis::typed::{Body, Expr, ExprKind, FunctionParam, Global, Program, Test};

/// A number that is another one when something of the program that counts for the test is.
pub(super) fn of(test: &Test, program: &Program) -> u64 {
    let mut reach = Reach { program, seen: HashSet::new(), waiting: Vec::new(), hash: Hash::default() };
    for (param, value) in &test.with {
        reach.hash.add(param);
        reach.expr(value);
    }
    reach.hash.add(&test.title);
    reach.expr(&test.body.expr);
    reach.types();
    while let Some(global) = reach.waiting.pop() {
        reach.item(&global);
    }
    reach.hash.0.finish()
}

/// Hashes what `Debug` writes: the typed program has no hash of its own.
#[derive(Default)]
struct Hash(DefaultHasher);

impl Hash {
    fn add(&mut self, value: &impl Debug) {
        // Writing into a hasher cannot fail.
        let _ = write!(self, "{value:?};");
    }
}

impl Write for Hash {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.0.write(text.as_bytes());
        Ok(())
    }
}

struct Reach<'p> {
    program: &'p Program,
    seen: HashSet<Global>,
    /// Found, and not gone through yet.
    waiting: Vec<Global>,
    hash: Hash,
}

impl<'p> Reach<'p> {
    /// Every record and enum counts for every test: which of them a value has is nowhere written.
    fn types(&mut self) {
        let program = self.program;
        for module in program.modules.values().filter(|module| !is_std(&module.id.0)) {
            for record in module.records.values() {
                self.hash.add(&record.global);
                self.params(&record.fields);
            }
            for item in module.enums.values() {
                self.hash.add(&item.global);
                for variant in &item.variants {
                    self.hash.add(&variant.name);
                    self.params(&variant.payload);
                }
            }
        }
    }

    fn item(&mut self, global: &Global) {
        let program = self.program;
        let Some(module) = program.modules.get(&global.module) else { return };
        self.hash.add(global);
        if let Some(function) = module.functions.get(&global.name) {
            self.params(&function.params);
            self.hash.add(&function.ret);
            // Defaults are the parameters'.
            function.bodies().for_each(|body| self.body(body));
        }
        let lets = module.lets.get(&global.name).and_then(|item| item.value.as_deref());
        let param = module.params.get(&global.name).and_then(|item| item.default.as_deref());
        lets.into_iter().chain(param).for_each(|body| self.body(body));
    }

    fn params(&mut self, params: &'p [FunctionParam]) {
        for param in params {
            self.hash.add(&(&param.name, &param.ty));
            param.default.iter().for_each(|body| self.body(body));
        }
    }

    fn body(&mut self, body: &'p Body) {
        self.expr(&body.expr);
    }

    fn expr(&mut self, expr: &Expr) {
        self.hash.add(expr);
        let (seen, waiting) = (&mut self.seen, &mut self.waiting);
        expr.walk(&mut |expr| {
            let (ExprKind::Call { function: global, .. }
            | ExprKind::FunctionValue { function: global, .. }
            | ExprKind::Param(global)
            | ExprKind::Let(global)) = &expr.kind
            else {
                return;
            };
            if !is_std(&global.module.0) && seen.insert(global.clone()) {
                waiting.push(global.clone());
            }
        });
    }
}

fn is_std(module: &str) -> bool {
    module.starts_with("std/")
}
