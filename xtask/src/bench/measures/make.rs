//! `make` with its objects in a cache volume, beside the same `make` on the host.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::super::timing::whole;
use super::{Bench, Measured, alternate, failing};
use crate::run;

const PROGRAM: &str = r#"param src: Dir = workspace.dir("src")
param tools: Container = host.toolchain()

pub fn lua(round: Int) -> String {
  tools
    .env("ROUND", "${round}")
    .mount("/src", src)
    .workdir("/src")
    .cache("/obj", "lua")
    .run(sh"make -s -j2 OBJ=/obj; /obj/lua")
    .stdout
}
"#;

const FLOOR: &str = "make -s -j2 OBJ=../obj; ../obj/lua";
const FLOOR_IS: &str = "the same `make` on the host";

/// The crate that holds Lua's sources, and their folder in it. It has no program, so one is put beside them.
const CRATE: &str = "lua-src = \"=551.1.0\"";
const FOLDER: &str = "lua-5.4.9";

const MAKEFILE: &str = "\
OBJECTS = $(patsubst %.c,$(OBJ)/%.o,$(wildcard *.c))
$(OBJ)/lua: $(OBJECTS)
\tcc -o $@ $^ -lm -ldl
$(OBJ)/%.o: %.c
\tcc -O2 -DLUA_USE_LINUX -MMD -c -o $@ $<
-include $(OBJECTS:.o=.d)
";

const MAIN: &str = "\
#include <stdio.h>
#include \"lua.h\"
#include \"lauxlib.h\"
int main(void) {
  lua_State *state = luaL_newstate();
  if (luaL_dostring(state, \"return 6 * 7\")) return 1;
  printf(\"%d\\n\", (int)lua_tointeger(state, -1));
  return 0;
}
";

/// The file of which a line is changed: one of the middle size.
const CHANGED: &str = "lapi.c";

pub(super) fn built(bench: &Bench<'_>, rounds: usize) -> Result<Vec<Measured>, String> {
    let sources = match sources(&bench.folder.join("w6-sources")) {
        Ok(sources) => sources,
        Err(why) => {
            let why = format!("Lua's sources cannot be had: {why}");
            return Ok(vec![Measured::absent("W6", "`make -j2` of Lua with a cache volume", &why)]);
        }
    };
    let package = bench.package("w6", PROGRAM)?;
    let host = bench.folder.join("w6-host");
    fill(&sources, &package.join("src"))?;
    fill(&sources, &host.join("src"))?;
    Ok(vec![
        cold(bench, &package, &host, rounds)?,
        changed(bench, &package, &host, rounds)?,
        unchanged(bench, &package, &host, rounds)?,
    ])
}

fn cold(bench: &Bench<'_>, package: &Path, host: &Path, rounds: usize) -> Result<Measured, String> {
    let objects = host.join("obj");
    let times = alternate(
        rounds,
        |round| {
            let mut remove = bench.command();
            run::output(remove.args(["cache", "volume", "rm", "--all"]))?;
            whole(&mut bench.pipe(package, "lua", round))
        },
        || {
            let _ = std::fs::remove_dir_all(&objects);
            failing(std::fs::create_dir_all(&objects), &objects)?;
            whole(&mut floor(host))
        },
    )?;
    let work = "`make -j2` of Lua in a step, its objects in an empty cache volume";
    Ok(Measured::beside("W6", work, times, FLOOR_IS, 1.1))
}

fn changed(bench: &Bench<'_>, package: &Path, host: &Path, rounds: usize) -> Result<Measured, String> {
    let mut edits = 0;
    let times = alternate(
        rounds,
        |round| {
            edit(package, round)?;
            whole(&mut bench.pipe(package, "lua", 0))
        },
        || {
            edits += 1;
            edit(host, edits)?;
            whole(&mut floor(host))
        },
    )?;
    let work = "the same, one line of one file changed";
    Ok(Measured::beside("W6", work, times, FLOOR_IS, 1.3))
}

fn unchanged(bench: &Bench<'_>, package: &Path, host: &Path, rounds: usize) -> Result<Measured, String> {
    const GOAL: f64 = 20.0;
    let (pipe, floor) =
        alternate(rounds, |_| whole(&mut bench.pipe(package, "lua", 0)), || whole(&mut floor(host)))?;
    let work = "the same, nothing changed";
    let beside = Measured::beside("W6", work, (pipe, floor), FLOOR_IS, GOAL);
    Ok(Measured { goal: format!("≤ {GOAL} ms"), reached: Some(pipe.as_secs_f64() * 1e3 <= GOAL), ..beside })
}

fn floor(host: &Path) -> Command {
    let mut make = Command::new("sh");
    make.args(["-e", "-c", FLOOR]).current_dir(host.join("src"));
    make
}

/// Changes the last line of a file, which is a new one at first.
fn edit(folder: &Path, number: usize) -> Result<(), String> {
    let path = folder.join("src").join(CHANGED);
    let text = failing(std::fs::read_to_string(&path), &path)?;
    let kept = text.lines().filter(|line| !line.starts_with("int edited"));
    let text: String = kept.map(|line| format!("{line}\n")).collect();
    failing(std::fs::write(&path, format!("{text}int edited = {number};\n")), &path)
}

fn fill(sources: &Path, folder: &Path) -> Result<(), String> {
    failing(std::fs::create_dir_all(folder), folder)?;
    for entry in failing(std::fs::read_dir(sources), sources)? {
        let from = failing(entry, sources)?.path();
        let to = folder.join(from.file_name().unwrap_or_default());
        failing(std::fs::copy(&from, &to), &from)?;
    }
    for (name, text) in [("Makefile", MAKEFILE), ("main.c", MAIN)] {
        failing(std::fs::write(folder.join(name), text), folder)?;
    }
    Ok(())
}

/// Fetches Lua's sources by `cargo vendor`.
fn sources(folder: &Path) -> Result<PathBuf, String> {
    let manifest = format!(
        "[package]\nname = \"sources\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\n[dependencies]\n{CRATE}\n"
    );
    failing(std::fs::create_dir_all(folder.join("src")), folder)?;
    failing(std::fs::write(folder.join("Cargo.toml"), manifest), folder)?;
    failing(std::fs::write(folder.join("src/lib.rs"), ""), folder)?;
    run::output(run::cargo().args(["vendor", "--quiet", "vendor"]).current_dir(folder))?;
    Ok(folder.join("vendor/lua-src").join(FOLDER))
}
