//! Looking at how much room there is goes on beside who removes something.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};

use pipe_store::disk_usage;

#[test]
fn what_steps_remove_meanwhile_counts_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                for name in ["a", "b", "c"].map(|name| folder.path().join(name)) {
                    fs::create_dir_all(name.join("below")).unwrap();
                    fs::remove_dir_all(name).unwrap();
                }
            }
        });
        let looks: Vec<_> = (0..5000).map(|_| disk_usage(folder.path())).collect();
        done.store(true, Ordering::Relaxed);
        assert!(looks.iter().all(Result::is_ok), "{looks:?}");
    });
    assert_eq!(disk_usage(&folder.path().join("none")).unwrap_err().kind(), std::io::ErrorKind::NotFound);
}
