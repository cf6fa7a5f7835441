/**
 * The grammar of `.pipe` files for editors. The language's own parser (`lang/syntax`) decides what a program means; this
 * one gives highlighting, folds and structure, also to editors without the language server. Every program that the
 * language accepts parses here without an error node; `tests/` checks that on the samples and the standard library.
 *
 * Line ends and quoted literals are read by `src/scanner.c`.
 */

const PREC = {
  lambda: 0,
  coalesce: 1,
  or: 2,
  and: 3,
  comparison: 4,
  sum: 5,
  product: 6,
  prefix: 7,
  postfix: 8,
};

// Words that are keywords only where their neighbours say so.
const SOFT = ['use', 'param', 'action', 'test', 'opaque', 'with', 'as', 'gate', 'expect'];
const HARD = ['pub', 'fn', 'let', 'record', 'enum', 'if', 'else', 'match', 'for', 'in', 'do', 'true', 'false'];

const commaSep = (rule) => optional(commaSep1(rule));
const commaSep1 = (rule) => seq(rule, repeat(seq(',', rule)), optional(','));

module.exports = grammar({
  name: 'pipe',

  word: ($) => $.identifier,

  externals: ($) => [
    $._line_end,
    $._string_start,
    $._script_start,
    $.string_content,
    $.script_content,
    $.escape_sequence,
    $._string_end,
    $._error_sentinel,
  ],

  extras: ($) => [/[ \t\r\n\uFEFF]/, $.comment, $.doc_comment],

  supertypes: ($) => [$._expression, $._pattern, $._type],

  conflicts: ($) => [
    // `gate (x)` and a function that is called `gate`.
    [$.gate_statement, $._soft_name],
    [$.expect_statement, $._soft_name],
  ],

  rules: {
    source_file: ($) => seq(repeat(seq($._item, $._line_end))),

    comment: () => token(seq('#', /[^\n]*/)),
    doc_comment: () => token(prec(1, seq('##', /[^\n]*/))),

    // ------------------------------------------------------------ items

    _item: ($) =>
      choice(
        $.use_item,
        $.param_item,
        $.let_item,
        $.function_item,
        $.action_item,
        $.record_item,
        $.opaque_item,
        $.enum_item,
        $.test_item,
      ),

    visibility: () => 'pub',

    use_item: ($) =>
      seq(
        optional($.visibility),
        'use',
        field('path', choice($.module_path, $.string)),
        optional(seq('as', field('alias', $._name))),
      ),

    module_path: ($) => prec.right(seq($._name, repeat(seq('.', $._name)))),

    param_item: ($) =>
      seq(
        optional($.visibility),
        'param',
        field('name', $._name),
        ':',
        field('type', $._type),
        optional(seq('=', field('default', $._expression))),
      ),

    let_item: ($) =>
      seq(
        optional($.visibility),
        'let',
        field('name', $._name),
        optional(seq(':', field('type', $._type))),
        '=',
        field('value', $._expression),
      ),

    function_item: ($) => seq(optional($.visibility), 'fn', $._signature, field('body', $.block)),
    action_item: ($) => seq(optional($.visibility), 'action', $._signature, field('body', $.block)),

    _signature: ($) =>
      seq(
        field('name', $._name),
        optional(field('type_parameters', $.type_parameters)),
        field('parameters', $.parameters),
        optional(seq('->', field('return_type', $._type))),
      ),

    type_parameters: ($) => seq('[', commaSep($.type_identifier), ']'),
    parameters: ($) => seq('(', commaSep($.parameter), ')'),

    parameter: ($) =>
      seq(
        field('name', $._name),
        optional(seq(':', field('type', $._type))),
        optional(seq('=', field('default', $._expression))),
      ),

    record_item: ($) => seq(optional($.visibility), 'record', $._record_rest),
    opaque_item: ($) => seq(optional($.visibility), 'opaque', $._record_rest),

    _record_rest: ($) =>
      seq(
        field('name', $.type_identifier),
        optional(field('type_parameters', $.type_parameters)),
        field('fields', $.field_list),
      ),

    field_list: ($) => seq('{', lines($, $.record_field), '}'),

    record_field: ($) =>
      seq(
        field('name', $._name),
        ':',
        field('type', $._type),
        optional(seq('=', field('default', $._expression))),
      ),

    enum_item: ($) =>
      seq(
        optional($.visibility),
        'enum',
        field('name', $.type_identifier),
        optional(field('type_parameters', $.type_parameters)),
        field('variants', $.variant_list),
      ),

    variant_list: ($) => seq('{', lines($, $.variant), '}'),
    variant: ($) =>
      seq(field('name', $.type_identifier), optional(field('payload', $.parameters))),

    test_item: ($) =>
      seq(
        'test',
        field('title', $.string),
        optional(seq('with', field('with', $.arguments))),
        field('body', $.block),
      ),

    // ------------------------------------------------------------ types

    _type: ($) => choice($.named_type, $.tuple_type, $.optional_type, $.function_type),

    named_type: ($) =>
      prec.right(
        seq(
          repeat(seq(field('module', $._name), '.')),
          field('name', $.type_identifier),
          optional($.type_arguments),
        ),
      ),

    type_arguments: ($) => seq('[', commaSep($._type), ']'),
    tuple_type: ($) => seq('(', commaSep($._type), ')'),
    optional_type: ($) => prec(1, seq(choice($.named_type, $.tuple_type), '?')),
    function_type: ($) =>
      prec.right(seq('fn', '(', commaSep($._type), ')', '->', field('return_type', $._type))),

    // ------------------------------------------------------------ statements

    block: ($) =>
      seq('{', optional(seq($._statement, repeat(seq($._line_end, $._statement)), optional($._line_end))), '}'),

    _statement: ($) =>
      choice($.let_statement, $.expect_statement, $.gate_statement, $._expression),

    let_statement: ($) =>
      seq(
        'let',
        field('binder', $._binder),
        optional(seq(':', field('type', $._type))),
        '=',
        field('value', $._expression),
      ),

    expect_statement: ($) => prec.dynamic(1, seq('expect', $._expression)),
    gate_statement: ($) => prec.dynamic(1, seq('gate', $._expression)),

    _binder: ($) => choice(alias($._name, $.binder), $.wildcard, $.tuple_binder),
    tuple_binder: ($) => seq('(', commaSep($._binder), ')'),
    wildcard: () => '_',

    // ------------------------------------------------------------ expressions

    _expression: ($) =>
      choice(
        $.identifier,
        $.type_identifier,
        $.number,
        $.string,
        $.script,
        $.boolean,
        $.none,
        $.parenthesized_expression,
        $.tuple,
        $.list,
        $.map,
        $.comprehension,
        $.lambda,
        $.unary_expression,
        $.do_expression,
        $.binary_expression,
        $.field_expression,
        $.call_expression,
        $.pipe_expression,
        $.if_expression,
        $.match_expression,
        alias($._soft_name, $.identifier),
      ),

    lambda: ($) =>
      prec.right(
        PREC.lambda,
        seq('fn', field('parameters', $.lambda_parameters), '=>', field('body', choice($._expression, $.block))),
      ),

    lambda_parameters: ($) => seq('(', commaSep($.lambda_parameter), ')'),
    lambda_parameter: ($) =>
      seq(field('binder', $._binder), optional(seq(':', field('type', $._type)))),

    binary_expression: ($) => {
      const left = (level, ...operators) =>
        operators.map((operator) =>
          prec.left(
            level,
            seq(field('left', $._expression), field('operator', operator), field('right', $._expression)),
          ),
        );
      return choice(
        prec.right(
          PREC.coalesce,
          seq(field('left', $._expression), field('operator', '??'), field('right', $._expression)),
        ),
        ...left(PREC.or, '||'),
        ...left(PREC.and, '&&'),
        ...left(PREC.comparison, '==', '!=', '<', '<=', '>', '>='),
        ...left(PREC.sum, '+', '-'),
        ...left(PREC.product, '*', '/'),
      );
    },

    unary_expression: ($) =>
      prec.right(PREC.prefix, seq(field('operator', choice('-', '!')), field('operand', $._expression))),

    do_expression: ($) => prec.right(PREC.prefix, seq('do', field('action', $._expression))),

    field_expression: ($) =>
      prec.left(
        PREC.postfix,
        seq(field('base', $._expression), choice('.', '?.'), field('field', $._member)),
      ),

    _member: ($) =>
      choice(
        $.identifier,
        $.type_identifier,
        alias($._soft_name, $.identifier),
        alias(choice(...HARD, 'none'), $.identifier),
      ),

    call_expression: ($) =>
      prec.left(PREC.postfix, seq(field('function', $._expression), field('arguments', $.arguments))),

    pipe_expression: ($) =>
      prec.left(
        PREC.postfix,
        seq(
          field('base', $._expression),
          '|>',
          field('function', $.module_path),
          field('arguments', $.arguments),
        ),
      ),

    arguments: ($) => seq('(', commaSep($._argument), ')'),
    _argument: ($) => choice($.named_argument, $._expression),
    named_argument: ($) => seq(field('name', $._name), ':', field('value', $._expression)),

    parenthesized_expression: ($) => seq('(', $._expression, ')'),
    tuple: ($) =>
      choice(
        seq('(', ')'),
        seq('(', $._expression, ',', ')'),
        seq('(', $._expression, repeat1(seq(',', $._expression)), optional(','), ')'),
      ),

    list: ($) => seq('[', commaSep(choice($._expression, $.spread)), ']'),
    spread: ($) => seq('..', $._expression),
    map: ($) => choice(seq('[', ':', ']'), seq('[', commaSep1($.map_entry), ']')),
    map_entry: ($) => seq(field('key', $._expression), ':', field('value', $._expression)),

    comprehension: ($) =>
      seq(
        '[',
        $.for_clause,
        repeat(choice($.for_clause, $.if_clause)),
        '=>',
        field('element', choice($._expression, $.map_entry)),
        optional(','),
        ']',
      ),

    for_clause: ($) => seq('for', field('binder', $._binder), 'in', field('in', $._expression)),
    if_clause: ($) => seq('if', field('condition', $._expression)),

    if_expression: ($) =>
      seq(
        'if',
        field('condition', $._expression),
        field('then', $.block),
        optional(seq('else', field('else', choice($.block, $.if_expression)))),
      ),

    match_expression: ($) => seq('match', field('value', $._expression), field('arms', $.match_arms)),
    match_arms: ($) => seq('{', lines($, $.match_arm), '}'),
    match_arm: ($) =>
      seq(
        field('pattern', $._pattern),
        optional(seq('if', field('guard', $._expression))),
        '=>',
        field('body', choice($._expression, $.block)),
      ),

    // ------------------------------------------------------------ patterns

    _pattern: ($) =>
      choice(
        $.or_pattern,
        $.wildcard,
        $.binding_pattern,
        $.some_pattern,
        $.variant_pattern,
        $.number_pattern,
        $.string,
        $.boolean,
        $.none,
        $.tuple_pattern,
        $.list_pattern,
      ),

    or_pattern: ($) => prec.left(seq($._pattern, '|', $._pattern)),
    binding_pattern: ($) => choice($.identifier, alias($._soft_name, $.identifier)),
    some_pattern: ($) => seq($._name, '(', commaSep($._pattern), ')'),
    number_pattern: ($) => seq(optional('-'), $.number),
    tuple_pattern: ($) => seq('(', commaSep($._pattern), ')'),
    list_pattern: ($) => seq('[', commaSep($._pattern), ']'),

    variant_pattern: ($) =>
      prec.right(
        seq(
          repeat(seq(field('module', $._name), '.')),
          $.type_identifier,
          optional(seq('.', $.type_identifier)),
          optional($.payload_pattern),
        ),
      ),

    payload_pattern: ($) => {
      const rest = seq('..', optional(','));
      return seq(
        '(',
        optional(
          choice(
            rest,
            seq(
              $._payload_argument,
              repeat(seq(',', $._payload_argument)),
              optional(seq(',', optional(rest))),
            ),
          ),
        ),
        ')',
      );
    },

    _payload_argument: ($) => choice($.named_pattern, $._pattern),
    named_pattern: ($) => seq(field('name', $._name), ':', field('pattern', $._pattern)),

    // ------------------------------------------------------------ literals

    string: ($) =>
      seq($._string_start, repeat(choice($.string_content, $.escape_sequence, $.interpolation)), $._string_end),

    interpolation: ($) => seq('${', $._expression, '}'),

    script: ($) =>
      seq(
        field('shell', alias($._script_start, $.shell)),
        repeat(choice($.script_content, $.escape_sequence, alias($.script_hole, $.interpolation))),
        $._string_end,
      ),

    script_hole: ($) => seq('${{', $._expression, '}}'),

    number: () => token(/[0-9][0-9_]*(\.[0-9][0-9_]*)?([A-Za-z][A-Za-z0-9_]*)?/),
    boolean: () => choice('true', 'false'),
    none: () => 'none',

    // ------------------------------------------------------------ names

    identifier: () => /[a-z][A-Za-z0-9_]*|_[A-Za-z0-9_]+/,
    type_identifier: () => /[A-Z][A-Za-z0-9_]*/,
    _soft_name: () => choice(...SOFT),
    _name: ($) => choice($.identifier, alias($._soft_name, $.identifier)),
  },
});

// Fields, variants and arms: separated by line ends or commas.
function lines($, rule) {
  const separator = choice(',', $._line_end);
  return optional(seq(rule, repeat(seq(separator, rule)), optional(separator)));
}
