; Later patterns win over earlier ones.

(identifier) @variable
(type_identifier) @type

(comment) @comment
(doc_comment) @comment.documentation

(number) @number
(boolean) @boolean
(none) @constant.builtin

(string) @string
(string_content) @string
(escape_sequence) @string.escape
(script (shell) @function.builtin)
(script_content) @string
(interpolation "${" @punctuation.special)
(interpolation "}" @punctuation.special)
(interpolation "${{" @punctuation.special)
(interpolation "}}" @punctuation.special)

[
  "fn"
  "action"
] @keyword.function

[
  "let"
  "param"
  "record"
  "opaque"
  "enum"
  "test"
] @keyword

(visibility) @keyword
(test_item "with" @keyword)

[
  "use"
  "as"
] @keyword.import

[
  "if"
  "else"
  "match"
] @keyword.conditional

[
  "for"
  "in"
] @keyword.repeat

[
  "do"
  "gate"
  "expect"
] @keyword

[
  "=" "=>" "->" "|>" "|" "??" "?." ".." "==" "!=" "<" "<=" ">" ">=" "+" "-" "*" "/" "!" "&&" "||" "?"
] @operator

["(" ")" "[" "]" "{" "}"] @punctuation.bracket
["," ":" "."] @punctuation.delimiter

(field_expression field: (identifier) @property)
(function_item name: (identifier) @function)
(action_item name: (identifier) @function)
(call_expression function: (identifier) @function.call)
(call_expression function: (field_expression field: (identifier) @function.call))
(call_expression function: (type_identifier) @constructor)
(pipe_expression function: (module_path (identifier) @function.call .))
(record_field name: (identifier) @property)
(parameter name: (identifier) @variable.parameter)
(lambda_parameter binder: (binder) @variable.parameter)
(named_argument name: (identifier) @variable.parameter)
(named_pattern name: (identifier) @property)
(param_item name: (identifier) @variable.parameter)
(variant name: (type_identifier) @constructor)
(variant_pattern (type_identifier) @constructor)
(module_path (identifier) @module)
(use_item alias: (identifier) @module)
(named_type module: (identifier) @module)
(wildcard) @variable.builtin
(test_item title: (string) @string.special)
