//! Which images there are. They have the names that programs use, and stand for what goes by them elsewhere as far as tests go.

use serde_json::{Value, json};

use super::layers::Layer;

/// An image.
pub(super) struct Recipe {
    /// `repository:tag`, as a registry that is a mirror of the public ones has it.
    pub(super) names: &'static [&'static str],
    /// Lowest first.
    pub(super) layers: &'static [Layer],
    /// The same for other processors, by the names that images and Debian have for them. With any, the image is an index.
    pub(super) others: &'static [(&'static str, &'static [Layer])],
    /// What an image's configuration has under `config`.
    pub(super) config: Value,
}

/// What is on `PATH` where nobody says otherwise.
const PATH: &str = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Every image that tests may name.
pub(super) fn all() -> Vec<Recipe> {
    vec![
        Recipe {
            names: &[
                "library/alpine:3.20",
                "library/alpine:latest",
                "library/busybox:1.36",
                "library/busybox:latest",
            ],
            layers: &[Layer::Busybox],
            others: &[],
            config: json!({"Env": [PATH], "Cmd": ["/bin/sh"]}),
        },
        Recipe {
            names: &["library/busybox:stable"],
            layers: &[Layer::Busybox],
            others: &[
                ("amd64", &[Layer::OtherBusybox("amd64")]),
                ("arm64", &[Layer::OtherBusybox("arm64")]),
                ("riscv64", &[Layer::OtherBusybox("riscv64")]),
            ],
            config: json!({"Env": [PATH], "Cmd": ["/bin/sh"]}),
        },
        Recipe {
            names: &["library/debian:bookworm-slim", "library/debian:12"],
            layers: &[Layer::Debian],
            others: &[],
            config: json!({"Env": [PATH], "Cmd": ["bash"]}),
        },
        Recipe {
            names: &["library/golang:1.21-alpine", "library/golang:1.21"],
            layers: &[Layer::Busybox, Layer::Go],
            others: &[],
            config: json!({
                "Env": [
                    "PATH=/go/bin:/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                    "GOPATH=/go",
                    "GOTOOLCHAIN=local",
                ],
                "WorkingDir": "/go",
                "Labels": {"org.opencontainers.image.title": "go"},
            }),
        },
        Recipe {
            names: &["library/postgres:16", "library/postgres:16-alpine"],
            layers: &[Layer::Servers, Layer::Entrypoint],
            others: &[],
            config: json!({
                "Env": [
                    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/lib/postgresql/15/bin",
                    "PGDATA=/var/lib/postgresql/data",
                ],
                "Entrypoint": ["docker-entrypoint.sh"],
                "Cmd": ["postgres"],
                "ExposedPorts": {"5432/tcp": {}},
            }),
        },
        Recipe {
            names: &["library/redis:7"],
            layers: &[Layer::Servers],
            others: &[],
            config: json!({
                "Env": [PATH],
                "Cmd": ["redis-server", "--bind", "*", "--protected-mode", "no", "--save", ""],
                "ExposedPorts": {"6379/tcp": {}},
            }),
        },
        Recipe {
            names: &["distroless/static:nonroot"],
            layers: &[Layer::Accounts],
            others: &[],
            config: json!({"Env": [PATH], "User": "65532", "WorkingDir": "/home/nonroot"}),
        },
    ]
}
