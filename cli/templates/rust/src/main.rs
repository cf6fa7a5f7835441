fn greeting(name: &str) -> String {
    format!("hello, {name}")
}

fn main() {
    let name = std::env::args().nth(1);
    println!("{}", greeting(name.as_deref().unwrap_or("world")));
}

#[test]
fn it_greets() {
    assert_eq!(greeting("rust"), "hello, rust");
}
