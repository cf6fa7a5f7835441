//! What trees take in memory: a large program is made of little else than these.

use std::mem::size_of;

use super::{Arg, Element, Expr, Name, Pattern, Statement, StrPart, TypeExpr};

#[test]
fn the_nodes_of_trees_stay_small() {
    assert_eq!(size_of::<Name>(), 24);
    assert_eq!(size_of::<Option<Name>>(), size_of::<Name>());
    assert!(size_of::<Expr>() <= 56);
    assert!(size_of::<Element>() <= size_of::<Expr>() + 8);
    assert!(size_of::<Arg>() <= size_of::<Name>() + size_of::<Expr>());
    assert!(size_of::<Statement>() <= 112);
    assert!(size_of::<StrPart>() <= 40);
    assert!(size_of::<TypeExpr>() <= 72);
    assert!(size_of::<Pattern>() <= 80);
}
