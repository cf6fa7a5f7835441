//! Types, patterns and binders.

use super::writer::Writer;

impl Writer {
    pub(super) fn ty(&mut self, depth: u32) {
        match self.random.below(if depth == 0 { 2 } else { 7 }) {
            0 | 1 => self.type_name(),
            2 => {
                self.type_name();
                let count = 1 + self.random.below(3);
                self.list("[", count, "]", |w, _| w.ty(depth - 1));
            }
            3 => {
                self.type_name();
                self.put("?");
            }
            4 => self.list("(", 2, ")", |w, _| w.ty(depth - 1)),
            5 => {
                self.put("fn");
                let count = self.random.below(3);
                self.list("(", count, ")", |w, _| w.ty(depth - 1));
                self.free(" ");
                self.put("->");
                self.space();
                self.ty(depth - 1);
            }
            _ => {
                let inner = self.random.percent(50);
                self.open("(");
                self.ty(depth - 1);
                self.close(")");
                self.put(if inner { "?" } else { "" });
            }
        }
    }

    pub(super) fn binder(&mut self, depth: u32) {
        match self.random.below(if depth == 0 { 4 } else { 6 }) {
            0 => self.put("_"),
            1..=3 => self.value_name(),
            _ => {
                let count = 2 + self.random.below(2);
                self.list("(", count, ")", |w, _| w.binder(depth - 1));
            }
        }
    }

    pub(super) fn pattern(&mut self, depth: u32) {
        let count = if self.random.percent(20) { 2 + self.random.below(3) } else { 1 };
        for i in 0..count {
            if i > 0 {
                self.free(" ");
                self.put("|");
                self.space();
            }
            self.pattern_atom(depth);
        }
    }

    fn pattern_atom(&mut self, depth: u32) {
        match self.random.below(if depth == 0 { 6 } else { 11 }) {
            0 => self.put("_"),
            1 => self.value_name(),
            2 => self.type_name(),
            3 => {
                let sign = self.random.pick(&["", "-"]);
                self.put(sign);
                self.put("12");
            }
            4 => self.put("\"text\""),
            5 => {
                let word = self.random.pick(&["true", "false", "none"]);
                self.put(word);
            }
            6 => self.variant_pattern(depth),
            7 => {
                self.put("some");
                self.list("(", 1, ")", |w, _| w.pattern(depth - 1));
            }
            8 => self.list("(", 2, ")", |w, _| w.pattern(depth - 1)),
            9 => {
                let count = self.random.below(3);
                self.list("[", count, "]", |w, _| w.pattern(depth - 1));
            }
            _ => {
                self.open("(");
                self.pattern(depth - 1);
                self.close(")");
            }
        }
    }

    fn variant_pattern(&mut self, depth: u32) {
        if self.random.percent(30) {
            self.put("deploy.");
        }
        self.type_name();
        let count = self.random.below(3);
        let rest = self.random.percent(30);
        self.open("(");
        for i in 0..count {
            if i > 0 {
                self.put(",");
                self.gap(" ");
            }
            if self.random.percent(30) {
                self.put("soak:");
                self.gap(" ");
            }
            self.pattern(depth - 1);
        }
        if rest {
            self.put(if count > 0 { ", .." } else { ".." });
        }
        self.close(")");
    }
}
