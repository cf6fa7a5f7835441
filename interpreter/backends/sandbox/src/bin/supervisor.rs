//! The supervisor and nothing else.

fn main() {
    pipe_sandbox::supervise_if_asked();
    eprintln!("this program is started by the sandbox, not by people");
    std::process::exit(2);
}
