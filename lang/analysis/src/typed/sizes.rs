//! What a typed program takes in memory: a large one is made of little else than these.

use std::mem::size_of;

use super::{Expr, ExprKind, Global, ListElement, LocalDecl, Statement, Type};

#[test]
fn the_parts_of_bodies_stay_small() {
    assert_eq!(size_of::<Global>(), 8);
    assert_eq!(size_of::<Type>(), 24);
    assert_eq!(size_of::<ExprKind>(), 40);
    assert_eq!(size_of::<Expr>(), 72);
    // What can be left out, and what is spread, is told by the same bytes.
    assert_eq!(size_of::<Option<Expr>>(), size_of::<Expr>());
    assert!(size_of::<ListElement>() <= size_of::<Expr>() + 8);
    assert!(size_of::<Statement>() <= size_of::<Expr>() + 24);
    assert!(size_of::<LocalDecl>() <= 56);
}
