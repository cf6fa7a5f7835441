//! The host's tools as a base.

use pipe_engine::Backend;
use pipe_store::LayerRef;

use crate::lab::Lab;

#[tokio::test]
async fn layers_do_not_hide_the_tools() {
    let lab = Lab::new();
    let trap = lab
        .tree("mkdir -p usr/bin bin etc/ssl; echo no > usr/bin/env; echo no > bin/x; touch etc/ssl/certs-not")
        .await;
    let mut spec =
        lab.script("env true; test -x /bin/sh; ls /usr/share > /dev/null; ! touch /usr/y 2>/dev/null");
    spec.root = vec![trap.clone()];
    let ran = lab.run(spec.clone()).await.unwrap();
    assert_eq!((ran.code(), ran.outcome.root.is_none()), (0, true), "{}", ran.stderr);
    // Whiteouts and files in the tools' places neither.
    let layer = lab.tree("mkdir etc; echo x > etc/nsswitch.conf; ln -s usr/bin sbin-not").await;
    spec.root.push(layer);
    assert_eq!(lab.run(spec).await.unwrap().code(), 0);
}

#[tokio::test]
async fn a_mount_inside_the_tools() {
    let lab = Lab::new();
    let tree = lab.tree("echo x > mine").await;
    let spec = Lab::mounted(lab.script("cat /usr/share/mine"), "/usr/share", std::slice::from_ref(&tree));
    assert_eq!(lab.run(spec).await.unwrap().stdout, "x\n");
    let spec = Lab::mounted(lab.script("true"), "/usr/no/such", &[tree]);
    assert_eq!(
        lab.run(spec).await.unwrap_err().to_string(),
        "`/usr/no/such` does not exist in the host's tools, which are read-only; mount at another path"
    );
}

#[tokio::test]
async fn a_compiler_works() {
    if !std::path::Path::new("/usr/bin/cc").exists() {
        eprintln!("SKIP a_compiler_works: no C compiler");
        return;
    }
    let lab = Lab::new();
    let script = "printf '#include <stdio.h>\\nint main(void) { puts(\"hi\"); return 0; }' > /tmp/x.c; cc -o /out /tmp/x.c; /out";
    assert_eq!(lab.output(script).await, "hi\n");
}

#[tokio::test]
async fn something_else_in_the_place_of_proc_is_an_error() {
    let lab = Lab::new();
    let mut spec = lab.script("true");
    let trap = lab.tree("ln -s /tmp proc").await;
    spec.root = vec![LayerRef { layer: trap.layer, path: "".into() }];
    let message = lab.run(spec).await.unwrap_err().to_string();
    assert_eq!(message, "`/proc` must be a folder of its own in the root");
}

#[tokio::test]
async fn the_digest_is_stable() {
    let lab = Lab::new();
    let first = lab.sandbox.toolchain_digest().await.unwrap();
    assert_eq!(lab.sandbox.toolchain_digest().await.unwrap(), first);
    assert!(lab.sandbox.toolchain_has("/usr/bin") && !lab.sandbox.toolchain_has("/out"));
}
