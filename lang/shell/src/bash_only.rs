//! What bash has and the shell of POSIX (2024, "Shell Command Language") has not. What other shells that are called `sh` have as
//! well, like `local`, is left alone.

use shuck_ast::{
    Assignment, AssignmentValue, BinaryCommand, BinaryOp, CompoundCommand, FunctionDef, ParameterExpansion,
    ParameterExpansionSyntax, ParameterOp, Redirect, RedirectKind, SimpleCommand, Span, VarRef, Word,
    WordPart, WordPartNode,
};

use crate::facts::{BashOnly, Portable};
use crate::walk::{Walk, range};

/// Builtins of bash that no other shell has.
const BUILTINS: [&str; 11] = [
    "mapfile",
    "readarray",
    "shopt",
    "pushd",
    "popd",
    "dirs",
    "compgen",
    "complete",
    "disown",
    "enable",
    "caller",
];

impl Walk<'_> {
    /// Notes a construct; in scripts inside the script the shell is another one.
    pub(crate) fn bash_with(&mut self, what: &'static str, span: Span, portable: Option<Portable>) {
        let place = range(span);
        if self.nested == 0 && self.source.get(place.clone()).is_some_and(|text| !text.is_empty()) {
            self.facts.bash_only.push(BashOnly { what, place, portable });
        }
    }

    pub(crate) fn bash(&mut self, what: &'static str, span: Span) {
        self.bash_with(what, span, None);
    }

    pub(crate) fn bash_compound(&mut self, compound: &CompoundCommand) {
        match compound {
            CompoundCommand::Conditional(it) => self.bash("`[[ … ]]`", it.left_bracket_span),
            CompoundCommand::Arithmetic(it) => self.bash("`((…))`", it.left_paren_span),
            CompoundCommand::ArithmeticFor(it) => self.bash("`for ((…))`", it.left_paren_span),
            CompoundCommand::Select(it) => self.bash("`select`", it.variable_span),
            CompoundCommand::Coproc(it) => self.bash("`coproc`", it.span),
            _ => {}
        }
    }

    pub(crate) fn bash_function(&mut self, function: &FunctionDef) {
        let Some(keyword) = function.header.function_keyword_span else { return };
        let behind = range(keyword).end;
        let blank = self.source.get(behind..).is_some_and(|rest| rest.starts_with(' '));
        // With its brackets the name alone says the same.
        let portable = (blank && function.has_trailing_parens())
            .then(|| Portable { place: range(keyword).start..behind + 1, text: "" });
        self.bash_with("the keyword `function`", keyword, portable);
    }

    pub(crate) fn bash_operator(&mut self, binary: &BinaryCommand) {
        if binary.op == BinaryOp::PipeAll {
            let portable = Portable { place: range(binary.op_span), text: "2>&1 |" };
            self.bash_with("`|&`", binary.op_span, Some(portable));
        }
    }

    pub(crate) fn bash_redirect(&mut self, redirect: &Redirect) {
        match redirect.kind {
            RedirectKind::HereString => self.bash("`<<<`", redirect.span),
            RedirectKind::OutputBoth => self.bash("`&>`", redirect.span),
            _ if redirect.fd_var.is_some() => self.bash("`{name}>`", redirect.span),
            _ => {}
        }
    }

    pub(crate) fn bash_assignment(&mut self, assignment: &Assignment) {
        if matches!(assignment.value, AssignmentValue::Compound(_)) {
            self.bash("arrays", assignment.span);
        } else if assignment.target.subscript.is_some() {
            self.bash("arrays", assignment.target.span);
        } else if assignment.append {
            self.bash("`+=`", assignment.span);
        }
    }

    pub(crate) fn bash_command(&mut self, name: &str, command: &SimpleCommand) {
        if BUILTINS.contains(&name) {
            self.bash("a builtin of that name", command.name.span);
        } else if name == "source" {
            let portable = Portable { place: range(command.name.span), text: "." };
            self.bash_with("`source`", command.name.span, Some(portable));
        } else if name == "let" {
            self.bash("`let`", command.name.span);
        } else if name == "[" || name == "test" {
            let words = command.args.iter().filter(|word| self.constant(word).as_deref() == Some("=="));
            for span in words.map(|word| word.span).collect::<Vec<_>>() {
                let portable = Portable { place: range(span), text: "=" };
                self.bash_with("`==` in `[ … ]`", span, Some(portable));
            }
        } else if name == "read" {
            let array = command.args.iter().find(|word| {
                self.constant(word).is_some_and(|text| text.starts_with('-') && text.contains('a'))
            });
            array.iter().for_each(|word| self.bash("`read -a`", word.span));
        }
    }

    pub(crate) fn bash_word(&mut self, word: &Word) {
        for brace in word.brace_syntax.iter().filter(|brace| brace.expands()) {
            self.bash("`{a,b}`", brace.span);
        }
    }

    pub(crate) fn bash_part(&mut self, part: &WordPartNode) {
        match &part.kind {
            WordPart::SingleQuoted { dollar: true, .. } => self.bash("`$'…'`", part.span),
            WordPart::DoubleQuoted { dollar: true, .. } => self.bash("`$\"…\"`", part.span),
            WordPart::ProcessSubstitution { .. } => self.bash("`<(…)`", part.span),
            WordPart::ArrayAccess(_) | WordPart::ArrayLength(_) | WordPart::ArrayIndices(_) => {
                self.bash("arrays", part.span);
            }
            WordPart::Substring { .. } | WordPart::ArraySlice { .. } => self.bash("`${x:1:2}`", part.span),
            WordPart::IndirectExpansion { .. } | WordPart::PrefixMatch { .. } => {
                self.bash("`${!x}`", part.span)
            }
            WordPart::Transformation { .. } => self.bash("`${x@Q}`", part.span),
            WordPart::Length(reference) => self.bash_reference(reference, part.span),
            WordPart::ParameterExpansion { reference, operator, .. } => {
                self.bash_operation(reference, operator, part.span);
            }
            WordPart::Parameter(parameter) => self.bash_parameter(parameter),
            _ => {}
        }
    }

    fn bash_parameter(&mut self, parameter: &ParameterExpansion) {
        use shuck_ast::BourneParameterExpansion as Expansion;
        let ParameterExpansionSyntax::Bourne(expansion) = &parameter.syntax else { return };
        let span = parameter.span;
        match expansion {
            Expansion::Access { reference } | Expansion::Length { reference } => {
                self.bash_reference(reference, span);
            }
            Expansion::Indices { .. } => self.bash("arrays", span),
            Expansion::Indirect { .. } | Expansion::PrefixMatch { .. } => self.bash("`${!x}`", span),
            Expansion::Slice { .. } => self.bash("`${x:1:2}`", span),
            Expansion::Operation { reference, operator, .. } => {
                self.bash_operation(reference, operator, span)
            }
            Expansion::Transformation { .. } => self.bash("`${x@Q}`", span),
        }
    }

    fn bash_reference(&mut self, reference: &VarRef, span: Span) {
        if reference.subscript.is_some() {
            self.bash("arrays", span);
        }
    }

    fn bash_operation(&mut self, reference: &VarRef, operator: &ParameterOp, span: Span) {
        match operator {
            ParameterOp::ReplaceFirst { .. } | ParameterOp::ReplaceAll { .. } => {
                self.bash("`${x/a/b}`", span)
            }
            ParameterOp::UpperFirst
            | ParameterOp::UpperAll
            | ParameterOp::LowerFirst
            | ParameterOp::LowerAll => self.bash("`${x^^}`", span),
            _ => self.bash_reference(reference, span),
        }
    }
}
