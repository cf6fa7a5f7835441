//! What texts parse to.
#![allow(clippy::unwrap_used)]

use pipe_syntax::ast::*;
use pipe_syntax::{parse, parse_expression};

/// An expression with every grouping shown.
fn shown(e: &Expr) -> String {
    let list = |es: &[Expr]| es.iter().map(shown).collect::<Vec<_>>().join(" ");
    match &e.kind {
        ExprKind::Name(n) | ExprKind::TypeName(n) => n.text.to_string(),
        ExprKind::Number(n) => n.text.to_string(),
        ExprKind::String(s) => string(s),
        ExprKind::Script(s) => format!("{:?}{}", s.shell, s.parts.len()),
        ExprKind::Bool(b) => b.to_string(),
        ExprKind::None => "none".into(),
        ExprKind::Paren(e) => format!("(paren {})", shown(e)),
        ExprKind::Tuple(es) => format!("(tuple {})", list(es)),
        ExprKind::List { elements, .. } => {
            let element = |e: &Element| match e {
                Element::Item(e) => shown(e),
                Element::Spread(e) => format!("..{}", shown(e)),
            };
            format!("[{}]", elements.iter().map(element).collect::<Vec<_>>().join(" "))
        }
        ExprKind::Map { entries, .. } => {
            let pair = |(k, v): &(Expr, Expr)| format!("{}:{}", shown(k), shown(v));
            format!("[map {}]", entries.iter().map(pair).collect::<Vec<_>>().join(" "))
        }
        ExprKind::Comprehension { clauses, element, value } => {
            let value = value.as_ref().map_or(String::new(), |v| format!(":{}", shown(v)));
            format!("[for{} {}{value}]", clauses.len(), shown(element))
        }
        ExprKind::Call { callee, args, .. } => format!("(call {}{})", shown(callee), arguments(args)),
        ExprKind::Field { base, optional, name, .. } => {
            let name = name.as_ref().map_or("∅", |n| n.text.as_str());
            format!("({} {} {name})", if *optional { "?." } else { "." }, shown(base))
        }
        ExprKind::Pipe(pipe) => {
            let (base, function, args) = (pipe.base(), &pipe.function, pipe.written_args());
            let path: Vec<_> = function.iter().map(|n| n.text.as_str()).collect();
            format!("(|> {} {}{})", shown(base), path.join("."), arguments(args))
        }
        ExprKind::Unary { op, operand, .. } => format!("({op:?} {})", shown(operand)),
        ExprKind::Do { action, .. } => format!("(do {})", shown(action)),
        ExprKind::Binary { op, left, right, .. } => format!("({op:?} {} {})", shown(left), shown(right)),
        ExprKind::Lambda { params, body } => match &**body {
            LambdaBody::Expr(e) => format!("(fn/{} {})", params.len(), shown(e)),
            LambdaBody::Block(b) => format!("(fn/{} {})", params.len(), block(b)),
        },
        ExprKind::If { condition, then, otherwise, .. } => {
            let otherwise = match otherwise.as_deref() {
                None => String::new(),
                Some(Else::Block(b)) => format!(" {}", block(b)),
                Some(Else::If(e)) => format!(" {}", shown(e)),
            };
            format!("(if {} {}{otherwise})", shown(condition), block(then))
        }
        ExprKind::Match { scrutinee, arms, .. } => format!("(match {} /{})", shown(scrutinee), arms.len()),
        ExprKind::Error => "ERROR".into(),
    }
}

fn arguments(args: &[Arg]) -> String {
    let argument = |a: &Arg| {
        let name = a.name.as_ref().map_or(String::new(), |n| format!("{}:", n.text));
        format!(" {name}{}", shown(&a.value))
    };
    args.iter().map(argument).collect()
}

fn string(s: &StrLit) -> String {
    let part = |p: &StrPart| match p {
        StrPart::Text(t) => format!("{:?}", t.cooked),
        StrPart::Hole { expr, .. } => format!("${{{}}}", shown(expr)),
    };
    s.parts.iter().map(part).collect::<Vec<_>>().join("+")
}

