//! Expressions, statements and blocks.

use super::writer::Writer;

const OPERATORS: [&[&str]; 6] =
    [&["??"], &["||"], &["&&"], &["==", "!=", "<", "<=", ">", ">="], &["+", "-"], &["*", "/"]];

impl Writer {
    pub(super) fn expr(&mut self, depth: u32) {
        if depth > 0 && self.random.percent(6) {
            return self.lambda(depth);
        }
        let level = if self.random.percent(70) { OPERATORS.len() } else { self.random.below(6) as usize };
        self.operation(depth, level);
    }

    /// An expression of a level of precedence; the last is the one without operators.
    fn operation(&mut self, depth: u32, level: usize) {
        let Some(signs) = OPERATORS.get(level) else { return self.prefix(depth) };
        let count = if level == 3 { 1 } else { 1 + self.random.below(3) };
        let below = |w: &mut Writer| {
            let next = if w.random.percent(60) { OPERATORS.len() } else { level + 1 };
            w.operation(depth.saturating_sub(1), next);
        };
        below(self);
        for _ in 0..count {
            let sign = self.random.pick(signs);
            if sign == "-" {
                self.space();
            } else {
                self.free(" ");
            }
            self.put(sign);
            // `- x` at the end of a line would look like a sign.
            self.free(" ");
            below(self);
        }
    }

    fn prefix(&mut self, depth: u32) {
        if self.random.percent(5) {
            let sign = self.random.pick(&["-", "!", "do "]);
            self.put(sign);
        }
        self.postfix(depth);
    }

    fn postfix(&mut self, depth: u32) {
        self.primary(depth);
        if depth == 0 {
            return;
        }
        let count = self.random.number(&[0, 0, 0, 1, 1, 2, 4]);
        for _ in 0..count {
            self.link(depth - 1);
        }
    }

    fn link(&mut self, depth: u32) {
        if self.random.percent(10) {
            self.free(" ");
            self.put("|>");
            self.space();
            let function = self.random.pick(&["f", "go.unit", "a.b.c"]);
            self.put(function);
            return self.args(depth);
        }
        self.free("");
        let sign = self.random.pick(&[".", ".", ".", ".", "?."]);
        self.put(sign);
        let name =
            self.random.pick(&["run", "mount", "with", "test", "env", "stdout", "Variant", "secret_file"]);
        self.put(name);
        if self.random.percent(75) {
            self.args(depth);
        }
    }

    pub(super) fn args(&mut self, depth: u32) {
        let count = self.random.number(&[0, 1, 1, 1, 2, 3, 5]);
        self.list("(", count, ")", |w, _| {
            if w.random.percent(25) {
                let name = w.random.pick(&["timeout", "name", "as", "expect", "keep"]);
                w.put(name);
                w.put(":");
                w.gap(" ");
            }
            w.expr(depth);
        });
    }

    fn primary(&mut self, depth: u32) {
        match self.random.below(if depth == 0 { 9 } else { 21 }) {
            0..=2 => self.value_name(),
            3 => self.type_name(),
            4 => self.number(),
            5 | 6 => self.string(),
            7 => self.script(),
            8 => {
                let word = self.random.pick(&["true", "false", "none", "()", "[]", "[:]"]);
                self.put(word);
            }
            9..=11 => {
                self.value_name();
                self.args(depth - 1);
            }
            12 => {
                self.type_name();
                self.args(depth - 1);
            }
            13 | 14 => self.elements(depth - 1),
            15 => {
                let count = 1 + self.random.below(3);
                self.list("[", count, "]", |w, _| w.pair(depth - 1));
            }
            16 => {
                let count = 1 + self.random.below(3);
                self.list("(", count, ")", |w, _| w.expr(depth - 1));
            }
            17 => self.comprehension(depth - 1),
            18 => self.text_block(),
            19 => self.if_else(depth - 1),
            _ => self.matching(depth - 1),
        }
    }

    fn pair(&mut self, depth: u32) {
        self.operation(depth, OPERATORS.len());
        self.gap("");
        self.put(":");
        self.gap(" ");
        self.expr(depth);
    }

    fn elements(&mut self, depth: u32) {
        let count = self.random.number(&[1, 2, 3, 6]);
        self.list("[", count, "]", |w, _| {
            if w.random.percent(15) {
                w.put("..");
                w.gap("");
            }
            w.expr(depth);
        });
    }

    fn comprehension(&mut self, depth: u32) {
        self.open("[");
        self.gap("");
        let count = 1 + self.random.below(2);
        for _ in 0..count {
            self.put("for");
            self.gap(" ");
            self.binder(1);
            self.gap(" ");
            self.put("in");
            self.gap(" ");
            self.operation(depth, OPERATORS.len());
            self.gap(" ");
            if self.random.percent(40) {
                self.put("if");
                self.gap(" ");
                self.operation(depth, 2);
                self.gap(" ");
            }
        }
        self.put("=>");
        self.gap(" ");
        if self.random.percent(30) {
            self.pair(depth)
        } else {
            self.expr(depth)
        }
        self.gap("");
        self.close("]");
    }

    fn lambda(&mut self, depth: u32) {
        self.put("fn");
        let count = self.random.below(3);
        self.list("(", count, ")", |w, _| {
            w.binder(1);
            if w.random.percent(30) {
                w.put(":");
                w.gap(" ");
                w.ty(1);
            }
        });
        self.space();
        self.put("=>");
        self.free(" ");
        if self.random.percent(40) { self.block(depth - 1) } else { self.expr(depth - 1) }
    }

    /// A condition without braces, which would be read as the block.
    fn condition(&mut self) {
        let level = 2 + self.random.below(3) as usize;
        self.operation(0, level);
    }

    fn if_else(&mut self, depth: u32) {
        self.put("if ");
        self.condition();
        self.space();
        self.block(depth);
        while self.random.percent(25) {
            self.free(" ");
            self.put("else if ");
            self.condition();
            self.space();
            self.block(depth);
        }
        if self.random.percent(70) {
            self.free(" ");
            self.put("else");
            self.space();
            self.block(depth);
        }
    }

    fn matching(&mut self, depth: u32) {
        self.put("match ");
        self.condition();
        self.space();
        let count = self.random.number(&[0, 1, 2, 2, 3]);
        self.braces(count, true, |w| {
            w.pattern(2);
            if w.random.percent(20) {
                w.space();
                w.put("if ");
                w.condition();
            }
            w.free(" ");
            w.put("=>");
            w.free(" ");
            if w.random.percent(30) { w.block(depth) } else { w.expr(depth) }
        });
    }

    pub(super) fn block(&mut self, depth: u32) {
        let count = self.random.number(&[0, 1, 1, 1, 1, 2, 3, 5]);
        self.braces(count, false, |w| w.statement(depth));
    }

    fn statement(&mut self, depth: u32) {
        match self.random.below(8) {
            0..=2 => {
                self.put("let ");
                self.binder(1);
                if self.random.percent(30) {
                    self.put(":");
                    self.space();
                    self.ty(2);
                }
                self.free(" ");
                self.put("=");
                self.free(" ");
                self.expr(depth);
            }
            3 => {
                self.put("expect ");
                self.value_name();
                self.put(" == ");
                self.operation(depth, 4);
            }
            4 => {
                self.put("gate ");
                self.value_name();
                self.args(depth);
            }
            _ => self.expr(depth),
        }
    }
}
