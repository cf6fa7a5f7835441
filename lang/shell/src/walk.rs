//! The way through the tree of a script.

use std::ops::Range;

use shuck_ast::{
    AssignmentValue, BinaryCommand, BuiltinCommand, Command, CompoundCommand, ConditionalExpr, DeclOperand,
    Redirect, RedirectTarget, SimpleCommand, Span, Stmt, StmtSeq,
};

use crate::facts::Facts;

/// Goes through a script and notes what it meets.
pub(crate) struct Walk<'a> {
    pub(crate) source: &'a str,
    pub(crate) nested: usize,
    pub(crate) facts: &'a mut Facts,
}

pub(crate) fn range(span: Span) -> Range<usize> {
    span.start.offset()..span.end.offset()
}

impl Walk<'_> {
    pub(crate) fn statements(&mut self, list: &StmtSeq) {
        for statement in list.iter() {
            self.statement(statement);
        }
    }

    pub(crate) fn statement(&mut self, statement: &Stmt) {
        self.redirects(&statement.redirects);
        match &statement.command {
            Command::Simple(command) => self.simple(command),
            Command::Builtin(builtin) => self.builtin(builtin),
            Command::Decl(declaration) => {
                self.declaration(declaration);
                for operand in &declaration.operands {
                    match operand {
                        DeclOperand::Flag(word) | DeclOperand::Dynamic(word) => self.word(word),
                        DeclOperand::Name(name) => self.sets(&name.name),
                        DeclOperand::Assignment(assignment) => self.assignment(assignment),
                    }
                }
                declaration.assignments.iter().for_each(|assignment| self.assignment(assignment));
            }
            Command::Binary(binary) => self.binary(binary),
            Command::Compound(compound) => self.compound(compound),
            Command::Function(function) => {
                self.bash_function(function);
                self.statement(&function.body);
            }
            Command::AnonymousFunction(function) => self.statement(&function.body),
        }
    }

    /// A list or pipeline: long ones nest to the left, so that side is a loop.
    fn binary(&mut self, binary: &BinaryCommand) {
        self.pipeline(binary);
        let mut rights = Vec::new();
        let mut left = binary;
        let first = loop {
            self.bash_operator(left);
            rights.push(&left.right);
            match &left.left.command {
                Command::Binary(inner) if left.left.redirects.is_empty() => left = inner,
                _ => break &left.left,
            }
        };
        self.statement(first);
        rights.into_iter().rev().for_each(|right| self.statement(right));
    }

    fn simple(&mut self, command: &SimpleCommand) {
        command.assignments.iter().for_each(|assignment| self.assignment(assignment));
        self.call(command);
        self.word(&command.name);
        command.args.iter().for_each(|word| self.word(word));
    }

    fn builtin(&mut self, builtin: &BuiltinCommand) {
        let (word, extra, assignments) = match builtin {
            BuiltinCommand::Break(b) => (&b.depth, &b.extra_args, &b.assignments),
            BuiltinCommand::Continue(b) => (&b.depth, &b.extra_args, &b.assignments),
            BuiltinCommand::Return(b) => (&b.code, &b.extra_args, &b.assignments),
            BuiltinCommand::Exit(b) => (&b.code, &b.extra_args, &b.assignments),
        };
        assignments.iter().for_each(|assignment| self.assignment(assignment));
        word.iter().chain(extra).for_each(|word| self.word(word));
    }

    fn compound(&mut self, compound: &CompoundCommand) {
        self.bash_compound(compound);
        match compound {
            CompoundCommand::If(it) => {
                self.statements(&it.condition);
                self.statements(&it.then_branch);
                for (condition, branch) in &it.elif_branches {
                    self.statements(condition);
                    self.statements(branch);
                }
                it.else_branch.iter().for_each(|branch| self.statements(branch));
            }
            CompoundCommand::For(it) => {
                for target in &it.targets {
                    match &target.name {
                        Some(name) => self.sets(name),
                        None => self.word(&target.word),
                    }
                }
                it.words.iter().flatten().for_each(|word| self.word(word));
                self.statements(&it.body);
            }
            CompoundCommand::Repeat(it) => {
                self.word(&it.count);
                self.statements(&it.body);
            }
            CompoundCommand::Foreach(it) => {
                self.sets(&it.variable);
                it.words.iter().for_each(|word| self.word(word));
                self.statements(&it.body);
            }
            CompoundCommand::ArithmeticFor(it) => {
                let parts = [&it.init_ast, &it.condition_ast, &it.step_ast];
                parts.into_iter().flatten().for_each(|part| self.arithmetic(part));
                self.statements(&it.body);
            }
            CompoundCommand::While(it) => {
                self.statements(&it.condition);
                self.statements(&it.body);
            }
            CompoundCommand::Until(it) => {
                self.statements(&it.condition);
                self.statements(&it.body);
            }
            CompoundCommand::Case(it) => {
                self.word(&it.word);
                for case in &it.cases {
                    case.patterns.iter().for_each(|pattern| self.pattern(pattern));
                    self.statements(&case.body);
                }
            }
            CompoundCommand::Select(it) => {
                self.sets(&it.variable);
                it.words.iter().for_each(|word| self.word(word));
                self.statements(&it.body);
            }
            CompoundCommand::Subshell(list) | CompoundCommand::BraceGroup(list) => self.statements(list),
            CompoundCommand::Arithmetic(it) => it.expr_ast.iter().for_each(|e| self.arithmetic(e)),
            CompoundCommand::Time(it) => it.command.iter().for_each(|command| self.statement(command)),
            CompoundCommand::Conditional(it) => self.condition(&it.expression),
            CompoundCommand::Coproc(it) => {
                self.sets(&it.name);
                self.statement(&it.body);
            }
            CompoundCommand::Always(it) => {
                self.statements(&it.body);
                self.statements(&it.always_body);
            }
        }
    }

    fn condition(&mut self, condition: &ConditionalExpr) {
        match condition {
            ConditionalExpr::Binary(it) => {
                let mut rights = vec![&it.right];
                let mut left = &it.left;
                while let ConditionalExpr::Binary(inner) = &**left {
                    rights.push(&inner.right);
                    left = &inner.left;
                }
                self.condition(left);
                rights.into_iter().rev().for_each(|right| self.condition(right));
            }
            ConditionalExpr::Unary(it) => self.condition(&it.expr),
            ConditionalExpr::Parenthesized(it) => self.condition(&it.expr),
            ConditionalExpr::Word(word) | ConditionalExpr::Regex(word) => self.word(word),
            ConditionalExpr::Pattern(pattern) => self.pattern(pattern),
            // `[[ -v x ]]` asks whether it is set.
            ConditionalExpr::VarRef(reference) => self.names(&reference.name),
        }
    }

    fn redirects(&mut self, redirects: &[Redirect]) {
        for redirect in redirects {
            self.bash_redirect(redirect);
            redirect.fd_var.iter().for_each(|name| self.sets(name));
            match &redirect.target {
                RedirectTarget::Word(word) => self.word(word),
                RedirectTarget::Heredoc(heredoc) if heredoc.delimiter.expands_body => {
                    self.heredoc(&heredoc.body);
                }
                RedirectTarget::Heredoc(_) => {}
            }
        }
    }

    pub(crate) fn assignment(&mut self, assignment: &shuck_ast::Assignment) {
        self.sets(&assignment.target.name);
        self.bash_assignment(assignment);
        match &assignment.value {
            AssignmentValue::Scalar(word) => self.word(word),
            AssignmentValue::Compound(array) => self.array(array),
        }
    }
}