fn block(b: &Block) -> String {
    let statement = |s: &Statement| match &s.kind {
        StatementKind::Let { value, .. } => format!("let {}", shown(value)),
        StatementKind::Expect(e) => format!("expect {}", shown(e)),
        StatementKind::Gate(e) => format!("gate {}", shown(e)),
        StatementKind::Expr(e) => shown(e),
        StatementKind::Error => "ERROR".into(),
    };
    format!("{{{}}}", b.statements.iter().map(statement).collect::<Vec<_>>().join("; "))
}

fn expression(text: &str) -> String {
    let (expr, errors) = parse_expression(text);
    assert!(errors.is_empty(), "{text}: {errors:#?}");
    shown(&expr)
}

/// The body of `fn f() -> X { … }`.
fn body(text: &str) -> String {
    let parsed = parse(&format!("fn f() -> X {{\n{text}\n}}\n"));
    assert_eq!(parsed.errors, [], "{text}");
    match &parsed.module.items[..] {
        [Item { kind, .. }] => match &**kind {
            ItemKind::Function(f) => block(&f.body),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

#[test]
fn operators_bind_as_documented() {
    for (text, tree) in [
        ("1 + 2 * 3 - 4", "(Subtract (Add 1 (Multiply 2 3)) 4)"),
        ("a || b && c == d + 1", "(Or a (And b (Equal c (Add d 1))))"),
        ("a ?? b ?? c || d", "(Default a (Default b (Or c d)))"),
        ("!a.b && -c.d(1) < 2", "(And (Not (. a b)) (Less (Negate (call (. c d) 1)) 2))"),
        ("do a.push(b) ?? c", "(Default (do (call (. a push) b)) c)"),
        ("a |> m.f(1).g", "(. (|> a m.f 1) g)"),
        ("a?.b.c ?? \"x\"", "(Default (. (?. a b) c) \"x\")"),
        ("f(a)(b, n: c,)", "(call (call f a) b n:c)"),
        ("fn(x, (a, b), _: Int) => x + 1", "(fn/3 (Add x 1))"),
        ("xs.map(fn(x) => { let y = x\n y })", "(call (. xs map) (fn/1 {let x; y}))"),
        ("if a { 1 } else if b { 2 } else { 3 }", "(if a {1} (if b {2} {3}))"),
        ("[1, ..xs, if a { b } else { c }]", "[1 ..xs (if a {b} {c})]"),
        ("[:]", "[map ]"),
        ("[\"a\": 1, b: c]", "[map \"a\":1 b:c]"),
        ("[for (a, b) in xs for c in ys if d => a: b]", "[for3 a:b]"),
        ("(a)", "(paren a)"),
        ("()", "(tuple )"),
        ("(a, (b, c))", "(tuple a (tuple b c))"),
        ("Env.Production(canary: 5).x", "(. (call (. Env Production) canary:5) x)"),
        ("x.match.if.none", "(. (. (. x match) if) none)"),
        ("test(use, param: with)", "(call test use param:with)"),
        ("a\n  .b()\n  |> c()\n  + d", "(Add (|> (call (. a b)) c) d)"),
        ("match x { A | B => 1, C(d, e: 2, ..) if f => 2\n _ => { 3 } }", "(match x /3)"),
    ] {
        assert_eq!(expression(text), tree, "{text}");
    }
}

#[test]
fn line_ends_end_statements_where_they_can() {
    for (text, tree) in [
        ("a\nb", "{a; b}"),
        ("a\n.b\n?.c\n|> d()", "{(|> (?. (. a b) c) d)}"),
        ("a +\nb\n- c", "{(Add a b); (Negate c)}"),
        ("a\n(b)", "{a; (paren b)}"),
        ("a\n[b]", "{a; [b]}"),
        ("f(\na,\nb\n)", "{(call f a b)}"),
        ("let x =\n1\nx", "{let 1; x}"),
        ("if a\n{ b }\nelse\n{ c }", "{(if a {b} {c})}"),
        (
            "gate f()\ngate(a)\ngate.x\ngate - 1\ngate -x",
            "{gate (call f); gate (paren a); (. gate x); (Subtract gate 1); gate (Negate x)}",
        ),
        ("expect a == b # why\nexpect [a] == [\nb,\n]", "{expect (Equal a b); expect (Equal [a] [b])}"),
        ("let f = fn(x) =>\nx\nf", "{let (fn/1 x); f}"),
        ("a && # first\n# second\nb", "{(And a b)}"),
    ] {
        assert_eq!(body(text), tree, "{text}");
    }
}

#[test]
fn soft_keywords_stay_names() {
    let text = "pub fn test(use: Int, param: Int, as: Int) -> Int { use }\nfn action() -> Int { test }\nrecord With { gate: Int\n expect: Int, opaque: Int }\nfn gate() -> Int {\n  let use = 1\n  with(use)\n}\n";
    let parsed = parse(text);
    assert_eq!(parsed.errors, []);
    assert_eq!(parsed.module.items.len(), 4);
}

#[test]
fn an_edit_above_leaves_items_equal() {
    let text = include_str!("programs/tour.pipe");
    let (before, after) = (parse(text).module, parse(&format!("# a\n\n{text}")).module);
    let kinds =
        |m: &Module| m.items.iter().map(|i| (i.kind.clone(), i.docs.clone(), i.len)).collect::<Vec<_>>();
    assert_eq!(kinds(&before), kinds(&after));
    assert_eq!(after.items[0].offset, before.items[0].offset + 5);
}

#[test]
fn docs_and_trivia_are_kept() {
    let text = "## The file.\n## Two lines.\n\n# A remark.\n## A type.\n##\n## More.\npub record R {\n  ## A field.\n  a: Int # behind\n\n\n  b: Int\n}\n## Lost.\n\nenum E {\n  ## One.\n  A\n  B(x: Int)\n}\n";
    let parsed = parse(text);
    assert_eq!(parsed.errors, []);
    assert_eq!(parsed.module.docs, ["The file.", "Two lines."]);
    let [record, enumeration] = &parsed.module.items[..] else { panic!() };
    assert_eq!(record.docs, ["A type.", "", "More."]);
    assert!(record.public && text[record.offset as usize..].starts_with("pub record"));
    assert_eq!(enumeration.docs, [""; 0]);
    match (&*record.kind, &*enumeration.kind) {
        (ItemKind::Record(r), ItemKind::Enum(e)) => {
            assert_eq!((r.fields[0].docs.len(), r.fields[1].docs.len()), (1, 0));
            assert_eq!((e.variants[0].docs.len(), e.variants[1].payload.len()), (1, 1));
        }
        other => panic!("{other:?}"),
    }
    let kinds: Vec<_> = parsed.module.trivia.iter().map(|t| (&text[t.span.range()], &t.kind)).collect();
    insta::assert_debug_snapshot!(kinds);
}

#[test]
fn what_is_broken_leaves_nodes() {
    let module = parse("fn f(a: , b: Int -> Int { x.\n y |> \n g(a: , 1) }\nparam p:\nfn broken(").module;
    let ItemKind::Function(f) = &*module.items[0].kind else { panic!() };
    assert_eq!(f.name.text, "f");
    let body = parse("fn f() -> Int {\n  x.\n  g(a: , 1)\n  match a { B => }\n  y |>\n  let z =\n}").module;
    let ItemKind::Function(f) = &*body.items[0].kind else { panic!() };
    assert_eq!(block(&f.body), "{(. x ∅); (call g a:ERROR 1); (match a /1); (|> y ); let ERROR}");
    let last = parse("param p:\nfn broken(").module;
    assert!(matches!(&*last.items[0].kind, ItemKind::Param(p) if p.ty.kind == TypeKind::Error));
    assert!(matches!(&*last.items[1].kind, ItemKind::Function(f) if f.broken && f.name.text == "broken"));
}

#[test]
fn breaks_that_the_author_made_are_kept() {
    let broken = |text: &str| match parse_expression(text).0.kind {
        ExprKind::Call { broken, .. } | ExprKind::List { broken, .. } | ExprKind::Map { broken, .. } => {
            broken
        }
        ExprKind::Field { broken, .. } => broken,
        ExprKind::Pipe(pipe) => pipe.broken,
        other => panic!("{other:?}"),
    };
    for text in [
        "f(\n  a)",
        "f(a,\n  b)",
        "[\n1]",
        "[1,\n2]",
        "[\n\"a\": 1]",
        "a\n  .b",
        "a\n|> b()",
        "f(a: 1,\nb: 2)",
    ] {
        assert!(broken(text), "{text}");
    }
    for text in ["f(a, b\n)", "f(\n)", "[1, 2,\n3]", "a.b", "f(sh\"\"\"\n  x\n\"\"\", a: 1)", "a |> b(\nc)"] {
        assert!(!broken(text), "{text}");
    }
}
