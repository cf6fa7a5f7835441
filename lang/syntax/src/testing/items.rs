//! Items.

use super::writer::Writer;

impl Writer {
    pub(super) fn program(&mut self) {
        if self.random.percent(50) {
            self.put("## About the file.\n");
            if self.random.percent(70) {
                self.put("\n");
            }
        }
        let count = 1 + self.random.below(3);
        for _ in 0..count {
            if self.random.percent(30) {
                self.put("## What it is.\n");
            }
            self.item();
            self.statement_end(0, false);
        }
    }

    fn item(&mut self) {
        let depth = self.style.depth;
        match self.random.below(9) {
            0 => self.import(),
            1 => {
                self.put("param ");
                self.declaration(depth);
            }
            2 => {
                self.public();
                self.put("let ");
                self.declaration(depth);
            }
            3..=5 => self.function(depth),
            6 => self.record(),
            7 => self.enumeration(),
            _ => self.test(depth),
        }
    }

    fn public(&mut self) {
        if self.random.percent(40) {
            self.put("pub");
            self.space();
        }
    }

    fn import(&mut self) {
        let import = self.random.pick(&[
            "use go_ci",
            "use charts.render as render",
            "use \"./deploy.pipe\" as deploy",
        ]);
        self.put(import);
    }

    /// `name: T = value`.
    fn declaration(&mut self, depth: u32) {
        self.value_name();
        self.gap("");
        self.put(":");
        self.gap(" ");
        self.ty(2);
        self.free(" ");
        self.put("=");
        self.free(" ");
        self.expr(depth);
    }

    fn params(&mut self, count: u32) {
        self.list("(", count, ")", |w, _| {
            if w.random.percent(40) {
                return w.declaration(1);
            }
            w.value_name();
            w.put(":");
            w.gap(" ");
            w.ty(1);
        });
    }

    fn type_params(&mut self) {
        if self.random.percent(15) {
            let count = 1 + self.random.below(2);
            self.list("[", count, "]", |w, _| w.type_name());
        }
    }

    fn function(&mut self, depth: u32) {
        self.public();
        let word = self.random.pick(&["fn ", "fn ", "action "]);
        self.put(word);
        self.value_name();
        self.type_params();
        let count = self.random.below(5);
        self.params(count);
        self.free(" ");
        self.put("->");
        self.free(" ");
        self.ty(2);
        self.free(" ");
        self.block(depth);
    }

    fn record(&mut self) {
        self.public();
        self.put("record ");
        self.type_name();
        self.type_params();
        self.free(" ");
        let count = self.random.below(4);
        self.braces(count, true, |w| {
            w.value_name();
            w.put(":");
            w.space();
            w.ty(2);
            if w.random.percent(30) {
                w.free(" ");
                w.put("=");
                w.free(" ");
                w.expr(1);
            }
        });
    }

    fn enumeration(&mut self) {
        self.public();
        self.put("enum ");
        self.type_name();
        self.type_params();
        self.space();
        let count = self.random.below(4);
        self.braces(count, true, |w| {
            w.type_name();
            if w.random.percent(40) {
                let count = 1 + w.random.below(3);
                w.params(count);
            }
        });
    }

    fn test(&mut self, depth: u32) {
        self.put("test \"it works\"");
        if self.random.percent(30) {
            self.put(" with ");
            let count = 1 + self.random.below(2);
            self.list("(", count, ")", |w, _| {
                w.value_name();
                w.put(": ");
                w.expr(1);
            });
        }
        self.free(" ");
        self.block(depth);
    }
}
