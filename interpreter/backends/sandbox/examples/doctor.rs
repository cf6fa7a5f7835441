//! Prints what this machine offers: `cargo run -p pipe-sandbox --example doctor [STORE]`

fn main() {
    pipe_sandbox::supervise_if_asked();
    let store = std::env::args_os().nth(1).unwrap_or_else(|| "/tmp/pipe-doctor".into());
    for finding in pipe_sandbox::probe(store.as_ref()) {
        println!("{:?} {}: {}", finding.status, finding.name, finding.meaning);
        finding.remedy.iter().for_each(|remedy| println!("  → {remedy}"));
    }
}
