//! Words and what they expand.

use shuck_ast::{
    ArithmeticExpr, ArithmeticExprNode, ArithmeticLvalue, ArrayElem, ArrayExpr, BourneParameterExpansion,
    HeredocBody, HeredocBodyPart, ParameterExpansion, ParameterOp, Pattern, PatternPart, Span, VarRef, Word,
    WordPart, WordPartNode,
};

use crate::walk::Walk;

impl Walk<'_> {
    pub(crate) fn word(&mut self, word: &Word) {
        self.bash_word(word);
        word.parts.iter().for_each(|part| self.part(part));
    }

    fn part(&mut self, part: &WordPartNode) {
        self.bash_part(part);
        match &part.kind {
            WordPart::Literal(_) | WordPart::SingleQuoted { .. } | WordPart::ZshQualifiedGlob(_) => {}
            WordPart::DoubleQuoted { parts, .. } => parts.iter().for_each(|part| self.part(part)),
            WordPart::Variable(name) => self.reads(name, part.span),
            WordPart::CommandSubstitution { body, .. } | WordPart::ProcessSubstitution { body, .. } => {
                self.statements(body);
            }
            WordPart::ArithmeticExpansion { expression_ast, expression_word_ast, .. } => match expression_ast
            {
                Some(expression) => self.arithmetic(expression),
                None => self.word(expression_word_ast),
            },
            WordPart::Parameter(parameter) => self.parameter(parameter),
            WordPart::ParameterExpansion { reference, operator, operand_word_ast, .. } => {
                self.operation(reference, operator);
                operand_word_ast.iter().for_each(|word| self.word(word));
            }
            WordPart::Length(reference)
            | WordPart::ArrayAccess(reference)
            | WordPart::ArrayLength(reference)
            | WordPart::ArrayIndices(reference)
            | WordPart::Transformation { reference, .. } => self.reads(&reference.name, reference.name_span),
            WordPart::Substring { reference, .. } | WordPart::ArraySlice { reference, .. } => {
                self.reads(&reference.name, reference.name_span);
            }
            WordPart::IndirectExpansion { reference, .. } => {
                self.reads(&reference.name, reference.name_span);
                // Which variable is read is known only when it runs.
                self.facts.opaque = true;
            }
            WordPart::PrefixMatch { .. } => self.facts.opaque = true,
        }
    }

    fn parameter(&mut self, parameter: &ParameterExpansion) {
        let Some(expansion) = parameter.bourne() else { return };
        match expansion {
            BourneParameterExpansion::Access { reference }
            | BourneParameterExpansion::Length { reference }
            | BourneParameterExpansion::Indices { reference }
            | BourneParameterExpansion::Slice { reference, .. }
            | BourneParameterExpansion::Transformation { reference, .. } => {
                self.reads(&reference.name, reference.name_span);
            }
            BourneParameterExpansion::Indirect { reference, .. } => {
                self.reads(&reference.name, reference.name_span);
                self.facts.opaque = true;
            }
            BourneParameterExpansion::PrefixMatch { .. } => self.facts.opaque = true,
            BourneParameterExpansion::Operation { reference, operator, operand_word_ast, .. } => {
                self.operation(reference, operator);
                operand_word_ast.iter().for_each(|word| self.word(word));
            }
        }
    }

    /// `${x:-y}` and its kin ask whether it is set; the others read it.
    fn operation(&mut self, reference: &VarRef, operator: &ParameterOp) {
        match operator {
            ParameterOp::UseDefault | ParameterOp::UseReplacement | ParameterOp::Error => {
                self.names(&reference.name);
            }
            ParameterOp::AssignDefault => self.sets(&reference.name),
            _ => self.reads(&reference.name, reference.name_span),
        }
        if let Some(word) = operator.replacement_word_ast() {
            self.word(word);
        }
    }

    pub(crate) fn heredoc(&mut self, body: &HeredocBody) {
        for part in &body.parts {
            match &part.kind {
                HeredocBodyPart::Literal(_) => {}
                HeredocBodyPart::Variable(name) => self.reads(name, part.span),
                HeredocBodyPart::CommandSubstitution { body, .. } => self.statements(body),
                HeredocBodyPart::ArithmeticExpansion { expression_ast, expression_word_ast, .. } => {
                    match expression_ast {
                        Some(expression) => self.arithmetic(expression),
                        None => self.word(expression_word_ast),
                    }
                }
                HeredocBodyPart::Parameter(parameter) => self.parameter(parameter),
            }
        }
    }

    pub(crate) fn pattern(&mut self, pattern: &Pattern) {
        for part in &pattern.parts {
            match &part.kind {
                PatternPart::Word(word) => self.word(word),
                PatternPart::Group { patterns, .. } => patterns.iter().for_each(|inner| self.pattern(inner)),
                _ => {}
            }
        }
    }

    pub(crate) fn array(&mut self, array: &ArrayExpr) {
        for element in &array.elements {
            match element {
                ArrayElem::Sequential(value) => self.word(&value.word),
                ArrayElem::Keyed { value, .. } | ArrayElem::KeyedAppend { value, .. } => {
                    self.word(&value.word)
                }
            }
        }
    }

    pub(crate) fn arithmetic(&mut self, expression: &ArithmeticExprNode) {
        match &expression.kind {
            ArithmeticExpr::Number(_) => {}
            ArithmeticExpr::Variable(name) => self.reads(name, expression.span),
            ArithmeticExpr::Indexed { name, index } => {
                self.names(name);
                self.arithmetic(index);
            }
            ArithmeticExpr::ShellWord(word) => self.word(word),
            ArithmeticExpr::Parenthesized { expression } => self.arithmetic(expression),
            ArithmeticExpr::Unary { expr, .. } | ArithmeticExpr::Postfix { expr, .. } => {
                self.arithmetic(expr)
            }
            ArithmeticExpr::Binary { left, right, .. } => {
                let mut rights = vec![right];
                let mut left = left;
                while let ArithmeticExpr::Binary { left: inner, right, .. } = &left.kind {
                    rights.push(right);
                    left = inner;
                }
                self.arithmetic(left);
                rights.into_iter().rev().for_each(|right| self.arithmetic(right));
            }
            ArithmeticExpr::Conditional { condition, then_expr, else_expr } => {
                [condition, then_expr, else_expr].into_iter().for_each(|part| self.arithmetic(part));
            }
            ArithmeticExpr::Assignment { target, value, .. } => {
                match target {
                    ArithmeticLvalue::Variable(name) | ArithmeticLvalue::Indexed { name, .. } => {
                        self.sets(name)
                    }
                }
                self.arithmetic(value);
            }
        }
    }

    /// The text of a word that holds nothing the shell would put in.
    pub(crate) fn constant(&self, word: &Word) -> Option<String> {
        shuck_ast::static_word_text(word, self.source).map(|text| text.into_owned())
    }

    pub(crate) fn slice(&self, span: Span) -> &str {
        self.source.get(span.start.offset()..span.end.offset()).unwrap_or_default()
    }
}
